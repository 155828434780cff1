"""Small seeded bar sets over the sessions on which rules changed, for comparing with the oracle.

Each set has a handful of symbols on every board that existed, a few months of sessions, and
what makes daily bars awkward: suspensions told as missing rows or as rows without volume,
sealed limit days, ST spells, ex-dates, thin volume, listings inside the range. Which optional
columns and files exist is drawn too. Prices are built in whole ticks, never in binary fractions.
"""

import csv
import random
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path

from tests.oracle import market_facts as facts
from tests.oracle.answer import price_text
from tests.oracle.sessions import sessions_between

WINDOWS = (
    (date(2015, 7, 1), date(2015, 9, 30)),
    (date(2020, 7, 20), date(2020, 10, 20)),
    (date(2022, 3, 21), date(2022, 6, 10)),
    (date(2023, 3, 20), date(2023, 5, 31)),
    (date(2023, 7, 24), date(2023, 10, 13)),
    (date(2026, 6, 1), date(2026, 8, 10)),
)
UNIVERSE = (
    "600101.SH", "601102.SH", "605103.SH", "000104.SZ", "002105.SZ", "300106.SZ", "301107.SZ",
    "688108.SH", "689109.SH", "830110.BJ", "920111.BJ", "510112.SH", "588113.SH", "159114.SZ",
)
LEGACY_CODES_END = date(2025, 10, 9)
COLUMNS = (
    "symbol", "ts", "open", "high", "low", "close", "volume", "amount",
    "prev_close", "adj_factor", "limit_up", "limit_down", "is_st", "suspended",
)


@dataclass(frozen=True)
class Shape:
    """Which optional columns and files this set has."""

    prev_close: bool
    adj_factor: bool
    limits: bool
    is_st: bool
    suspended_rows: bool
    instruments: bool
    actions: bool


@dataclass
class RandomMarket:
    """Rows of text for the files of one set."""

    shape: Shape
    bars: list[dict[str, str]] = field(default_factory=list)
    instruments: list[dict[str, str]] = field(default_factory=list)
    actions: list[dict[str, str]] = field(default_factory=list)

    def write(self, folder: Path) -> dict[str, Path]:
        """Paths by kind: bars, and instruments and actions where the set has them."""
        paths = {"bars": folder / "bars.csv"}
        _write(paths["bars"], self.bars)
        for kind in ("instruments", "actions"):
            if getattr(self.shape, kind):
                paths[kind] = folder / f"{kind}.csv"
                _write(paths[kind], getattr(self, kind))
        return paths


ACTION_COLUMNS = (
    "symbol", "ex_date", "cash_per_share", "bonus_per_share", "rights_per_share", "rights_price",
)


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    names = list(rows[0]) if rows else list(ACTION_COLUMNS)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def random_market(seed: int) -> RandomMarket:
    """The set of this seed; windows and shapes follow from the seed alone."""
    rng = random.Random(seed)
    first, last = WINDOWS[seed % len(WINDOWS)]
    shape = _shape(rng)
    market = RandomMarket(shape)
    days = sessions_between(first, last)
    for symbol in UNIVERSE:
        if _exists(symbol, first) and rng.random() < 0.8:
            _SymbolMaker(rng, symbol, days, market).run()
    if not market.bars:
        _SymbolMaker(rng, UNIVERSE[0], days, market).run()
    dropped = _dropped(shape)
    market.bars = [
        {name: row[name] for name in COLUMNS if name not in dropped} for row in market.bars
    ]
    return market


def _shape(rng: random.Random) -> Shape:
    actions = rng.random() < 0.4
    return Shape(
        prev_close=rng.random() < (0.5 if actions else 0.85),
        adj_factor=rng.random() < 0.8,
        limits=rng.random() < 0.3,
        is_st=rng.random() < 0.8,
        suspended_rows=rng.random() < 0.5,
        instruments=rng.random() < 0.7,
        actions=actions,
    )


def _dropped(shape: Shape) -> set[str]:
    out = set() if shape.limits else {"limit_up", "limit_down"}
    wanted = {
        "prev_close": shape.prev_close, "adj_factor": shape.adj_factor,
        "is_st": shape.is_st, "suspended": shape.suspended_rows,
    }
    return out | {name for name, kept in wanted.items() if not kept}


def _exists(symbol: str, first: date) -> bool:
    if symbol.startswith("8") and first >= LEGACY_CODES_END:
        return False
    opens = {facts.STAR: facts.STAR_OPENS, facts.BSE: facts.BSE_OPENS}
    board = facts.board_of(symbol) or ""
    return board not in opens or opens[board] <= first


class _SymbolMaker:
    """Walks one symbol through the sessions; all prices are whole ticks."""

    def __init__(
        self, rng: random.Random, symbol: str, days: tuple[date, ...], market: RandomMarket
    ) -> None:
        self.rng, self.symbol, self.days, self.market = rng, symbol, days, market
        self.board = facts.board_of(symbol) or ""
        self.tick = facts.TICK_E4[self.board]
        self.close = self.tick * rng.randrange(150, 6000)
        self.factor = Fraction(1)
        self.st = self.board in (facts.MAIN, facts.CHINEXT) and rng.random() < 0.3
        self.thin = rng.random() < 0.4
        self.listed_row = rng.randrange(2, 15) if rng.random() < 0.35 else 0
        self.halt_left = 0

    def run(self) -> None:
        self._list()
        for row in range(self.listed_row, len(self.days)):
            self._day(row)

    def _list(self) -> None:
        listed = self.days[self.listed_row].isoformat() if self.listed_row else "2012-05-04"
        hidden = not self.listed_row and self.rng.random() < 0.3
        with_issue = self.board in (facts.MAIN, facts.CHINEXT) and self.rng.random() < 0.7
        self.market.instruments.append({
            "symbol": self.symbol,
            "list_date": "" if hidden or self.board == facts.FUND else listed,
            "delist_date": "",
            "issue_price": self._text(self.close) if with_issue else "",
            "t0": "1" if self.board == facts.FUND and self.rng.random() < 0.5 else "0",
        })

    def _text(self, value_e4: int) -> str:
        return price_text(value_e4)

    def _day(self, row: int) -> None:
        day, previous = self.days[row], self.close
        if self.rng.random() < 0.01:
            self.st = not self.st and self.board in (facts.MAIN, facts.CHINEXT)
        reference = previous
        if row > self.listed_row + 1 and self.rng.random() < 0.05:
            reference = self._ex_date(day, previous)
        if self.halt_left or (row > self.listed_row and self.rng.random() < 0.03):
            self.halt_left = (self.halt_left or self.rng.randrange(1, 6)) - 1
            if reference == previous:
                self._suspended(day, previous)
                return
        ratio = facts.limit_ratio(self.symbol, self.st, day) or Fraction(1, 10)
        down, up = facts.limit_prices(reference, ratio, self.tick)
        prices = self._prices(reference, down, up)
        self._bar(day, reference, (down, up), prices, row == self.listed_row)
        self.close = prices[3]

    def _ex_date(self, day: date, previous: int) -> int:
        """A dividend, a bonus issue, both or a rights issue; returns the new reference."""
        rng = self.rng
        cash = Fraction(rng.randrange(1, 40), 100) * (rng.random() < 0.7)
        bonus = Fraction(rng.choice((1, 2, 3, 5, 10)), 10) * (rng.random() < 0.4)
        rights = Fraction(3, 10) * (rng.random() < 0.1)
        price = Fraction(previous // self.tick * self.tick, 20_000)
        if cash * 10_000 * 4 > previous or cash + bonus + rights == 0:
            cash, bonus = Fraction(0), Fraction(1, 10)
        action = facts.Action(self.symbol, day, cash, bonus, rights, price)
        reference = facts.ex_price_e4(previous, [action], self.tick)
        self.factor = self.factor * previous / reference
        self.market.actions.append(dict(zip(ACTION_COLUMNS, (
            self.symbol, day.isoformat(), f"{float(cash):g}", f"{float(bonus):g}",
            f"{float(rights):g}", f"{float(price):g}",
        ), strict=True)))
        return reference

    def _suspended(self, day: date, close: int) -> None:
        if self.market.shape.suspended_rows and self.rng.random() < 0.7:
            row = self._row(day, close, (close, close, close, close), 0, 0)
            self.market.bars.append(row | {"suspended": self.rng.choice(("1", "0"))})

    def _prices(self, reference: int, down: int, up: int) -> tuple[int, int, int, int]:
        """(open, high, low, close) inside the band, some days sealed or touching a limit."""
        rng, tick = self.rng, self.tick
        mood = rng.random()
        if mood < 0.03:
            return up, up, up, up
        if mood < 0.06:
            return down, down, down, down
        width = max(2, (up - down) // tick // 3)
        near = [
            min(up, max(down, reference + tick * rng.randrange(-width, width + 1)))
            for _ in range(4)
        ]
        first, last = near[0], near[1]
        if mood < 0.12:
            first = up if mood < 0.09 else down
        if mood > 0.95:
            last = up if mood > 0.975 else down
        high, low = max(first, last, near[2]), min(first, last, near[3])
        return first, max(high, near[2]), min(low, near[3]), last

    def _bar(
        self, day: date, reference: int, band: tuple[int, int],
        prices: tuple[int, int, int, int], is_first: bool,
    ) -> None:
        volume = self.rng.randrange(200, 8000) if self.thin else self.rng.randrange(3000, 900_000)
        average = (prices[1] + prices[2]) // 2
        row = self._row(day, reference, prices, volume, facts.half_up(volume * average, 100))
        if is_first and self.rng.random() < 0.7:
            row["prev_close"] = ""
        row["limit_down"], row["limit_up"] = self._published(band)
        self.market.bars.append(row)

    def _published(self, band: tuple[int, int]) -> tuple[str, str]:
        mood = self.rng.random()
        if mood < 0.1:
            return "", ""
        if mood < 0.15:
            return "-1", "-1"
        if mood < 0.2:
            return "0", "99999.99"
        return self._text(band[0]), self._text(band[1])

    def _row(
        self, day: date, reference: int, prices: tuple[int, int, int, int],
        volume: int, amount_fen: int,
    ) -> dict[str, str]:
        names = ("open", "high", "low", "close")
        return dict(zip(names, (self._text(price) for price in prices), strict=True)) | {
            "symbol": self.symbol,
            "ts": day.isoformat(),
            "volume": str(volume),
            "amount": f"{amount_fen // 100}.{amount_fen % 100:02d}",
            "prev_close": self._text(reference),
            "adj_factor": f"{float(self.factor):.6f}",
            "limit_up": "",
            "limit_down": "",
            "is_st": "" if self.rng.random() < 0.02 else str(int(self.st)),
            "suspended": "0",
        }
