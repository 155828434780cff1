import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from trading.report_svg import MOST_POINTS, WIDTH, Picture, axis_labels, nice_step, svg, thinned


def days(count: int) -> list[date]:
    return [date(2015, 1, 5) + timedelta(days=number) for number in range(count)]


def a_picture(*values: str, base: str = "100") -> Picture:
    return Picture(days=days(len(values)), values=[Decimal(v) for v in values], height=3000,
                   label="equity <&>", base=Decimal(base))


def points(text: str) -> list[tuple[int, int]]:
    found = re.search(r'<polyline class="line" points="([^"]+)"', text)
    assert found
    return [(int(x), int(y)) for x, y in (pair.split(",") for pair in found[1].split())]


def test_the_picture_is_well_formed_and_its_label_escaped() -> None:
    root = ElementTree.fromstring(svg(a_picture("100", "110", "90")))

    assert root.get("aria-label") == "equity <&>"


def test_a_higher_value_stands_higher_and_time_runs_to_the_right() -> None:
    (x1, y1), (x2, y2), (x3, y3) = points(svg(a_picture("100", "110", "90")))

    assert x1 < x2 < x3
    assert y2 < y1 < y3


@pytest.mark.parametrize("values", [("1",), ("100", "100"), ("0", "0"), ("-5", "100000000")])
def test_every_point_lies_inside_the_picture(values: tuple[str, ...]) -> None:
    for base in (values[0], "100"):
        for x, y in points(svg(a_picture(*values, base=base))):
            assert 0 <= x <= WIDTH
            assert 0 <= y <= 3000


def test_above_the_base_is_red_and_below_it_green() -> None:
    text = svg(a_picture("90", "110"))
    base = int(re.search(r'class="base"[^>]*y1="(\d+)"', text)[1])  # type: ignore[index]  # drawn

    assert f'class="up" x="0" y="0" width="{WIDTH}" height="{base}"' in text
    assert f'class="down" x="0" y="{base}"' in text


def test_thinning_keeps_the_ends_the_highest_and_the_lowest() -> None:
    values = [Decimal(number % 97) for number in range(10_000)]
    values[4321], values[8765] = Decimal(500), Decimal(-500)

    kept = thinned(values, MOST_POINTS)

    assert len(kept) <= MOST_POINTS + 2
    assert {0, 4321, 8765, 9_999} <= set(kept)
    assert kept == sorted(kept)


def test_a_short_series_is_drawn_whole() -> None:
    assert thinned([Decimal(1)] * 5, MOST_POINTS) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("span", "step"), [("4", "1"), ("7", "2"), ("20", "5"), ("0.3", "0.1"), ("777000", "200000")])
def test_steps_are_one_two_or_five_times_a_power_of_ten(span: str, step: str) -> None:
    assert nice_step(Decimal(span)) == Decimal(step)


@pytest.mark.parametrize(
    ("count", "first", "second"),
    [(10, "01-05", "01-06"), (60, "2015-01", "2015-02"), (900, "2015", "2016")])
def test_the_axis_names_days_months_or_years(count: int, first: str, second: str) -> None:
    labels = axis_labels(days(count))

    assert [text for _, text in labels[:2]] == [first, second]


@pytest.mark.parametrize("count", [1, 30, 300, 3_000, 12_000])
def test_the_axis_is_never_crowded(count: int) -> None:
    assert 1 <= len(axis_labels(days(count))) <= 12


def test_ratios_are_shown_as_per_cent() -> None:
    picture = replace(a_picture("0", "-0.25", base="0"), percent=True)

    assert ">-10%<" in svg(picture)
