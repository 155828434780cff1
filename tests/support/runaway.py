"""A strategy that has run away: it calls for an order again and again, as fast as it can."""

import random
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from core.rules import shanghai
from core.settings_types import RiskSettings
from core.types import OrderStatus
from tests.support.desk import CNY, DAY1, MAIN, Desk, a_quote
from trading.records import Entry
from trading.risk_checks import RiskProfile

PLAN, LAST = 7, time(14, 50)


@dataclass(frozen=True)
class Outcome:
    calls: int
    sent: int
    sent_shares: int
    peak_second: int
    peak_minute: int

    def __str__(self) -> str:
        return (f"{self.calls:,} order calls: {self.sent} sent with {self.sent_shares} shares, "
                f"peak {self.peak_second} a second and {self.peak_minute} a minute")


def run_away(
    calls: int, *, seed: int, settings: RiskSettings, parent_shares: int,
    bunched: bool = False,
) -> Outcome:
    """Children of one parent, spread over a day or `bunched` into a few seconds of it.

    Every call is judged by the gate; what it lets go is submitted and judged again. Refusals
    are not written down, so that a million of them fit into a test.
    """
    dice = random.Random(seed)
    desk = Desk(profile=RiskProfile.HOUSE, risk=settings, cash="900000000.00", at=time(9, 30))
    desk.session.record(Entry.PLAN, {
        "key": str(PLAN), "value": {"shares": parent_shares}, "why": "", "by": "test"})
    gate, clock, book = desk.session._risk, desk.clock, desk.session.book
    step = timedelta(microseconds=500) if bunched else (
        shanghai(DAY1, LAST) - clock.now_utc()) / calls
    quoted = clock.now_utc()
    desk.session.on_quotes([a_quote(volume_shares=10**9, ts_utc=quoted)])
    for _ in range(calls):
        now = clock.now_utc() + step
        if time(11, 29) < (now + timedelta(hours=8)).time() < time(13, 1):
            now = shanghai(DAY1, time(13, 1))
        clock.move_to(now)
        if now - quoted > timedelta(seconds=30):
            quoted = now
            desk.session.on_quotes([a_quote(volume_shares=10**9, ts_utc=now)])
        request = desk.request(
            100 * dice.randrange(1, 9), str(CNY("9.90") + CNY(dice.randrange(20)) / 100),
            source="runaway", plan_id=PLAN, symbol=MAIN)
        if not gate.judge(request, book)[1]:
            desk.session.submit(request)
    return _outcome(desk, calls)


def _outcome(desk: Desk, calls: int) -> Outcome:
    """From the journal, not from the gate's own counters."""
    moments = [entry.ts_utc for entry in desk.store.entries() if entry.kind == Entry.ORDER_SENDING]
    shares = sum(order.request.shares for order in desk.session.book.orders.values()
                 if order.status is not OrderStatus.DENIED)
    return Outcome(calls, len(moments), shares, _peak(moments, 1), _peak(moments, 60))


def _peak(moments: list[datetime], seconds: int) -> int:
    """The most within any window of this length, its far end open."""
    return max((at + 1 - bisect_right(moments, moment - timedelta(seconds=seconds))
                for at, moment in enumerate(moments)), default=0)
