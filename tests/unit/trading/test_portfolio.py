from core.calendar import exchange_calendar
from tests.support.announced import Announced
from tests.support.desk import CNY, DAY2, DAY3, FUND, MAIN, Desk, a_bar, at
from trading.entitlements import Entitlements
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


def test_profit_is_split_into_what_it_is_made_of() -> None:
    reference = Announced(cash_per_share_cny=CNY("1.00"), pay_date=DAY3)
    desk = Desk(reference=reference, dividend_tax=True,
                day_start=Entitlements(reference, exchange_calendar()).day_start)
    desk.hold(1_000)
    desk.sell(400, "10.50")
    desk.play(a_bar(price="10.50", ts_utc=at(DAY2)))
    found = portfolio(desk.session.snapshot(), {MAIN: CNY("10.50")})
    (held,) = found.holdings

    assert (found.dividend_cny, found.dividend_tax_cny) == (CNY("1000.00"), CNY("80.00"))
    assert found.receivable_cny == CNY("1000.00")
    assert held.average_cny == CNY("10.0051")                 # 10,005.10 for 1,000
    assert held.diluted_cny == CNY("8.1537")                  # 6,003.06 less 1,110.82, for 600
    assert found.equity_cny == desk.session.cash_cny + 1_000 + 6_300
    assert found.realised_cny + (found.unrealised_cny or 0) == found.equity_cny - 1_000_000
    assert found.fees_cny > 0


def test_an_empty_position_has_no_cost_a_share() -> None:
    assert portfolio(Desk().session.snapshot(), {}).receivable_cny == CNY("0.00")
