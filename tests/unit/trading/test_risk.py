from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendar import exchange_calendar
from core.settings_types import RiskSettings, TradingSettings
from core.symbols import parse_instrument
from core.types import OrderSide, OrderType, Period
from tests.support.desk import (
    CNY,
    DAY1,
    DAY2,
    MAIN,
    STAR,
    Desk,
    a_bar,
    a_quote,
    at,
)
from trading.risk import market_age_s
from trading.risk_checks import RiskProfile


def a_house_desk(**changes: object) -> Desk:
    return Desk(profile=RiskProfile.HOUSE, **changes)  # type: ignore[arg-type]


def codes(
    desk: Desk, shares: int = 100, limit: str | None = "10.00", **changes: object
) -> list[str]:
    request = desk.request(shares, limit, **changes)
    return [reason.code for reason in desk.session.preview(request).refusals]


def test_the_largest_purchase_fits_the_cash_with_its_fees_to_the_fen() -> None:
    desk = Desk(cash="1005.01")
    preview = desk.session.preview(desk.request(100))

    assert preview.cash_needed_cny == CNY("1005.01")       # 1,000.00 + 5.00 + 0.01 transfer fee
    assert preview.max_buy_shares == 100
    assert preview.refusals == ()
    poorer = Desk(cash="1005.00")
    assert poorer.session.preview(poorer.request(100)).max_buy_shares == 0
    assert codes(poorer) == ["CASH"]


@pytest.mark.parametrize("cash", ["1005.01", "30333.33", "100000.00", "9999999.99"])
@pytest.mark.parametrize(("symbol", "price"), [(MAIN, "10.37"), (STAR, "49.99")])
def test_one_step_more_than_the_largest_purchase_is_too_much(
    cash: str, symbol: str, price: str
) -> None:
    desk = Desk(cash=cash, trading=TradingSettings(
        initial_cash_cny=CNY(cash), lot_size_shares=1))
    most = desk.session.preview(desk.request(100, price, symbol=symbol)).max_buy_shares
    assert most is not None
    if most:
        assert "CASH" not in codes(desk, most, price, symbol=symbol)
    step = 1 if symbol == STAR else 100
    if most < (100_000 if symbol == STAR else 1_000_000):
        assert "CASH" in codes(desk, max(most + step, 200), price, symbol=symbol)


def test_the_houses_lot_can_only_enlarge_the_exchanges_step() -> None:
    for lot, expected in ((1, 900), (100, 900), (500, 500), (250, 500)):
        desk = Desk(cash="9100.00", trading=TradingSettings(
            initial_cash_cny=CNY("9100.00"), lot_size_shares=lot))
        assert desk.session.preview(desk.request(100)).max_buy_shares == expected


def test_open_purchases_are_taken_from_the_free_cash() -> None:
    desk = Desk(cash="2500.00")
    desk.buy(100, "10.00")
    desk.buy(100, "10.00")

    assert desk.session.snapshot().account.reserved_cny == CNY("2010.02")
    assert codes(desk) == ["CASH"]
    desk.session.cancel(1)
    assert codes(desk) == []


def test_a_purchase_that_would_meet_the_open_is_judged_by_the_open() -> None:
    desk = Desk(cash="1005.01")
    desk.broker.start_bar(a_bar(price="10.00"))

    assert codes(desk, limit="10.90") == []
    assert codes(desk, limit=None, type=OrderType.MARKET) == []
    locked = Desk(cash="1005.01")
    locked.broker.start_bar(a_bar(price="11.00"))
    assert codes(locked, limit="11.00") == ["CASH"]


def test_a_price_of_a_bar_is_good_until_the_next_bar_is_due() -> None:
    desk = a_house_desk()
    assert codes(desk) == ["STALE_QUOTE"]
    desk.session.on_bars([a_bar(period=Period.MIN15, ts_utc=at(DAY1))])
    desk.session.on_quotes([a_quote(ts_utc=at(DAY1))])        # made from that very bar
    assert codes(desk) == []
    desk.to(DAY1, time(10, 16))                               # 15 minutes and 60 s of grace
    assert codes(desk) == []
    desk.to(DAY1, time(10, 16, 1))
    assert codes(desk) == ["STALE_QUOTE"]
    desk.session.on_quotes([a_quote(ts_utc=at(DAY1, time(10, 16)))])
    assert codes(desk) == []
    desk.to(DAY1, time(10, 17, 1))
    assert codes(desk) == ["STALE_QUOTE"]


def test_yesterdays_price_is_not_a_price_of_today() -> None:
    desk = a_house_desk()
    desk.session.on_quotes([a_quote()])
    desk.to(DAY2)

    assert codes(desk) == ["STALE_QUOTE"]


def test_the_lunch_break_ages_nothing() -> None:
    assert market_age_s(at(DAY1, time(11, 29, 50)), at(DAY1, time(13, 0, 10))) == 20
    assert market_age_s(at(DAY1, time(11, 30)), at(DAY1, time(13, 0))) == 0
    assert market_age_s(at(DAY1, time(9, 30)), at(DAY1, time(10, 0))) == 1_800
    assert market_age_s(at(DAY1, time(14)), at(DAY1, time(13))) == 0


def test_the_phase_and_the_calendar_are_the_clocks() -> None:
    lunch = a_house_desk(at=time(12))
    assert codes(lunch) == ["PHASE"]
    sunday = Desk(day=date(2024, 3, 3))
    assert codes(sunday) == ["NOT_A_SESSION"]
    unknown = Desk(day=date(2031, 3, 3))
    assert codes(unknown) == ["NOT_A_SESSION"]


def test_what_is_not_traded_here_is_refused_with_that_reason_alone() -> None:
    desk = a_house_desk()
    for symbol in ("000001.SH", "900901.SH", "113050.SH"):
        desk.reference.known[symbol] = parse_instrument(symbol)
        desk.reference.reference_cny[symbol] = CNY("100.00")
        assert codes(desk, symbol=symbol) == ["NOT_TRADABLE"]


def test_open_purchases_count_against_the_daily_cap_of_a_risk_warning_stock() -> None:
    desk = a_house_desk(cash="90000000.00", risk=RiskSettings(
        max_order_notional_cny=CNY("9000000.00"), large_trades_cny=CNY("9000000.00")))
    desk.reference.more[MAIN] = {"st": True}
    desk.session.on_quotes([a_quote(volume_shares=100_000_000)])
    desk.buy(499_900)

    assert codes(desk, 100) == []
    assert codes(desk, 200) == ["ST_BUY_CAP"]


def test_a_key_once_sent_is_a_duplicate_and_a_refused_one_is_not() -> None:
    desk = a_house_desk()
    desk.session.on_quotes([a_quote()])
    desk.buy(150, key="refused")
    desk.buy(100, key="sent")

    assert codes(desk, key="sent") == ["DUPLICATE", "REPEATED"]
    desk.to(DAY1, time(10, 0, 5))
    assert codes(desk, key="sent") == ["DUPLICATE"]
    assert codes(desk, key="refused") == []


def test_a_preview_of_a_sale_shows_what_comes_in() -> None:
    desk = Desk()
    desk.hold(200)
    preview = desk.session.preview(desk.request(200, side=OrderSide.SELL))

    assert preview.sellable_shares == 200
    assert preview.fees is not None
    assert preview.fees.stamp_duty_cny == CNY("1.00")        # 0.05 % of 2,000.00
    assert preview.proceeds_cny == Decimal("2000.00") - preview.fees.total_cny
    assert (preview.limit_down_cny, preview.limit_up_cny) == (CNY("9.00"), CNY("11.00"))
    assert exchange_calendar().is_session(desk.session.day)


@given(cash_fen=st.integers(100_000, 10**11), ticks=st.integers(901, 1_100))
@settings(max_examples=60, deadline=None)
def test_b14_the_suggested_size_is_floored_with_its_fees_and_is_never_too_much(
    cash_fen: int, ticks: int
) -> None:
    """A size that was rounded instead of floored needs more than there is."""
    cash, price = str(Decimal(cash_fen) / 100), str(Decimal(ticks) / 100)
    desk = Desk(cash=cash)
    most = desk.session.preview(desk.request(100, price)).max_buy_shares
    assert most is not None
    if most:
        preview = desk.session.preview(desk.request(most, price))
        assert preview.cash_needed_cny is not None
        assert preview.cash_needed_cny <= Decimal(cash)
        assert "CASH" not in [reason.code for reason in preview.refusals]
    if most < 1_000_000:
        assert "CASH" in codes(desk, most + 100, price)


def test_a_purchase_is_no_larger_than_one_order_may_be() -> None:
    desk = Desk(cash="900000000.00")

    assert desk.session.preview(desk.request(100)).max_buy_shares == 1_000_000


def test_on_the_last_known_session_nobody_knows_the_next_one() -> None:
    calendar = exchange_calendar()
    desk = Desk(day=calendar.days[-1])
    preview = desk.session.preview(desk.request(100, side=OrderSide.SELL))

    assert preview.refusals[0].numbers["next_session"] == ""
