"""The program-trading sheet: what each account did on each day, worked out from the journal alone.

High frequency and the four abnormal kinds are those of the exchanges' rules in force since
2025-07-07 (market rules, program trading). No official trigger levels of the four are public:
the limits are the house's, far below what is plainly abnormal, and the gate refuses at them.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from json import loads

from core.desk_types import Registration
from core.ports import OrderStore
from core.types import JournalEntry, Report
from trading.conduct_checks import BURST_PER_SECOND
from trading.records import Entry, Payload
from trading.registration import registration_from
from trading.risk_view import PEOPLE

HIGH_FREQUENCY_PER_SECOND, HIGH_FREQUENCY_PER_DAY = 300, 20_000    # orders and cancels, one account
SECOND = timedelta(seconds=1)
COMPLIANCE_HEADER = (
    "account", "trading_day", "orders", "automated_orders", "cancels", "cancel_ratio",
    "quick_cancels", "messages", "peak_per_second", "high_frequency", "rejected_by_broker",
    "refused_by_gate", "bursts", "refused_quick_cancel", "refused_price_push",
    "refused_large_trades", "refused_rate", "registered_on", "software", "version",
    "strategy_kind", "reported_per_second", "reported_per_day", "by")


@dataclass(slots=True)
class TradingDay:
    """One account on one day. `messages`: orders and cancels."""

    account: str
    day: date
    orders: int = 0
    automated: int = 0
    quick_cancels: int = 0
    rejected: int = 0
    peak_second: int = 0
    bursts: int = 0                    # times at which a second's messages reached the limit
    messages: int = 0
    refusals: Counter[str] = field(default_factory=Counter)    # by code
    denied: int = 0
    _sent_utc: dict[int, datetime] = field(default_factory=dict)
    _cancelled: set[int] = field(default_factory=set)
    _second: deque[datetime] = field(default_factory=deque)

    @property
    def cancels(self) -> int:
        return len(self._cancelled)

    @property
    def high_frequency(self) -> bool:
        return (self.peak_second >= HIGH_FREQUENCY_PER_SECOND
                or self.messages >= HIGH_FREQUENCY_PER_DAY)

    def sent(self, order_id: int, at_utc: datetime, *, automated: bool) -> None:
        self.orders += 1
        self.automated += automated
        self._sent_utc[order_id] = at_utc
        self._message(at_utc)

    def cancel_asked(self, order_id: int, at_utc: datetime) -> None:
        self._message(at_utc)
        if order_id not in self._cancelled:
            self._cancelled.add(order_id)
            sent_utc = self._sent_utc.get(order_id)
            self.quick_cancels += sent_utc is not None and at_utc - sent_utc <= SECOND

    def refused(self, codes: Iterable[str]) -> None:
        self.denied += 1
        self.refusals.update(codes)

    def _message(self, at_utc: datetime) -> None:
        self.messages += 1
        self._second.append(at_utc)
        while self._second[0] <= at_utc - SECOND:
            self._second.popleft()
        self.peak_second = max(self.peak_second, len(self._second))
        self.bursts += len(self._second) == BURST_PER_SECOND

    def row(self, known: Registration | None) -> tuple[object, ...]:
        ratio = f"{self.cancels / self.orders:.4f}" if self.orders else ""
        return (
            self.account, self.day, self.orders, self.automated, self.cancels, ratio,
            self.quick_cancels, self.messages, self.peak_second,
            "yes" if self.high_frequency else "no", self.rejected, self.denied, self.bursts,
            self.refusals["QUICK_CANCEL"], self.refusals["PRICE_PUSH"],
            self.refusals["LARGE_TRADES"], self.refusals["RATE"], *_registered(known))


def _registered(known: Registration | None) -> tuple[object, ...]:
    if known is None:
        return ("",) * 7
    return (known.registered_on, known.software, known.version, known.strategy_kind,
            known.most_per_second, known.most_per_day, known.by)


def trading_days(entries: Iterable[JournalEntry]) -> list[TradingDay]:
    """Every account's every day with an order, a refusal or a cancel; in the journal's order."""
    sheet = _Sheet()
    for entry in entries:
        sheet.take(entry)
    return [day for day in sheet.days.values() if day.messages or day.denied]


class _Sheet:
    """Walks the journal once."""

    def __init__(self) -> None:
        self.days: dict[tuple[str, date], TradingDay] = {}
        self._account = ""
        self._automated: dict[int, bool] = {}      # of orders that were written down and not sent

    def take(self, entry: JournalEntry) -> None:
        act = _ACTS.get(entry.kind)
        if act is not None:
            act(self, loads(entry.payload), entry)

    def _of(self, entry: JournalEntry) -> TradingDay:
        key = self._account, entry.trading_day
        if key not in self.days:
            self.days[key] = TradingDay(*key)
        return self.days[key]

    def account(self, payload: Payload, _entry: JournalEntry) -> None:
        self._account = payload["account_id"]

    def intent(self, payload: Payload, _entry: JournalEntry) -> None:
        request = payload["request"]
        self._automated[payload["order_id"]] = (
            request["source"] not in PEOPLE or bool(request.get("plan_id")))

    def sending(self, payload: Payload, entry: JournalEntry) -> None:
        order_id = payload["order_id"]
        self._of(entry).sent(
            order_id, entry.ts_utc, automated=self._automated.pop(order_id, True))

    def cancel(self, payload: Payload, entry: JournalEntry) -> None:
        self._of(entry).cancel_asked(payload["order_id"], entry.ts_utc)

    def denied(self, payload: Payload, entry: JournalEntry) -> None:
        self._of(entry).refused(reason["code"] for reason in payload["refusals"])

    def report(self, payload: Payload, entry: JournalEntry) -> None:
        if payload["report"] == Report.REJECTED.value:
            self._of(entry).rejected += 1


_ACTS: Mapping[str, Callable[[_Sheet, Payload, JournalEntry], None]] = {
    Entry.ACCOUNT_OPENED: _Sheet.account, Entry.ACCOUNT_RESET: _Sheet.account,
    Entry.ACCOUNT_SELECTED: _Sheet.account, Entry.ORDER_INTENT: _Sheet.intent,
    Entry.ORDER_SENDING: _Sheet.sending, Entry.CANCEL_ASKED: _Sheet.cancel,
    Entry.ORDER_DENIED: _Sheet.denied, Entry.REPORT: _Sheet.report,
}


def compliance_rows(store: OrderStore) -> Iterator[tuple[object, ...]]:
    """The exportable sheet: a row for each account and day, with what was registered."""
    known = _registrations(store)
    for day in trading_days(store.entries()):
        yield day.row(known.get(day.account))


def _registrations(store: OrderStore) -> Mapping[str, Registration]:
    return {row.key: registration_from(loads(row.value)) for row in store.load().state
            if row.kind == Entry.REGISTRATION and row.value is not None}
