from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from core.exceptions import DataError
from core.settings_types import TradingSettings
from core.symbols import parse_instrument
from core.types import ActionRow, OrderLine, Period
from tests.support.daily_table import DAYS, NAN, a_day, a_line, a_table
from tests.support.desk import CNY, FUND, MAIN, STAR
from trading.backtest import BacktestInput, run_order_list, run_targets
from trading.backtest_result import BacktestResult, price_text
from trading.risk_checks import RiskProfile

OTHER = "000001.SZ"
Days = Sequence[dict[str, float] | None]


def play(
    rows: dict[str, Days], orders: Sequence[OrderLine], cash: str = "100000.00", **more: Any
) -> BacktestResult:
    trading = TradingSettings(initial_cash_cny=CNY(cash))
    return run_order_list(
        BacktestInput(bars=a_table(rows), **({"trading": trading} | more)), orders)


def ends(result: BacktestResult) -> list[str]:
    """Each order's end: its code if it was refused, else state, shares and price."""
    return [row.code or f"{row.status} {row.filled_shares} {price_text(row.price_cny)}".strip()
            for row in result.order_log]


def test_rule_1_orders_go_in_file_order_and_only_opening_sales_pay_for_the_next() -> None:
    rows: dict[str, Days] = {
        MAIN: [a_day(10), a_day(10, high=10.5)], OTHER: [a_day(10), a_day(10)]}
    buy = a_line(0, MAIN, "BUY", 9_900)
    for limit, second in (("10.00", "FILLED 9800 10.00"), ("10.40", "CASH")):
        result = play(rows, [
            buy, a_line(1, MAIN, "SELL", 9_900, limit), a_line(1, OTHER, "BUY", 9_800)])
        assert ends(result)[2] == second
    assert ends(result)[1] == "FILLED 9900 10.40"


def test_rule_1_an_order_ends_with_its_session() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10), a_day(10, low=9)]}
    result = play(rows, [a_line(0, MAIN, "BUY", 100, "9.50")])

    assert ends(result) == ["EXPIRED 0"]
    assert result.equity[-1].cash_cny == CNY("100000.00")


def test_rule_2_the_first_code_that_applies_is_the_answer() -> None:
    rows: dict[str, Days] = {
        MAIN: [a_day(10), a_day(10, suspended=1), a_day(10, volume=0), None, a_day(10)],
        OTHER: [a_day(10, prev_close=NAN), a_day(10)]}
    saturday = date(2024, 3, 9)
    result = play(rows, [
        a_line(0, "600000.SH", "BUY", 150, on=saturday), a_line(0, "nonsense", "BUY", 100),
        a_line(0, MAIN, "BUY", 150, "10.001", on=saturday),
        a_line(1, MAIN, "BUY", 150, "10.001"), a_line(2, MAIN, "BUY", 100),
        a_line(3, MAIN, "BUY", 1),
        a_line(0, OTHER, "BUY", 150, "10.001"),
        a_line(0, MAIN, "BUY", 150, "11.001"), a_line(0, MAIN, "BUY", 150, "11.01"),
        a_line(0, MAIN, "BUY", 1_000_150, "11.00"), a_line(0, MAIN, "SELL", 1_000_001, "11.00"),
        a_line(0, MAIN, "BUY", 1_000_100, "11.00"), a_line(0, MAIN, "SELL", 100, "11.00"),
        a_line(0, MAIN, "BUY", 10_000, "10.00")])

    assert ends(result) == [
        "UNKNOWN_INSTRUMENT", "UNKNOWN_INSTRUMENT", "NOT_A_SESSION", "SUSPENDED", "SUSPENDED",
        "SUSPENDED", "NO_REFERENCE", "TICK", "PRICE_LIMIT", "LOT", "ODD_LOT", "MAX_QTY",
        "T1_SELLABLE", "CASH"]
    assert result.refused["UNKNOWN_INSTRUMENT"] == 2


def test_rule_2_days_outside_the_bars_trade_nothing() -> None:
    rows: dict[str, Days] = {MAIN: [None, a_day(10), a_day(10)]}
    result = play(rows, [a_line(0, MAIN, "BUY", 100), a_line(3, MAIN, "BUY", 100),
                         a_line(1, MAIN, "BUY", 100)])

    assert ends(result) == ["SUSPENDED", "SUSPENDED", "FILLED 100 10.00"]
    assert [row.day for row in result.equity] == list(DAYS[1:3])
    assert result.trades[0].order_id == 3


@pytest.mark.parametrize(("side", "limit", "end"), [
    ("BUY", None, "FILLED 100 10.00"), ("BUY", "10.00", "FILLED 100 10.00"),
    ("BUY", "9.99", "FILLED 100 9.99"), ("BUY", "9.80", "EXPIRED 0"),
    ("BUY", "9.81", "FILLED 100 9.81"), ("SELL", None, "FILLED 100 10.00"),
    ("SELL", "10.01", "FILLED 100 10.01"), ("SELL", "10.20", "EXPIRED 0"),
    ("SELL", "10.19", "FILLED 100 10.19")])
def test_rules_3_and_4_the_open_and_then_strictly_through_the_range(
    side: str, limit: str | None, end: str
) -> None:
    bar = a_day(10, low=9.8, high=10.2)
    result = play({MAIN: [a_day(10), bar]}, [
        a_line(0, MAIN, "BUY", 100), a_line(1, MAIN, side, 100, limit)])

    assert ends(result)[1] == end


@pytest.mark.parametrize(("opened", "low", "end"), [
    (11.0, 11.0, "LOCKED_LIMIT 0"), (11.0, 10.99, "FILLED 100 11.00"),
    (10.99, 10.99, "FILLED 100 10.99")])
def test_rules_3_and_12_a_purchase_at_the_upper_limit_waits_for_the_board_to_open(
    opened: float, low: float, end: str
) -> None:
    bar = a_day(10, open=opened, high=11.0, close=11.0, low=low)

    for limit in (None, "11.00"):
        assert ends(play({MAIN: [bar]}, [a_line(0, MAIN, "BUY", 100, limit)])) == [end]


def test_rule_3_what_rests_reserves_cash_with_its_fees() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10)]}
    lines = [a_line(0, MAIN, "BUY", 100, "9.50"), a_line(0, MAIN, "BUY", 100, "9.50")]

    assert ends(play(rows, lines, cash="1910.02")) == ["EXPIRED 0", "EXPIRED 0"]
    assert ends(play(rows, lines, cash="1910.01")) == ["EXPIRED 0", "CASH"]


def test_rule_3_what_rests_reserves_shares() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10), a_day(10)]}
    result = play(rows, [
        a_line(0, MAIN, "BUY", 200), a_line(1, MAIN, "SELL", 200, "10.50"),
        a_line(1, MAIN, "SELL", 100, "10.50")])

    assert ends(result)[1:] == ["EXPIRED 0", "T1_SELLABLE"]


def test_rule_5_the_volume_share_is_one_for_all_orders_and_both_phases() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10, low=9.5, volume=2_399)]}      # 599 for us
    result = play(rows, [
        a_line(0, MAIN, "BUY", 200, "9.60"), a_line(0, MAIN, "BUY", 300),
        a_line(0, MAIN, "BUY", 100, "9.70"), a_line(0, MAIN, "BUY", 100, "9.80")])

    assert ends(result) == ["FILLED 200 9.60", "FILLED 300 10.00", "EXPIRED 0", "EXPIRED 0"]


def test_rule_5_an_order_that_does_not_fit_ends_and_frees_what_it_reserved() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10, volume=1_000)], OTHER: [a_day(10)]}
    result = play(rows, [a_line(0, MAIN, "BUY", 300), a_line(0, MAIN, "BUY", 300),
                         a_line(0, OTHER, "BUY", 500)], cash="8000.00")

    assert ends(result) == ["PARTIAL 200 10.00", "EXPIRED 0", "FILLED 500 10.00"]
    assert result.order_log[0].fees.commission_cny == CNY("5.00")


def test_rule_5_star_is_cut_to_single_shares() -> None:
    result = play({STAR: [a_day(50, volume=999)]}, [a_line(0, STAR, "BUY", 300)])

    assert ends(result) == ["PARTIAL 249 50.00"]


def test_rule_6_cash_is_judged_on_the_whole_quantity_where_it_would_fill() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10, volume=1_000)]}
    line = a_line(0, MAIN, "BUY", 1_000, "11.00")

    assert ends(play(rows, [line], cash="10005.10")) == ["PARTIAL 200 10.00"]
    assert ends(play(rows, [line], cash="10005.09")) == ["CASH"]


def test_rule_7_an_odd_rest_may_ride_along() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10)] * 4}
    actions = [ActionRow(symbol=MAIN, ex_date=DAYS[1], bonus_per_share=Decimal("0.55"))]
    result = play(rows, [
        a_line(0, MAIN, "BUY", 100), a_line(1, MAIN, "SELL", 50), a_line(1, MAIN, "SELL", 155),
        a_line(1, MAIN, "SELL", 55)], actions=actions)

    assert ends(result) == ["FILLED 100 10.00", "ODD_LOT", "FILLED 155 10.00", "ODD_LOT"]


def test_rule_8_published_limits_win_over_the_formula_and_sentinels_do_not() -> None:
    own = a_day(10, limit_up=10.5, limit_down=9.5)
    sentinel = a_day(10, limit_up=99999.99, limit_down=0)
    result = play({MAIN: [own, sentinel]}, [
        a_line(0, MAIN, "BUY", 100, "10.51"), a_line(1, MAIN, "BUY", 100, "11.00"),
        a_line(1, MAIN, "BUY", 100, "11.01")])

    assert ends(result) == ["PRICE_LIMIT", "FILLED 100 10.00", "PRICE_LIMIT"]
    assert result.limit_mismatches == 1


def test_rule_8_st_and_the_listing_age_decide_the_band() -> None:
    listed = replace(parse_instrument(STAR), list_date=DAYS[0])
    rows: dict[str, Days] = {
        MAIN: [a_day(10, is_st=1), a_day(10, is_st=0)],
        STAR: [a_day(50, open=120, high=130, low=110, close=125), a_day(50)]}
    result = play(rows, [
        a_line(0, MAIN, "BUY", 100, "10.51"), a_line(1, MAIN, "BUY", 100, "10.51"),
        a_line(0, STAR, "BUY", 200, "125.00"), a_line(0, STAR, "BUY", 200, None)],
        instruments=[listed])

    assert ends(result) == [
        "PRICE_LIMIT", "FILLED 100 10.00", "FILLED 200 120.00", "FILLED 200 120.00"]
    assert ends(play(rows, [a_line(0, STAR, "BUY", 200, "125.00")])) == ["PRICE_LIMIT"]


def test_rule_9_fees_are_those_of_the_day() -> None:
    days = (date(2023, 8, 24), date(2023, 8, 25), date(2023, 8, 28))
    table = a_table({MAIN: [a_day(10)] * 3}, days)
    lines = [a_line(0, MAIN, "BUY", 2_000, on=days[0]), a_line(0, MAIN, "SELL", 1_000, on=days[1]),
             a_line(0, MAIN, "SELL", 1_000, on=days[2])]
    trading = TradingSettings(initial_cash_cny=CNY("100000.00"), commission_ratio=CNY("0.00025"))
    result = run_order_list(BacktestInput(bars=table, trading=trading), lines)

    assert [row.fees.total_cny for row in result.order_log[1:]] == [CNY("15.10"), CNY("10.10")]


def test_rule_9_the_uncertain_transfer_fee_of_shanghai_is_marked() -> None:
    days = (date(2015, 7, 30), date(2015, 7, 31))
    result = run_order_list(
        BacktestInput(bars=a_table({MAIN: [a_day(10)] * 2}, days)),
        [a_line(0, MAIN, "BUY", 1_000, on=days[0])])

    assert result.order_log[0].fees.transfer_fee_cny == CNY("0.60")
    assert any("transfer fee is not certain" in warning for warning in result.warnings)


def test_rule_10_actions_credit_cash_and_shares_and_move_the_reference() -> None:
    ex = a_day(9.67, prev_close=NAN)
    rows: dict[str, Days] = {MAIN: [a_day(12), ex]}
    actions = [ActionRow(symbol=MAIN, ex_date=DAYS[1], cash_per_share_cny=Decimal("0.4"),
                         bonus_per_share=Decimal("0.2"))]
    result = play(rows, [a_line(0, MAIN, "BUY", 300), a_line(1, MAIN, "SELL", 360, "10.64")],
                  actions=actions)

    assert ends(result)[1] == "EXPIRED 0"                     # 10.64 is the limit of 9.67
    assert result.equity[1].cash_cny == result.equity[0].cash_cny + CNY("120.00")
    assert result.equity[1].market_value_cny == CNY("3481.20")
    with_one_more = play(rows, [a_line(1, MAIN, "BUY", 100, "10.65")], actions=actions)
    assert ends(with_one_more) == ["PRICE_LIMIT"]


def test_rule_10_without_a_file_the_drop_of_the_reference_is_credited_never_debited() -> None:
    rows: dict[str, Days] = {
        MAIN: [a_day(10), a_day(9.9, prev_close=9.875, adj_factor=1.0126)],
        OTHER: [a_day(10), a_day(11, prev_close=11.0, adj_factor=1.1)]}
    lines = [a_line(0, MAIN, "BUY", 300), a_line(0, OTHER, "BUY", 300)]
    result = play(rows, lines)

    assert result.equity[1].cash_cny == result.equity[0].cash_cny + CNY("37.50")
    assert any("1 ex-dates derived" in warning for warning in result.warnings)
    assert any(f"{OTHER}: the reference price rose" in warning for warning in result.warnings)
    assert play(rows, lines, actions=()).equity[1].cash_cny == result.equity[0].cash_cny


@pytest.mark.parametrize("change", [{"adj_factor": NAN}, {"prev_close": NAN, "adj_factor": 2.0},
                                    {"adj_factor": 1.0}])
def test_rule_10_nothing_is_credited_where_something_is_not_known(
    change: dict[str, float]
) -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10), a_day(9, **({"prev_close": 9.0} | change))]}
    result = play(rows, [a_line(0, MAIN, "BUY", 300)])

    assert result.equity[1].cash_cny == result.equity[0].cash_cny


def test_rule_11_equity_keeps_the_last_close_and_a_delisted_name_is_worth_nothing() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10), a_day(9), None, None, None], OTHER: [a_day(1)] * 5}
    gone = replace(parse_instrument(MAIN), delist_date=DAYS[3])
    result = play(rows, [a_line(0, MAIN, "BUY", 100)], instruments=[gone])

    assert [row.market_value_cny for row in result.equity] == [
        CNY(value) for value in ("1000.00", "900.00", "900.00", "0.00", "0.00")]
    assert any(f"{MAIN} was delisted" in warning for warning in result.warnings)


def test_rule_11_a_fund_with_the_flag_is_sold_the_same_day() -> None:
    lines = [a_line(0, FUND, "BUY", 1_000), a_line(0, FUND, "SELL", 1_000)]
    rows: dict[str, Days] = {FUND: [a_day(4.123)]}

    assert ends(play(rows, lines))[1] == "T1_SELLABLE"
    flagged = play(rows, lines, instruments=[replace(parse_instrument(FUND), t0=True)])
    assert ends(flagged) == ["FILLED 1000 4.123", "FILLED 1000 4.123"]


def test_the_session_checks_the_numbers_of_a_run_twice_over() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10 + at / 10, volume=5_000) for at in range(10)],
                             OTHER: [a_day(20 - at / 10) for at in range(10)]}
    lines = [a_line(at, symbol, side, 100 * (1 + at % 4))
             for at in range(10) for symbol in (MAIN, OTHER) for side in ("BUY", "SELL")]
    result = play(rows, lines)
    cash = CNY("100000.00")
    for trade in result.trades:
        sign = -1 if trade.fill.side.value == "BUY" else 1
        cash += sign * trade.amount_cny - trade.fill.fees.total_cny
        assert trade.cash_after_cny == cash
    assert result.equity[-1].cash_cny == cash
    assert result.fees.total_cny == sum(row.fees.total_cny for row in result.order_log)


def test_the_same_input_gives_the_same_journal_and_hash() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10)] * 5}
    lines = [a_line(0, MAIN, "BUY", 100), a_line(1, MAIN, "SELL", 100)]
    first, second = play(rows, lines), play(rows, lines)

    assert first == second
    assert first.journal_hash != play(rows, lines[:1]).journal_hash


def test_only_the_chosen_sessions_are_played_and_what_lies_before_is_history() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10, prev_close=NAN)] * 5}
    result = play(rows, [a_line(at, MAIN, "BUY", 100, "11.00") for at in range(5)],
                  first=DAYS[1], last=DAYS[2])

    assert ends(result) == ["SUSPENDED", "FILLED 100 10.00", "FILLED 100 10.00", "SUSPENDED",
                            "SUSPENDED"]
    assert (len(result.equity), result.bars) == (2, 2)


@pytest.mark.parametrize("bars", [
    replace(a_table({MAIN: [a_day()]}), period=Period.MIN1), a_table({MAIN: []})])
def test_bars_that_cannot_be_played_are_refused(bars: Any) -> None:
    with pytest.raises(DataError, match="bars"):
        run_order_list(BacktestInput(bars=bars), [])


def test_days_that_no_calendar_knows_are_refused() -> None:
    table = a_table({MAIN: [a_day()]}, (date(2031, 1, 6),))
    with pytest.raises(DataError, match="calendar not known"):
        run_order_list(BacktestInput(bars=table), [])


def test_a_list_without_orders_keeps_the_cash() -> None:
    result = play({MAIN: [a_day()] * 3}, [])

    assert [row.equity_cny for row in result.equity] == [CNY("100000.00")] * 3


def test_the_house_profile_adds_its_checks_to_the_exchanges() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10)] * 2, OTHER: [a_day(10, is_st=1, volume=9e9)] * 2}
    lines = [a_line(1, MAIN, "BUY", 100), a_line(1, OTHER, "BUY", 500_100)]
    result = play(rows, lines, cash="90000000.00", profile=RiskProfile.HOUSE)

    assert ends(result) == ["FILLED 100 10.00", "ST_BUY_CAP"]
    assert result.profile == "house"
    assert ends(play(rows, lines, cash="90000000.00"))[1].startswith("FILLED")


# ---- strategies ------------------------------------------------------------------------------


def test_what_is_wanted_in_the_evening_is_bought_at_the_next_open_and_sold_when_it_is_not() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10), a_day(11), a_day(12), a_day(13)]}
    wanted = {DAYS[0]: {MAIN}, DAYS[1]: {MAIN}, DAYS[2]: set()}
    result = run_targets(
        BacktestInput(bars=a_table(rows), trading=TradingSettings(
            initial_cash_cny=CNY("100000.00"))),
        lambda evening: wanted.get(evening, set()), name="test")

    assert [(t.ts, t.fill.side.value, t.fill.price_cny) for t in result.trades] == [
        (DAYS[1].isoformat(), "BUY", CNY("11.00")), (DAYS[3].isoformat(), "SELL", CNY("13.00"))]
    assert result.trades[0].fill.shares == 9_000           # 10,000 by the close, cut by the cash
    assert result.strategy == "test"


def test_the_money_is_split_equally_over_what_is_wanted() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10)] * 3, OTHER: [a_day(20)] * 3}
    result = run_targets(
        BacktestInput(bars=a_table(rows), trading=TradingSettings(
            initial_cash_cny=CNY("100100.00"))), lambda _evening: {MAIN, OTHER}, name="test")

    assert [(t.fill.symbol, t.fill.shares) for t in result.trades] == [(OTHER, 2_500),
                                                                      (MAIN, 5_000)]


def test_the_equity_may_be_split_into_slots_and_nothing_is_ordered_without_cash() -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10)] * 4, OTHER: [a_day(20)] * 4}
    trading = TradingSettings(initial_cash_cny=CNY("100000.00"))
    given = BacktestInput(bars=a_table(rows), trading=trading)
    half = run_targets(given, lambda _evening: {MAIN}, name="test", slots=2)
    whole = run_targets(given, lambda evening: {MAIN} if evening < DAYS[1] else {MAIN, OTHER},
                        name="test")

    assert [t.fill.shares for t in half.trades] == [5_000]
    assert [(t.fill.symbol, t.fill.shares) for t in whole.trades] == [(MAIN, 9_900)]
    assert whole.refused == {}


@pytest.mark.parametrize(("lot", "bought"), [
    (1, [(STAR, 1_111), (MAIN, 5_500)]), (150, [(STAR, 1_050), (MAIN, 5_400)]),
    (700, [(STAR, 700), (MAIN, 4_900)])])
def test_whatever_the_lot_of_the_house_is_every_purchase_is_legal(
    lot: int, bought: list[tuple[str, int]]
) -> None:
    rows: dict[str, Days] = {MAIN: [a_day(10)] * 3, STAR: [a_day(50)] * 3}
    trading = TradingSettings(initial_cash_cny=CNY("111150.00"), lot_size_shares=lot)
    result = run_targets(BacktestInput(bars=a_table(rows), trading=trading),
                         lambda _evening: {MAIN, STAR}, name="test")

    assert sorted((t.fill.symbol, t.fill.shares) for t in result.trades) == sorted(bought)
    assert result.refused == {}


def test_a_share_of_the_money_below_the_least_purchase_is_left_in_cash() -> None:
    rows: dict[str, Days] = {STAR: [a_day(50)] * 3}              # 200 shares at least
    trading = TradingSettings(initial_cash_cny=CNY("19000.00"))
    result = run_targets(BacktestInput(bars=a_table(rows), trading=trading),
                         lambda _evening: {STAR}, name="test", slots=2)

    assert result.order_log == ()


def test_a_strategy_is_asked_for_evenings_only_never_for_the_day_it_trades_on() -> None:
    asked: list[date] = []

    def wanted(evening: date) -> set[str]:
        asked.append(evening)
        return set()

    run_targets(BacktestInput(bars=a_table({MAIN: [a_day()] * 4})), wanted, name="test")
    assert asked == list(DAYS[:3])
    assert np.all(np.diff([day.toordinal() for day in asked]) > 0)


def test_every_order_of_a_strategy_has_its_own_number_though_some_were_left_out() -> None:
    dear, cheap = "000002.SZ", MAIN
    rows: dict[str, Days] = {OTHER: [a_day(10)] * 4, dear: [a_day(80)] * 4, cheap: [a_day(1)] * 4}
    wanted = {DAYS[0]: {OTHER, dear, cheap}, DAYS[1]: {cheap}}
    result = run_targets(
        BacktestInput(bars=a_table(rows), trading=TradingSettings(
            initial_cash_cny=CNY("100000.00"))),
        lambda evening: wanted.get(evening, set()), name="test", slots=1)

    assert [(t.order_id, t.fill.symbol) for t in result.trades] == [
        (1, OTHER), (3, cheap), (4, OTHER), (5, cheap)]
    assert len(result.order_log) == len(result.trades)


def test_rule_11_a_suspended_row_of_zeros_leaves_the_last_known_close() -> None:
    zeros = a_day(0, volume=0, suspended=1, prev_close=0, adj_factor=1.1)
    rows: dict[str, Days] = {MAIN: [a_day(10), a_day(10), zeros, a_day(10, adj_factor=1.1)]}
    result = play(rows, [a_line(1, MAIN, "BUY", 100)])

    assert [row.market_value_cny for row in result.equity] == [
        CNY("0.00"), *[CNY("1000.00")] * 3]
    assert result.equity[-1].cash_cny == result.equity[1].cash_cny      # and nothing is credited
