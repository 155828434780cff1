"""Exact money: the grid of prices, rounding, and the only crossings to other number kinds.

Inside orders, risk and ledger an amount is a `Decimal` in CNY. The ledger stores it as an
integer count of 1/10,000 CNY (`_e4`), because a fund quotes in mills and a fee in fen.
Frames and nets use float64; they cross here and nowhere else.
"""

from decimal import ROUND_HALF_UP, Decimal

FEN = Decimal("0.01")
UNIT = Decimal("0.0001")          # the ledger's grain
E4_PER_CNY = 10_000
E4_PER_FEN = 100


def is_price(value_cny: Decimal) -> bool:
    """True for a finite number above zero. NaN must be asked first: comparing it raises."""
    return value_cny.is_finite() and value_cny > 0


def to_fen(value_cny: Decimal) -> Decimal:
    """Half up to 0.01 CNY, away from zero for negatives, as the exchanges round."""
    return value_cny.quantize(FEN, ROUND_HALF_UP)


def to_tick(value_cny: Decimal, tick_cny: Decimal) -> Decimal:
    """Half up to a multiple of the tick (a power of ten such as 0.01 or 0.001)."""
    return value_cny.quantize(tick_cny, ROUND_HALF_UP)


def on_tick(value_cny: Decimal, tick_cny: Decimal) -> bool:
    """True if the price lies on the grid. `10.10` and `10.1` are the same price."""
    return value_cny % tick_cny == 0


def to_e4(value_cny: Decimal) -> int:
    """The ledger's integer for an amount.

    Raises:
        ValueError: not finite, or finer than 1/10,000 CNY. An amount is rounded where it
            is made (see `to_fen`), never silently on its way into the ledger.
    """
    if not value_cny.is_finite():
        raise ValueError(f"an amount must be finite, was {value_cny}")
    scaled = value_cny.scaleb(4)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"an amount must be a multiple of {UNIT} CNY, was {value_cny}")
    return whole


def from_e4(amount_e4: int) -> Decimal:
    """The amount in CNY of a ledger integer, with two decimals unless it needs four."""
    fen, rest = divmod(amount_e4, E4_PER_FEN)
    return Decimal(amount_e4).scaleb(-4) if rest else Decimal(fen).scaleb(-2)


def fen_half_up_e4(numerator: int, denominator: int) -> int:
    """`numerator / denominator` (an amount in 1/10,000 CNY) half up to the fen, in e4.

    Pure integers, for the hot path of fees: `fen_half_up_e4(amount_e4 * 3, 10_000)` is a
    commission of 0.03 %. Both arguments must be non-negative, the denominator positive.
    """
    scaled = denominator * E4_PER_FEN
    return (2 * numerator + scaled) // (2 * scaled) * E4_PER_FEN


def from_float(value: float, *, grain: Decimal = UNIT) -> Decimal:  # crossing in
    """The decimal a float64 column meant: the shortest text of the float, half up to `grain`.

    Raises:
        ValueError: NaN or infinity. Unknown stays None; it never becomes a number.
    """
    exact = Decimal(repr(float(value)))
    if not exact.is_finite():
        raise ValueError(f"a price must be finite, was {value}")
    return exact.quantize(grain, ROUND_HALF_UP)


def to_float(value_cny: Decimal) -> float:  # crossing out
    """The float64 nearest to an amount, for frames, charts and nets."""
    return float(value_cny)
