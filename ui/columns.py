"""Every table as a tuple of columns: what a cell says, how it sorts, what its colour means."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Generic, TypeVar

from core.events import SignalEvent
from core.types import OrderSide, OrderStatus
from ui import formats
from ui.strings import Texts
from ui.tones import Tone
from ui.viewmodels import FillRow, OrderRow, PositionRow, QuoteRow

R = TypeVar("R")
SortKey = float | str | None       # None: unknown, last in both directions
Toned = Callable[[R], Tone]


class Align(Enum):
    LEFT = "left"
    RIGHT = "right"
    CENTRE = "centre"


def _plain(_: object) -> Tone:
    return Tone.TEXT


def _muted(_: object) -> Tone:
    return Tone.MUTED


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column. `id` names it in layouts and, as `col.<id>`, in the table of texts."""

    id: str
    text: Callable[[R], str]
    sort: Callable[[R], SortKey]
    digits: int                            # width, counted in figures
    tone: Toned[R] = _plain
    align: Align = Align.RIGHT
    tip: Callable[[R], str] | None = None


def number(value: Decimal | int | None) -> SortKey:
    """A sort key: 9 comes before 10, and unknown is not zero."""
    return None if value is None else float(value)


SIDE_TONES: Mapping[OrderSide, Tone] = {OrderSide.BUY: Tone.RISE, OrderSide.SELL: Tone.FALL}
STATUS_TONES: Mapping[OrderStatus, Tone] = {
    OrderStatus.DENIED: Tone.WARN, OrderStatus.REJECTED: Tone.WARN,
    OrderStatus.NOT_SENT: Tone.WARN, OrderStatus.UNKNOWN: Tone.DANGER,
    OrderStatus.LIVE: Tone.ACCENT, OrderStatus.PARTIAL: Tone.ACCENT,
    OrderStatus.SENT: Tone.ACCENT, OrderStatus.PENDING_CANCEL: Tone.ACCENT,
    OrderStatus.CANCELLED: Tone.MUTED, OrderStatus.PART_CANCELLED: Tone.MUTED,
    OrderStatus.EXPIRED: Tone.MUTED,
}


def quote_columns(texts: Texts) -> Sequence[Column[QuoteRow]]:
    def priced(id_: str, pick: Callable[[QuoteRow], Decimal | None]) -> Column[QuoteRow]:
        return Column(id_, lambda r: formats.price(pick(r), r.decimals),
                      lambda r: number(pick(r)), 8,
                      lambda r: formats.tone_of(r.against_close(pick(r))))

    def change_tone(row: QuoteRow) -> Tone:
        return Tone.FAINT if row.suspended else formats.tone_of(row.change_cny)

    def change_text(row: QuoteRow) -> str:
        return texts.tr("quote.suspended") if row.suspended else formats.percent(row.change_ratio)

    return (
        Column("symbol", lambda r: r.symbol, lambda r: r.symbol, 10, _muted, Align.LEFT),
        Column("name", lambda r: r.name or formats.UNKNOWN, lambda r: r.name, 13,
               align=Align.LEFT, tip=lambda r: f"{r.name} {r.symbol}"),
        Column("last", lambda r: formats.price(r.last_cny, r.decimals),
               lambda r: number(r.last_cny), 8, change_tone),
        Column("change_ratio", change_text, lambda r: number(r.change_ratio), 8, change_tone),
        Column("change", lambda r: formats.signed(r.change_cny, r.decimals),
               lambda r: number(r.change_cny), 8, change_tone),
        Column("volume", lambda r: formats.volume(r.volume_shares, texts.units),
               lambda r: number(r.volume_shares), 9),
        Column("amount", lambda r: formats.compact(r.amount_cny, texts.units),
               lambda r: number(r.amount_cny), 9),
        Column("amplitude", lambda r: formats.plain_percent(r.amplitude_ratio),
               lambda r: number(r.amplitude_ratio), 8),
        priced("open", lambda r: r.open_cny),
        priced("high", lambda r: r.high_cny),
        priced("low", lambda r: r.low_cny),
        Column("prev_close", lambda r: formats.price(r.prev_close_cny, r.decimals),
               lambda r: number(r.prev_close_cny), 8),
    )


def position_columns(texts: Texts) -> Sequence[Column[PositionRow]]:
    def pnl_tone(row: PositionRow) -> Tone:
        return formats.tone_of(row.pnl_cny)

    def sellable_tone(row: PositionRow) -> Tone:
        return Tone.TEXT if row.sellable_shares else Tone.WARN

    def sellable_tip(row: PositionRow) -> str:
        return texts.tr("tip.sellable", sellable=formats.shares(row.sellable_shares),
                        bought=formats.shares(row.bought_today_shares))

    return (
        Column("symbol", lambda r: r.symbol, lambda r: r.symbol, 10, _muted, Align.LEFT),
        Column("name", lambda r: r.name or formats.UNKNOWN, lambda r: r.name, 13,
               align=Align.LEFT),
        Column("held", lambda r: formats.shares(r.held_shares),
               lambda r: number(r.held_shares), 9),
        Column("sellable", lambda r: formats.shares(r.sellable_shares),
               lambda r: number(r.sellable_shares), 9, sellable_tone, tip=sellable_tip),
        Column("cost_price", lambda r: formats.price(r.cost_price_cny, 3),
               lambda r: number(r.cost_price_cny), 9),
        Column("last", lambda r: formats.price(r.last_cny, r.decimals),
               lambda r: number(r.last_cny), 8, pnl_tone),
        Column("value", lambda r: formats.money(r.value_cny), lambda r: number(r.value_cny), 12),
        Column("pnl", lambda r: formats.signed(r.pnl_cny), lambda r: number(r.pnl_cny), 12,
               pnl_tone),
        Column("pnl_ratio", lambda r: formats.percent(r.pnl_ratio),
               lambda r: number(r.pnl_ratio), 9, pnl_tone),
        Column("weight", lambda r: formats.plain_percent(r.weight_ratio),
               lambda r: number(r.weight_ratio), 8),
    )


def order_columns(texts: Texts) -> Sequence[Column[OrderRow]]:
    def reasons(row: OrderRow) -> str:
        return "; ".join(texts.refusal(refusal) for refusal in row.refusals)

    def limit(row: OrderRow) -> str:
        return texts.tr("order.market") if row.limit_cny is None else (
            formats.price(row.limit_cny, row.decimals))

    return (
        Column("time", lambda r: formats.clock_text(r.ts_utc), lambda r: r.ts_utc.timestamp(), 9,
               _muted, Align.LEFT),
        Column("symbol", lambda r: r.symbol, lambda r: r.symbol, 10, _muted, Align.LEFT),
        Column("name", lambda r: r.name or formats.UNKNOWN, lambda r: r.name, 13,
               align=Align.LEFT),
        Column("side", lambda r: texts.tr(f"side.{r.side.value}"), lambda r: r.side.value, 5,
               lambda r: SIDE_TONES[r.side], Align.CENTRE),
        Column("limit", limit, lambda r: number(r.limit_cny), 8),
        Column("shares", lambda r: formats.shares(r.shares), lambda r: number(r.shares), 8),
        Column("filled", lambda r: formats.shares(r.filled_shares),
               lambda r: number(r.filled_shares), 8),
        Column("average", lambda r: formats.price(r.average_cny, 3),
               lambda r: number(r.average_cny), 8),
        Column("status", lambda r: texts.tr(f"status.{r.status.value}"),
               lambda r: r.status.value, 11,
               lambda r: STATUS_TONES.get(r.status, Tone.TEXT), Align.LEFT, reasons),
        Column("reason", reasons, reasons, 40, lambda _: Tone.WARN, Align.LEFT, reasons),
        Column("fees", lambda r: formats.money(r.fees_cny), lambda r: number(r.fees_cny), 8),
        Column("type", lambda r: texts.tr(f"type.{r.type.value}"), lambda r: r.type.value, 10,
               _muted, Align.LEFT),
        Column("order_id", lambda r: str(r.order_id), lambda r: float(r.order_id), 7, _muted),
    )


def fill_columns(texts: Texts) -> Sequence[Column[FillRow]]:
    return (
        Column("time", lambda r: formats.clock_text(r.ts_utc), lambda r: r.ts_utc.timestamp(), 9,
               _muted, Align.LEFT),
        Column("symbol", lambda r: r.symbol, lambda r: r.symbol, 10, _muted, Align.LEFT),
        Column("name", lambda r: r.name or formats.UNKNOWN, lambda r: r.name, 13,
               align=Align.LEFT),
        Column("side", lambda r: texts.tr(f"side.{r.side.value}"), lambda r: r.side.value, 5,
               lambda r: SIDE_TONES[r.side], Align.CENTRE),
        Column("fill_price", lambda r: formats.price(r.price_cny, r.decimals),
               lambda r: number(r.price_cny), 9),
        Column("fill_shares", lambda r: formats.shares(r.shares), lambda r: number(r.shares), 10),
        Column("fill_amount", lambda r: formats.money(r.amount_cny),
               lambda r: number(r.amount_cny), 13),
        Column("fees", lambda r: formats.money(r.fees_cny), lambda r: number(r.fees_cny), 8),
        Column("order_id", lambda r: str(r.order_id), lambda r: float(r.order_id), 7, _muted),
        Column("trade_id", lambda r: r.trade_id, lambda r: r.trade_id, 12, _muted, Align.LEFT),
    )


def signal_columns(texts: Texts) -> Sequence[Column[SignalEvent]]:
    def score_tone(row: SignalEvent) -> Tone:
        return formats.tone_of(Decimal(repr(row.score)))

    return (
        Column("time", lambda r: formats.clock_text(r.ts_utc), lambda r: r.ts_utc.timestamp(), 9,
               _muted, Align.LEFT),
        Column("symbol", lambda r: r.symbol, lambda r: r.symbol, 10, _muted, Align.LEFT),
        Column("strategy", lambda r: r.strategy, lambda r: r.strategy, 14, align=Align.LEFT),
        Column("score", lambda r: f"{r.score:+.2f}", lambda r: r.score, 8, score_tone),
        Column("why", lambda r: r.reason, lambda r: r.reason, 50, align=Align.LEFT,
               tip=lambda r: r.reason),
    )
