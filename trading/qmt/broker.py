"""The order core's broker over miniQMT. The terminal's library lives in a child process.

What is sure is said as such: an order that never reached the terminal raises OrderError. What is
not sure stays so: -1, an error and silence all leave the order UNKNOWN until a push or a list of
the terminal tells. A pending cancel is no end, a status that nobody documents changes nothing,
and after every new session all orders and trades of the day are told again: the ledger knows
which of them it has.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from core.constants import TRADING_HOURS
from core.exceptions import OrderError, TradingError
from core.ports import Clock
from core.rules import to_shanghai
from core.types import (
    Bar,
    BrokerReport,
    Capabilities,
    CashAtBroker,
    Fill,
    Order,
    OrderAtBroker,
    Position,
    PositionAtBroker,
    Quote,
    Report,
)
from trading.float_prices import amount_in
from trading.qmt.codes import OPEN_STATUSES, TAKEN_STATUSES, TYPES
from trading.qmt.link import Link, Timings
from trading.qmt.numbers import Numbers
from trading.qmt.process import StartChild
from trading.qmt.translate import (
    Row,
    cash_in,
    moment_in,
    order_id_in,
    order_in,
    place_of,
    position_in,
    remark_of,
    side_in,
    status_in,
    trade_in,
    whole,
)
from trading.qmt.wire import NS_PER_MS, Message

log = logging.getLogger(__name__)

T = TypeVar("T")

LABEL_EN = "miniQMT: tested against a fake of the documented interface, never against a real broker"
LABEL_ZH = "miniQMT：只用按公开文档制作的模拟终端测试过，从未连接真实券商测试"
DAY_END = max(row.end for row in TRADING_HOURS)
_END_DAY_EVERY_MS = 30_000
_SETTLE_S = 60                     # nothing is documented of when a list is up to date
_UNREADABLE = (ValueError, KeyError, TypeError, ArithmeticError)


class QmtBroker:
    """Fulfils BrokerInterface. `open` before use; `close` ends the child."""

    def __init__(
        self, *, start_child: StartChild, clock: Clock, line_clock: Clock,
        tag: str, timings: Timings | None = None,
    ) -> None:
        """
        Args:
            clock: wall time, for reports that carry none.
            line_clock: its monotonic clock times the line; always the machine's own.
            tag: names the ledger in every mark; the same for all its life.
        """
        self._clock, self._line_clock, self._tag = clock, line_clock, tag
        self._timings = timings or Timings()
        self._link = Link(start=start_child, clock=line_clock, timings=self._timings,
                          on_push=self._pushed)
        self._handler: Callable[[BrokerReport], None] = _nobody
        self._numbers = Numbers(tag)
        self._day_end_asked_ns: int | None = None
        self._listed_day: date | None = None       # of the newest answer that was a list
        self.garbled = 0                       # messages of the terminal that made no sense

    # ---- the line --------------------------------------------------------------------------------

    def open(self, within_ms: int = 0) -> bool:
        """Start the child; True once there is a session with the terminal."""
        self._link.open()
        return self._link.wait_online(within_ms)

    def close(self) -> None:
        self._link.close()

    @property
    def online(self) -> bool:
        return self._link.online

    @property
    def trouble(self) -> str:
        """Why it is not online; empty if it is."""
        return self._link.trouble

    @property
    def children(self) -> int:
        return self._link.children

    def wait_online(self, within_ms: int) -> bool:
        return self._link.wait_online(within_ms)

    def ping(self) -> None:
        """Return when everything that the child had sent before has been handed on."""
        self._link.call("ping")

    # ---- BrokerInterface: what it is -------------------------------------------------------------

    @property
    def name(self) -> str:
        return "QMT"

    @property
    def capabilities(self) -> Capabilities:
        """The list is never taken as complete: failure and "no orders" look the same in it.

        At the day's end the newest answer counts as the list of the day if it was one with
        orders of today. A refusal is proof because only what surely was not asked is raised as
        OrderError; the terminal's -1 never is.
        """
        today = to_shanghai(self._clock.now_utc()).date()
        return Capabilities(
            complete_list=False, trades=True, positions=True, cash=True, remarks=True,
            types=TYPES, refusals_are_proof=True, settle_s=_SETTLE_S,
            day_end_list=self._listed_day == today, label_en=LABEL_EN, label_zh=LABEL_ZH)

    def on_report(self, handler: Callable[[BrokerReport], None]) -> None:
        self._handler = handler

    # ---- out -------------------------------------------------------------------------------------

    def place(self, order: Order) -> str:
        """The terminal's order number.

        Raises:
            OrderError: surely not sent.
            TradingError, OSError: it may have been sent.
        """
        asked = place_of(order, remark_of(self._tag, order.order_id))
        self._numbers.leaves(order)
        number: int | None = None
        try:
            number = whole(self._link.call("place", **asked)["number"])
        except _UNREADABLE as error:
            raise ConnectionError(f"the child's answer makes no sense: {error}") from None
        finally:
            waited = self._numbers.left(order.order_id, number)
            for row in waited:
                self._take(row)
        return str(number)

    def cancel(self, order: Order) -> None:
        number = self._numbers.number_of(order)
        if number is None:
            raise OrderError(f"order {order.order_id} cannot be cancelled yet",
                             why="the terminal's number of it is not known",
                             remedy="Cancel it in the terminal, or wait for its report")
        if self._link.call("cancel", number=number).get("sent") is not True:
            self._handler(self._about(order.order_id, number, Report.CANCEL_REFUSED,
                                      "the terminal answered -1"))

    # ---- asking ----------------------------------------------------------------------------------

    def query_orders(self) -> Sequence[BrokerReport]:
        reports = (self._listed(row) for row in self._order_rows())
        return [report for report in reports if report is not None]

    def query_trades(self) -> Sequence[BrokerReport]:
        return [self._traded(row, self._numbers.id_of(row, order=None) or 0)
                for row in self._trade_rows()]

    def query_positions(self) -> Sequence[PositionAtBroker]:
        rows = self._rows("positions")
        if rows is None and cash_and_value(self._link.call("cash"))[1] != 0:
            raise _no_list("positions")
        return [self._read(position_in, row) for row in rows or ()]

    def query_cash(self) -> CashAtBroker:
        return cash_and_value(self._link.call("cash"))[0]

    def _order_rows(self) -> list[Row]:
        rows = self._rows("orders")
        self._listed_day = _newest_day(rows or ())
        if rows is None and self._numbers.any:
            raise _no_list("orders")           # there were some: it is no empty list
        return rows or []

    def _trade_rows(self) -> list[Row]:
        rows = self._rows("trades")
        if rows is None and self._numbers.traded:
            raise _no_list("trades")
        return rows or []

    def _rows(self, what: str) -> list[Row] | None:
        rows = self._link.call(what).get("rows")
        return rows if isinstance(rows, list) else None

    def _listed(self, row: Row) -> BrokerReport | None:
        """None: the terminal itself does not know what the order is."""
        about, kind = self._read(order_in, row), self._read(status_in, row)
        if kind is None and row["order_status"] not in TAKEN_STATUSES:
            return None
        return replace(self._order_report(row, about, kind or Report.ACK), about=about)

    def _order_report(self, row: Row, about: OrderAtBroker, kind: Report) -> BrokerReport:
        order_id = self._numbers.id_of(row, order=about) or 0
        return self._about(order_id, row["order_id"], kind, str(row["status_msg"]))

    def _traded(self, row: Row, order_id: int) -> BrokerReport:
        self._numbers.traded = True
        return self._read(lambda found: trade_in(found, order_id), row)

    def _read(self, read: Callable[[Row], T], row: Row) -> T:
        try:
            return read(row)
        except _UNREADABLE as error:
            self.garbled += 1
            raise TradingError("the terminal's answer makes no sense", why=str(error),
                               remedy="Compare with the terminal's own lists") from None

    # ---- what the terminal says by itself --------------------------------------------------------

    def _pushed(self, message: Message) -> None:
        """On the line's thread. Nothing that the terminal says may end that thread."""
        try:
            self._take(message)
        except _UNREADABLE as error:
            self.garbled += 1
            log.error("a %s of the terminal makes no sense: %s", message.get("push"), error)

    def _take(self, message: Message) -> None:
        takers = {"order": self._take_order, "trade": self._take_trade,
                  "order_error": self._take_order_error, "cancel_error": self._take_cancel_error}
        taker = takers.get(str(message.get("push")))
        if taker is None:
            raise ValueError(str(message.get("text", "an unknown message")))
        taker(message)

    def _take_order(self, message: Message) -> None:
        row = message["row"]
        about, kind = order_in(row), status_in(row)
        order_id = self._numbers.id_of(row, order=about)
        if order_id is None:
            self._numbers.waits(message)
            return
        if kind is not None:
            report = self._about(order_id, row["order_id"], kind, str(row["status_msg"]))
            self._handler(report if order_id else replace(report, about=about))
        for waited in self._numbers.seen(row["order_id"]):
            self._take(waited)

    def _take_trade(self, message: Message) -> None:
        row = message["row"]
        side_in(row)
        order_id = self._numbers.id_of(row, order=None)
        if order_id is None:
            self._numbers.waits(message)
            return
        self._numbers.traded = True
        self._handler(trade_in(row, order_id))

    def _take_order_error(self, message: Message) -> None:
        """An error is no proof that nothing is alive: the order's fate is unknown."""
        row = message["row"]
        order_id = order_id_in(self._tag, row["order_remark"]) or self._numbers.id_at(
            row["order_id"])
        if order_id:
            self._handler(self._about(order_id, row["order_id"], Report.SILENCE,
                                      f"{row['error_id']}: {row['error_msg']}"))
        else:
            log.warning("the terminal refused an order of somebody else: %s", row["error_msg"])

    def _take_cancel_error(self, message: Message) -> None:
        row = message["row"]
        order_id = self._numbers.id_at(row["order_id"])
        if order_id:
            self._handler(self._about(order_id, row["order_id"], Report.CANCEL_REFUSED,
                                      f"{row['error_id']}: {row['error_msg']}"))

    def _about(self, order_id: int, number: int, kind: Report, text: str) -> BrokerReport:
        return BrokerReport(kind=kind, order_id=order_id, ts_utc=self._clock.now_utc(), text=text,
                            broker_id=str(number) if number > 0 else "")

    # ---- days ------------------------------------------------------------------------------------

    def restore(self, orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        self._numbers.start_with(orders)

    def day_started(self, positions: Iterable[Position], cash_cny: Decimal) -> None:
        """The account is the broker's own."""

    def end_day(self) -> None:
        """After the close the list proves the end of what it still names as open, if all of its
        trades are there. Asked at most every 30 s; no answer proves nothing.
        """
        now_ns, last_ns = self._line_clock.monotonic_ns(), self._day_end_asked_ns
        if last_ns is not None and now_ns - last_ns < _END_DAY_EVERY_MS * NS_PER_MS:
            return
        self._day_end_asked_ns = now_ns
        try:
            trades, rows = self.query_trades(), self._order_rows()
            reports = [self._ended(row, trades) for row in rows]
        except (TradingError, OSError) as error:
            log.warning("the end of the day is not proven: %s", error)
            return
        for report in (*trades, *(report for report in reports if report is not None)):
            self._handler(report)

    def _ended(self, row: Row, trades: Sequence[BrokerReport]) -> BrokerReport | None:
        report = self._listed(row)
        if report is None or not report.order_id or row["order_status"] not in OPEN_STATUSES:
            return report
        about = report.about
        told = sum(trade.shares for trade in trades if trade.broker_id == report.broker_id)
        if about is None or told != about.filled_shares or not self._is_over(about.entered_utc):
            return report
        return replace(report, kind=Report.EXPIRED, text="its day is over")

    def _is_over(self, entered_utc: datetime | None) -> bool:
        if entered_utc is None:
            return False
        now = to_shanghai(self._clock.now_utc())
        entered: date = to_shanghai(entered_utc).date()
        return now.date() > entered or (now.date() == entered and now.time() >= DAY_END)

    def on_bars(self, bars: Sequence[Bar]) -> None:
        """The exchange has a market of its own."""

    def on_quotes(self, quotes: Sequence[Quote]) -> None:
        """The exchange has a market of its own."""

    def opening_price(self, symbol: str) -> Decimal | None:
        return None


def _newest_day(rows: Iterable[Row]) -> date | None:
    """The day of the newest order that can be read; None: there is none."""
    days = []
    for row in rows:
        with suppress(*_UNREADABLE):
            days.append(to_shanghai(moment_in(row["order_time"])).date())
    return max(days, default=None)


def cash_and_value(answer: Message) -> tuple[CashAtBroker, Decimal]:
    """Cash, and the market value of what is held. Raises TradingError without an answer."""
    row = answer.get("row")
    try:
        if isinstance(row, dict):
            return cash_in(row), amount_in(row["market_value"])
    except _UNREADABLE as error:
        raise TradingError("the terminal's answer makes no sense", why=str(error),
                           remedy="Look at the account in the terminal") from None
    raise _no_list("cash")


def _no_list(what: str) -> TradingError:
    return TradingError(f"the terminal did not say its {what}", why="the query failed",
                        remedy="It is asked again; look at the terminal if it goes on")


def _nobody(_report: BrokerReport) -> None:
    log.warning("a report came before anybody listened")
