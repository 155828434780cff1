"""From the text of a wish to typed parameters, or one sentence saying which is wrong. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation

from core.desk_types import PlanKind, PlanSpec
from core.exceptions import OrderError
from core.money import on_tick
from core.plan_params import PLAN_PARAMS, ParamKind, PlanParam
from core.types import MOST_SHARES, OrderSide

ParamValue = Decimal | int | time | date | str | None
_PER_CENT = 100
_LONGEST_TEXT = 200
_WALL = re.compile(r"[0-9]{1,2}:[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of one plan, parsed. A name that the kind does not have is a KeyError."""

    values: Mapping[str, ParamValue]

    def price(self, name: str) -> Decimal | None:
        value = self.values[name]
        return value if isinstance(value, Decimal) else None

    def set_price(self, name: str) -> Decimal:
        """A price that the table demands."""
        value = self.values[name]
        assert isinstance(value, Decimal), name
        return value

    def ratio(self, name: str) -> Decimal:
        """A percentage as a ratio."""
        return self.set_price(name) / _PER_CENT

    def whole(self, name: str) -> int:
        value = self.values[name]
        assert isinstance(value, int), name
        return value

    def wall(self, name: str) -> time | None:
        value = self.values[name]
        return value if isinstance(value, time) else None

    def day(self, name: str) -> date | None:
        value = self.values.get(name)
        return value if isinstance(value, date) else None

    def word(self, name: str) -> str:
        return str(self.values[name])


def parse_params(kind: PlanKind, texts: Mapping[str, str]) -> Params:
    """The parameters of a kind, defaults filled in.

    Raises:
        OrderError: one is missing, unknown, or not what its row allows.
    """
    rows = {row.name: row for row in PLAN_PARAMS[kind]}
    for name in texts:
        if name not in rows:
            raise _wrong(kind, name, "this kind of plan has no such parameter",
                         f"Choose among: {', '.join(rows)}")
    return Params({name: _value(kind, row, texts.get(name, "").strip() or row.default)
                   for name, row in rows.items()})


def check_spec(spec: PlanSpec, *, tick_cny: Decimal | None) -> Params:
    """Everything about a wish that needs no market.

    Raises:
        OrderError: which part is wrong, and what is allowed.
    """
    if not 0 < spec.shares <= MOST_SHARES:
        raise _wrong(spec.kind, "shares", f"it was {spec.shares}",
                     f"Give a whole number from 1 to {MOST_SHARES}")
    if len(spec.tag) > _LONGEST_TEXT:
        raise _wrong(spec.kind, "tag", f"it has {len(spec.tag)} characters",
                     f"Use at most {_LONGEST_TEXT}")
    params = parse_params(spec.kind, spec.params)
    for name, value in params.values.items():
        if _is_price(spec.kind, name) and isinstance(value, Decimal) and tick_cny is not None and (
                not on_tick(value, tick_cny)):
            raise _wrong(spec.kind, name, f"{value} is not a multiple of {tick_cny}",
                         "Round it to the grid")
    for rule in _RULES.get(spec.kind, ()):
        rule(spec, params)
    return params


# ---- one value -----------------------------------------------------------------------------


def _value(kind: PlanKind, row: PlanParam, text: str | None) -> ParamValue:
    if text is None:
        raise _wrong(kind, row.name, "it was not given", f"Give {row.bounds}")
    if text == "":
        return None
    try:
        value = _PARSERS[row.kind](text)
    except (ValueError, InvalidOperation):
        raise _wrong(kind, row.name, f"{text[:40]!r} is not {row.kind.value}",
                     f"Give {row.bounds}") from None
    outside = row.choices and value not in row.choices
    if isinstance(value, int | Decimal) and row.limits is not None:
        outside = not row.limits[0] <= value <= row.limits[1]
    if outside:
        raise _wrong(kind, row.name, f"{text[:40]!r} is outside what is allowed",
                     f"Give {row.bounds}")
    return value


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    return value


def _whole(text: str) -> int:
    if not text.isdigit():
        raise ValueError(text)
    return int(text)


def _wall(text: str) -> time:
    if not _WALL.fullmatch(text):
        raise ValueError(text)
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


_PARSERS: Mapping[ParamKind, Callable[[str], ParamValue]] = {
    ParamKind.PRICE: _decimal, ParamKind.PER_CENT: _decimal, ParamKind.WHOLE: _whole,
    ParamKind.TIME: _wall, ParamKind.DAY: date.fromisoformat, ParamKind.CHOICE: str,
}


def _is_price(kind: PlanKind, name: str) -> bool:
    return any(row.name == name and row.kind is ParamKind.PRICE for row in PLAN_PARAMS[kind])


# ---- values against each other -------------------------------------------------------------


def _begins_before_it_ends(spec: PlanSpec, params: Params) -> None:
    start, end = params.wall("start"), params.wall("end")
    if start is not None and end is not None and start >= end:
        raise _wrong(spec.kind, "start", f"{start:%H:%M} is not before the end at {end:%H:%M}",
                     "Give an earlier start or a later end")


def _shows_a_part(spec: PlanSpec, params: Params) -> None:
    if params.whole("show_shares") > spec.shares:
        raise _wrong(spec.kind, "show_shares", f"it is more than the {spec.shares} in all",
                     "Show fewer shares")


def _stop_is_below_take(spec: PlanSpec, params: Params) -> None:
    stop, take = params.set_price("stop"), params.set_price("take")
    if stop >= take:
        raise _wrong(spec.kind, "stop", f"{stop} is not below the profit price {take}",
                     "Give a stop below it")


def _entry_is_between(spec: PlanSpec, params: Params) -> None:
    stop, entry, take = (params.set_price(name) for name in ("stop", "entry", "take"))
    if not stop < entry < take:
        raise _wrong(spec.kind, "entry", f"{entry} does not lie between {stop} and {take}",
                     "Give a stop below the entry and a profit price above it")


def _lines_are_apart(spec: PlanSpec, params: Params) -> None:
    low, high = params.set_price("low"), params.set_price("high")
    if low >= high:
        raise _wrong(spec.kind, "low", f"{low} is not below {high}", "Give a lower one")


def _side_is(side: OrderSide) -> Callable[[PlanSpec, Params], None]:
    def rule(spec: PlanSpec, _params: Params) -> None:
        if spec.side is not side:
            raise _wrong(spec.kind, "side", f"it was {spec.side.value}",
                         f"This kind of plan begins with a {side.value}")

    return rule


_RULES: Mapping[PlanKind, tuple[Callable[[PlanSpec, Params], None], ...]] = {
    PlanKind.TWAP: (_begins_before_it_ends,),
    PlanKind.VWAP: (_begins_before_it_ends,),
    PlanKind.POV: (_begins_before_it_ends,),
    PlanKind.ICEBERG: (_begins_before_it_ends, _shows_a_part),
    PlanKind.OCO: (_side_is(OrderSide.SELL), _stop_is_below_take),
    PlanKind.BRACKET: (_side_is(OrderSide.BUY), _entry_is_between),
    PlanKind.LIMIT_BREAK: (_side_is(OrderSide.BUY),),
    PlanKind.GRID: (_side_is(OrderSide.BUY), _lines_are_apart),
}


def _wrong(kind: PlanKind, name: str, why: str, remedy: str) -> OrderError:
    return OrderError(f"the {kind.value} plan was not taken: {name}", why=why, remedy=remedy)
