from tests.support.desk import CNY, FUND, MAIN, Desk, a_bar
from trading.portfolio import portfolio


def a_desk() -> Desk:
    desk = Desk(cash="20000.00")
    desk.buy(1_000, "10.00")
    desk.play(a_bar(price="10.00"))
    return desk


def test_what_is_held_is_worth_its_last_price() -> None:
    found = portfolio(a_desk().session.snapshot(), {MAIN: CNY("11.00")})

    assert found.market_value_cny == CNY("11000.00")
    assert found.unrealised_cny == CNY("994.90")             # cost 10,005.10, fees included
    assert found.equity_cny == CNY("20994.90")
    assert found.holdings[0].share_ratio == CNY("11000.00") / CNY("20994.90")


def test_one_unknown_price_makes_the_sums_unknown_and_nothing_else() -> None:
    desk = a_desk()
    desk.buy(1_000, "4.000", symbol=FUND)
    desk.play(a_bar(symbol=FUND, price="4.000"))
    found = portfolio(desk.session.snapshot(), {MAIN: CNY("11.00")})

    assert (found.market_value_cny, found.equity_cny, found.unrealised_cny) == (None, None, None)
    values = {h.position.symbol: h.market_value_cny for h in found.holdings}
    assert values == {MAIN: CNY("11000.00"), FUND: None}
    assert found.holdings[0].share_ratio is None


def test_an_empty_account_is_worth_its_cash() -> None:
    found = portfolio(Desk().session.snapshot(), {})

    assert (found.equity_cny, found.market_value_cny) == (CNY("1000000.00"), CNY("0.00"))
    assert found.holdings == ()


def test_a_sold_position_keeps_its_realised_profit_and_is_no_holding() -> None:
    desk = a_desk()
    desk.to(desk.parts.calendar.next_session(desk.session.day))
    desk.sell(1_000, "10.90")
    desk.play(a_bar(price="10.90"))
    found = portfolio(desk.session.snapshot(), {})

    assert found.holdings == ()
    assert found.realised_cny == desk.session.cash_cny - CNY("20000.00")
