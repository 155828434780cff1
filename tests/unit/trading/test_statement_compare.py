from dataclasses import replace
from datetime import time

from core.types import StatementLine
from tests.support.desk import CNY, DAY1, DAY2, DAY3, MAIN, Desk, a_bar, at
from trading.statement import Statement, statements
from trading.statement_compare import Comparison, compare_statement

NO_FEES = CNY("0.00")


def ours() -> list[Statement]:
    """Bought 1,000 in two trades on DAY1, sold 400 on DAY2."""
    desk = Desk(cash="100000.00")
    desk.buy(1_000, "10.00")
    desk.play(a_bar(volume=2_400))
    desk.clock.move_to(at(DAY1, time(10, 5)))
    desk.play(a_bar(low="9.90"))
    desk.to(DAY2)
    desk.sell(400, "10.50")
    desk.play(a_bar(price="10.50", ts_utc=at(DAY2)))
    return list(statements(desk.store.entries()))


def theirs() -> list[StatementLine]:
    """The same as a broker prints it: one line an order."""
    return [
        StatementLine(
            line=2, day=DAY1, kind="BUY", symbol=MAIN, shares=1_000, price_cny=CNY("10.00"),
            amount_cny=CNY("10000.00"), commission_cny=CNY("5.00"), stamp_duty_cny=NO_FEES,
            transfer_fee_cny=CNY("0.10"), cash_change_cny=CNY("-10005.10"),
            cash_after_cny=CNY("89994.90")),
        StatementLine(
            line=3, day=DAY2, kind="SELL", symbol=MAIN, shares=400, price_cny=CNY("10.50"),
            amount_cny=CNY("4200.00"), commission_cny=CNY("5.00"), stamp_duty_cny=CNY("2.10"),
            transfer_fee_cny=CNY("0.04"), cash_change_cny=CNY("4192.86"),
            cash_after_cny=CNY("94187.76"))]


def told(found: Comparison) -> list[tuple[str, str, str, str, int]]:
    return [(each.kind, each.what, each.here, each.there, each.line)
            for each in found.differences]


def test_orders_of_several_trades_agree_with_one_line_each() -> None:
    found = compare_statement(ours(), theirs())

    assert found.differences == ()
    assert (found.first, found.last, found.matched, found.lines_there) == (DAY1, DAY2, 2, 2)
    assert found.lines_here > 2


def test_one_fen_in_any_column_is_a_difference() -> None:
    buy, sell = theirs()
    wrong = [buy, replace(sell, stamp_duty_cny=CNY("2.11"), cash_change_cny=CNY("4192.85"),
                          cash_after_cny=CNY("94187.75"))]

    assert told(compare_statement(ours(), wrong)) == [
        ("SELL", "stamp_duty_cny", "2.10", "2.11", 3),
        ("SELL", "cash_change_cny", "4192.86", "4192.85", 3),
        ("CLOSING", "cash_after_cny", "94187.76", "94187.75", 3)]


def test_what_only_one_side_has_is_missing_on_the_other() -> None:
    buy, sell = theirs()
    stranger = replace(sell, line=9, symbol="000001.SZ", cash_after_cny=None)

    assert told(compare_statement(ours(), [buy, stranger])) == [
        ("SELL", "MISSING_HERE", "", "400 at 10.50", 9),
        ("SELL", "MISSING_THERE", "400 at 10.50", "", 0)]


def test_a_column_that_the_broker_does_not_print_is_not_compared() -> None:
    bare = [StatementLine(line=2, day=DAY1, kind="BUY", symbol=MAIN, shares=1_000)]

    assert compare_statement(ours(), bare).differences == ()
    assert told(compare_statement(ours(), [replace(bare[0], shares=900)])) == [
        ("BUY", "shares", "1000", "900", 2)]


def test_trades_are_paired_by_their_number_first() -> None:
    days = ours()
    (sale,) = [line for line in days[1].lines if line.kind == "SELL"]
    same_price = replace(theirs()[1], trade_id=sale.trade_id, shares=300)

    found = compare_statement(days[1:], [same_price])
    assert [each.what for each in found.differences] == ["shares"]
    assert found.matched == 1


def test_cash_lines_and_kinds_that_are_not_compared() -> None:
    transfer = StatementLine(line=4, day=DAY2, kind="OTHER", symbol="", shares=0,
                             cash_change_cny=CNY("5.00"))
    dividend = StatementLine(line=5, day=DAY2, kind="DIVIDEND", symbol=MAIN, shares=0,
                             cash_change_cny=CNY("9.00"))
    found = compare_statement(ours(), [*theirs(), transfer, dividend])

    assert (found.not_compared, found.matched) == (1, 2)
    assert told(found) == [("DIVIDEND", "MISSING_HERE", "", "9.00", 5)]
    assert found.differences[0].as_json()["day"] == DAY2.isoformat()


def test_an_empty_statement_and_days_outside_of_it_say_nothing() -> None:
    assert compare_statement(ours(), []) == Comparison(
        first=None, last=None, lines_here=0, lines_there=0, matched=0, not_compared=0,
        differences=())
    later = StatementLine(line=2, day=DAY3, kind="OTHER", symbol="", shares=0)
    assert compare_statement(ours(), [later]).lines_here == 0
