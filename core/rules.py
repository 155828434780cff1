"""The market's rules, asked by board and date. The one place to import them from.

Limits are in `core/limits.py`, hours and order entry in `core/sessions.py`, fees in
`core/fees.py`, prices made from a book in `core/auction.py`; quantities, order sizes,
same-day resale and what is traded at all are here. The facts are rows in `core/constants.py`.
"""

from datetime import date
from functools import lru_cache
from math import lcm

from core.auction import (
    AuctionResult,
    Cage,
    call_auction,
    official_close,
    price_cage,
)
from core.constants import (
    LOT_SIZE,
    MAX_ORDER,
    RESALE,
    ST_BUY_CAPS,
    LotRow,
    MaxOrderRow,
    in_force,
)
from core.fees import FeeRates, fee_rates, order_fees
from core.limits import (
    Band,
    Halt,
    auction_band,
    formula_band,
    limit_free_halt,
    limit_ratio,
    price_band,
    price_limits,
    tick_cny,
)
from core.sessions import (
    MARKET_TYPES,
    SHANGHAI,
    bar_ends,
    breaker_halt_until,
    breaker_halts,
    has_after_hours,
    has_close_auction,
    is_breaker_halted,
    may_cancel,
    may_enter,
    needs_protection,
    order_types,
    phase,
    shanghai,
    to_shanghai,
)
from core.symbols import LEGACY_UNTIL
from core.types import Board, Instrument, Kind, OrderType, Refusal

__all__ = [
    "MARKET_TYPES", "SHANGHAI", "AuctionResult", "Band", "Cage", "FeeRates", "Halt",
    "auction_band", "bar_ends", "breaker_halt_until", "breaker_halts", "buy_quantity_ok",
    "call_auction", "fee_rates", "formula_band", "has_after_hours", "has_close_auction",
    "is_breaker_halted", "is_tradable", "limit_free_halt", "limit_ratio", "max_order_shares",
    "may_cancel", "may_enter", "min_buy_shares", "needs_protection", "official_close",
    "order_fees", "order_types", "phase", "price_band", "price_cage", "price_limits",
    "purchase_step", "quantity_step", "same_day_resale", "sell_quantity_ok", "shanghai",
    "st_buy_cap_shares", "tick_cny", "to_shanghai",
]

_LOTS = {row.board: row for row in LOT_SIZE}
_ROUND_LOT = "ride"

_REFUSED_KINDS = {
    Kind.B_SHARE: "B shares are shown, not traded",
    Kind.CONVERTIBLE: "convertible bonds are shown, not traded",
    Kind.EXCHANGEABLE: "exchangeable bonds are shown, not traded",
    Kind.REPO: "reverse repo is shown, not traded",
    Kind.INDEX: "an index cannot be bought or sold",
    Kind.NEEQ: "the NEEQ and delisted shares are outside the ordinary A-share path",
}
_LEGACY_TEXT = (
    "Beijing codes 43x, 83x and 87x ended with the switch to 920 codes and are shared with the "
    "NEEQ; use the company's 920 code"
)


# ---- quantities --------------------------------------------------------------------------------


def quantity_step(board: Board) -> int:
    """By how many shares a quantity may grow: 100, or 1 on STAR and BSE. LookupError: no row."""
    return _lot(board).step_shares


def min_buy_shares(board: Board) -> int:
    """The least that may be bought: 100, 200 on STAR. LookupError: no row."""
    return _lot(board).min_shares


def purchase_step(board: Board, lot_shares: int) -> int:
    """By how many shares a suggested purchase grows: whole steps of the exchange and of the house.

    `lot_shares` (`trading.lot_size`) can only enlarge the exchange's step; a board without a row
    has no other.
    """
    row = _LOTS.get(board)
    return lot_shares if row is None else lcm(row.step_shares, lot_shares)


def buy_quantity_ok(board: Board, shares: int) -> bool:
    """True for a legal buy quantity; never on a board without a row."""
    row = _LOTS.get(board)
    return row is not None and shares >= row.min_shares and shares % row.step_shares == 0


def sell_quantity_ok(board: Board, shares: int, sellable_shares: int) -> bool:
    """True for a legal sell quantity, whether or not so many may be sold today.

    Round-lot boards: a multiple of the lot, or one whose odd part is the whole odd part of
    what is sellable. STAR and BSE: the minimum, or everything sellable when that is less.
    """
    row = _LOTS.get(board)
    if row is None or shares <= 0:
        return False
    if row.odd_rest == _ROUND_LOT:
        return shares % row.step_shares in (0, sellable_shares % row.step_shares)
    return shares >= row.min_shares or shares == sellable_shares


def max_order_shares(board: Board, type: OrderType, on: date) -> int | None:
    """The largest single order of that kind; None: not known, so no check is built on it.

    A daily list's MARKET counts as the limit order that it stands for.
    """
    row = _max_order_row(board, on)
    if row is None:
        return None
    if type is OrderType.FIXED_PRICE:
        return row.fixed_price_shares
    return row.market_shares if type in MARKET_TYPES else row.limit_shares


def st_buy_cap_shares(board: Board, on: date) -> int | None:
    """What one account may buy of one ST name in a day; None: no cap on that board and day."""
    rows = [row for row in in_force(ST_BUY_CAPS, on) if row.board is board]
    return rows[-1].shares if rows else None


# ---- what is traded ----------------------------------------------------------------------------


def same_day_resale(instrument: Instrument, on: date) -> bool:
    """True if today's purchase may be sold today.

    The instrument's own `t0` flag decides, never its class; Shanghai's cross-border funds
    not before 2015-01-19. Convertible bonds always.
    """
    if instrument.board is Board.CONVERTIBLE:
        return True
    return instrument.t0 and not _before_first_resale(instrument, on)


def is_tradable(instrument: Instrument, on: date | None = None) -> Refusal | None:
    """None: it may be traded. Otherwise the reason, code NOT_TRADABLE.

    Args:
        on: the session. Legacy Beijing codes (43x, 83x, 87x) traded until 2025-10-08, so a
            backtest of those days may trade them; None means today and refuses them.
    """
    if instrument.kind is Kind.LEGACY_BSE:
        if on is not None and on <= LEGACY_UNTIL:
            return None
        return _not_tradable(instrument, _LEGACY_TEXT)
    reason = _REFUSED_KINDS.get(instrument.kind)
    return None if reason is None else _not_tradable(instrument, reason)


# ---- the pieces --------------------------------------------------------------------------------


def _lot(board: Board) -> LotRow:
    try:
        return _LOTS[board]
    except KeyError:
        raise LookupError(f"no lot known for {board.name}; add a row to LOT_SIZE") from None


@lru_cache(maxsize=8_192)
def _max_order_row(board: Board, on: date) -> MaxOrderRow | None:
    rows = [row for row in in_force(MAX_ORDER, on) if row.board is board]
    return rows[-1] if rows else None


def _before_first_resale(instrument: Instrument, on: date) -> bool:
    code = instrument.symbol
    return any(
        on < row.since for row in RESALE
        if row.prefix and row.board is instrument.board and code.startswith(row.prefix)
    )


def _not_tradable(instrument: Instrument, why: str) -> Refusal:
    return Refusal(
        code="NOT_TRADABLE", text=f"{instrument.symbol} cannot be traded here: {why}",
        numbers={"symbol": instrument.symbol, "kind": instrument.kind.value},
    )
