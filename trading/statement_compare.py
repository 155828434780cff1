"""A broker's statement held against ours, line by line. Pure: nothing is ever written.

Trades are paired by the exchange's trade number, else by day, instrument, side, shares and price.
What is left is compared in sums a day, instrument and side, because many brokers print one line
an order. Cash lines (dividends, their tax) are compared in sums a day and instrument.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import from_e4
from core.types import StatementLine
from trading.statement import BUY, DIVIDEND, SELL, TAX, Line, Statement

_NOTHING = Decimal("0.00")
_TRADES = frozenset({BUY, SELL})
_SUMMED = ("shares", "amount_cny", "commission_cny", "stamp_duty_cny", "transfer_fee_cny",
           "cash_change_cny")
Place = tuple[date, str, str]              # day, symbol, kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not the same. `line` is the broker's, 0 where it has none."""

    day: date
    symbol: str
    kind: str
    what: str                          # MISSING_HERE, MISSING_THERE, or the field that differs
    here: str
    there: str
    line: int = 0

    def as_json(self) -> dict[str, object]:
        return {"day": self.day.isoformat(), "symbol": self.symbol, "kind": self.kind,
                "what": self.what, "here": self.here, "there": self.there, "line": self.line}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What was held against what, and what differs."""

    first: date | None
    last: date | None
    lines_here: int
    lines_there: int
    matched: int                       # lines of the broker's that have their counterpart
    not_compared: int                  # its lines of other kinds (transfers, interest)
    differences: tuple[Difference, ...]


def compare_statement(
    ours: Iterable[Statement], theirs: Sequence[StatementLine]
) -> Comparison:
    """Ours of the days that the broker's statement covers, against it."""
    first = min((line.day for line in theirs), default=None)
    last = max((line.day for line in theirs), default=None)
    days = [each for each in ours
            if first is not None and last is not None and first <= each.day <= last]
    here = _by_place(_ours(days))
    there = _by_place(line for line in theirs if line.kind in _TRADES | {DIVIDEND, TAX})
    differences: list[Difference] = []
    matched = 0
    for place in sorted(here.keys() | there.keys()):
        found, same = _place(place, here.get(place, []), there.get(place, []))
        differences += found
        matched += same
    differences += _cash(days, theirs)
    count = sum(map(len, there.values()))
    return Comparison(
        first=first, last=last, lines_here=sum(map(len, here.values())), lines_there=len(theirs),
        matched=matched, not_compared=len(theirs) - count, differences=tuple(differences))


def _ours(days: Iterable[Statement]) -> Iterable[StatementLine]:
    for each in days:
        for line in each.lines:
            if line.kind in _TRADES | {TAX}:
                yield _as_theirs(each.day, line, line.kind)
            elif line.kind in (DIVIDEND, "PAID"):
                yield _as_theirs(each.day, line, DIVIDEND)


def _as_theirs(day: date, line: Line, kind: str) -> StatementLine:
    trade = kind in _TRADES
    return StatementLine(
        line=0, day=day, kind=kind, symbol=line.symbol, shares=abs(line.shares),
        price_cny=None if line.price_e4 is None else from_e4(line.price_e4),
        amount_cny=from_e4(line.amount_e4) if trade else None,
        commission_cny=line.fees.commission_cny if trade else None,
        stamp_duty_cny=line.fees.stamp_duty_cny if trade else None,
        transfer_fee_cny=line.fees.transfer_fee_cny if trade else None,
        cash_change_cny=from_e4(line.change_e4), trade_id=line.trade_id)


def _by_place(lines: Iterable[StatementLine]) -> Mapping[Place, list[StatementLine]]:
    found: dict[Place, list[StatementLine]] = defaultdict(list)
    for line in lines:
        found[line.day, line.symbol, line.kind].append(line)
    return found


def _place(
    place: Place, here: list[StatementLine], there: list[StatementLine]
) -> tuple[list[Difference], int]:
    """(differences, lines of theirs with a counterpart) of one day, instrument and kind."""
    found: list[Difference] = []
    matched = 0
    for same in (_same_number, _same_trade):
        here, there, pairs = _paired(here, there, same)
        for mine, other in pairs:
            found += _fields(place, [mine], [other])
        matched += len(pairs)
    if here and there:
        return found + _fields(place, here, there), matched + len(there)
    day, symbol, kind = place
    found += [Difference(day=day, symbol=symbol, kind=kind, what="MISSING_THERE",
                         here=_told(each), there="") for each in here]
    found += [Difference(day=day, symbol=symbol, kind=kind, what="MISSING_HERE", here="",
                         there=_told(each), line=each.line) for each in there]
    return found, matched


def _same_number(mine: StatementLine, other: StatementLine) -> bool:
    return bool(mine.trade_id) and mine.trade_id == other.trade_id


def _same_trade(mine: StatementLine, other: StatementLine) -> bool:
    return bool(mine.shares) and (mine.shares, mine.price_cny) == (other.shares, other.price_cny)


_Pairs = list[tuple[StatementLine, StatementLine]]


def _paired(
    here: list[StatementLine], there: list[StatementLine],
    same: Callable[[StatementLine, StatementLine], bool],
) -> tuple[list[StatementLine], list[StatementLine], _Pairs]:
    """(ours left, theirs left, pairs), each line used once, in order."""
    rest, left, pairs = list(there), [], []
    for mine in here:
        other = next((each for each in rest if same(mine, each)), None)
        if other is None:
            left.append(mine)
        else:
            rest.remove(other)
            pairs.append((mine, other))
    return left, rest, pairs


def _fields(
    place: Place, here: Sequence[StatementLine], there: Sequence[StatementLine]
) -> list[Difference]:
    """What differs in the sums of two groups of lines; what the broker does not say is left out."""
    day, symbol, kind = place
    found = []
    for name in _SUMMED:
        told = [getattr(each, name) for each in there]
        if None in told:
            continue
        nothing = 0 if name == "shares" else _NOTHING
        ours = sum((getattr(each, name) or nothing for each in here), nothing)
        theirs = sum(told, nothing)
        if ours != theirs:
            found.append(Difference(day=day, symbol=symbol, kind=kind, what=name, here=str(ours),
                                    there=str(theirs), line=there[0].line))
    return found


def _cash(days: Sequence[Statement], theirs: Sequence[StatementLine]) -> list[Difference]:
    """The balance after the last line of each day, where the broker prints it."""
    closing = {each.day: from_e4(each.closing_e4) for each in days}
    last = {line.day: line for line in theirs if line.cash_after_cny is not None}
    return [Difference(day=day, symbol="", kind="CLOSING", what="cash_after_cny",
                       here=str(closing[day]), there=str(line.cash_after_cny), line=line.line)
            for day, line in sorted(last.items())
            if day in closing and closing[day] != line.cash_after_cny]


def _told(line: StatementLine) -> str:
    if line.kind in _TRADES:
        return f"{line.shares} at {line.price_cny}"
    return str(line.cash_change_cny)
