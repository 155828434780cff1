import random
from decimal import Decimal

from tests.support.desk import CNY, DAY2, FUND, MAIN, STAR, Desk, a_bar
from trading.attendants import Onlooker
from trading.exposure import Exposure, day_loss_cny, drawdown_ratio, share_of
from trading.ledger import Booking
from trading.records import Entry, Payload

PRICES = {MAIN: CNY("10.00"), STAR: CNY("50.00"), FUND: CNY("4.000")}
INDUSTRY = {MAIN: "liquor", STAR: "chips", FUND: ""}


def exposure_of(desk: Desk, prices: dict[str, Decimal] | None = None) -> Exposure:
    known = PRICES if prices is None else prices
    return Exposure(desk.session.book, known.get, INDUSTRY.__getitem__)


def sums(exposure: Exposure) -> tuple[object, ...]:
    return (exposure.equity_e4, exposure.gross_e4, exposure.names(), exposure.amounts_e4(),
            [exposure.of_sector_e4(name) for name in INDUSTRY.values()], exposure.unpriced)


def test_holdings_and_open_purchases_count_by_symbol_and_industry() -> None:
    desk = Desk()
    desk.hold(200)
    desk.buy(100, "9.50")
    desk.buy(200, "49.00", symbol=STAR)
    exposure = exposure_of(desk)

    assert exposure.of_symbol_e4(MAIN) == 20_000_000 + 9_550_100       # with fees: 5.00 and 0.01
    assert exposure.of_sector_e4("chips") == exposure.of_symbol_e4(STAR) == 98_051_000
    assert exposure.gross_e4 == exposure.of_symbol_e4(MAIN) + exposure.of_symbol_e4(STAR)
    assert (exposure.names(), exposure.names(FUND), exposure.names(MAIN)) == (2, 3, 2)
    assert set(exposure.take_changed()) == {MAIN, STAR}
    exposure.revalue(MAIN)
    assert exposure.take_changed() == (MAIN,)
    assert exposure.take_changed() == ()
    assert exposure.equity_e4 == desk.session.book.opened.cash_e4 + 20_000_000


def test_a_holding_without_a_price_makes_the_accounts_worth_unknown() -> None:
    desk = Desk()
    desk.hold(200)
    exposure = exposure_of(desk, {})

    assert exposure.unpriced == {MAIN}
    assert exposure.equity_e4 is None
    assert exposure.names() == 1


class Told(Onlooker):
    """Hands every durable entry on to an exposure."""

    exposure: Exposure | None = None

    def booked(self, kind: Entry, payload: Payload, booking: Booking) -> None:
        if self.exposure is not None:
            self.exposure.booked(booking)


def test_kept_entry_by_entry_it_is_what_a_fresh_look_says() -> None:
    """Random orders, fills, cancels, days and prices: the sums never drift."""
    dice, told = random.Random(7), Told()
    desk, prices = Desk(attendants=lambda _session: (told,)), dict(PRICES)
    told.exposure = exposure_of(desk, prices)
    for step in range(600):
        symbol, act = dice.choice(list(PRICES)), dice.randrange(5)
        price = str(prices[symbol])
        if act < 2:
            desk.buy(dice.randrange(1, 9) * 200, price, symbol=symbol)
        elif act == 2:
            desk.sell(dice.randrange(1, 4) * 200, price, symbol=symbol)
        elif act == 3:
            desk.play(a_bar(symbol=symbol, price=price, low="0.01", high="99.00", volume=3_000))
        else:
            prices[symbol] += CNY(dice.choice(["-0.1", "0.1"]))
            told.exposure.revalue(symbol)
        if step == 300:
            desk.to(DAY2)
        if step % 20 == 0:
            assert sums(told.exposure) == sums(exposure_of(desk, prices)), step
    assert len(desk.session.book.fills) > 50


def test_the_figures_of_loss_and_share_are_unknown_where_their_parts_are() -> None:
    assert day_loss_cny(1_000_000, 900_000) == CNY("10.00")
    assert day_loss_cny(900_000, 1_000_000) == CNY("-10.00")
    assert day_loss_cny(None, 1) is day_loss_cny(1, None) is None
    assert drawdown_ratio(1_000, 900) == CNY("0.1")
    assert drawdown_ratio(1_000, 1_100) == 0
    assert drawdown_ratio(1_000, None) is drawdown_ratio(0, 1) is None
    assert share_of(1, 4) == CNY("0.25")
    assert share_of(1, 0) is share_of(1, None) is None
