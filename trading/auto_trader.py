"""The auto-trader: signals to proposals to orders, inside budgets, and never past a guard.

Manual: signals are shown and nothing is proposed. Semi-automatic: a person approves each
proposal before it expires. Automatic: it is sent at once. What it did and what it left alone,
with the reason, is in the journal as PROPOSAL and DECISION entries. The risk gate judges every
order of it as it judges all others; what is asked here comes before that.
"""

import queue
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.desk_types import Autonomy, Proposal, ProposalStatus
from core.events import SignalEvent
from core.exceptions import DataError, OrderError
from core.rules import max_order_shares, min_buy_shares, phase, purchase_step, to_shanghai
from core.settings_types import AutoSettings
from core.types import (
    Bar,
    Instrument,
    KillLevel,
    Order,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    Phase,
    Quote,
)
from trading.attendants import Onlooker
from trading.budgets import MODEL, affordable_shares, exposure, shares_of
from trading.ledger import Booking
from trading.plan_children import child_shares, reaching_limit
from trading.plan_prices import PlanPrices
from trading.plan_schedule import session_s_at
from trading.plan_view import PlanView
from trading.records import Entry, Payload, request_from, request_to
from trading.risk_view import MANUAL, PEOPLE
from trading.session import TradingSession

INBOX_SIGNALS = 1_000
SIGNALS_A_TURN = 20
KEPT_DAYS = 30
REACH = Decimal("0.005")           # how far beyond the other side's best an order may reach
_RETRY_NS = 1_000_000_000
_MODE = "mode"
_FEES = Decimal("1.002")           # room for fees; the risk gate counts them to the fen

# Why a strategy or model may not act at this moment; empty: it may.
DriftGuard = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Row:
    """A durable proposal. `key`: the idempotency key of its order."""

    proposal: Proposal
    account: str
    day: date

    @property
    def key(self) -> str:
        return f"auto-{self.proposal.proposal_id}"


class AutoTrader(Onlooker):
    """On the trading thread; `hear` may be called from any, `shown` and `mode` read from any."""

    def __init__(
        self, session: TradingSession, settings: AutoSettings, drift: DriftGuard
    ) -> None:
        self._session, self._settings, self._drift = session, settings, drift
        self._parts, self._clock = session.parts, session.parts.clock
        self._prices = PlanPrices(self._phase, session.parts.risk.quote_max_age_s)
        self._heard: queue.Queue[SignalEvent] = queue.Queue(INBOX_SIGNALS)
        self._lost = 0
        self._waiting: deque[SignalEvent] = deque()
        self._orders: dict[str, dict[int, Order]] = {}
        self._rows: dict[int, _Row] = {}
        self._book: object = None
        self._account = ""
        self._tried_ns: int | None = None
        self.shown: tuple[Proposal, ...] = ()
        self.mode = Autonomy(settings.mode.upper())
        self._read()

    def hear(self, signal: SignalEvent) -> None:
        """Take a signal from the bus; one too many is counted and left alone."""
        try:
            self._heard.put_nowait(signal)
        except queue.Full:
            self._lost += 1

    # ---- what a desk asks ----------------------------------------------------------------------

    def set_autonomy(self, autonomy: Autonomy, by: str, reason: str) -> Autonomy:
        """Durable at once. OrderError: a step up without a reason."""
        if autonomy is not Autonomy.MANUAL and not reason.strip():
            raise OrderError("the auto-trader was not switched", why="no reason was given",
                             remedy="Say why; it is kept in the journal")
        self._session.record(Entry.AUTONOMY, {
            "key": _MODE, "value": {"autonomy": autonomy.value}, "why": reason, "by": by})
        self.mode = autonomy
        if autonomy is Autonomy.MANUAL:
            self._waiting.clear()
            for row in self._pending():
                self._end(row, ProposalStatus.DECLINED, "the auto-trader was switched to manual")
        self._publish()
        return autonomy

    def approve(self, proposal_id: int, by: str) -> Proposal:
        """Send it now, judged anew. OrderError: it is not pending any more."""
        row = self._pending_row(proposal_id)
        if self._is_late(row):
            ended = self._end(row, ProposalStatus.EXPIRED, "nobody approved it in time")
        else:
            why = self._guarded(row.proposal.request.source)
            if why:
                ended = self._end(row, ProposalStatus.BLOCKED, why)
            else:
                ended = self._send(row, f"approved by {by}")
        self._publish()
        return ended

    def decline(self, proposal_id: int, by: str, reason: str) -> Proposal:
        ended = self._end(self._pending_row(proposal_id), ProposalStatus.DECLINED,
                          f"declined by {by}: {reason}")
        self._publish()
        return ended

    # ---- attendant -----------------------------------------------------------------------------

    def booked(self, kind: Entry, payload: Payload, booking: Booking) -> None:
        if booking.changes.wipe:
            self._book = None              # read again at the next turn
        for order in booking.changes.orders:
            self._note_order(order)

    def market(self, quotes: Sequence[Quote], bars: Sequence[Bar]) -> None:
        self._prices.note(quotes, bars)

    def day_opened(self, day: date) -> None:
        self._prices.forget()

    def act(self) -> None:
        if self._session.failed:
            return
        book = self._session.book
        if book is not self._book or book.account.account_id != self._account:
            self._read()
        for row in self._pending():
            if self._is_late(row):
                self._end(row, ProposalStatus.EXPIRED, "nobody approved it in time")
        self._listen()
        now_ns = self._clock.monotonic_ns()
        if self._waiting and (self._tried_ns is None or now_ns - self._tried_ns >= _RETRY_NS
                              or now_ns < self._tried_ns):
            self._tried_ns = now_ns
            self._consider_waiting()
        self._publish()

    def _listen(self) -> None:
        lost, self._lost = self._lost, 0
        if lost and self.mode is not Autonomy.MANUAL:
            self._decide(None, f"{lost} signals were left alone: more than {INBOX_SIGNALS} waited")
        for _ in range(SIGNALS_A_TURN):
            try:
                signal = self._heard.get_nowait()
            except queue.Empty:
                return
            if self.mode is not Autonomy.MANUAL:
                self._waiting.append(signal)
                self._tried_ns = None

    def _consider_waiting(self) -> None:
        """A signal waits for a fresh price, on its own day only."""
        for _ in range(min(len(self._waiting), SIGNALS_A_TURN)):
            signal = self._waiting.popleft()
            if to_shanghai(signal.ts_utc).date() != self._today():
                self._decide(signal, "left alone: no fresh price came on its day")
            elif not self._consider(signal):
                self._waiting.append(signal)

    # ---- one signal ----------------------------------------------------------------------------

    def _consider(self, signal: SignalEvent) -> bool:
        """Propose, send or leave alone; False: there is no fresh price yet."""
        instrument = self._parts.rules.instrument(signal.symbol)
        if instrument is None or signal.strategy in PEOPLE or signal.score == 0:
            self._decide(signal, "left alone: an unknown instrument, source or opinion")
            return True
        view = self._view(instrument)
        if view is None:
            return False
        against = self._guarded(signal.strategy) or self._too_soon(signal)
        request = against or self._sized(signal, view)
        if isinstance(request, str):
            self._decide(signal, f"left alone: {request}")
            return True
        row = self._propose(signal, request)
        if self.mode is Autonomy.AUTO:
            self._send(row, "sent by itself")
        return True

    def _guarded(self, source: str) -> str:
        level = self._session.book.kill_level
        if level is not KillLevel.NONE:
            return f"the kill switch stands at level {int(level)} ({level.name})"
        for who, why in self._session.blockers.items():
            return f"{who}: {why}"
        drift = self._drift(source)
        return f"the drift guard: {drift}" if drift else ""

    def _too_soon(self, signal: SignalEvent) -> str:
        pause = timedelta(minutes=self._settings.cooldown_min)
        for row in self._rows.values():
            request, made = row.proposal.request, row.proposal.made_utc
            if (request.source, request.symbol) != (signal.strategy, signal.symbol):
                continue
            if row.proposal.status is ProposalStatus.PENDING:
                return f"proposal {row.proposal.proposal_id} on it is still pending"
            sent = row.proposal.status is ProposalStatus.SENT
            if sent and self._clock.now_utc() - made < pause:
                return (f"it cools down for {self._settings.cooldown_min} minutes after proposal "
                        f"{row.proposal.proposal_id}")
        return ""

    def _sized(self, signal: SignalEvent, view: PlanView) -> OrderRequest | str:
        """The order that fits the budget, or why there is none."""
        known = shares_of(self._orders.get(signal.strategy, {}).values())
        share = known.get(signal.symbol)
        side = OrderSide.BUY if signal.score > 0 else OrderSide.SELL
        limit_cny = reaching_limit(side, view, worst_cny=None, reach=REACH)
        if limit_cny is None:
            return "no legal price reaches the market"
        if side is OrderSide.SELL:
            if share is None or not share.held_shares:
                return "it holds nothing of it"
            assert view.rules is not None
            shares = child_shares(side, share.held_shares, share.held_shares, view.rules,
                                  sellable=view.sellable_shares)
            why = "none of its shares may be sold today"
        else:
            if share is not None and (share.held_shares or share.open_shares):
                return "it holds or is buying it already"
            budget = self._budget(signal.strategy)
            money = min(self._settings.position_cny,
                        budget - exposure(known) - self._proposed_cny(signal.strategy))
            shares = self._purchase(money, limit_cny, view)
            why = (f"its budget of {budget} CNY has {money} left for it, which buys no legal "
                   f"quantity at {limit_cny}")
        return why if shares <= 0 else OrderRequest(
            symbol=signal.symbol, side=side, shares=shares, limit_cny=limit_cny,
            created_utc=self._clock.now_utc(), source=signal.strategy)

    def _purchase(self, money: Decimal, limit_cny: Decimal, view: PlanView) -> int:
        assert view.rules is not None
        board = view.rules.instrument.board
        step = purchase_step(board, self._parts.trading.lot_size_shares)
        shares = affordable_shares(money, limit_cny * _FEES, step, min_buy_shares(board))
        most = max_order_shares(board, OrderType.LIMIT, view.day)
        return shares if most is None else min(shares, most // step * step)

    def _proposed_cny(self, source: str) -> Decimal:
        """Purchases that wait for a person: approved together, they stay within the budget."""
        asked = (row.proposal.request for row in self._pending())
        return sum((request.shares * (request.limit_cny or Decimal(0)) for request in asked
                    if request.source == source and request.side is OrderSide.BUY), Decimal(0))

    def _budget(self, source: str) -> Decimal:
        settings = self._settings
        return settings.model_budget_cny if source.startswith(MODEL) else settings.budget_cny

    # ---- proposals -----------------------------------------------------------------------------

    def _propose(self, signal: SignalEvent, request: OrderRequest) -> _Row:
        now_utc = self._clock.now_utc()
        expires = now_utc + timedelta(seconds=self._settings.approval_s)
        proposal_id = self._session.journal_seq + 1        # the entry that makes it
        row = _Row(Proposal(
            proposal_id=proposal_id, request=replace(request, key=f"auto-{proposal_id}"),
            reason=signal.reason, made_utc=now_utc, expires_utc=expires,
            status=ProposalStatus.PENDING), self._account, self._today())
        self._write(row)
        return row

    def _send(self, row: _Row, why: str) -> Proposal:
        """The proposal is durable; its key makes sure that it is sent once."""
        request = replace(row.proposal.request, created_utc=self._clock.now_utc())
        try:
            order = self._session.submit(request)
        except OrderError as error:
            return self._end(row, ProposalStatus.BLOCKED, str(error))
        if order.status is OrderStatus.DENIED:
            refusals = "; ".join(f"{r.code}: {r.text}" for r in order.refusals)
            return self._end(row, ProposalStatus.BLOCKED, f"risk: {refusals}", order.order_id)
        return self._end(row, ProposalStatus.SENT, why, order.order_id)

    def _end(
        self, row: _Row, status: ProposalStatus, why: str, order_id: int | None = None
    ) -> Proposal:
        proposal = replace(row.proposal, status=status, why=why, order_id=order_id)
        self._write(replace(row, proposal=proposal))
        return proposal

    def _write(self, row: _Row) -> None:
        proposal = row.proposal
        self._session.record(Entry.PROPOSAL, {
            "key": str(proposal.proposal_id), "value": _row_to(row),
            "why": proposal.why or proposal.reason, "by": proposal.request.source})
        self._rows[proposal.proposal_id] = row

    def _pending(self) -> list[_Row]:
        return [row for row in self._rows.values()
                if row.proposal.status is ProposalStatus.PENDING]

    def _pending_row(self, proposal_id: int) -> _Row:
        row = self._rows.get(proposal_id)
        if row is None or row.proposal.status is not ProposalStatus.PENDING:
            state = "unknown" if row is None else row.proposal.status.value
            raise OrderError(f"proposal {proposal_id} was left as it is", why=f"it is {state}",
                             remedy="Look at the list of proposals")
        return row

    def _is_late(self, row: _Row) -> bool:
        expires = row.proposal.expires_utc
        return row.day != self._today() or (
            expires is not None and self._clock.now_utc() >= expires)

    # ---- the book ------------------------------------------------------------------------------

    def _read(self) -> None:
        """Mode, proposals and orders as the book holds them; a send that was cut off is settled."""
        book = self._session.book
        self._book = book
        self._account = "" if book.cash is None else book.account.account_id
        mode = book.state_of(Entry.AUTONOMY).get(_MODE)
        self.mode = Autonomy(self._settings.mode.upper() if mode is None else mode["autonomy"])
        rows = map(_row_from, book.state_of(Entry.PROPOSAL).values())
        self._rows = {row.proposal.proposal_id: row for row in rows
                      if row.account == self._account}
        self._orders = {}
        for order in book.orders.values():
            self._note_order(order)
        if self._account:
            self._settle_cut_off()
        self._publish()

    def _settle_cut_off(self) -> None:
        for row in self._pending():
            order_id = self._session.book.by_key.get(row.key)
            if order_id is not None:
                self._end(row, ProposalStatus.SENT, "sent before the program stopped", order_id)
        for proposal_id, row in list(self._rows.items()):
            if self._today() - row.day > timedelta(days=KEPT_DAYS):
                self._session.record(Entry.PROPOSAL, {
                    "key": str(proposal_id), "value": None, "why": "long over",
                    "by": "auto-trader"})
                del self._rows[proposal_id]

    def _note_order(self, order: Order) -> None:
        source = order.request.source
        if source != MANUAL:
            self._orders.setdefault(source, {})[order.order_id] = order

    def _view(self, instrument: Instrument) -> PlanView | None:
        """What prices and rules say now; None: no fresh price of continuous trading."""
        now_utc, book = self._clock.now_utc(), self._session.book
        day, position = to_shanghai(now_utc).date(), book.position(instrument.symbol)
        seen, blind = self._prices.seen(instrument, now_utc)
        rules = self._parts.rules.of(instrument.symbol, day) if day == book.day else None
        if seen is None or rules is None or (
                self._phase(instrument, now_utc) is not Phase.CONTINUOUS):
            return None
        return PlanView(
            now_utc=now_utc, day=day, phase=Phase.CONTINUOUS, session_s=session_s_at(now_utc),
            rules=rules, seen=seen, blind=blind, quote=seen.quote,
            sellable_shares=position.sellable_shares, locked_shares=0, next_session=None)

    def _phase(self, instrument: Instrument, at_utc: datetime) -> Phase:
        try:
            return phase(instrument, at_utc, self._parts.calendar)
        except DataError:
            return Phase.CLOSED

    def _today(self) -> date:
        return to_shanghai(self._clock.now_utc()).date()

    def _decide(self, signal: SignalEvent | None, why: str) -> None:
        about = {} if signal is None else {
            "symbol": signal.symbol, "source": signal.strategy, "score": str(signal.score),
            "reason": signal.reason}
        self._session.record(Entry.DECISION, {"room": "auto-trader", "why": why, **about})

    def _publish(self) -> None:
        today = self._today()
        self.shown = tuple(row.proposal for row in self._rows.values()
                           if row.day == today or row.proposal.status is ProposalStatus.PENDING)


def _row_to(row: _Row) -> dict[str, Any]:
    proposal = row.proposal
    return {
        "proposal_id": proposal.proposal_id, "request": request_to(proposal.request),
        "reason": proposal.reason, "made_utc": proposal.made_utc.isoformat(),
        "expires_utc": None if proposal.expires_utc is None else proposal.expires_utc.isoformat(),
        "status": proposal.status.value, "why": proposal.why, "order_id": proposal.order_id,
        "account": row.account, "day": row.day.isoformat()}


def _row_from(value: Payload) -> _Row:
    expires = value["expires_utc"]
    return _Row(Proposal(
        proposal_id=value["proposal_id"], request=request_from(value["request"]),
        reason=value["reason"], made_utc=datetime.fromisoformat(value["made_utc"]),
        expires_utc=None if expires is None else datetime.fromisoformat(expires),
        status=ProposalStatus(value["status"]), why=value["why"], order_id=value["order_id"]),
        value["account"], date.fromisoformat(value["day"]))
