from itertools import product

import pytest

from core.exceptions import OrderError
from core.types import FINAL_STATUSES
from core.types import OrderStatus as S
from core.types import Report as R
from trading.order_fsm import ALL_PAIRS, NEXT, REFUSED, Act, step


def test_every_pair_is_decided_once() -> None:
    assert set(NEXT) | set(REFUSED) == set(ALL_PAIRS)
    assert not set(NEXT) & set(REFUSED)
    assert len(ALL_PAIRS) == len(S) * (len(R) + len(Act))


@pytest.mark.parametrize(("status", "report"), sorted(REFUSED, key=str))
def test_every_refused_pair_says_why(status: S, report: R | Act) -> None:
    with pytest.raises(OrderError, match=report.name) as refused:
        step(status, report)
    assert refused.value.why == REFUSED[status, report]


@pytest.mark.parametrize("status", sorted(FINAL_STATUSES - {S.NOT_SENT}, key=str))
def test_no_report_makes_an_ended_order_live_again(status: S) -> None:
    reached = {after for (before, cause), after in NEXT.items()
               if before is status and cause is not Act.REOPEN}

    assert reached <= FINAL_STATUSES


def test_what_was_believed_not_sent_and_fills_is_open_again_and_nothing_else_revives_it() -> None:
    reached = {cause for (before, cause), after in NEXT.items()
               if before is S.NOT_SENT and after is not S.NOT_SENT}

    assert reached == {R.FILL, Act.REOPEN}
    assert step(S.NOT_SENT, R.FILL, filled_shares=100, shares=300) is S.PARTIAL


def test_only_a_list_reopens_an_order_that_a_broker_may_have_had() -> None:
    reopened = {status for status in S if (status, Act.REOPEN) in NEXT}

    assert reopened == FINAL_STATUSES - {S.DENIED, S.FILLED}


@pytest.mark.parametrize("status", [S.NEW, S.INTENT, S.DENIED])
def test_an_order_that_never_left_cannot_fill(status: S) -> None:
    with pytest.raises(OrderError):
        step(status, R.FILL)


def test_a_fill_may_overtake_the_acknowledgement_and_even_the_return_of_the_call() -> None:
    assert step(S.SENDING, R.FILL, filled_shares=100, shares=300) is S.PARTIAL
    assert step(S.PARTIAL, Act.SENT) is S.PARTIAL
    assert step(S.PARTIAL, R.ACK) is S.PARTIAL


@pytest.mark.parametrize("status", [S.CANCELLED, S.PART_CANCELLED, S.EXPIRED])
def test_a_late_fill_after_the_end_is_taken_and_can_complete_the_order(status: S) -> None:
    assert step(status, R.FILL, filled_shares=300, shares=300) is S.FILLED
    after = step(status, R.FILL, filled_shares=100, shares=300)
    assert after is (S.EXPIRED if status is S.EXPIRED else S.PART_CANCELLED)


@pytest.mark.parametrize("status", [S.LIVE, S.PARTIAL, S.PENDING_CANCEL, S.UNKNOWN])
def test_the_rest_that_is_refused_after_a_part_filled_is_part_cancelled_in_either_order(
    status: S,
) -> None:
    assert step(status, R.REJECTED, filled_shares=100, shares=300) is S.PART_CANCELLED
    assert step(S.REJECTED, R.FILL, filled_shares=100, shares=300) is S.PART_CANCELLED


def test_an_unknown_order_that_proves_live_keeps_what_has_filled() -> None:
    assert step(S.UNKNOWN, R.ACK, filled_shares=100, shares=300) is S.PARTIAL


@pytest.mark.parametrize("status", [S.SENT, S.LIVE, S.PENDING_CANCEL, S.UNKNOWN])
def test_a_cancel_after_a_part_fill_says_so(status: S) -> None:
    assert step(status, R.CANCELLED, filled_shares=0, shares=300) is S.CANCELLED
    assert step(status, R.CANCELLED, filled_shares=100, shares=300) is S.PART_CANCELLED


def test_a_refused_cancel_gives_back_what_the_order_was() -> None:
    assert step(S.PENDING_CANCEL, R.CANCEL_REFUSED) is S.LIVE
    assert step(S.PENDING_CANCEL, R.CANCEL_REFUSED, filled_shares=100, shares=300) is S.PARTIAL


def test_silence_makes_an_order_unknown_and_only_proof_ends_that() -> None:
    for status in (S.SENDING, S.SENT, S.LIVE, S.PARTIAL, S.PENDING_CANCEL):
        assert step(status, R.SILENCE) is S.UNKNOWN
    proofs = {report for (status, report), after in NEXT.items()
              if status is S.UNKNOWN and after is not S.UNKNOWN}
    assert proofs == {R.ACK, R.REJECTED, R.FILL, R.CANCELLED, R.EXPIRED, Act.NOT_SENT}


def test_only_what_was_written_down_before_may_be_sent() -> None:
    sends = [(status, after) for (status, act), after in NEXT.items() if act is Act.SEND]

    assert sends == [(S.INTENT, S.SENDING)]
    assert not [pair for pair in product(S, [Act.SEND]) if pair in NEXT and pair[0] is not S.INTENT]


@pytest.mark.parametrize("report", [R.REJECTED, R.FILL, R.CANCELLED, R.EXPIRED])
def test_what_contradicts_trades_that_filled_an_order_is_refused(report: R) -> None:
    with pytest.raises(OrderError, match="cannot take"):
        step(S.FILLED, report, filled_shares=100, shares=100)
