"""Numbers as text. Unknown is an em dash, never 0.00; figures keep the decimals of their grid."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from core.rules import to_shanghai
from ui.tones import Tone

UNKNOWN = "—"
MINUS = "-"
SHARES_PER_LOT = 100          # a screen unit only: the trade's habit of quoting sizes in 手
LARGE_COUNT = 10_000

# Largest unit first: (smallest amount shown in it, divisor, its suffix).
CHINESE_UNITS = ((10**8, 10**8, "亿"), (10**4, 10**4, "万"))
ENGLISH_UNITS = ((10**9, 10**9, "B"), (10**6, 10**6, "M"), (10**5, 10**3, "K"))
Units = Sequence[tuple[int, int, str]]


def price(value_cny: Decimal | None, decimals: int = 2) -> str:
    return UNKNOWN if value_cny is None else f"{value_cny:.{decimals}f}"


def money(value_cny: Decimal | None) -> str:
    return UNKNOWN if value_cny is None else f"{value_cny:,.2f}"


def signed(value: Decimal | None, decimals: int = 2) -> str:
    """With its sign, so that a colour is never the only thing that tells gain from loss."""
    if value is None:
        return UNKNOWN
    rounded = round(value, decimals)
    return f"{rounded:+,.{decimals}f}" if rounded else f"{0:.{decimals}f}"


def percent(ratio: Decimal | None) -> str:
    """0.0123 as +1.23%."""
    if ratio is None:
        return UNKNOWN
    rounded = round(ratio * 100, 2)
    return f"{rounded:+.2f}%" if rounded else "0.00%"


def plain_percent(ratio: Decimal | None) -> str:
    return UNKNOWN if ratio is None else f"{ratio * 100:.2f}%"


def shares(count: int | None) -> str:
    return UNKNOWN if count is None else f"{count:,}"


def volume(count_shares: int | None, units: Units) -> str:
    """Traded or offered shares as the reader counts them: in hundreds (手), or in shares."""
    if count_shares is None:
        return UNKNOWN
    return lots(count_shares) if units is CHINESE_UNITS else compact(count_shares, units)


def lots(count_shares: int) -> str:
    """Shares in hundreds; an odd rest shows its decimals."""
    whole, rest = divmod(count_shares, SHARES_PER_LOT)
    if whole >= LARGE_COUNT:
        return compact(Decimal(count_shares) / SHARES_PER_LOT, CHINESE_UNITS)
    return f"{whole}" if not rest else f"{Decimal(count_shares) / SHARES_PER_LOT:.2f}"


def compact(value: Decimal | int | None, units: Units) -> str:
    """A large figure in the units a reader of the language counts in: 1.23亿, 1.23B."""
    if value is None:
        return UNKNOWN
    exact = Decimal(value)
    for least, divisor, suffix in units:
        if abs(exact) >= least:
            return f"{_four_figures(exact / divisor)}{suffix}"
    return f"{exact:,.0f}"


def _four_figures(value: Decimal) -> str:
    """2.39, 43.73, 437.3, 8756: as exact as a glance needs, and never wider."""
    size = abs(value)
    if size < 100:  # noqa: PLR2004  # two figures before the point
        return f"{value:.2f}"
    return f"{value:.1f}" if size < 1_000 else f"{value:.0f}"  # noqa: PLR2004  # three figures


def tone_of(change: Decimal | None) -> Tone:
    """Rise, fall or flat; faint where the change is not known."""
    if change is None:
        return Tone.FAINT
    if change == 0:
        return Tone.FLAT
    return Tone.RISE if change > 0 else Tone.FALL


def clock_text(moment_utc: datetime | None) -> str:
    """Shanghai wall time, to the second."""
    return UNKNOWN if moment_utc is None else f"{to_shanghai(moment_utc):%H:%M:%S}"


def date_time_text(moment_utc: datetime | None) -> str:
    return UNKNOWN if moment_utc is None else f"{to_shanghai(moment_utc):%Y-%m-%d %H:%M:%S}"
