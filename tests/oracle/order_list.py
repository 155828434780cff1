"""What goes in: the order list, the listing dates and the corporate actions, from their files."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

from tests.oracle.market_facts import Action

BUY, SELL, LIMIT, MARKET = "BUY", "SELL", "LIMIT", "MARKET"
ORDER_COLUMNS = ("ts", "symbol", "side", "shares", "type", "limit_price", "tag")


class BadInput(ValueError):
    """The list cannot be played at all; the message names the line of the file."""


@dataclass(frozen=True)
class ListedOrder:
    """One line of the order list. `limit_e4` is exact, also where it is off the tick."""

    number: int                     # 1 for the first order of the file
    day: date
    symbol: str
    side: str
    shares: int
    kind: str
    limit_e4: Fraction | None
    limit_text: str
    tag: str


@dataclass(frozen=True)
class Listing:
    """What `--instruments` may say about one symbol; None is unknown."""

    list_date: date | None = None
    delist_date: date | None = None
    issue_price_e4: int | None = None
    same_day_resale: bool = False


def read_orders(path: Path) -> list[ListedOrder]:
    with path.open(encoding="utf-8", newline="") as lines:
        return parse_orders(csv.DictReader(lines))


def parse_orders(rows: Iterable[Mapping[str, str]]) -> list[ListedOrder]:
    """Orders in file order. BadInput for a line that is not an order at all."""
    return [_parse_order(number, row) for number, row in enumerate(rows, start=1)]


def _parse_order(number: int, row: Mapping[str, str]) -> ListedOrder:
    line = number + 1
    side, kind = row["side"], row["type"]
    if side not in {BUY, SELL} or kind not in {LIMIT, MARKET}:
        raise BadInput(f"line {line}: side {side!r}, type {kind!r}")
    try:
        day, shares = date.fromisoformat(row["ts"]), Fraction(row["shares"])
        limit = Fraction(row["limit_price"]) if kind == LIMIT else None
    except ValueError as error:
        raise BadInput(f"line {line}: {error}") from None
    if shares <= 0 or shares.denominator != 1:
        raise BadInput(f"line {line}: shares {row['shares']} must be a whole number above 0")
    if limit is not None and limit <= 0:
        raise BadInput(f"line {line}: limit_price {row['limit_price']} must be above 0")
    return ListedOrder(
        number, day, row["symbol"], side, int(shares), kind,
        None if limit is None else limit * 10_000, row["limit_price"], row.get("tag", ""),
    )


def read_actions(path: Path) -> list[Action]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Action(
                row["symbol"], date.fromisoformat(row["ex_date"]),
                *(Fraction(row[name] or "0") for name in (
                    "cash_per_share", "bonus_per_share", "rights_per_share", "rights_price"
                )),
            )
            for row in csv.DictReader(lines)
        ]


def read_listings(path: Path) -> dict[str, Listing]:
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["symbol"]: _listing(row) for row in csv.DictReader(lines)}


def _listing(row: Mapping[str, str]) -> Listing:
    def day(name: str) -> date | None:
        return date.fromisoformat(row[name]) if row.get(name) else None

    issue = row.get("issue_price")
    return Listing(
        day("list_date"), day("delist_date"),
        int(Fraction(issue) * 10_000) if issue else None,
        row.get("t0", "") in {"1", "true", "True"},
    )
