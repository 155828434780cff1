"""Measures a market and compares it with the real one: the acceptance table.

The bands are the 10 % and 90 % quantiles of single real symbols, measured on 1.2 million daily
bars of 2015-2025; a generated market passes if its median symbol lies inside. Pure functions
over daily columns. `python -m data.generated.facts` prints the table.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.calendar import exchange_calendar
from core.types import BarTable
from data.generated.bar_table import bar_table
from data.generated.daily import DailyColumns, DailyMarket, daily_market
from data.generated.day_bars import day_bars
from data.generated.intraday import MinuteBars, minute_bars
from data.generated.schedule import Mark
from data.generated.streams import Bools, Floats, Ints
from data.generated.universe import Plan, listings

FIRST_YEAR_SESSIONS = 242          # a symbol's first year is left out, as in the real table
_MIN_SESSIONS = 120                # fewer say nothing about one symbol
_FULL_YEAR_SESSIONS, _PRESENT_RATIO = 230, 0.95
_CRASH_RATIO, _QUIET_RATIO = 0.20, 0.05


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the table. `low`..`high` is the band; None: shown only."""

    name: str
    value: float
    low: float | None
    high: float | None

    @property
    def passed(self) -> bool:
        above = self.low is None or self.value >= self.low
        return above and (self.high is None or self.value <= self.high)


@dataclass(frozen=True, slots=True)
class SymbolDays:
    """One symbol's traded sessions after its first year, oldest first."""

    r: Floats                      # log(close / reference)
    night: Floats                  # log(open / reference)
    day: Floats                    # log(close / open)
    log_range: Floats              # log(high / low)
    log_volume: Floats


# ---- one symbol --------------------------------------------------------------------------------

# name, low, high: stylised facts, table "Single symbols"; bands only where acceptance asks.
_SYMBOL_BANDS: tuple[tuple[str, float | None, float | None], ...] = (
    ("std of daily log return, %", 2.172, 3.454),
    ("kurtosis", 4.667, 8.204),
    ("skewness", None, None),
    ("autocorrelation of r, lag 1", -0.02, 0.12),
    ("autocorrelation of |r|, lag 1", 0.155, 0.369),
    ("autocorrelation of |r|, lag 5", 0.096, 0.274),
    ("autocorrelation of |r|, lag 20", 0.043, 0.209),
    ("overnight share of variance", 0.157, 0.256),
    ("corr(overnight, same-day intraday)", None, None),
    ("autocorrelation of log volume, lag 1", 0.771, 0.909),
    ("autocorrelation of log volume, lag 5", 0.571, 0.806),
    ("autocorrelation of log volume, lag 20", 0.353, 0.688),
    ("corr(log volume, |r|)", 0.308, 0.527),
    ("std of day-to-day change of log volume", None, None),
    ("mean log(high/low), %", None, None),
)


def autocorrelation(x: Floats, lag: int) -> float:
    centred = x - x.mean()
    return float((centred[lag:] * centred[:-lag]).sum() / (centred * centred).sum())


def _moment(x: Floats, power: int) -> float:
    z = (x - x.mean()) / x.std()
    return float((z**power).mean())


def symbol_statistics(days: SymbolDays) -> tuple[float, ...]:
    """The figures of one symbol, in the order of the table."""
    size = np.abs(days.r)
    night, day = float(days.night.var()), float(days.day.var())
    return (
        float(days.r.std()) * 100, _moment(days.r, 4), _moment(days.r, 3),
        autocorrelation(days.r, 1),
        *(autocorrelation(size, lag) for lag in (1, 5, 20)),
        night / (night + day), float(np.corrcoef(days.night, days.day)[0, 1]),
        *(autocorrelation(days.log_volume, lag) for lag in (1, 5, 20)),
        float(np.corrcoef(days.log_volume, size)[0, 1]),
        float(np.diff(days.log_volume).std()), float(days.log_range.mean()) * 100,
    )


def symbol_days(columns: DailyColumns, row: int, keep: Bools) -> SymbolDays:
    """The kept sessions of one row."""
    opened, high, low, close, reference, volume = (
        part[row, keep].astype(np.float64) for part in (
            columns.open, columns.high, columns.low, columns.close, columns.reference,
            columns.volume))
    return SymbolDays(np.log(close / reference), np.log(opened / reference),
                      np.log(close / opened), np.log(high / low), np.log(volume))


def symbol_facts(market: DailyMarket) -> list[Fact]:
    """Medians over all stocks with enough sessions. Funds are left out, as in the real table."""
    keep = seasoned(market)
    rows = [symbol_statistics(symbol_days(market.columns, row, keep[row]))
            for row in range(len(keep)) if keep[row].sum() >= _MIN_SESSIONS]
    medians = np.median(np.array(rows), axis=0).tolist()
    return [Fact(name, value, low, high)
            for (name, low, high), value in zip(_SYMBOL_BANDS, medians, strict=True)]


# ---- the market --------------------------------------------------------------------------------


def traded(columns: DailyColumns) -> Bools:
    listed = columns.marks & (Mark.LISTED | Mark.SUSPENDED) == Mark.LISTED
    result: Bools = listed
    return result


def seasoned(market: DailyMarket) -> Bools:
    """Traded sessions of stocks listed for more than a year and not leaving."""
    keep = traded(market.columns) & (market.columns.marks & Mark.DELISTING == 0)
    result: Bools = keep
    for row, fate in enumerate(market.fates):
        keep[row, :max(0, fate.first + FIRST_YEAR_SESSIONS)] = False
        keep[row] &= fate.listing.group != "FUND"
    return result


def yearly_correlations(market: DailyMarket) -> dict[int, float]:
    """Mean correlation over all pairs of symbols, by full calendar year."""
    keep, columns = seasoned(market), market.columns
    years = np.array([day.year for day in market.when.days])
    found = {}
    for year in sorted(set(years.tolist())):
        at = years == year
        if at.sum() < _FULL_YEAR_SESSIONS:
            continue
        rows = np.flatnonzero(keep[:, at].mean(1) > _PRESENT_RATIO)
        if len(rows) > 1:
            r = np.log(columns.close[rows][:, at] / columns.reference[rows][:, at])
            found[year] = mean_correlation(r)
    return found


def mean_correlation(returns: Floats) -> float:
    """Mean over all pairs of rows."""
    z = returns - returns.mean(1, keepdims=True)
    z /= z.std(1, keepdims=True)
    count = len(z)
    return float(((z.sum(0) ** 2).mean() - count) / (count * (count - 1)))


def market_facts(market: DailyMarket) -> list[Fact]:
    columns = market.columns
    down, up = columns.down, columns.up
    alive = traded(columns)
    at_up, at_down = alive & (columns.close == up), alive & (columns.close == down)
    count = np.maximum(alive.sum(0), 1)
    down_share, up_share = at_down.sum(0) / count, at_up.sum(0) / count
    quiet = (down_share < _QUIET_RATIO) & (up_share < _QUIET_RATIO)
    beyond = alive & ((columns.high > up) | (columns.low < down))
    correlations = list(yearly_correlations(market).values())
    moves = max(correlations) - min(correlations)
    touched = alive & (columns.high == up)
    return [
        Fact("mean pairwise correlation, lowest year", min(correlations), 0.10, 0.50),
        Fact("mean pairwise correlation, highest year", max(correlations), 0.10, 0.50),
        Fact("... highest less lowest year", moves, 0.05, None),
        Fact("highs and lows beyond the band", float(beyond.sum()), 0, 0),
        Fact("bars out of order (low, open, close, high)", float(_disorder(columns)), 0, 0),
        Fact("average price outside low..high", float(_vwap_outside(market)), 0, 0),
        Fact("quiet days: limit-up closes / limit-down closes",
             float(at_up[:, quiet].sum() / max(1, at_down[:, quiet].sum())), 1.0, None),
        Fact("days with more than 20 % limit-down", float((down_share > _CRASH_RATIO).sum()),
             1, len(market.when.days) / 100),
        Fact("close at limit-up, % of symbol-days", float(at_up.sum() / alive.sum()) * 100,
             None, None),
        Fact("close at limit-down, % of symbol-days", float(at_down.sum() / alive.sum()) * 100,
             None, None),
        Fact("of touched-up, sealed at close %", float(at_up.sum() / touched.sum()) * 100,
             None, None),
        Fact("limit-up again after limit-up, %", _again(at_up, alive) * 100, None, None),
        Fact("close, CNY, median", _median_close(market), None, None),
        Fact("daily amount, CNY million, median",
             float(np.median(columns.amount[alive])) / 1e8, None, None),
        Fact("ex-dates per symbol-year",
             float((columns.marks & Mark.EX > 0).sum() / alive.sum()) * FIRST_YEAR_SESSIONS,
             None, None),
        Fact("suspended symbol-days, %",
             float((columns.marks & Mark.SUSPENDED > 0).sum() / alive.sum()) * 100, None, None),
    ]


def _disorder(columns: DailyColumns) -> int:
    top = np.maximum(columns.open, columns.close)
    bottom = np.minimum(columns.open, columns.close)
    wrong = (columns.high < top) | (columns.low > bottom) | (columns.low < 1)
    return int(wrong.sum())


def _vwap_outside(market: DailyMarket) -> int:
    columns, alive = market.columns, traded(market.columns)
    scale = np.array([fen_per_tick(market, row) for row in range(len(alive))])[:, None]
    mean = columns.amount - columns.volume * columns.low * scale
    over = columns.volume * columns.high * scale - columns.amount
    return int((alive & ((mean < 0) | (over < 0))).sum())


def fen_per_tick(market: DailyMarket, row: int) -> float:
    return 0.1 if market.fates[row].listing.group == "FUND" else 1.0


def _again(hit: Bools, alive: Bools) -> float:
    next_alive = alive[:, 1:]
    first = hit[:, :-1] & next_alive
    return float((first & hit[:, 1:]).sum() / max(1, first.sum()))


def _median_close(market: DailyMarket) -> float:
    alive = traded(market.columns)
    rows = [row for row, fate in enumerate(market.fates) if fate.listing.group != "FUND"]
    return float(np.median(market.columns.close[rows][alive[rows]])) / 100


# ---- the day -----------------------------------------------------------------------------------


def volume_profile(minute_volumes: Ints, edges: Sequence[int]) -> Floats:
    """Mean share of the day's volume between neighbouring edges (bar numbers), in percent."""
    shares = minute_volumes / minute_volumes.sum(1, keepdims=True)
    return np.array([shares[:, a:b].sum(1).mean() for a, b in pairwise(edges)]) * 100


_PROFILE_ROWS, _PROFILE_SESSIONS, _QUARTER_BARS = 40, 25, 15


def minute_sample(market: DailyMarket) -> MinuteBars:
    """Minutes of every few symbols and sessions."""
    rows, sessions = np.nonzero(seasoned(market))
    step = max(1, len(rows) // (_PROFILE_ROWS * _PROFILE_SESSIONS))
    return minute_bars(market.plan.seed, day_bars(market, rows[::step], sessions[::step]))


def intraday_facts(market: DailyMarket) -> list[Fact]:
    """The U of the day's volume, by quarters of an hour (real: 17.7 %, lowest 4.2 %, 7.7 %)."""
    bars = minute_sample(market)
    edges = [0, *range(_QUARTER_BARS + 1, bars.volume.shape[1] + 1, _QUARTER_BARS)]
    shares = volume_profile(bars.volume, edges)
    lowest = float(shares.min())
    return [
        Fact("volume of the first quarter of an hour, %", float(shares[0]), 1.5 * lowest, None),
        Fact("volume of the lowest quarter of an hour, %", lowest, None, None),
        Fact("volume of the last quarter of an hour, %", float(shares[-1]), 1.2 * lowest, None),
    ]


def grid_facts(table: BarTable) -> list[Fact]:
    """Prices as they leave the house: on the grid of 0.01 CNY, funds 0.001."""
    fund = np.array([symbol[:2] in _FUND_PREFIXES for symbol in table.symbols])
    scale = np.where(np.repeat(fund, np.diff(table.starts)), 1000.0, 100.0)
    off = sum(int((np.abs(part * scale - np.rint(part * scale)) > _GRID_SLACK).sum())
              for part in (table.open_cny, table.high_cny, table.low_cny, table.close_cny,
                           table.prev_close_cny))
    return [Fact("prices off the grid", float(off), 0, 0)]


_FUND_PREFIXES, _GRID_SLACK = ("15", "56"), 1e-6


def all_facts(market: DailyMarket) -> list[Fact]:
    return [*symbol_facts(market), *market_facts(market), *grid_facts(bar_table(market)),
            *intraday_facts(market)]


def table(facts: Sequence[Fact]) -> str:
    """The facts as text."""
    lines = [f"{'fact':52} {'value':>10} {'low':>8} {'high':>8}"]
    for fact in facts:
        low = "" if fact.low is None else f"{fact.low:.3f}"
        high = "" if fact.high is None else f"{fact.high:.3f}"
        mark = "" if fact.low is None and fact.high is None else ("ok" if fact.passed else "FAIL")
        lines.append(f"{fact.name:52} {fact.value:10.3f} {low:>8} {high:>8} {mark}")
    return "\n".join(lines)


def main() -> int:
    plan = Plan(seed=int(sys.argv[1]) if len(sys.argv) > 1 else Plan().seed)
    market = daily_market(plan, listings(plan.symbols), exchange_calendar())
    facts = all_facts(market)
    sys.stdout.write(table(facts) + "\n")
    return 0 if all(fact.passed for fact in facts) else 1


if __name__ == "__main__":
    raise SystemExit(main())
