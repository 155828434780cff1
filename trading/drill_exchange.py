"""The exchange of the recovery drill: its own book, in its own process, and every kind of reply.

Nothing here imports the order core: orders, trades, shares, cash and fees are counted a second
time, in fen, so that a difference means that one of the two is wrong.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from core.types import BrokerReport, OrderAtBroker, OrderSide, Report

FEN = 100
_BEFORE_ALL_UTC = datetime(1990, 12, 1, tzinfo=UTC)
_COMMISSION = 3, 10_000            # of the amount, at least 5.00
_COMMISSION_MIN_FEN = 500
_STAMP = 5, 10_000                 # sales only, since 2023-08-28
_TRANSFER = 1, 100_000             # both sides, since 2022-04-29
_RESTS_ON, _PUSH_LOST = 50, 12     # per cent: of the orders at each move, of the pushes


@dataclass(slots=True)
class Held:
    """One order in the exchange's book."""

    order_id: int
    broker_id: str
    day: str
    symbol: str
    side: OrderSide
    shares: int
    limit_cny: Decimal
    reply: str
    status: Report = Report.ACK
    filled: int = 0
    amount_fen: int = 0
    trades: list[BrokerReport] = field(default_factory=list)

    @property
    def open_shares(self) -> int:
        return self.shares - self.filled if self.status is Report.ACK else 0

    def about(self) -> OrderAtBroker:
        return OrderAtBroker(symbol=self.symbol, side=self.side, shares=self.shares,
                             limit_cny=self.limit_cny, filled_shares=self.filled,
                             remark=str(self.order_id))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered: pushes before it, the answer itself, pushes after it.

    `broker_id` None and no `refusal`: silence.
    """

    before: tuple[BrokerReport, ...] = ()
    broker_id: str | None = None
    refusal: str = ""
    after: tuple[BrokerReport, ...] = ()


class DrillExchange:
    """Takes orders and answers each in the way its reply name says. See REPLIES."""

    def __init__(self, cash_cny: Decimal, seed: int) -> None:
        self._random = random.Random(seed)
        self.orders: dict[int, Held] = {}
        self.trades: list[BrokerReport] = []
        self.cash_fen = int(cash_cny * FEN)
        self.shares: dict[str, int] = {}
        self.now = _BEFORE_ALL_UTC         # of the newest message; the child brings the time
        self.day = ""
        self.unasked = 0               # orders that came twice under one id: a resend

    # ---- what the child asks ---------------------------------------------------------------

    def place(self, held: Held, now: datetime) -> Answer:
        """Take an order, or not; the reply name decides."""
        self.now = now
        if held.order_id in self.orders:
            self.unasked += 1
        return REPLIES[held.reply](self, held)

    def cancel(self, order_id: int, now: datetime) -> tuple[BrokerReport, ...]:
        self.now = now
        held = self.orders.get(order_id)
        if held is None:
            return ()
        return tuple(self._cancelled(held))

    def _cancelled(self, held: Held) -> Iterator[BrokerReport]:
        if held.reply == "cancel_fill_race" and held.open_shares:
            yield self.fill(held, held.open_shares)
        if held.reply == "part_cancel" and held.open_shares > FEN:
            yield self.fill(held, FEN)
        if held.reply == "cancel_refused" or not held.open_shares:
            yield self.said(held, Report.CANCEL_REFUSED)
            return
        held.status = Report.CANCELLED
        if held.reply != "cancel_silent":
            yield self.said(held, Report.CANCELLED)

    def list_orders(self) -> list[BrokerReport]:
        """Today's, each with what it is."""
        return [replace(self.said(held, held.status), about=held.about())
                for held in self.orders.values() if held.day == self.day]

    def list_trades(self) -> list[BrokerReport]:
        return [trade for held in self.orders.values() if held.day == self.day
                for trade in held.trades]

    def market_moves(self, now: datetime) -> list[BrokerReport]:
        """A random part of what rests trades; one push in eight is lost on the way."""
        self.now = now
        moved: list[BrokerReport] = []
        for held in self.orders.values():
            if held.day != self.day or not held.open_shares or self._often(_RESTS_ON):
                continue
            moved.append(self.fill(held, self._some(held.open_shares)))
        return [report for report in moved if not self._often(_PUSH_LOST)]

    def end_day(self, now: datetime) -> list[BrokerReport]:
        """Orders are good for their day."""
        self.now = now
        ended = []
        for held in self.orders.values():
            if held.open_shares:
                held.status = Report.EXPIRED
                ended.append(self.said(held, Report.EXPIRED))
        return ended

    # ---- the book --------------------------------------------------------------------------

    def keep(self, held: Held) -> Held:
        self.orders[held.order_id] = held
        return held

    def fill(self, held: Held, shares: int) -> BrokerReport:
        """Trade at the order's own limit, and count shares, cash and fees."""
        trade = self.said(held, Report.FILL, shares=shares, trade_id=f"X{len(self.trades) + 1}")
        fees_before = _fees_fen(held)
        held.filled += shares
        amount_fen = int(held.limit_cny * FEN) * shares
        held.amount_fen += amount_fen
        sign = 1 if held.side is OrderSide.BUY else -1
        self.cash_fen -= sign * amount_fen + _fees_fen(held) - fees_before
        self.shares[held.symbol] = self.shares.get(held.symbol, 0) + sign * shares
        held.trades.append(trade)
        self.trades.append(trade)
        return trade

    def said(
        self, held: Held, kind: Report, *, shares: int = 0, trade_id: str = ""
    ) -> BrokerReport:
        return BrokerReport(
            kind=kind, order_id=held.order_id, broker_id=held.broker_id, ts_utc=self.now,
            shares=shares, trade_id=trade_id, price_cny=held.limit_cny if shares else None)

    def _often(self, per_cent: int) -> bool:
        return self._random.randrange(100) < per_cent

    def _some(self, shares: int) -> int:
        return min(shares, FEN * self._random.randrange(1, 4))


def _fees_fen(held: Held) -> int:
    """Of the whole order so far, each item half up to the fen."""
    if not held.filled:
        return 0
    fees = max(_COMMISSION_MIN_FEN, _half_up(held.amount_fen, *_COMMISSION))
    fees += _half_up(held.amount_fen, *_TRANSFER)
    if held.side is OrderSide.SELL:
        fees += _half_up(held.amount_fen, *_STAMP)
    return fees


def _half_up(amount: int, part: int, whole: int) -> int:
    return (2 * amount * part + whole) // (2 * whole)


# ---- replies: everything a broker may make of an order ------------------------------------------

Reply = Callable[[DrillExchange, Held], Answer]


def _ack(market: DrillExchange, held: Held) -> Answer:
    market.keep(held)
    return Answer(broker_id=held.broker_id, after=(market.said(held, Report.ACK),))


def _ack_before_return(market: DrillExchange, held: Held) -> Answer:
    market.keep(held)
    return Answer(before=(market.said(held, Report.ACK),), broker_id=held.broker_id)


def _fill(market: DrillExchange, held: Held) -> Answer:
    ack = market.said(market.keep(held), Report.ACK)
    return Answer(broker_id=held.broker_id, after=(ack, market.fill(held, held.shares)))


def _fill_before_ack(market: DrillExchange, held: Held) -> Answer:
    ack = market.said(market.keep(held), Report.ACK)
    return Answer(broker_id=held.broker_id, after=(market.fill(held, held.shares), ack))


def _fill_before_return(market: DrillExchange, held: Held) -> Answer:
    market.keep(held)
    return Answer(before=(market.fill(held, held.shares),), broker_id=held.broker_id)


def _part(market: DrillExchange, held: Held) -> Answer:
    ack = market.said(market.keep(held), Report.ACK)
    return Answer(broker_id=held.broker_id, after=(ack, market.fill(held, FEN)))


def _part_before_return(market: DrillExchange, held: Held) -> Answer:
    market.keep(held)
    return Answer(before=(market.fill(held, FEN),), broker_id=held.broker_id)


def _parts_reordered(market: DrillExchange, held: Held) -> Answer:
    ack = market.said(market.keep(held), Report.ACK)
    fills = [market.fill(held, FEN) for _ in range(held.shares // FEN)]
    return Answer(broker_id=held.broker_id, after=(*reversed(fills), ack))


def _part_then_cancelled(market: DrillExchange, held: Held) -> Answer:
    ack = market.said(market.keep(held), Report.ACK)
    part = market.fill(held, FEN)
    if held.open_shares:
        held.status = Report.CANCELLED
        return Answer(broker_id=held.broker_id,
                      after=(ack, part, market.said(held, Report.CANCELLED)))
    return Answer(broker_id=held.broker_id, after=(ack, part))


def _cancelled_then_part(market: DrillExchange, held: Held) -> Answer:
    """The cancel's report overtakes the fill that came before it."""
    answer = _part_then_cancelled(market, held)
    return replace(answer, after=(answer.after[0], *reversed(answer.after[1:])))


def _rejected(market: DrillExchange, held: Held) -> Answer:
    market.keep(held).status = Report.REJECTED
    return Answer(broker_id=held.broker_id, after=(market.said(held, Report.REJECTED),))


def _rejected_before_return(market: DrillExchange, held: Held) -> Answer:
    market.keep(held).status = Report.REJECTED
    return Answer(before=(market.said(held, Report.REJECTED),), broker_id=held.broker_id)


def _refused(_market: DrillExchange, _held: Held) -> Answer:
    return Answer(refusal="the exchange does not want it")


def _silent_kept(market: DrillExchange, held: Held) -> Answer:
    market.keep(held)
    return Answer()


def _silent_lost(_market: DrillExchange, _held: Held) -> Answer:
    return Answer()


def _silent_filled(market: DrillExchange, held: Held) -> Answer:
    market.fill(market.keep(held), held.shares)
    return Answer()


def _silent_part(market: DrillExchange, held: Held) -> Answer:
    market.fill(market.keep(held), FEN)
    return Answer()


def _fill_said_twice(market: DrillExchange, held: Held) -> Answer:
    ack = market.said(market.keep(held), Report.ACK)
    fill = market.fill(held, held.shares)
    return Answer(broker_id=held.broker_id, after=(ack, fill, ack, fill))


def _whole_day_replayed(market: DrillExchange, held: Held) -> Answer:
    market.keep(held)
    return Answer(broker_id=held.broker_id, after=(*market.list_orders(), *market.list_trades()))


def _fill_lost(market: DrillExchange, held: Held) -> Answer:
    ack = market.said(market.keep(held), Report.ACK)
    market.fill(held, held.shares)
    return Answer(broker_id=held.broker_id, after=(ack,))


def _garbage(market: DrillExchange, held: Held) -> Answer:
    ack = market.said(market.keep(held), Report.ACK)
    return Answer(broker_id=held.broker_id, after=(
        ack, replace(ack, order_id=held.order_id + 1_000_000),
        replace(ack, kind=Report.FILL, shares=-FEN, trade_id="G", price_cny=held.limit_cny)))


REPLIES: dict[str, Reply] = {
    "ack": _ack, "ack_before_return": _ack_before_return, "fill": _fill,
    "fill_before_ack": _fill_before_ack, "fill_before_return": _fill_before_return,
    "part": _part, "part_before_return": _part_before_return,
    "parts_reordered": _parts_reordered, "part_then_cancelled": _part_then_cancelled,
    "cancelled_then_part": _cancelled_then_part, "rejected": _rejected,
    "rejected_before_return": _rejected_before_return, "refused": _refused,
    "silent_kept": _silent_kept, "silent_lost": _silent_lost, "silent_filled": _silent_filled,
    "silent_part": _silent_part, "fill_said_twice": _fill_said_twice,
    "whole_day_replayed": _whole_day_replayed, "fill_lost": _fill_lost, "garbage": _garbage,
    # these differ when the cancel comes
    "cancel_refused": _ack, "cancel_fill_race": _ack, "part_cancel": _ack, "cancel_silent": _ack,
}
