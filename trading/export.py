"""The ledger as files: orders, fills, positions and the journal, for people and other programs."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from core.ports import OrderStore
from core.types import Account, Fill, Order, Position
from trading.compliance import COMPLIANCE_HEADER, compliance_rows
from trading.quality_rows import QUALITY_HEADER, quality_rows
from trading.statement import HEADER as STATEMENT_HEADER
from trading.statement import statement_rows
from utils.text_cells import safe_cell
from utils.whole_file import whole_file

Row = Sequence[object]

_ORDER_HEADER = (
    "order_id", "trading_day", "symbol", "side", "shares", "type", "limit_cny", "status", "codes",
    "filled_shares", "amount_cny", "fees_cny", "tag", "source", "account", "data")
_FILL_HEADER = (
    "trading_day", "ts_utc", "order_id", "trade_id", "broker", "symbol", "side", "shares",
    "price_cny", "commission_cny", "stamp_duty_cny", "transfer_fee_cny", "tag", "account", "data")
_POSITION_HEADER = (
    "symbol", "held_shares", "bought_today_shares", "on_sale_shares", "sellable_shares",
    "cost_cny", "diluted_cost_cny", "realised_cny", "fees_cny", "dividend_cny",
    "dividend_tax_cny", "account", "data")
_JOURNAL_HEADER = ("seq", "trading_day", "ts_utc", "kind", "payload", "prev_hash", "hash")


def export_ledger(store: OrderStore, kind: str, file: Path) -> int:
    """Write one kind as CSV; return how many rows.

    Rows of every account, the active one first. The `data` column says on what data the account
    trades: a row of an account on generated data is never mistaken for a real one.

    Raises:
        DataError: the file cannot be written.
    """
    header, rows = _KINDS[kind]
    count = 0
    with whole_file(file) as part, part.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        for row in rows(store):
            writer.writerow([_cell(value) for value in row])
            count += 1
    return count


def _cell(value: object) -> object:
    return safe_cell(value) if isinstance(value, str) else value


def _owner(account: Account) -> Row:
    return (account.account_id, "" if account.origin is None else account.origin.value)


def _orders(store: OrderStore) -> Iterable[Row]:
    return (_order_row(order, _owner(rows.account))
            for rows in store.load().accounts for order in rows.orders)


def _order_row(order: Order, owner: Row) -> Row:
    request = order.request
    return (order.order_id, order.trading_day, request.symbol, request.side.value, request.shares,
            request.type.value, request.limit_cny, order.status.value,
            " ".join(refusal.code for refusal in order.refusals), order.filled_shares,
            order.amount_cny, order.fees.total_cny, request.tag, request.source, *owner)


def _fills(store: OrderStore) -> Iterable[Row]:
    return (_fill_row(fill, _owner(rows.account))
            for rows in store.load().accounts for fill in rows.fills)


def _fill_row(fill: Fill, owner: Row) -> Row:
    return (fill.trading_day, fill.ts_utc.isoformat(), fill.order_id, fill.trade_id, fill.broker,
            fill.symbol, fill.side.value, fill.shares, fill.price_cny, fill.fees.commission_cny,
            fill.fees.stamp_duty_cny, fill.fees.transfer_fee_cny, fill.tag, *owner)


def _positions(store: OrderStore) -> Iterable[Row]:
    return (_position_row(position, _owner(rows.account))
            for rows in store.load().accounts for position in rows.positions)


def _position_row(position: Position, owner: Row) -> Row:
    return (position.symbol, position.held_shares, position.bought_today_shares,
            position.on_sale_shares, position.sellable_shares, position.cost_cny,
            position.diluted_cost_cny, position.realised_cny, position.fees_cny,
            position.dividend_cny, position.dividend_tax_cny, *owner)


def _journal(store: OrderStore) -> Iterable[Row]:
    return ((entry.seq, entry.trading_day, entry.ts_utc.isoformat(), entry.kind, entry.payload,
             entry.prev_hash, entry.hash) for entry in store.entries())


_KINDS: Mapping[str, tuple[Row, Callable[[OrderStore], Iterable[Row]]]] = {
    "orders": (_ORDER_HEADER, _orders), "fills": (_FILL_HEADER, _fills),
    "positions": (_POSITION_HEADER, _positions), "journal": (_JOURNAL_HEADER, _journal),
    "quality": (QUALITY_HEADER, quality_rows),
    "compliance": (COMPLIANCE_HEADER, compliance_rows),
    "statement": (STATEMENT_HEADER, lambda store: statement_rows(store.entries())),
}
LEDGER_KINDS = tuple(_KINDS)
