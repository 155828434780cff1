"""Seeded random order lists over a bar set, made to run into every rule.

The maker looks at the bars (it may: it is not a strategy) and places orders where rules bite:
at the limits, one tick off the low, one share over what is held, on ex-dates, on closed days.
It keeps a rough count of what it bought so that its sells are often, not always, possible.
"""

import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from tests.oracle import market_facts as facts
from tests.oracle.answer import price_text
from tests.oracle.bars import SymbolBars
from tests.oracle.order_list import ORDER_COLUMNS

ListRow = dict[str, str]
SYMBOLS_SEARCHED = 60
THIN_VOLUME_SHARES = 60_000
UNKNOWN_SYMBOLS = ("600999.SH", "000998.SZ", "688997.SH", "900901.SH")


def write_orders(path: Path, rows: Iterable[ListRow]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, ORDER_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def random_orders(
    bars: Mapping[str, SymbolBars], seed: int, count: int, cash_cny: int = 1_000_000
) -> list[ListRow]:
    """Rows of the order list, nearly all in date order; the same for the same seed and bars."""
    return _Maker(bars, random.Random(seed), cash_cny).rows(count)


def special_days(bars: SymbolBars) -> list[date]:
    """Days on one price, and days of so little volume that a quarter of it is soon gone."""
    return [
        day
        for row, day in enumerate(bars.days)
        if 0 < (bars.volume(row) or 0) < THIN_VOLUME_SHARES
        or bars.price("high", row) == bars.price("low", row)
    ]


class _Maker:
    def __init__(
        self, bars: Mapping[str, SymbolBars], rng: random.Random, cash_cny: int
    ) -> None:
        self.bars, self.rng, self.cash_cny = bars, rng, cash_cny
        self.symbols = sorted(bars)
        days = sorted({day for held in bars.values() for day in (held.days[0], held.days[-1])})
        self.first, self.last = days[0], days[-1]
        self.all_days = sorted({day for held in bars.values() for day in held.days})
        self.held: dict[str, int] = defaultdict(int)
        self.bought: dict[str, tuple[date, int]] = {}
        self.size = rng.choice((1, 1, 5, 30))       # how bold this list is
        self.special: dict[date, list[str]] = defaultdict(list)
        for symbol in rng.sample(self.symbols, min(SYMBOLS_SEARCHED, len(self.symbols))):
            for day in special_days(bars[symbol]):
                self.special[day].append(symbol)

    def rows(self, count: int) -> list[ListRow]:
        plan = sorted(self._days(count))
        rows: list[ListRow] = []
        while len(rows) < count:
            day = plan[len(rows)]
            row = self._row(day, rows)
            rows.append(row | {"tag": f"t{len(rows) + 1}"})
        if self.rng.random() < 0.3:
            self._disorder(rows)
        return rows

    def _days(self, count: int) -> list[date]:
        """Days with bars, in clusters, and now and then a day that is no session."""
        out: list[date] = []
        special = sorted(self.special) or self.all_days
        while len(out) < count:
            day = self.rng.choice(special if self.rng.random() < 0.15 else self.all_days)
            if self.rng.random() < 0.03:
                day = self.first + timedelta(days=self.rng.randrange((self.last - self.first).days))
            out += [day] * min(self.rng.choice((1, 2, 4, 9)), count - len(out))
        return out

    def _disorder(self, rows: list[ListRow]) -> None:
        for _ in range(len(rows) // 20):
            first, second = self.rng.randrange(len(rows)), self.rng.randrange(len(rows))
            rows[first], rows[second] = rows[second], rows[first]

    def _row(self, day: date, earlier: Sequence[ListRow]) -> ListRow:
        rng = self.rng
        if rng.random() < 0.01:
            return _listed(day, rng.choice(UNKNOWN_SYMBOLS), "BUY", 100, "10.00")
        symbol = self._symbol(day, earlier)
        bars = self.bars[symbol]
        row = bars.row_of.get(day)
        side = self._side(symbol)
        if row is None:
            return _listed(day, symbol, side, 100, price_text(bars.price("close", 0) or 0))
        shares = self._sell_shares(symbol, day) if side == "SELL" else self._buy_shares(symbol, row)
        if rng.random() < 0.12:
            return _listed(day, symbol, side, shares, "")
        return _listed(day, symbol, side, shares, self._price(symbol, side, row))

    def _symbol(self, day: date, earlier: Sequence[ListRow]) -> str:
        """Often one that is held or that the last line named, so that orders meet."""
        mood = self.rng.random()
        if day in self.special and mood < 0.5:
            return self.rng.choice(self.special[day])
        owned = [symbol for symbol, shares in self.held.items() if shares > 0]
        if mood < 0.35 and owned:
            return self.rng.choice(owned)
        if mood < 0.6 and earlier and earlier[-1]["symbol"] in self.bars:
            return earlier[-1]["symbol"]
        if mood < 0.95:
            for symbol in self.rng.choices(self.symbols, k=12):
                if day in self.bars[symbol].row_of:
                    return symbol
        return self.rng.choice(self.symbols)

    def _side(self, symbol: str) -> str:
        return "SELL" if self.rng.random() < (0.6 if self.held[symbol] > 0 else 0.08) else "BUY"

    def _buy_shares(self, symbol: str, row: int) -> int:
        rng, board = self.rng, facts.board_of(symbol) or facts.MAIN
        step, least = facts.STEP_SHARES[board], facts.LEAST_BUY_SHARES[board]
        volume = int(self.bars[symbol].volume(row) or 0)
        mood = rng.random()
        if mood < 0.05:
            shares = rng.choice((1, 50, 99, 101, 150, 199, 201, 250, least - 1))
        elif mood < 0.08:
            shares = rng.choice((100_000, 100_001, 300_000, 300_100, 1_000_000, 1_000_100))
        elif mood < (0.6 if volume < THIN_VOLUME_SHARES else 0.25):
            shares = max(least, volume * rng.randrange(5, 45) // 100 // step * step)
        else:
            shares = max(least, 100 * rng.randrange(1, 12) * self.size)
            shares += rng.randrange(step, 100) if step == 1 and mood < 0.6 else 0
        return self._affordable(symbol, row, shares) if mood >= 0.08 else shares

    def _affordable(self, symbol: str, row: int, shares: int) -> int:
        """Cut to what the maker thinks it has, but now and then not."""
        board = facts.board_of(symbol) or facts.MAIN
        step, least = facts.STEP_SHARES[board], facts.LEAST_BUY_SHARES[board]
        price_cny = max(1, (self.bars[symbol].price("high", row) or 0) // 10_000)
        if self.rng.random() < 0.93:
            shares = min(shares, self.cash_cny // price_cny // step * step)
            shares = max(shares, least)
        if shares * price_cny <= self.cash_cny:
            self.cash_cny -= shares * price_cny
            self.held[symbol] += shares
            self.bought[symbol] = (self.bars[symbol].days[row], shares)
        return shares

    def _sell_shares(self, symbol: str, day: date) -> int:
        rng, held = self.rng, max(self.held[symbol], 0)
        mood = rng.random()
        if mood < 0.35 and held:
            shares = held
        elif mood < 0.7 and held > 100:
            shares = rng.randrange(1, held // 100 + 1) * 100
        elif mood < 0.8 and held > 100:
            shares = held % 100 + rng.randrange(0, held // 100 + 1) * 100 or held
        elif mood < 0.9:
            shares = held + rng.choice((1, 100, 200, 1000))
        else:
            shares = rng.choice((1, 37, 99, 100, 137, 150, 199, 200, 237, 1_000_100))
        if shares <= held and self.bought.get(symbol, (None, 0))[0] != day:
            self.held[symbol] -= shares
            row = max(0, self.bars[symbol].last_row(day))
            self.cash_cny += shares * (self.bars[symbol].price("low", row) or 0) // 10_000
        return shares

    def _price(self, symbol: str, side: str, row: int) -> str:
        """A price near something that matters on that bar."""
        rng, bars = self.rng, self.bars[symbol]
        board = facts.board_of(symbol) or facts.MAIN
        tick = facts.TICK_E4[board]
        prices = [bars.price(name, row) or tick for name in ("open", "high", "low", "close")]
        mood = rng.random()
        if mood < 0.03:
            return price_text(rng.choice(prices) + rng.choice((1, tick // 2, tick // 5)))
        if mood < 0.2:
            chosen = self._limit_price(symbol, board, row, side)
        elif mood < 0.45:
            chosen = prices[1] + tick if side == "BUY" else prices[2] - tick
        elif mood < 0.6:
            chosen = rng.randrange(prices[2] // tick - 2, prices[1] // tick + 3) * tick
        elif mood < 0.63:
            chosen = prices[0] * rng.choice((5, 13, 20)) // 10 // tick * tick
        else:
            chosen = rng.choice(prices) + rng.choice((-tick, 0, 0, tick))
        return price_text(max(chosen, tick))

    def _limit_price(self, symbol: str, board: str, row: int, side: str) -> int:
        """A limit of the day, or a tick beyond it."""
        bars, tick = self.bars[symbol], facts.TICK_E4[board]
        close = bars.price("close", row - 1) if row else None
        reference = bars.price("prev_close", row) or close or bars.price("open", row) or tick
        ratio = facts.limit_ratio(symbol, bars.flag("is_st", row), bars.days[row])
        ends = facts.limit_prices(reference, ratio or Fraction(1, 10), tick)
        end = ends[1 if self.rng.random() < (0.7 if side == "BUY" else 0.3) else 0]
        return end + self.rng.choice((0, 0, 0, tick, -tick))


def _listed(day: date, symbol: str, side: str, shares: int, limit: str) -> ListRow:
    return {
        "ts": day.isoformat(), "symbol": symbol, "side": side, "shares": str(shares),
        "type": "LIMIT" if limit else "MARKET", "limit_price": limit, "tag": "",
    }
