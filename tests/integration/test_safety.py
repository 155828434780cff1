"""The safety of the desk as `main.py` puts it together."""

from contextlib import closing
from pathlib import Path

from core.events import NoticeEvent
from core.types import KillLevel, OrderSide
from tests.support.desks import Trader, desk_by_hand, home_in
from trading.breakers import breaker_states


def test_a_loss_on_the_desk_trips_its_breaker_and_only_sales_are_left(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.store.set("risk.daily_loss_limit", "1")
    with closing(desk_by_hand(home)) as desk:
        told: list[NoticeEvent] = []
        desk.services.bus.subscribe(NoticeEvent, told.append)
        trader = Trader(desk)
        symbol = trader.a_liquid_symbol()
        trader.order(OrderSide.BUY, symbol, 100)
        trader.play_until("10:00")

        assert trader.snapshot().kill_level is KillLevel.REDUCE_ONLY
        refused = trader.order(OrderSide.BUY, symbol, 100)
        assert "KILL" in [refusal.code for refusal in refused.refusals]
        assert any("daily_loss" in event.text for event in told)
        standing = {b.name for b in breaker_states(desk.engine._session.book) if b.tripped}
        assert standing == {"daily_loss"}


def test_a_quiet_day_trips_nothing(tmp_path: Path) -> None:
    with closing(desk_by_hand(home_in(tmp_path))) as desk:
        trader = Trader(desk)
        symbol = trader.a_liquid_symbol()
        trader.order(OrderSide.BUY, symbol, 100)
        trader.play_to_day_after(trader.snapshot().account.trading_day)

        assert trader.snapshot().kill_level is KillLevel.NONE
