from tests.support.desk import CNY, FUND, MAIN, Desk, a_bar, a_quote
from trading.valuation import Valuation


def a_valuation(desk: Desk) -> Valuation:
    return Valuation(desk.rules)


def test_equity_is_cash_and_holdings_at_the_newest_price() -> None:
    desk = Desk(cash="100000.00")
    desk.buy(1000)
    desk.play(a_bar())
    values, cash = a_valuation(desk), desk.session.cash_cny
    values.note((a_quote(last="9.50"),), ())
    assert values.equity_cny(desk.session.book) == cash + CNY("9500.00")

    values.note((), (a_bar(price="9.00"),))
    assert values.equity_cny(desk.session.book) == cash + CNY("9000.00")
    values.forget()
    assert values.equity_cny(desk.session.book) == cash + CNY("10000.00")   # the reference


def test_a_price_that_nobody_knows_makes_the_account_unknown_never_zero() -> None:
    desk = Desk(cash="100000.00")
    desk.buy(1000)
    desk.play(a_bar())
    desk.reference.reference_cny[MAIN] = None
    desk.rules.forget()
    values = a_valuation(desk)

    assert values.equity_cny(desk.session.book) is None
    assert values.day_start_cny(desk.session.book) == CNY("100000.00")
    desk.hold(100, "4.000", symbol=FUND)
    desk.reference.reference_cny[MAIN] = None
    assert values.day_start_cny(desk.session.book) is None


def test_the_start_of_the_day_takes_todays_fills_back() -> None:
    desk = Desk(cash="100000.00")
    desk.hold(1000)
    before = desk.session.cash_cny
    desk.buy(500, "10.10")
    desk.sell(300, "9.90")
    desk.play(a_bar(price="10.00", low="9.80", high="10.20"))
    values = a_valuation(desk)

    assert desk.session.cash_cny != before
    assert values.day_start_cny(desk.session.book) == before + CNY("10000.00")
