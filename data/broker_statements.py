"""A broker's statement (delivery list) from CSV: English columns, or those of Chinese brokers.

UTF-8 or GBK. Amounts come from the text of the file, never through a float.
"""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from core.exceptions import DataError
from core.symbols import instrument_key
from core.types import StatementLine
from data.bar_files import open_table
from data.text_rows import TextRow, day_of, needed, rows_of

# Field -> the headings under which brokers print it; the first one that a file has is taken.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "day": ("day", "trading_day", "date", "成交日期", "发生日期", "交割日期", "交收日期", "日期"),
    "kind": ("kind", "side", "买卖标志", "买卖方向", "操作", "业务名称", "业务类型", "交易类别",
             "摘要"),
    "symbol": ("symbol", "code", "证券代码", "股票代码"),
    "market": ("market", "exchange", "交易市场", "交易所", "市场", "交易市场名称", "市场名称"),
    "shares": ("shares", "成交数量", "成交股数", "发生数量", "数量"),
    "price_cny": ("price_cny", "price", "成交均价", "成交价格", "成交价", "价格"),
    "amount_cny": ("amount_cny", "amount", "成交金额", "成交额"),
    "commission_cny": ("commission_cny", "commission", "手续费", "佣金", "净佣金"),
    "stamp_duty_cny": ("stamp_duty_cny", "stamp_duty", "印花税"),
    "transfer_fee_cny": ("transfer_fee_cny", "transfer_fee", "过户费"),
    "cash_change_cny": ("cash_change_cny", "cash_change", "发生金额", "收付金额", "清算金额",
                        "资金发生数"),
    "cash_after_cny": ("cash_after_cny", "cash_after", "资金余额", "本次金额", "剩余金额",
                       "资金本次余额"),
    "trade_id": ("trade_id", "成交编号", "成交序号", "成交号"),
}
_NEEDED = ("day", "kind", "symbol", "shares")
_KINDS = (                         # the first word that occurs decides
    ("TAX", ("红利税", "股息税", "利息税", "差异税", "扣税", "补缴", "TAX")),
    ("DIVIDEND", ("股息入账", "红利入账", "股息", "红利", "派息", "DIVIDEND")),
    ("BONUS", ("送股", "红股", "转增", "BONUS")),
    ("BUY", ("买入", "买", "BUY", "B")), ("SELL", ("卖出", "卖", "SELL", "S")))
_MARKETS = (("SH", ("上海", "沪", "SH", "SSE", "上")), ("SZ", ("深圳", "深", "SZ", "SZSE")),
            ("BJ", ("北京", "北", "BJ", "BSE")))
# First digits of what is traded; indices, which share some codes, are on no statement.
_BY_DIGITS = (("BJ", re.compile(r"92|4|8")), ("SH", re.compile(r"5|6|9")),
              ("SZ", re.compile(r"0|1|2|3")))
_MOST_DIGITS = 12              # before the point, and zeros behind it
_FORMULA = re.compile(r'="?([^"]*)"?')


def read_broker_statement(path: Path) -> tuple[StatementLine, ...]:
    """Every line of the statement, in file order; kinds that are not known are OTHER.

    Raises:
        DataError: a column that is needed is not there, or the first line that cannot be read,
            by its number.
    """
    table = open_table(path)
    lowered = {name.strip().lower(): name for name in table.columns}
    chosen = {field: lowered[found] for field, names in COLUMNS.items()
              if (found := next((n for n in names if n in lowered), None)) is not None}
    missing = [field for field in _NEEDED if field not in chosen]
    if missing:
        raise DataError(
            f"{path.name} is no statement that can be read",
            why=f"it has no column for {', '.join(missing)}; it has "
                f"{', '.join(table.columns[:12])}",
            remedy="Name the columns as in docs/statement.md")
    return tuple(_line(row) for row in rows_of(table, chosen))


def _line(row: TextRow) -> StatementLine:
    day = day_of(row, "day")
    if day is None:
        raise row.refused("day", "it must be a date")
    kind = _kind(needed(row, "kind"))
    shares = abs(_number(row, "shares") or Decimal(0))
    if shares != int(shares):
        raise row.refused("shares", "it must be a whole number")
    return StatementLine(
        line=row.line, day=day, kind=kind, symbol=_symbol(row), shares=int(shares),
        price_cny=_number(row, "price_cny"), amount_cny=_size(row, "amount_cny"),
        commission_cny=_size(row, "commission_cny"), stamp_duty_cny=_size(row, "stamp_duty_cny"),
        transfer_fee_cny=_size(row, "transfer_fee_cny"),
        cash_change_cny=_number(row, "cash_change_cny"),
        cash_after_cny=_number(row, "cash_after_cny"), trade_id=_plain(row.text("trade_id")))


def _kind(text: str) -> str:
    upper = text.upper()
    for kind, words in _KINDS:
        if any(upper == word if word.isascii() else word in upper for word in words):
            return kind
    return "OTHER"


def _symbol(row: TextRow) -> str:
    """The house code; empty where the line is about no security."""
    text = _plain(row.text("symbol"))
    if not text:
        return ""
    if text.isdecimal():
        text = text.zfill(6)
        market = _market(row.text("market")) or next(
            (name for name, digits in _BY_DIGITS if digits.match(text)), "")
        text = f"{text}.{market}" if market else text
    with row.naming():
        return instrument_key(text)


def _market(text: str) -> str:
    upper = text.upper()
    return next((name for name, words in _MARKETS if any(word in upper for word in words)), "")


def _plain(text: str) -> str:
    """A spreadsheet's ="000001" is the text 000001."""
    match = _FORMULA.fullmatch(text)
    return (match[1] if match else text).strip()


def _size(row: TextRow, key: str) -> Decimal | None:
    found = _number(row, key)
    return None if found is None else abs(found)


def _number(row: TextRow, key: str) -> Decimal | None:
    """None where the cell is empty or only dashes."""
    text = _plain(row.text(key)).replace(",", "")
    if not text.strip("-"):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise row.refused(key, "it is no number") from None
    if not value.is_finite():
        raise row.refused(key, "it is no number")
    if not -_MOST_DIGITS <= value.adjusted() <= _MOST_DIGITS and value:
        raise row.refused(key, "no statement holds such a number")
    return value
