"""Line and area pictures of a session series as inline SVG, in whole numbers.

A picture is drawn in units of a tenth of a pixel on a canvas 960 pixels wide, so that every
coordinate is an integer and the text of the file is the same on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from html import escape

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 9600, 1080, 120, 120, 300
PLOT = WIDTH - LEFT - RIGHT
MOST_POINTS = 1200              # more than the picture has pixels to tell apart
MOST_X_LABELS = 12
Y_STEPS = 4
SESSIONS_FOR_YEARS = 500        # from here on the axis names years, below it months
SESSIONS_FOR_MONTHS = 45
NICE = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What to draw. `values` are oldest first and as many as `days`, at least one."""

    days: Sequence[date]
    values: Sequence[Decimal]
    height: int                 # of the whole picture, in tenths of a pixel
    label: str                  # for people who cannot see it
    base: Decimal               # the area lies between the line and this value
    percent: bool = False       # ticks as per cent of ratios


def svg(picture: Picture) -> str:
    """One <svg> element that scales with the page."""
    axis = _Axis.around(picture)
    points = " ".join(f"{x},{y}" for x, y in _points(picture, axis))
    base, last = axis.y(picture.base), _x(len(picture.days) - 1, len(picture.days))
    area = f"{LEFT},{base} {points} {last},{base}"
    curve = f'<polygon class="area" points="{area}"/><polyline class="line" points="{points}"/>'
    parts = [
        *_y_grid(picture, axis), *_x_labels(picture),
        _cut("up", 0, base, curve), _cut("down", base, picture.height, curve),
        f'<line class="base" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}"/>',
    ]
    return (f'<svg viewBox="0 0 {WIDTH} {picture.height}" role="img" '
            f'aria-label="{escape(picture.label)}">{"".join(parts)}</svg>')


def _cut(style: str, top: int, bottom: int, curve: str) -> str:
    """The part of the curve between two heights, in the colour of the CSS class.

    A nested <svg> cuts off what leaves it, without ids that two pictures could share.
    """
    height = bottom - top
    if height <= 0:
        return ""
    return (f'<svg class="{style}" x="0" y="{top}" width="{WIDTH}" height="{height}" '
            f'viewBox="0 {top} {WIDTH} {height}">{curve}</svg>')


@dataclass(frozen=True, slots=True)
class _Axis:
    """The vertical scale: from `low` at the bottom to `high` at the top, in steps."""

    low: Decimal
    high: Decimal
    step: Decimal
    height: int

    @classmethod
    def around(cls, picture: Picture) -> "_Axis":
        shown = [*picture.values, picture.base]
        low, high = min(shown), max(shown)
        step = nice_step(high - low or abs(high) or Decimal(1))
        low = (low / step).to_integral_value(ROUND_FLOOR) * step
        high = (high / step).to_integral_value(ROUND_CEILING) * step
        return cls(low, high if high > low else low + step, step, picture.height)

    def y(self, value: Decimal) -> int:
        plot = self.height - TOP - BOTTOM
        return TOP + int(plot * (self.high - value) / (self.high - self.low))

    def ticks(self) -> list[Decimal]:
        count = int((self.high - self.low) / self.step)
        return [self.low + number * self.step for number in range(count + 1)]


def nice_step(span: Decimal) -> Decimal:
    """1, 2 or 5 times a power of ten, so that about four steps cover the span (above zero)."""
    rough = span / Y_STEPS
    power = Decimal(1).scaleb(rough.adjusted())
    return next(factor * power for factor in NICE if factor * power >= rough)


def thinned(values: Sequence[Decimal], most: int) -> list[int]:
    """Indices worth drawing: all, or of each stretch its lowest and its highest value."""
    if len(values) <= most:
        return list(range(len(values)))
    stretches = most // 2
    kept = {0, len(values) - 1}
    for number in range(stretches):
        first = number * len(values) // stretches
        end = (number + 1) * len(values) // stretches
        stretch = range(first, end)
        kept |= {min(stretch, key=values.__getitem__), max(stretch, key=values.__getitem__)}
    return sorted(kept)


def axis_labels(days: Sequence[date]) -> list[tuple[int, str]]:
    """(index, text) where a new year, month or day begins, at most twelve of them."""
    if len(days) >= SESSIONS_FOR_YEARS:
        texts = [day.strftime("%Y") for day in days]
    elif len(days) >= SESSIONS_FOR_MONTHS:
        texts = [day.strftime("%Y-%m") for day in days]
    else:
        texts = [day.strftime("%m-%d") for day in days]
    changes = [
        (index, text) for index, text in enumerate(texts)
        if index == 0 or text != texts[index - 1]
    ]
    return changes[:: -(-len(changes) // MOST_X_LABELS)]


def _x(index: int, count: int) -> int:
    return LEFT + PLOT * index // max(1, count - 1)


def _points(picture: Picture, axis: _Axis) -> list[tuple[int, int]]:
    return [
        (_x(index, len(picture.values)), axis.y(picture.values[index]))
        for index in thinned(picture.values, MOST_POINTS)
    ]


def _y_grid(picture: Picture, axis: _Axis) -> list[str]:
    parts = []
    for value in axis.ticks():
        y = axis.y(value)
        text = _percent(value, axis.step) if picture.percent else f"{value:,.0f}"
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
                     f'<text class="tick" x="{LEFT - 100}" y="{y + 40}" text-anchor="end">'
                     f'{text}</text>')
    return parts


def _percent(ratio: Decimal, step: Decimal) -> str:
    """As many decimals as the step between two ticks needs."""
    decimals = max(0, -2 - step.adjusted())
    return f"{ratio * 100:.{decimals}f}%"


def _x_labels(picture: Picture) -> list[str]:
    y = picture.height - 100
    return [
        f'<text class="tick" x="{_x(index, len(picture.days))}" y="{y}" '
        f'text-anchor="{"start" if index == 0 else "middle"}">{text}</text>'
        for index, text in axis_labels(picture.days)
        if _x(index, len(picture.days)) <= WIDTH - RIGHT - 300 or index == 0
    ]
