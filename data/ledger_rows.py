"""Values to rows of the ledger and back: every column of orders, fills, cash and positions."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import apsw

from core.money import from_e4, to_e4
from core.ports import AccountRows, Changes
from core.types import (
    Account,
    Fees,
    Fill,
    Order,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    Origin,
    Position,
    Refusal,
)
from data.holding_rows import (
    dividends_of,
    dividends_text,
    lots_of,
    lots_text,
    receivables_of,
    receivables_text,
    rights_of,
    rights_text,
)

_MOST_LIMIT_E4 = 10_000_000 * 10_000       # of an order that may be sent

# ---- rows out ------------------------------------------------------------------------------

FEE_COLUMNS = "commission_e4 stamp_duty_e4 transfer_fee_e4 handling_e4 regulatory_e4"
ORDER_COLUMNS = (
    "order_id symbol side shares limit_e4 limit_text type created_utc tag key source trading_day "
    f"status broker_id filled_shares amount_e4 {FEE_COLUMNS} refusals updated_utc plan_id "
    "override reserved_e4").split()
FILL_COLUMNS = ("trading_day broker trade_id order_id symbol side shares price_e4 ts_utc "
                 f"{FEE_COLUMNS} tag").split()
POSITION_COLUMNS = str.split(
    "symbol held_shares bought_today_shares on_sale_shares cost_e4 realised_e4 t0 "
    "realised_open_e4 fees_e4 dividend_e4 dividend_tax_e4 lots dividends")
ACCOUNT_COLUMNS = str.split(
    "account_id cash_e4 reserved_e4 withdrawable_e4 initial_e4 trading_day origin proceeds_e4 "
    "receivables rights left_utc")


def _insert(table: str, columns: Sequence[str]) -> str:
    """Into the active account, where rows belong to one."""
    marks = ", ".join("?" * len(columns))
    if table == "accounts":
        return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
    return (f"INSERT INTO {table} ({', '.join(columns)}, account_id) "
            f"VALUES ({marks}, (SELECT active FROM desk))")


def _upsert(table: str, columns: Sequence[str], key: str, changing: Sequence[str] = ()) -> str:
    """Insert, or bring the row with the same key to the new values.

    Args:
        changing: the columns that may differ; an index over others is then left alone.
    """
    news = ", ".join(f"{column} = excluded.{column}" for column in changing or columns[1:])
    return f"{_insert(table, columns)} ON CONFLICT ({key}) DO UPDATE SET {news}"


_UPSERT_ORDER = _upsert("orders", ORDER_COLUMNS, "order_id", str.split(
    f"status broker_id filled_shares amount_e4 {FEE_COLUMNS} refusals updated_utc reserved_e4"))
_INSERT_FILL = _insert("fills", FILL_COLUMNS)
_UPSERT_POSITION = _upsert("positions", POSITION_COLUMNS, "account_id, symbol")
_UPSERT_ACCOUNT = _upsert("accounts", ACCOUNT_COLUMNS, "account_id")
_WIPE = "".join(f"DELETE FROM {table} WHERE account_id = (SELECT active FROM desk); "
                for table in ("fills", "orders", "positions", "accounts"))


def write_changes(db: apsw.Connection, changes: Changes) -> None:
    _write_account(db, changes)
    for order in changes.orders:
        db.execute(_UPSERT_ORDER, _order_row(order))
    for fill in changes.fills:
        db.execute(_INSERT_FILL, _fill_row(fill))
    for position in changes.positions:
        db.execute(_UPSERT_POSITION, _position_row(position))
    if changes.kill_level is not None:
        db.execute("UPDATE risk_state SET kill_level = ?", (int(changes.kill_level),))
    for row in changes.state:
        if row.value is None:
            db.execute("DELETE FROM desk_state WHERE kind = ? AND key = ?", (row.kind, row.key))
        else:
            db.execute("INSERT INTO desk_state VALUES (?, ?, ?) ON CONFLICT (kind, key) "
                       "DO UPDATE SET value = excluded.value", (row.kind, row.key, row.value))


def _write_account(db: apsw.Connection, changes: Changes) -> None:
    """The account's row, and which account is the active one from here on."""
    if changes.wipe:
        db.execute(_WIPE)
        db.execute("UPDATE desk SET last_order_id = ?", (changes.last_order_id or 0,))
    if changes.account is not None:
        db.execute(_UPSERT_ACCOUNT, _account_row(changes.account))
    if changes.select is not None:
        db.execute("UPDATE desk SET active = ?", (changes.select,))


def _account_row(account: Account) -> tuple[Any, ...]:
    return (
        account.account_id, to_e4(account.cash_cny), to_e4(account.reserved_cny),
        to_e4(account.withdrawable_cny), to_e4(account.initial_cash_cny),
        account.trading_day.isoformat(), None if account.origin is None else account.origin.value,
        to_e4(account.proceeds_cny), receivables_text(account.receivables),
        rights_text(account.rights),
        None if account.left_utc is None else account.left_utc.isoformat())


def _position_row(position: Position) -> tuple[Any, ...]:
    return (
        position.symbol, position.held_shares, position.bought_today_shares,
        position.on_sale_shares, to_e4(position.cost_cny), to_e4(position.realised_cny),
        int(position.t0), to_e4(position.realised_open_cny), to_e4(position.fees_cny),
        to_e4(position.dividend_cny), to_e4(position.dividend_tax_cny),
        lots_text(position.lots), dividends_text(position.dividends))


def _order_row(order: Order) -> tuple[Any, ...]:
    request = order.request
    return (
        order.order_id, request.symbol, request.side.value, request.shares,
        *_limit_row(request.limit_cny), request.type.value, request.created_utc.isoformat(),
        request.tag, request.key, request.source, order.trading_day.isoformat(),
        order.status.value, order.broker_id, order.filled_shares, to_e4(order.amount_cny),
        *_fees_row(order.fees),
        json.dumps([{"code": r.code, "text": r.text, "numbers": dict(r.numbers)}
                    for r in order.refusals], ensure_ascii=False),
        None if order.updated_utc is None else order.updated_utc.isoformat(),
        request.plan_id, request.override, to_e4(order.reserved_cny))


def _limit_row(limit_cny: Decimal | None) -> tuple[int | None, str | None]:
    """A refused order may have asked for a price finer than the ledger, or one beyond what it
    can hold; it is kept as text.
    """
    if limit_cny is None:
        return None, None
    try:
        limit_e4 = to_e4(limit_cny)
    except (ValueError, ArithmeticError):
        return None, str(limit_cny)
    return (limit_e4, None) if limit_e4 <= _MOST_LIMIT_E4 else (None, str(limit_cny))


def _fill_row(fill: Fill) -> tuple[Any, ...]:
    return (
        fill.trading_day.isoformat(), fill.broker, fill.trade_id, fill.order_id, fill.symbol,
        fill.side.value, fill.shares, to_e4(fill.price_cny), fill.ts_utc.isoformat(),
        *_fees_row(fill.fees), fill.tag)


def _fees_row(fees: Fees) -> tuple[int, ...]:
    return tuple(to_e4(item) for item in (
        fees.commission_cny, fees.stamp_duty_cny, fees.transfer_fee_cny, fees.handling_cny,
        fees.regulatory_cny))


# ---- rows in -------------------------------------------------------------------------------


def order_of(row: tuple[Any, ...]) -> Order:
    (order_id, symbol, side, shares, limit_e4, limit_text, kind, created, tag, key, source, day,
     status, broker_id, filled, amount_e4, *fees_e4, refusals, updated,
     plan_id, override, reserved_e4) = row
    limit = None if limit_e4 is None else from_e4(limit_e4)
    return Order(
        order_id=order_id, trading_day=date.fromisoformat(day), status=OrderStatus(status),
        request=OrderRequest(
            symbol=symbol, side=OrderSide(side), shares=shares, type=OrderType(kind),
            limit_cny=limit if limit_text is None else Decimal(limit_text),
            created_utc=datetime.fromisoformat(created), tag=tag, key=key, source=source,
            plan_id=plan_id, override=override),
        broker_id=broker_id, filled_shares=filled, amount_cny=from_e4(amount_e4),
        fees=_fees_of(fees_e4),
        refusals=tuple(Refusal(**refusal) for refusal in json.loads(refusals)),
        updated_utc=None if updated is None else datetime.fromisoformat(updated),
        reserved_cny=from_e4(reserved_e4))


def fill_of(row: tuple[Any, ...]) -> Fill:
    (day, broker, trade_id, order_id, symbol, side, shares, price_e4, ts, *fees_e4, tag) = row
    return Fill(
        order_id=order_id, trade_id=trade_id, broker=broker, symbol=symbol, side=OrderSide(side),
        shares=shares, price_cny=from_e4(price_e4), ts_utc=datetime.fromisoformat(ts),
        trading_day=date.fromisoformat(day), fees=_fees_of(fees_e4), tag=tag)


def _fees_of(items_e4: Sequence[int]) -> Fees:
    commission, stamp, transfer, handling, regulatory = map(from_e4, items_e4)
    return Fees(commission_cny=commission, stamp_duty_cny=stamp, transfer_fee_cny=transfer,
                handling_cny=handling, regulatory_cny=regulatory)


def position_of(row: tuple[Any, ...]) -> Position:
    (symbol, held, bought_today, on_sale, cost_e4, realised_e4, t0, open_e4, fees_e4, dividend_e4,
     tax_e4, lots, dividends) = row
    return Position(
        symbol=symbol, held_shares=held, bought_today_shares=bought_today, on_sale_shares=on_sale,
        cost_cny=from_e4(cost_e4), realised_cny=from_e4(realised_e4), t0=bool(t0),
        realised_open_cny=from_e4(open_e4), fees_cny=from_e4(fees_e4),
        dividend_cny=from_e4(dividend_e4), dividend_tax_cny=from_e4(tax_e4), lots=lots_of(lots),
        dividends=dividends_of(dividends))


def account_of(row: tuple[Any, ...]) -> Account:
    (account_id, cash_e4, reserved_e4, withdrawable_e4, initial_e4, day, origin, proceeds_e4,
     receivables, rights, left_utc) = row
    return Account(
        account_id=account_id, cash_cny=from_e4(cash_e4), reserved_cny=from_e4(reserved_e4),
        withdrawable_cny=from_e4(withdrawable_e4), initial_cash_cny=from_e4(initial_e4),
        trading_day=date.fromisoformat(day), origin=None if origin is None else Origin(origin),
        proceeds_cny=from_e4(proceeds_e4), receivables=receivables_of(receivables),
        rights=rights_of(rights),
        left_utc=None if left_utc is None else datetime.fromisoformat(left_utc))


def account_rows(db: apsw.Connection, account: Account) -> AccountRows:
    """The rows of one account, each kind in its order."""
    def read(table: str, columns: Sequence[str], order: str) -> apsw.Cursor:
        return db.execute(
            f"SELECT {', '.join(columns)} FROM {table} WHERE account_id = ? ORDER BY {order}",
            (account.account_id,))

    return AccountRows(
        account=account,
        positions=tuple(map(position_of, read("positions", POSITION_COLUMNS, "symbol"))),
        orders=tuple(map(order_of, read("orders", ORDER_COLUMNS, "order_id"))),
        fills=tuple(map(fill_of, read("fills", FILL_COLUMNS, "fill_no"))))
