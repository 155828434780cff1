import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from core.types import Fees, Origin
from tests.support.backtest_results import a_result, a_trade, an_order
from trading.backtest_result import BacktestResult
from trading.report import (
    MOST_TRADES,
    drawdowns,
    html_report,
    money,
    number,
    percent,
    write_report,
)

VOID = {"meta", "br"}


class Outline(HTMLParser):
    """Open tags, text and attributes of a document; remembers a tag closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += f" {data}"


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    return parser


def english(result: BacktestResult) -> str:
    return html_report(result, origin=Origin.IMPORTED, language="en")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_tag_that_opens_is_closed(language: str) -> None:
    rich = a_result(
        warnings=("a & b",), fees_all_in=False, limit_mismatches=3,
        order_log=(an_order(), an_order("REFUSED", "CASH")),
        trades=tuple(a_trade(n) for n in range(1, MOST_TRADES + 3)))

    found = outline(html_report(
        rich, origin=Origin.ONLINE, language=language))  # type: ignore[arg-type]  # of two

    assert (found.wrong, found.open) == ([], [])


def test_the_file_fetches_nothing_and_runs_nothing() -> None:
    html = english(a_result())
    found = outline(html)

    assert {tag for tag, _ in found.tags} & {"script", "link", "img", "iframe", "object"} == set()
    names = {name for _, attrs in found.tags for name in attrs}
    assert not {name for name in names if name.startswith("on") or name in ("src", "href")}
    assert re.search(r"https?:|//\w|@import|url\(", html) is None


@pytest.mark.parametrize("field", ["tag", "symbol", "warnings", "strategy"])
def test_text_of_others_never_becomes_markup(field: str) -> None:
    evil = "<script>alert('x')</script>"
    changes: dict[str, object] = {
        "tag": {"trades": (a_trade(tag=evil),)}, "symbol": {"trades": (a_trade(symbol=evil),)},
        "warnings": {"warnings": (evil,)}, "strategy": {"strategy": evil},
    }

    html = english(a_result(**changes[field]))  # type: ignore[arg-type]  # chosen above

    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_the_headline_figures_are_those_of_the_result() -> None:
    text = outline(english(a_result())).text

    for figure in ("10,100.00", "+1.00%", "5.01", "1 / 1"):
        assert figure in text


def test_an_undefined_figure_is_a_dash_and_never_zero() -> None:
    text = outline(english(a_result(equity_cny=("10000.00",), trades=()))).text

    assert re.search(r"Sharpe ratio\s+–", text)


def test_a_gain_is_red_and_a_loss_green() -> None:
    assert '<dd class="up">10,100.00' in english(a_result())
    assert '<dd class="down">9,900.00' in english(a_result(equity_cny=("9900.00",)))
    assert re.search(r"--up:#c4161c;--down:#0b7a4b", english(a_result()))


@pytest.mark.parametrize("origin", Origin)
def test_the_origin_of_the_data_stands_in_the_header(origin: Origin) -> None:
    head = html_report(a_result(), origin=origin, language="en").split("</header>")[0]

    assert f'class="origin {origin.value}"' in head
    assert ("not a real market" in head) == (origin is Origin.GENERATED)


def test_the_risk_profile_is_named() -> None:
    assert "exchange and account rules only" in english(a_result())
    assert "all house limits" in english(a_result(profile="house"))


def test_warnings_and_uncertain_fees_come_before_the_figures() -> None:
    html = english(a_result(
        warnings=("3 fills whose transfer fee is not certain",), fees_all_in=False,
        limit_mismatches=2))

    before = html[: html.index('class="tiles"')]
    for text in ("transfer fee is not certain", "on top of the commission", "2 judged days"):
        assert text in before


def test_nothing_to_note_leaves_no_empty_box() -> None:
    assert 'class="notes"' not in english(a_result())


def test_refusals_are_counted_by_code_most_frequent_first() -> None:
    log = [an_order("REFUSED", code) for code in ("LOT", "CASH", "CASH")]

    text = outline(english(a_result(order_log=tuple(log)))).text

    assert re.search(r"CASH\s+2 .*LOT\s+1", text)
    assert "Not enough free cash" in text


def test_a_code_nobody_translated_is_still_shown() -> None:
    assert "NEW_CODE" in english(a_result(order_log=(an_order("REFUSED", "NEW_CODE"),)))


def test_a_long_list_of_trades_ends_with_how_many_more_there_are() -> None:
    trades = tuple(a_trade(n) for n in range(1, MOST_TRADES + 1235))

    html = english(a_result(trades=trades))

    assert html.count("<td>600101.SH</td>") + html.count('<td class="">600101.SH</td>') == (
        MOST_TRADES)
    assert "1,234 more" in html


def test_exactly_as_many_trades_as_shown_leave_no_more() -> None:
    trades = tuple(a_trade(n) for n in range(1, MOST_TRADES + 1))

    assert "more are in the" not in english(a_result(trades=trades))


def test_a_run_without_sessions_or_trades_says_so() -> None:
    text = outline(english(a_result(equity_cny=(), trades=(), order_log=()))).text

    assert "No session was played" in text
    assert "Nothing was traded" in text


def test_exchange_fees_have_rows_only_when_they_are_charged_apart() -> None:
    apart = replace(a_result(), fees_all_in=False, fees=Fees(handling_cny=Decimal("3.41")))

    assert "3.41" in english(apart)
    assert "Handling fee" not in english(a_result())


def test_both_languages_name_themselves() -> None:
    assert '<html lang="zh-CN">' in html_report(a_result(), origin=Origin.IMPORTED)
    assert "权益曲线" in html_report(a_result(), origin=Origin.IMPORTED)
    assert '<html lang="en">' in english(a_result())


def test_the_time_a_run_took_is_told_when_it_is_known() -> None:
    timed = html_report(a_result(), origin=Origin.IMPORTED, language="en", elapsed_ms=1234)

    assert "Played in 1.234 s" in timed
    assert "Played in" not in english(a_result())


def test_the_ledger_hash_and_the_journal_head_are_printed() -> None:
    result = a_result()

    assert result.ledger_hash in english(result)
    assert result.journal_hash in english(result)


def test_the_file_is_utf_8_and_the_same_every_time(tmp_path: Path) -> None:
    write_report(a_result(), tmp_path / "a.html", origin=Origin.IMPORTED)
    write_report(a_result(), tmp_path / "b.html", origin=Origin.IMPORTED)

    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert "回测报告" in (tmp_path / "a.html").read_text("utf-8")


def test_a_drawdown_is_measured_from_the_highest_equity_and_from_the_initial_cash() -> None:
    values = [Decimal(v) for v in ("90", "120", "60", "150")]

    assert drawdowns(Decimal(100), values) == [
        Decimal("-0.1"), Decimal(0), Decimal("-0.5"), Decimal(0)]


def test_figures_in_words() -> None:
    assert money(Decimal("-1234567.8")) == "-1,234,567.80"
    assert (money(Decimal("-0.5")), money(Decimal(0))) == ("-0.50", "0.00")
    assert (percent(0.12345, signed=True), percent(None), number(None)) == ("+12.35%", "–", "–")
