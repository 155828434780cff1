from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.symbols import parse_instrument
from core.types import (
    KillLevel,
    Level,
    OrderRequest,
    OrderSide,
    OrderType,
    Phase,
    Quote,
)
from tests.support.desk import CNY, FUND, MAIN, STAR, a_quote, a_request
from tests.support.risk_cases import CASES, GOES, NO_EDGE, NO_MISSING, Kind, RiskCase
from tests.support.risk_views import a_symbol_day, a_view
from trading.risk_checks import (
    CATALOGUE,
    CHECKS,
    EXCHANGE_CHECKS,
    RiskProfile,
    RiskView,
    refusals,
)

BUY, SELL = OrderSide.BUY, OrderSide.SELL
HOUSE, EXCHANGE = RiskProfile.HOUSE, RiskProfile.EXCHANGE


def codes(request: OrderRequest, view: RiskView, profile: RiskProfile = HOUSE) -> list[str]:
    return [reason.code for reason in refusals(request, view, profile)]


def test_an_order_against_which_nothing_speaks_goes() -> None:
    assert codes(a_request(), a_view()) == []
    assert codes(a_request(side=SELL), a_view()) == []


def test_the_list_codes_are_judged_in_the_order_of_the_design() -> None:
    worst = a_view(
        is_session=False, instrument=None, symbol_day=None, kill_level=KillLevel.BLOCK)
    assert codes(a_request(), worst, EXCHANGE) == ["KILL", "UNKNOWN_INSTRUMENT", "NOT_A_SESSION"]
    day = replace(a_symbol_day(suspended=True), band=None)
    bad = a_view(symbol_day=day, cost_cny=CNY("1000000.00"))
    assert codes(a_request(limit_cny=CNY("10.001"), shares=2_000_050), bad, EXCHANGE) == [
        "SUSPENDED", "NO_REFERENCE", "TICK", "LOT", "MAX_QTY"]
    bad = a_view(cost_cny=CNY("1000000.00"))
    assert codes(a_request(limit_cny=CNY("11.001"), shares=1_000_001), bad, EXCHANGE) == [
        "TICK", "PRICE_LIMIT", "LOT", "MAX_QTY", "CASH"]
    sale = a_request(side=SELL, limit_cny=CNY("8.00"), shares=1_000_001)
    assert codes(sale, a_view(), EXCHANGE) == ["PRICE_LIMIT", "ODD_LOT", "MAX_QTY", "T1_SELLABLE"]


def test_the_house_only_adds_to_what_the_exchange_forbids() -> None:
    assert CHECKS[HOUSE][:len(EXCHANGE_CHECKS)] == CHECKS[EXCHANGE]
    view = a_view(phase=Phase.LUNCH, last_age_s=None, duplicate_of=4)
    assert codes(a_request(key="k"), view, EXCHANGE) == []


@pytest.mark.parametrize(("level", "side", "source", "goes"), [
    (KillLevel.NONE, BUY, "ma_cross", True), (KillLevel.PAUSE, BUY, "ma_cross", False),
    (KillLevel.PAUSE, BUY, "manual", True), (KillLevel.REDUCE_ONLY, BUY, "manual", False),
    (KillLevel.REDUCE_ONLY, SELL, "ma_cross", True), (KillLevel.BLOCK, SELL, "manual", False),
    (KillLevel.FLATTEN, SELL, "manual", False)])
def test_the_kill_level_decides_who_may_do_what(
    level: KillLevel, side: OrderSide, source: str, goes: bool
) -> None:
    found = codes(a_request(side=side, source=source), a_view(kill_level=level))

    assert found == ([] if goes else ["KILL"])


@pytest.mark.parametrize("symbol", ["000001.SH", "900901.SH", "113050.SH", "204001.SH"])
def test_what_is_no_share_or_fund_is_refused_with_that_reason(symbol: str) -> None:
    view = a_view(instrument=parse_instrument(symbol), symbol_day=None, cost_cny=None)

    assert codes(a_request(symbol=symbol), view) == ["NOT_TRADABLE"]


def test_a_halt_seen_in_the_quote_counts_as_well() -> None:
    assert "SUSPENDED" in codes(a_request(), a_view(quote=a_quote(suspended=True)))


@pytest.mark.parametrize(("symbol", "limit", "goes"), [
    (MAIN, "10.10", True), (MAIN, "10.1", True), (MAIN, "10.105", False),
    (FUND, "10.105", True), (FUND, "10.1055", False)])
def test_prices_lie_on_the_grid_of_the_board(symbol: str, limit: str, goes: bool) -> None:
    found = codes(a_request(symbol=symbol, limit_cny=CNY(limit)), a_view(symbol), EXCHANGE)

    assert found == ([] if goes else ["TICK"])


@pytest.mark.parametrize(("limit", "goes"), [
    ("9.00", True), ("8.99", False), ("11.00", True), ("11.01", False)])
def test_the_limits_themselves_are_inside(limit: str, goes: bool) -> None:
    found = codes(a_request(limit_cny=CNY(limit)), a_view(), EXCHANGE)

    assert found == ([] if goes else ["PRICE_LIMIT"])


@pytest.mark.parametrize(("symbol", "shares", "goes"), [
    (MAIN, 100, True), (MAIN, 150, False), (STAR, 200, True), (STAR, 201, True),
    (STAR, 199, False), (FUND, 100, True), (FUND, 101, False)])
def test_purchases_come_in_the_boards_lots(symbol: str, shares: int, goes: bool) -> None:
    found = codes(a_request(symbol=symbol, shares=shares), a_view(symbol), EXCHANGE)

    assert found == ([] if goes else ["LOT"])


@pytest.mark.parametrize(("symbol", "sellable", "shares", "found"), [
    (MAIN, 350, 100, []), (MAIN, 350, 50, []), (MAIN, 350, 350, []), (MAIN, 350, 60, ["ODD_LOT"]),
    (MAIN, 300, 50, ["ODD_LOT"]), (STAR, 350, 200, []), (STAR, 350, 199, ["ODD_LOT"]),
    (STAR, 150, 150, []), (STAR, 150, 100, ["ODD_LOT"]), (MAIN, 0, 100, ["T1_SELLABLE"]),
    (MAIN, 100, 101, ["ODD_LOT", "T1_SELLABLE"])])
def test_sales_are_in_lots_or_take_the_odd_rest_along(
    symbol: str, sellable: int, shares: int, found: list[str]
) -> None:
    view = a_view(symbol, sellable_shares=sellable)

    assert codes(a_request(symbol=symbol, side=SELL, shares=shares), view, EXCHANGE) == found


def test_shares_bought_today_cannot_be_sold_today_and_it_says_when() -> None:
    view = a_view(sellable_shares=0, locked_shares=200)
    (reason,) = refusals(a_request(side=SELL, shares=200), view, EXCHANGE)

    assert reason.text == ("asked to sell 200 shares, 0 may be sold today; today's purchase of "
                           "200 may be sold from 2024-03-05")
    assert reason.numbers == {"shares": "200", "sellable": "0", "locked": "200",
                              "next_session": "2024-03-05"}


def test_cash_that_is_missing_is_named_with_what_it_would_buy() -> None:
    view = a_view(cost_cny=CNY("1005.01"), available_cny=CNY("1005.00"), max_buy_shares=0)
    (reason,) = refusals(a_request(), view, EXCHANGE)

    assert (reason.code, reason.numbers["needed"], reason.numbers["available"]) == (
        "CASH", "1005.01", "1005.00")
    assert codes(a_request(), replace(view, available_cny=CNY("1005.01")), EXCHANGE) == []
    assert "lower it to 300 shares" in refusals(
        a_request(), replace(view, max_buy_shares=300), EXCHANGE)[0].text


def test_a_purchase_without_a_price_to_reserve_by_is_refused_not_waved_through() -> None:
    assert codes(a_request(), a_view(cost_cny=None), EXCHANGE) == ["CASH"]


@pytest.mark.parametrize(("age", "goes"), [(None, False), (3, True), (4, False)])
def test_an_order_without_a_fresh_price_is_refused_not_waved_through(
    age: int | None, goes: bool
) -> None:
    assert codes(a_request(), a_view(last_age_s=age)) == ([] if goes else ["STALE_QUOTE"])


def test_before_the_open_no_price_of_today_is_asked_for() -> None:
    assert codes(a_request(), a_view(last_age_s=None, phase=Phase.OPEN_AUCTION)) == []


@pytest.mark.parametrize(("phase", "type_", "found"), [
    (Phase.LUNCH, OrderType.LIMIT, ["PHASE"]), (Phase.CLOSED, OrderType.LIMIT, ["PHASE"]),
    (Phase.OPEN_AUCTION, OrderType.BEST5_CANCEL, ["PHASE"]),
    (Phase.CONTINUOUS, OrderType.BEST5_CANCEL, []),
    (Phase.CONTINUOUS, OrderType.FILL_OR_KILL, ["ORDER_TYPE"])])
def test_each_phase_and_board_takes_its_own_kinds_of_order(
    phase: Phase, type_: OrderType, found: list[str]
) -> None:
    assert codes(a_request(type=type_), a_view(phase=phase)) == found


def test_shanghai_wants_a_protective_price_with_a_market_order() -> None:
    assert codes(a_request(type=OrderType.BEST5_CANCEL, limit_cny=None), a_view()) == ["ORDER_TYPE"]


def test_a_key_is_used_once() -> None:
    (reason,) = refusals(a_request(key="k1"), a_view(duplicate_of=7), HOUSE)

    assert (reason.code, reason.numbers["order_id"]) == ("DUPLICATE", "7")


@pytest.mark.parametrize(("bought", "shares", "goes"), [
    (0, 500_000, True), (1, 500_000, False), (499_900, 100, True), (500_000, 100, False)])
def test_a_risk_warning_stock_is_bought_up_to_the_daily_cap(
    bought: int, shares: int, goes: bool
) -> None:
    view = a_view(symbol_day=a_symbol_day(st=True), bought_today_shares=bought)

    assert codes(a_request(shares=shares), view) == ([] if goes else ["ST_BUY_CAP"])


@pytest.mark.parametrize(("side", "limit", "goes"), [
    (BUY, "10.21", True), (BUY, "10.22", False), (SELL, "9.79", True), (SELL, "9.78", False)])
def test_the_price_cage_bounds_limit_orders_in_the_continuous_auction(
    side: OrderSide, limit: str, goes: bool
) -> None:
    quote = a_quote(bids={"9.99": 100}, asks={"10.01": 100})      # 2 % from the own counterpart
    request = a_request(side=side, limit_cny=CNY(limit), override="a test of the cage")

    assert codes(request, a_view(quote=quote)) == ([] if goes else ["PRICE_CAGE"])
    assert codes(request, a_view(quote=quote, phase=Phase.OPEN_AUCTION)) == []


def test_every_refusal_says_what_to_do_and_carries_text_only() -> None:
    view = a_view(
        kill_level=KillLevel.BLOCK, cost_cny=CNY("1e9"), sellable_shares=0, last_age_s=None,
        duplicate_of=1, phase=Phase.LUNCH, bought_today_shares=500_000,
        symbol_day=a_symbol_day(st=True, suspended=True))
    request = a_request(limit_cny=Decimal("11.001"), shares=1_000_050, key="k")
    found = [*refusals(request, view, HOUSE), *refusals(replace(request, side=SELL), view, HOUSE)]

    assert len({reason.code for reason in found}) >= 12
    for reason in found:
        assert ";" in reason.text or ":" in reason.text
        assert all(isinstance(value, str) for value in reason.numbers.values())


def test_a_quote_without_levels_judges_the_cage_by_the_last_price() -> None:
    quote = Quote(symbol=MAIN, ts_utc=a_quote().ts_utc, last_cny=CNY("10.50"), prev_close_cny=None)
    view = a_view(quote=quote, last_cny=CNY("10.50"))

    assert codes(a_request(limit_cny=CNY("10.71"), override="x"), view) == []
    assert codes(a_request(limit_cny=CNY("10.72"), override="x"), view) == ["PRICE_CAGE"]


def test_the_day_decides_which_rules_hold() -> None:
    before = date(2023, 4, 7)                # the last session without a cage on the main board
    quote = a_quote(asks={"10.01": 100})

    request = a_request(limit_cny=CNY("10.80"), override="a test of the cage")
    assert codes(request, a_view(day=before, quote=quote)) == []
    assert Level(CNY("10.01"), 100) in quote.asks


# ---- the catalogue ---------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_rule_passes_denies_and_knows_its_edge(case: RiskCase) -> None:
    found = {reason.code: reason for reason in case.reasons()}

    assert (case.code not in found) is (case.kind in GOES)
    if case.kind in (Kind.DENY, Kind.BEYOND):
        assert "missing" not in found[case.code].numbers


def test_no_rule_is_without_its_cases() -> None:
    have = {(case.code, case.kind) for case in CASES}
    codes = {rule.code for rule in CATALOGUE}
    lacking = {(code, kind) for code in codes for kind in Kind} - have
    excused = {(code, kind) for code in NO_EDGE for kind in (Kind.EDGE, Kind.BEYOND)}
    excused |= {(code, Kind.MISSING) for code in NO_MISSING}

    assert sorted(map(str, lacking - excused)) == []
    assert sorted(map(str, excused & have)) == []       # an excuse that is none any more


def test_the_catalogue_is_whole_and_every_check_is_in_it_once() -> None:
    ids = {rule.id for rule in CATALOGUE}
    of_code: dict[str, set[object]] = {}
    for rule in CATALOGUE:
        of_code.setdefault(rule.code, set()).add(rule.check)

    assert ids == {f"R{n:02}" for n in range(1, 42)} | {"A1", "A2", "A3", "A4"}
    assert [code for code, checks in of_code.items() if len(checks) != 1] == []
    assert set(CHECKS[HOUSE]) == {rule.check for rule in CATALOGUE}


def test_a_check_refuses_with_its_own_code() -> None:
    by_code = {rule.code: rule.check for rule in CATALOGUE}
    for case in CASES:
        if case.kind not in GOES:
            found = by_code[case.code](case.request, case.view)
            assert found is not None
            assert found.code == case.code


def test_every_reason_against_an_order_is_told_at_once() -> None:
    view = replace(a_view(), access=None, conduct=None, exposure=None, market=None, price_cny=None)
    found = codes(a_request(source="ma_cross", plan_id=1), view)

    assert len(found) >= 30
    assert len(found) == len(set(found))


def test_of_an_unknown_instrument_nothing_else_is_said_than_that() -> None:
    view = a_view(instrument=None, symbol_day=None, cost_cny=None, market=None, exposure=None)

    assert codes(a_request(), view) == ["UNKNOWN_INSTRUMENT"]
