"""Order lists and corporate actions for backtests, exact from the text of the file."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from core.exceptions import DataError
from core.symbols import instrument_key
from core.types import ActionRow, OrderLine, OrderSide, OrderType
from data.bar_files import open_table
from data.text_rows import TextRow, day_of, decimal_of, needed, rows_of

ORDER_COLUMNS = ("ts", "symbol", "side", "shares", "type", "limit_price", "tag")
ORDER_NEEDED = ("ts", "symbol", "side", "shares", "type", "limit_price")
ACTION_COLUMNS = ("symbol", "ex_date", "cash_per_share", "bonus_per_share", "rights_per_share",
                  "rights_price", "pay_date", "par_per_share", "rights_until")
ACTION_NEEDED = ("symbol", "ex_date")
TYPES = {"LIMIT": OrderType.LIMIT, "MARKET": OrderType.MARKET}
WHOLE = re.compile(r"\+?\d+(\.0+)?")
BARE_CODE = re.compile(r"\d{6}")
ZERO = Decimal(0)


def read_orders(path: Path) -> tuple[OrderLine, ...]:
    """An order list in file order: `ts, symbol, side, shares, type, limit_price, tag`.

    A symbol in no known notation is kept as written: no bars will be found for it. A bare code
    with two readings is refused.

    Raises:
        DataError: the first line that is no order, by its number.
    """
    rows = _rows(path, ORDER_COLUMNS, ORDER_NEEDED)
    return tuple(_order(row) for row in rows)


def read_actions(path: Path) -> tuple[ActionRow, ...]:
    """Ex-dates: `symbol, ex_date, cash_per_share, bonus_per_share, rights_per_share, rights_price`.

    Further columns, for the desk: `pay_date` of the cash (else the ex-date), `par_per_share`
    (that part of the bonus which is paid from profits, taxed at 1 CNY a share), `rights_until`
    (last day of the subscription).

    Raises:
        DataError: the first line that is no action, by its number.
    """
    rows = _rows(path, ACTION_COLUMNS, ACTION_NEEDED)
    return tuple(_action(row) for row in rows)


def _rows(path: Path, columns: tuple[str, ...], wanted: tuple[str, ...]) -> Iterator[TextRow]:
    table = open_table(path)
    lowered = {name.lower(): name for name in table.columns}
    missing = [name for name in wanted if name not in lowered]
    if missing:
        raise DataError(
            f"{path.name} lacks columns",
            why=f"{', '.join(missing)} wanted, it has {', '.join(table.columns[:12])}",
            remedy=f"Give the columns {', '.join(columns)}",
        )
    return rows_of(table, {name: lowered[name] for name in columns if name in lowered})


def _order(row: TextRow) -> OrderLine:
    day = day_of(row, "ts")
    if day is None:
        raise row.refused("ts", "it must be a date")
    side = needed(row, "side").upper()
    if side not in OrderSide.__members__:
        raise row.refused("side", "it must be BUY or SELL")
    kind = TYPES.get(needed(row, "type").upper())
    if kind is None:
        raise row.refused("type", "it must be LIMIT or MARKET")
    limit_cny = decimal_of(row, "limit_price", positive=True)
    if kind is OrderType.LIMIT and limit_cny is None:
        raise row.refused("limit_price", "a LIMIT order needs one")
    return OrderLine(
        line=row.line, ts=row.text("ts"), day=day, symbol=_order_symbol(row),
        side=OrderSide[side], shares=_shares(row), type=kind,
        limit_cny=limit_cny if kind is OrderType.LIMIT else None, tag=row.text("tag"),
    )


def _order_symbol(row: TextRow) -> str:
    text = needed(row, "symbol")
    try:
        return instrument_key(text)
    except DataError as error:
        if BARE_CODE.fullmatch(text):
            raise row.refused("symbol", f"{error.why}; {error.remedy}") from None
        return text


def _shares(row: TextRow) -> int:
    text = needed(row, "shares")
    shares = decimal_of(row, "shares", positive=True) if WHOLE.fullmatch(text) else None
    if shares is None:
        raise row.refused("shares", "it must be a whole number above zero")
    return int(shares)


def _action(row: TextRow) -> ActionRow:
    with row.naming():
        symbol = instrument_key(needed(row, "symbol"))
    ex_date = day_of(row, "ex_date")
    if ex_date is None:
        raise row.refused("ex_date", "it must be a date")
    rights = decimal_of(row, "rights_per_share", positive=False) or ZERO
    price_cny = decimal_of(row, "rights_price", positive=False)
    if rights and not price_cny:
        raise row.refused("rights_price", "rights need a price above zero")
    return ActionRow(
        symbol=symbol, ex_date=ex_date,
        cash_per_share_cny=decimal_of(row, "cash_per_share", positive=False) or ZERO,
        bonus_per_share=decimal_of(row, "bonus_per_share", positive=False) or ZERO,
        rights_per_share=rights, rights_price_cny=price_cny or None,
        pay_date=_not_before(row, "pay_date", ex_date),
        par_per_share=decimal_of(row, "par_per_share", positive=False) or ZERO,
        rights_until=_not_before(row, "rights_until", ex_date),
    )


def _not_before(row: TextRow, column: str, ex_date: date) -> date | None:
    day = day_of(row, column) if row.text(column) else None
    if day is not None and day < ex_date:
        raise row.refused(column, "it must not lie before the ex-date")
    return day
