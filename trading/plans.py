"""Plans at work on the trading thread: parent, conditional, grid and staged orders.

What a kind wants is decided by pure functions (`trading/plan_*.py`); here it is written down and
sent. A plan's row is durable before anything it decides leaves, its children are found again by
their plan id in the book, and the sum of what was ever sent never exceeds the plan's shares,
orders of unproven fate included. Nothing is sent in a burst: one order a plan and turn.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from core.desk_types import Plan, PlanKind, PlanSpec, PlanStatus
from core.exceptions import DataError, OrderError
from core.rules import (
    buy_quantity_ok,
    is_tradable,
    may_cancel,
    phase,
    quantity_step,
    tick_cny,
    to_shanghai,
)
from core.types import (
    Bar,
    Instrument,
    KillLevel,
    Order,
    OrderRequest,
    OrderSide,
    OrderStatus,
    Phase,
    Quote,
)
from trading.attendants import Onlooker
from trading.ledger import Booking
from trading.plan_best import best
from trading.plan_children import child_shares
from trading.plan_conditions import bracket, conditional
from trading.plan_grid import grid
from trading.plan_parents import iceberg, sliced
from trading.plan_prices import PlanPrices
from trading.plan_refusals import IN_PIECES, is_passing, most_shares
from trading.plan_rows import PlanRow, row_from, row_to
from trading.plan_schedule import BUCKETS, session_s_at
from trading.plan_specs import check_spec
from trading.plan_staged import staged
from trading.plan_view import Child, Children, PlanView, Step
from trading.quality import quality_of
from trading.records import Entry, Payload
from trading.risk_checks import MANUAL, RiskProfile
from trading.session import TradingSession

log = logging.getLogger(__name__)

KEPT_DAYS = 30                     # finished plans stay in the ledger's state so long
GAP_S = 180                        # of trading time in which no turn came: the machine slept
SKEW_NS = 2_000_000_000            # wall clock against monotonic clock between two turns
_STEADY_NS = 5_000_000_000         # nothing is sent so long after a jump of the clock
_IDLE_NS = 1_000_000_000           # a plan without news is looked at so often
_CANCEL_NS = 30_000_000_000        # from one cancel of an order to the next
_RETRY_NS = 30_000_000_000         # after a refusal; doubles up to _LONGEST
_SOON_NS = 5_000_000_000           # after one that passes by itself; doubles as well
_LONGEST = 5
REFUSED_IN_A_ROW = 5               # then a plan gives up, unless it protects a holding

EXITS = frozenset({PlanKind.STOP, PlanKind.TAKE_PROFIT, PlanKind.TRAILING, PlanKind.OCO})
ONE_SHOT = frozenset({PlanKind.BRACKET, PlanKind.STAGED})
FAMILIES: Mapping[PlanKind, Callable[[PlanRow, PlanView], Step]] = {
    PlanKind.TWAP: sliced, PlanKind.VWAP: sliced, PlanKind.POV: sliced,
    PlanKind.ICEBERG: iceberg, PlanKind.STOP: conditional, PlanKind.TAKE_PROFIT: conditional,
    PlanKind.TRAILING: conditional, PlanKind.OCO: conditional, PlanKind.BRACKET: bracket,
    PlanKind.LIMIT_BREAK: conditional, PlanKind.GRID: grid, PlanKind.STAGED: staged,
    PlanKind.BEST: best,
}
# Shares traded in each BUCKET_S of session time on usual days; None: not known.
Curve = Callable[[str], Sequence[int] | None]


def unknown_curve(_symbol: str) -> None:
    """No curve is known; a VWAP plan is refused then."""


@dataclass(slots=True)
class _Live:
    """A plan in memory. `row` may be ahead of what is written by what may be lost."""

    row: PlanRow
    news: bool = True
    looked_ns: int = 0
    refused: int = 0                   # in a row, for reasons that do not pass by themselves
    waited: int = 0                    # in a row, for reasons that do
    retry_ns: int = 0
    most_shares: int | None = None     # of its next order: the last one was too large


class Plans(Onlooker):
    """The attendant that keeps every plan. On the trading thread only; `shown` from any."""

    def __init__(self, session: TradingSession, curve: Curve = unknown_curve) -> None:
        self._session, self._curve, self._parts = session, curve, session.parts
        self._clock = session.parts.clock
        self._prices = PlanPrices(self._phase, session.parts.risk.quote_max_age_s)
        self._live: dict[int, _Live] = {}
        self._children: dict[int, dict[int, Order]] = {}
        self._cancelled_ns: dict[int, int] = {}
        self._book: object = None
        self._account = ""
        self._reset = False
        self._last: tuple[datetime, int] | None = None
        self._steady_from_ns = 0
        house = session.parts.profile is RiskProfile.HOUSE
        self._most_away = session.parts.risk.max_price_deviation_ratio if house else None
        self.shown: tuple[Plan, ...] = ()
        self._read()

    # ---- what a desk asks ----------------------------------------------------------------------

    def place(self, spec: PlanSpec) -> Plan:
        """Take a wish and keep it.

        Raises:
            OrderError: which part is wrong, and what is allowed. Nothing was written.
        """
        instrument = self._instrument(spec)
        check_spec(spec, tick_cny=tick_cny(instrument.board))
        self._check_market(spec, instrument)
        memo: dict[str, Any] = {}
        if spec.kind is PlanKind.VWAP:
            memo["curve"] = self._known_curve(spec.symbol)
        row = self._create(spec, memo)
        self._publish()
        return row.plan()

    def stop(self, plan_id: int, reason: str) -> Plan:
        """Cancel what it has in the market and send nothing more. OrderError: no such plan."""
        live = self._live.get(plan_id)
        if live is None:
            raise OrderError(f"there is no plan {plan_id}", why="nobody made it, or it is long "
                             "over", remedy="Look at the list of plans")
        if not live.row.ended:
            self._keep(live, live.row.now(PlanStatus.STOPPED, f"stopped: {reason}"))
            self._publish()
        self._cancel(self._children_of(plan_id).open)
        return live.row.plan()

    # ---- attendant -----------------------------------------------------------------------------

    def booked(self, kind: Entry, payload: Payload, booking: Booking) -> None:
        if booking.changes.wipe:
            self._children, self._reset = {}, True
        for order in booking.changes.orders:
            self._note_child(order)

    def market(self, quotes: Sequence[Quote], bars: Sequence[Bar]) -> None:
        self._prices.note(quotes, bars)
        if self._live:
            symbols = {q.symbol for q in quotes} | {b.symbol for b in bars}
            for live in self._live.values():
                live.news = live.news or live.row.symbol in symbols

    def day_opened(self, day: date) -> None:
        self._prices.forget()
        for live in self._live.values():
            live.news = True

    def act(self) -> None:
        """One turn of every plan that has news, or was not looked at for a second."""
        if self._session.failed:
            return
        book = self._session.book
        if book is not self._book or book.account.account_id != self._account:
            self._read()                   # the ledger was read again, or it is another account
        if self._reset:
            self._stop_all("the account was reset")
        now_ns = self._clock.monotonic_ns()
        self._look_at_the_clock(now_ns)
        for plan_id in list(self._live):
            live = self._live[plan_id]
            if live.news or now_ns - live.looked_ns >= _IDLE_NS or now_ns < live.looked_ns:
                live.news, live.looked_ns = False, now_ns
                self._turn(live, now_ns)
        self._publish()

    # ---- one plan ------------------------------------------------------------------------------

    def _turn(self, live: _Live, now_ns: int) -> None:
        row = live.row
        if row.ended:
            self._settle_ended(live)
            return
        level = self._session.book.kill_level
        if level >= KillLevel.BLOCK and not (
                _protects(row) or self._owes_exits(row)):
            self._keep(live, row.now(PlanStatus.STOPPED, "the kill switch was pulled"))
            return
        view = self._view(row, now_ns)
        if view is None:
            return
        step = FAMILIES[row.kind](row, view)
        self._follow(live, step, view)

    def _follow(self, live: _Live, step: Step, view: PlanView) -> None:
        """Write what was decided, then do it. In this order a crash repeats nothing."""
        row = live.row
        if step.note:
            self._decide(row, step.note, {})
        if step.spawn is not None and not self._carried_on(row.plan_id):
            self._create(step.spawn, dict(step.spawn_memo), parent=row.plan_id)
        after = step.row
        if step.send is not None and "arrival" not in after.memo:
            after = after.noting(**_arrival(view))
        self._keep(live, after, quiet=step.quiet and step.send is None)
        if step.cancel:
            self._cancel(order for order in view.children.open if order.order_id in step.cancel)
        if step.send is not None:
            self._send(live, step.send, view)

    def _send(self, live: _Live, child: Child, view: PlanView) -> None:
        row, now_ns = live.row, self._clock.monotonic_ns()
        if now_ns < live.retry_ns:
            return
        if child.shares > row.shares - view.children.sent_shares:
            self._keep(live, row.now(PlanStatus.FAILED, "more than its shares would be sent"))
            log.error("plan %d wanted more than its %d shares", row.plan_id, row.shares)
            return
        number = len(view.children.orders) + 1
        side = row.side
        if child.side_flipped:
            side = OrderSide.SELL if side is OrderSide.BUY else OrderSide.BUY
        child = _fitted(live, child, view)
        self._decide(row, child.why, {**child.numbers, "child": number, "shares": child.shares})
        try:
            order = self._session.submit(OrderRequest(
                symbol=row.symbol, side=side, shares=child.shares, limit_cny=child.limit_cny,
                created_utc=self._clock.now_utc(), type=child.type, tag=row.tag,
                key=f"plan-{row.plan_id}-{number}", source=row.source, plan_id=row.plan_id))
        except OrderError as error:
            self._keep(live, live.row.now(row.status, str(error)))
            return
        self._after_send(live, order, now_ns)

    def _after_send(self, live: _Live, order: Order, now_ns: int) -> None:
        row = live.row
        live.most_shares = most_shares(order.refusals)
        if order.status not in (OrderStatus.DENIED, OrderStatus.REJECTED):
            live.refused, live.waited, live.retry_ns = 0, 0, 0
            self._keep(live, row)
            return
        why = "; ".join(f"{r.code}: {r.text}" for r in order.refusals) or "the broker refused it"
        if is_passing(order.refusals) or (
                live.most_shares is not None and row.kind in IN_PIECES):
            live.retry_ns = now_ns + _SOON_NS * 2 ** min(live.waited, _LONGEST)
            live.waited += 1
            self._keep(live, row.now(row.status, f"refused for the moment: {why}"))
            return
        live.refused += 1
        live.retry_ns = now_ns + _RETRY_NS * 2 ** min(live.refused - 1, _LONGEST)
        if row.kind in ONE_SHOT and order.status is OrderStatus.DENIED:
            self._keep(live, row.now(PlanStatus.FAILED, f"refused: {why}"))
        elif live.refused >= REFUSED_IN_A_ROW and not _protects(row):
            self._keep(live, row.now(PlanStatus.FAILED, f"refused {live.refused} times: {why}"))
        else:
            self._keep(live, row.now(row.status, f"refused, tried again later: {why}"))

    def _owes_exits(self, row: PlanRow) -> bool:
        """A bracket sends nothing more once its purchase left; what it bought is protected."""
        return row.kind is PlanKind.BRACKET and bool(self._children_of(row.plan_id).sent)

    def _settle_ended(self, live: _Live) -> None:
        """A late fill still counts; a finished plan is kept for some days and then let go."""
        children = self._children_of(live.row.plan_id)
        self._keep(live, live.row)
        if children.open and live.row.status is PlanStatus.STOPPED:
            self._cancel(children.open)
        ended = date.fromisoformat(live.row.memo["ended"])
        if not children.open and self._today() - ended > timedelta(days=KEPT_DAYS):
            self._session.record(Entry.PLAN, {
                "key": str(live.row.plan_id), "value": None, "why": "long over", "by": "plans"})
            del self._live[live.row.plan_id]

    # ---- durable -------------------------------------------------------------------------------

    def _create(self, spec: PlanSpec, memo: dict[str, Any], parent: int = 0) -> PlanRow:
        plan_id = self._session.journal_seq + 1        # the entry that makes it; unique for ever
        row = PlanRow(
            plan_id=plan_id, kind=spec.kind, symbol=spec.symbol, side=spec.side,
            shares=spec.shares, params=dict(spec.params), source=spec.source, tag=spec.tag,
            account=self._session.book.account.account_id, created_utc=self._clock.now_utc(),
            day=self._first_day(spec.kind), parent=parent, memo=memo,
            status=PlanStatus.WORKING if "fired" in memo else PlanStatus.WAITING)
        self._write(row, f"plan {parent} goes on" if parent else "placed")
        self._live[plan_id] = _Live(row)
        return row

    def _keep(self, live: _Live, row: PlanRow, *, quiet: bool = False) -> None:
        """Take over a row; write it if it differs from what is written."""
        children = self._children_of(row.plan_id)
        sent, filled = children.sent_shares, children.filled_shares
        if (sent, filled) != (row.sent, row.filled):
            quiet = False
            row = replace(row, sent=sent, filled=filled, quality=self._quality(row, children))
        if row.ended and "ended" not in row.memo:
            row = row.noting(ended=self._today().isoformat())
        stored = self._session.book.state_of(Entry.PLAN).get(str(row.plan_id))
        live.row = row
        if not quiet and stored != row_to(row):
            self._write(row, row.text)
            live.news = True               # what changed may have more to do at once

    def _write(self, row: PlanRow, why: str) -> None:
        self._session.record(Entry.PLAN, {
            "key": str(row.plan_id), "value": row_to(row), "why": why, "by": row.source})

    def _decide(self, row: PlanRow, why: str, numbers: Mapping[str, Any]) -> None:
        self._session.record(Entry.DECISION, {
            "room": "plans", "plan_id": row.plan_id, "why": why, "numbers": dict(numbers)})

    def _read(self) -> None:
        """Plans and their children as the book holds them."""
        book = self._session.book
        self._book = book
        self._account = "" if book.cash is None else book.account.account_id
        rows = map(row_from, book.state_of(Entry.PLAN).values())
        self._live = {row.plan_id: _Live(row) for row in rows if row.account == self._account}
        self._children = {}
        for order in self._session.book.orders.values():
            self._note_child(order)
        self._publish()

    def _note_child(self, order: Order) -> None:
        plan_id = order.request.plan_id
        if plan_id:
            self._children.setdefault(plan_id, {})[order.order_id] = order
            if plan_id in self._live:
                self._live[plan_id].news = True

    def _children_of(self, plan_id: int) -> Children:
        known = self._children.get(plan_id, {})
        return Children(tuple(known[order_id] for order_id in sorted(known)))

    def _carried_on(self, plan_id: int) -> bool:
        return any(live.row.parent == plan_id for live in self._live.values())

    def _stop_all(self, why: str) -> None:
        self._reset = False
        for live in self._live.values():
            if not live.row.ended:
                self._keep(live, live.row.now(PlanStatus.STOPPED, why))

    def _cancel(self, orders: Any) -> None:
        now_ns, now_utc = self._clock.monotonic_ns(), self._clock.now_utc()
        for order in tuple(orders):
            instrument = self._parts.rules.instrument(order.request.symbol)
            asked = self._cancelled_ns.get(order.order_id)
            if (asked is not None and 0 <= now_ns - asked < _CANCEL_NS) or instrument is None or (
                    not may_cancel(instrument, self._phase(instrument, now_utc))):
                continue
            self._cancelled_ns[order.order_id] = now_ns
            try:
                self._session.cancel(order.order_id)
            except OrderError:
                continue               # it ended, or a cancel is on its way

    # ---- what a plan sees ----------------------------------------------------------------------

    def _view(self, row: PlanRow, now_ns: int) -> PlanView | None:
        instrument = self._parts.rules.instrument(row.symbol)
        if instrument is None:
            return None
        now_utc, book = self._clock.now_utc(), self._session.book
        day, position = to_shanghai(now_utc).date(), book.position(row.symbol)
        now_phase = self._phase(instrument, now_utc)
        seen, blind = self._prices.seen(instrument, now_utc)
        return PlanView(
            now_utc=now_utc, day=day, phase=now_phase, session_s=session_s_at(now_utc),
            rules=self._parts.rules.of(row.symbol, day) if day == book.day else None,
            seen=seen, blind=blind, quote=self._prices.quote(row.symbol),
            sellable_shares=position.sellable_shares,
            locked_shares=0 if position.t0 else position.bought_today_shares,
            next_session=self._next_session(day), children=self._children_of(row.plan_id),
            held_back=self._held_back(row, now_ns), trading=self._parts.trading,
            types=self._parts.broker.capabilities.types, most_away_ratio=self._most_away)

    def _held_back(self, row: PlanRow, now_ns: int) -> str:
        level = self._session.book.kill_level
        allowed = level is KillLevel.NONE or (
            level is KillLevel.PAUSE and row.source == MANUAL) or (
            level is KillLevel.REDUCE_ONLY and row.side is OrderSide.SELL)
        if not allowed:
            return f"the kill switch stands at level {int(level)}"
        for who, why in self._session.blockers.items():
            return f"{who}: {why}"
        if now_ns < self._steady_from_ns:
            return "the clock jumped; it waits until the clock is steady"
        live = self._live.get(row.plan_id)
        return "refused a moment ago" if live is not None and now_ns < live.retry_ns else ""

    def _look_at_the_clock(self, now_ns: int) -> None:
        """After sleep or a jump of the clock nothing is sent late in a burst; say so once."""
        now_utc, last = self._clock.now_utc(), self._last
        self._last = now_utc, now_ns
        if last is None or not any(not live.row.ended for live in self._live.values()):
            return
        wall_ns = int((now_utc - last[0]) / timedelta(microseconds=1)) * 1_000
        passed_ns = now_ns - last[1]
        same_day = to_shanghai(now_utc).date() == to_shanghai(last[0]).date()
        if abs(wall_ns - passed_ns) > SKEW_NS:
            self._steady_from_ns = now_ns + _STEADY_NS
            self._tell(f"the wall clock moved {wall_ns // 10**9} s while {passed_ns // 10**9} s "
                       "passed: it was set, or the machine slept; plans wait until it is steady")
        elif same_day and session_s_at(now_utc) - session_s_at(last[0]) > GAP_S:
            self._tell(f"no turn came for {session_s_at(now_utc) - session_s_at(last[0])} s of "
                       "trading time; slices missed are made up for within bounds only")

    def _tell(self, why: str) -> None:
        self._session.record(Entry.DECISION, {"room": "plans", "why": why})

    def _quality(self, row: PlanRow, children: Children) -> Mapping[str, str]:
        if row.kind is PlanKind.GRID:
            return {}                      # both sides: an average price says nothing
        memo, quote = row.memo, self._prices.quote(row.symbol)
        volume = amount = None
        if quote is not None and "volume0" in memo and memo.get("priced_on") == (
                to_shanghai(quote.ts_utc).date().isoformat()):
            volume = quote.volume_shares - memo["volume0"]
            if quote.amount_cny is not None and memo.get("amount0") is not None:
                amount = quote.amount_cny - Decimal(memo["amount0"])
        arrival = memo.get("arrival")
        return quality_of(
            children.orders, arrival_cny=None if arrival is None else Decimal(arrival),
            interval_volume=volume, interval_amount_cny=amount).texts()

    # ---- the pieces ----------------------------------------------------------------------------

    def _instrument(self, spec: PlanSpec) -> Instrument:
        instrument = self._parts.rules.instrument(spec.symbol)
        if instrument is None:
            raise OrderError(f"the {spec.kind.value} plan was not taken",
                             why=f"nothing is known of {spec.symbol}",
                             remedy="Check the code or import its data")
        refusal = is_tradable(instrument, self._today())
        if refusal is not None:
            raise OrderError(f"the {spec.kind.value} plan was not taken", why=refusal.text,
                             remedy="Choose another instrument")
        return instrument

    def _check_market(self, spec: PlanSpec, instrument: Instrument) -> None:
        whole = spec.kind is PlanKind.GRID or spec.side is OrderSide.SELL
        step = quantity_step(instrument.board)
        if not whole and not buy_quantity_ok(instrument.board, spec.shares):
            raise OrderError(f"the {spec.kind.value} plan was not taken",
                             why=f"{spec.shares} shares cannot be bought in steps of {step}",
                             remedy="Choose a legal quantity")
        until = spec.params.get("until", "")
        if until and date.fromisoformat(until) < self._today():
            raise OrderError(f"the {spec.kind.value} plan was not taken",
                             why=f"its last day {until} has passed", remedy="Give a later day")

    def _known_curve(self, symbol: str) -> list[int]:
        curve = self._curve(symbol)
        if curve is None or len(curve) != BUCKETS or sum(curve) <= 0:
            raise OrderError(
                "the VWAP plan was not taken", why=f"no intraday volume curve of {symbol} is "
                "known", remedy="Import its minute bars, or ask for a TWAP")
        return [int(volume) for volume in curve]

    def _first_day(self, kind: PlanKind) -> date:
        """The session on which a plan may act first: today while it is still to come or runs."""
        now = to_shanghai(self._clock.now_utc())
        over = time(9, 15) if kind is PlanKind.STAGED else time(14, 57)
        try:
            calendar = self._parts.calendar
            if calendar.is_session(now.date()) and now.time() < over:
                return now.date()
            return calendar.next_session(now.date())
        except DataError:
            return now.date()          # beyond the calendar nothing trades; the day check holds

    def _next_session(self, day: date) -> date | None:
        try:
            return self._parts.calendar.next_session(day)
        except DataError:
            return None

    def _phase(self, instrument: Instrument, at_utc: datetime) -> Phase:
        try:
            return phase(instrument, at_utc, self._parts.calendar)
        except DataError:
            return Phase.CLOSED

    def _today(self) -> date:
        return to_shanghai(self._clock.now_utc()).date()

    def _publish(self) -> None:
        today = self._today().isoformat()
        self.shown = tuple(live.row.plan() for live in self._live.values()
                           if not live.row.ended or live.row.memo.get("ended") == today)


def _fitted(live: _Live, child: Child, view: PlanView) -> Child:
    """The order, made smaller where the last one of its plan was too large for the moment."""
    row, most = live.row, live.most_shares
    if most is None or row.kind not in IN_PIECES or child.shares <= most or view.rules is None:
        return child
    shares = child_shares(row.side, most, row.shares - view.children.sent_shares, view.rules,
                          sellable=view.sellable_shares)
    return replace(child, shares=shares) if 0 < shares < child.shares else child


def _protects(row: PlanRow) -> bool:
    """An exit of a holding outlives kill levels and refusals; it waits."""
    return row.kind in EXITS and row.side is OrderSide.SELL


def _arrival(view: PlanView) -> dict[str, Any]:
    """What the market was when its first order left, for the quality of execution."""
    seen = view.seen
    if seen is None:
        return {}
    return {"arrival": str(seen.last_cny), "volume0": seen.volume_shares,
            "amount0": None if seen.amount_cny is None else str(seen.amount_cny),
            "priced_on": view.day.isoformat()}
