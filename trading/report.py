"""A backtest as one HTML file: figures, equity, drawdown, fees, refusals, trades.

Self-contained: style and pictures are inline, nothing is fetched, nothing runs. It says where
the market data came from and what is uncertain before it shows a single figure. Gains are red
and losses green, as on Chinese screens.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape
from itertools import accumulate
from pathlib import Path

from core.types import OrderSide, Origin
from trading.backtest_result import BacktestResult, TradeRow, amount_text, price_text
from trading.report_strings import Language, Texts, texts
from trading.report_svg import Picture, svg
from utils.whole_file import whole_file

MOST_TRADES = 200
STATES = ("FILLED", "PARTIAL", "EXPIRED", "LOCKED_LIMIT", "REFUSED")
EQUITY_HEIGHT, DRAWDOWN_HEIGHT = 3400, 1900         # tenths of a pixel
UNKNOWN = "–"

STYLE = """
:root{--ink:#1d2126;--soft:#69727d;--rule:#e3e6ea;--paper:#fff;--up:#c4161c;--down:#0b7a4b;
--warn:#fff7e6;--warn-rule:#e2b04a}
*{box-sizing:border-box}
body{margin:0;background:#f4f5f7;color:var(--ink);line-height:1.5;font-size:14px;
font-family:"Helvetica Neue",Helvetica,Arial,"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",
sans-serif;font-variant-numeric:tabular-nums;-webkit-print-color-adjust:exact;
print-color-adjust:exact}
main{max-width:1040px;margin:32px auto;padding:44px 48px;background:var(--paper);
border:1px solid var(--rule)}
h1{font-size:26px;font-weight:600;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:15px;font-weight:600;margin:36px 0 10px}
h2 small{font-weight:400;color:var(--soft);margin-left:10px;font-size:12px}
.sub{color:var(--soft);margin:0}
.origin{display:inline-block;margin:14px 0 0;padding:2px 10px;border:1px solid var(--rule);
border-radius:3px;font-size:12px}
.origin.generated{background:var(--warn);border-color:var(--warn-rule);font-weight:600}
.notes{background:var(--warn);border-left:3px solid var(--warn-rule);margin:20px 0 0;
padding:10px 16px}
.notes b{display:block;font-size:12px}.notes ul{margin:4px 0 0;padding-left:18px}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:1px;background:var(--rule);
border:1px solid var(--rule);margin:26px 0 0}
.tiles div{background:var(--paper);padding:14px 16px}
.tiles dt{color:var(--soft);font-size:12px}.tiles dd{margin:2px 0 0;font-size:20px}
dl,figure{margin:0}.up{color:var(--up)}.down{color:var(--down)}
figure>svg{display:block;width:100%;height:auto}
svg text{font-size:110px;fill:var(--soft);font-family:inherit}
.grid{stroke:var(--rule);stroke-width:10}
.base{stroke:var(--soft);stroke-width:12;stroke-dasharray:70 60}
.line{fill:none;stroke-width:18;stroke-linejoin:round;stroke:currentColor}
.area{fill:currentColor;opacity:.09}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 48px}
table{width:100%;border-collapse:collapse}
th{font-weight:500;color:var(--soft);font-size:12px;text-align:left;
border-bottom:1px solid var(--ink)}
th,td{padding:5px 8px;vertical-align:top}td{border-bottom:1px solid var(--rule)}
.n{text-align:right}tr.sum td{font-weight:600;border-bottom:0}
td code{color:var(--soft);font-size:12px}
.trades{font-size:12.5px}.trades td{padding:3px 8px;white-space:nowrap}
td.tag{white-space:normal;overflow-wrap:anywhere;color:var(--soft)}
footer{margin:36px 0 0;padding:14px 0 0;border-top:1px solid var(--rule);color:var(--soft);
font-size:12px}
footer code{overflow-wrap:anywhere}
@media(max-width:720px){main{margin:0;padding:24px 18px;border:0}.two{grid-template-columns:1fr}
.tiles{grid-template-columns:repeat(2,1fr)}.scroll{overflow-x:auto}}
@page{size:A4;margin:14mm}
@media print{body{background:none;font-size:11px}main{margin:0;padding:0;border:0;max-width:none}
.tiles,figure,.notes,.two>section{break-inside:avoid}h2{break-after:avoid}
thead{display:table-header-group}tr{break-inside:avoid}}
""".strip()


def write_report(
    result: BacktestResult, path: Path, *, origin: Origin, language: Language = "zh",
    elapsed_ms: int | None = None,
) -> None:
    """Write the report as UTF-8. Raises DataError where the file cannot be written."""
    html = html_report(result, origin=origin, language=language, elapsed_ms=elapsed_ms)
    with whole_file(path) as part:
        part.write_text(html, encoding="utf-8")


def html_report(
    result: BacktestResult, *, origin: Origin, language: Language = "zh",
    elapsed_ms: int | None = None,
) -> str:
    """The whole document.

    `origin`: where the bars came from; never left to a default, because generated data must be
    called so. `elapsed_ms`: how long the run took; None leaves it out.
    """
    say = texts(language)
    parts = [
        _header(result, say, origin), _notes(result, say), _tiles(result, say),
        _charts(result, say),
        f'<div class="two">{_fees(result, say)}{_outcomes(result, say)}</div>',
        _trades(result, say), _footer(result, say, elapsed_ms),
    ]
    tongue = "zh-CN" if language == "zh" else "en"
    return (f'<!DOCTYPE html>\n<html lang="{tongue}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width,initial-scale=1">\n'
            f"<title>{say['title']} · {escape(_strategy(result, say))}</title>\n"
            f"<style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>\n"
            + "\n".join(part for part in parts if part) + "\n</main>\n</body>\n</html>\n")


# ---- parts -----------------------------------------------------------------------------------


def _strategy(result: BacktestResult, say: Texts) -> str:
    return say.get(result.strategy, result.strategy)


def _header(result: BacktestResult, say: Texts, origin: Origin) -> str:
    engine = say.get(f"engine.{result.engine}", result.engine)
    profile = say.get(f"profile.{result.profile}", result.profile)
    scale = (f"{result.first} – {result.last} · {len(result.equity):,} {say['sessions']} · "
             f"{result.symbols:,} {say['symbols']} · {result.bars:,} {say['bars']}")
    return (f"<header>\n<h1>{say['title']} · {escape(_strategy(result, say))}</h1>\n"
            f'<p class="sub">{scale}</p>\n'
            f'<p class="sub">{escape(engine)} · {escape(profile)}</p>\n'
            f'<p class="origin {origin.value}">{say[f"origin.{origin.value}"]}</p>\n</header>')


def _notes(result: BacktestResult, say: Texts) -> str:
    notes = list(result.warnings)
    if not result.fees_all_in:
        notes.append(say["fees_extra"])
    if result.limit_mismatches and not any("published limits" in note for note in notes):
        notes.append(f"{result.limit_mismatches} {say['mismatches']}")
    if not notes:
        return ""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<div class="notes"><b>{say["warnings"]}</b><ul>{items}</ul></div>'


def _tiles(result: BacktestResult, say: Texts) -> str:
    curve = result.curve()
    gain = _tone(result.final_equity_cny - result.initial_cash_cny)
    tiles = (
        ("final", money(result.final_equity_cny), gain),
        ("total", percent(curve.total_return_ratio, signed=True), gain),
        ("annual", percent(curve.annual_return_ratio, signed=True), gain),
        ("drawdown", percent(curve.max_drawdown_ratio), ""),
        ("sharpe", number(curve.sharpe), ""),
        ("turnover", number(curve.turnover_ratio), ""),
        ("fees_total", money(result.fees.total_cny), ""),
        ("fills", f"{len(result.trades):,} / {len(result.order_log):,}", ""),
    )
    cells = "".join(
        f'<div><dt>{say[key]}</dt><dd class="{tone}">{text}</dd></div>'
        for key, text, tone in tiles)
    return f'<dl class="tiles">{cells}</dl>'


def _tone(change_cny: Decimal) -> str:
    if change_cny == 0:
        return ""
    return "up" if change_cny > 0 else "down"


def _charts(result: BacktestResult, say: Texts) -> str:
    if not result.equity:
        return f"<p>{say['no_sessions']}</p>"
    days = [row.day for row in result.equity]
    equity = [row.equity_cny for row in result.equity]
    line = Picture(
        days=days, values=equity, height=EQUITY_HEIGHT, label=say["equity_chart"],
        base=result.initial_cash_cny)
    fall = Picture(
        days=days, values=drawdowns(result.initial_cash_cny, equity), height=DRAWDOWN_HEIGHT,
        label=say["drawdown_chart"], percent=True, base=Decimal(0))
    return "\n".join(
        f"<figure><h2>{say[key]}<small>{say[note]}</small></h2>{svg(picture)}"
        "</figure>"
        for key, note, picture in (("equity_chart", "equity_note", line),
                                   ("drawdown_chart", "drawdown_note", fall)))


def drawdowns(initial_cny: Decimal, equity_cny: Sequence[Decimal]) -> list[Decimal]:
    """Below zero: how far each session's equity is under the highest one before it, as a ratio."""
    peaks = accumulate(equity_cny, max, initial=initial_cny)
    next(peaks)
    return [
        (value / peak - 1) if peak > 0 else Decimal(0)
        for value, peak in zip(equity_cny, peaks, strict=True)
    ]


def _fees(result: BacktestResult, say: Texts) -> str:
    fees = result.fees
    rows = [("commission", fees.commission_cny), ("stamp_duty", fees.stamp_duty_cny),
            ("transfer_fee", fees.transfer_fee_cny)]
    if not result.fees_all_in:
        rows += [("handling", fees.handling_cny), ("regulatory", fees.regulatory_cny)]
    body = "".join(
        f'<tr><td>{say[key]}</td><td class="n">{money(amount)}</td></tr>' for key, amount in rows)
    total = (f'<tr class="sum"><td>{say["fees_total"]}</td>'
             f'<td class="n">{money(fees.total_cny)}</td></tr>')
    return (f"<section><h2>{say['fees']}</h2><table><thead><tr><th>{say['fees']}</th>"
            f'<th class="n">{say["amount"]}</th></tr></thead><tbody>{body}{total}</tbody></table>'
            "</section>")


def _outcomes(result: BacktestResult, say: Texts) -> str:
    ended = Counter(row.status for row in result.order_log)
    states = [(say.get(state, state), "", ended[state]) for state in STATES if ended[state]]
    refusals = [(say.get(code, code), code, count) for code, count in
                sorted(result.refused.items(), key=lambda item: (-item[1], item[0]))]
    return (f"<section>{_counts('outcomes', states, say)}"
            f"{_counts('refusals', refusals, say) if refusals else ''}</section>")


def _counts(title: str, rows: Iterable[tuple[str, str, int]], say: Texts) -> str:
    body = "".join(
        f"<tr><td>{escape(text)}{f' <code>{escape(code)}</code>' if code else ''}</td>"
        f'<td class="n">{count:,}</td></tr>' for text, code, count in rows)
    body = body or f"<tr><td>{say['none']}</td><td></td></tr>"
    return (f"<h2>{say[title]}</h2><table><thead><tr><th>{say[title]}</th>"
            f'<th class="n">{say["count"]}</th></tr></thead>'
            f"<tbody>{body}</tbody></table>")


def _trades(result: BacktestResult, say: Texts) -> str:
    if not result.trades:
        return f"<h2>{say['trades']}</h2><p>{say['no_trades']}</p>"
    columns = (("date", ""), ("symbol", ""), ("side", ""), ("shares", "n"), ("price", "n"),
               ("amount", "n"), ("fees_of_trade", "n"), ("cash_after", "n"), ("tag", ""))
    head = "".join(f'<th class="{kind}">{say[key]}</th>' for key, kind in columns)
    body = "".join(_trade(row, say) for row in result.trades[:MOST_TRADES])
    more = len(result.trades) - MOST_TRADES
    note = say["more"].format(shown=MOST_TRADES, more=f"{more:,}") if more > 0 else ""
    return (f'<h2>{say["trades"]}</h2><div class="scroll"><table class="trades">'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
            + (f'<p class="sub">{note}</p>' if note else ""))


def _trade(row: TradeRow, say: Texts) -> str:
    fill = row.fill
    tone = "up" if fill.side is OrderSide.BUY else "down"
    cells = (
        ("", escape(row.ts)), ("", escape(fill.symbol)), (tone, say[fill.side.value]),
        ("n", f"{fill.shares:,}"), ("n", price_text(fill.price_cny)),
        ("n", money(row.amount_cny)), ("n", money(fill.fees.total_cny)),
        ("n", money(row.cash_after_cny)), ("tag", escape(fill.tag)),
    )
    return "<tr>" + "".join(f'<td class="{kind}">{text}</td>' for kind, text in cells) + "</tr>"


def _footer(result: BacktestResult, say: Texts, elapsed_ms: int | None) -> str:
    took = "" if elapsed_ms is None else f"{say['took']} {Decimal(elapsed_ms).scaleb(-3)} s<br>"
    return (f"<footer><p><b>{say['basis']}</b> {say['basis_text']}</p>"
            f"<p>{say['initial']} {money(result.initial_cash_cny)}<br>{took}"
            f"{say['ledger_hash']} <code>{escape(result.ledger_hash)}</code><br>"
            f"{say['journal']} {result.journal_seq:,} <code>{escape(result.journal_hash)}</code>"
            "</p></footer>")


# ---- figures in words ------------------------------------------------------------------------


def money(amount_cny: Decimal) -> str:
    """Two decimals, thousands apart: 1,234,567.89."""
    whole, _, fen = amount_text(amount_cny).partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.removeprefix('-')):,}.{fen}"


def percent(ratio: object | None, *, signed: bool = False) -> str:
    """0.1234 is 12.34%; unknown is a dash, never 0."""
    if ratio is None:
        return UNKNOWN
    return f"{ratio:+.2%}" if signed else f"{ratio:.2%}"


def number(value: object | None) -> str:
    return UNKNOWN if value is None else f"{value:.2f}"
