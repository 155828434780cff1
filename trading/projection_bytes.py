"""One spelling of all projections, to compare a rebuild with what is stored. Pure."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.money import to_e4
from core.ports import AccountRows, Projections
from core.types import Account, Fill, Order, Position, Receivable
from trading.journal import canonical_json
from trading.records import fees_to, refusals_to, request_to

_NOTHING = Decimal("0.00")


def projection_bytes(projections: Projections) -> bytes:
    """Equal rows are equal bytes, whatever order or type they were read in."""
    return canonical_json({
        "active": None if projections.account is None else projections.account.account_id,
        "accounts": [_rows(rows) for rows in projections.accounts],
        "kill_level": int(projections.kill_level), "last_order_id": projections.last_order_id,
        "state": [[row.kind, row.key, row.value] for row in projections.state],
    }).encode()


def first_layout(projections: Projections) -> Projections:
    """Without what the rows of the oldest ledgers did not hold.

    An older ledger is compared in this form before its rows are made afresh.
    """
    account = projections.account
    return replace(
        projections, last_order_id=0,
        account=None if account is None else replace(account, origin=None, proceeds_cny=_NOTHING),
        orders=tuple(replace(order, reserved_cny=_NOTHING) for order in projections.orders),
        positions=tuple(replace(
            position, realised_open_cny=_NOTHING, fees_cny=_NOTHING, dividend_cny=_NOTHING,
            dividend_tax_cny=_NOTHING, lots=(), dividends=())
            for position in projections.positions))


def _rows(rows: AccountRows) -> dict[str, Any]:
    return {"account": _account_row(rows.account),
            "positions": [_position_row(p) for p in rows.positions],
            "orders": [_order_row(o) for o in rows.orders],
            "fills": [_fill_row(f) for f in rows.fills]}


def _account_row(account: Account) -> dict[str, Any]:
    return {"account_id": account.account_id, "cash_e4": to_e4(account.cash_cny),
            "reserved_e4": to_e4(account.reserved_cny),
            "withdrawable_e4": to_e4(account.withdrawable_cny),
            "initial_e4": to_e4(account.initial_cash_cny),
            "trading_day": account.trading_day.isoformat(),
            "origin": None if account.origin is None else account.origin.value,
            "proceeds_e4": to_e4(account.proceeds_cny),
            "receivables": [_receivable_row(each) for each in account.receivables],
            "rights": [[each.symbol, each.ex_date.isoformat(), each.shares,
                        to_e4(each.price_cny), each.until.isoformat()]
                       for each in account.rights],
            "left_utc": None if account.left_utc is None else account.left_utc.isoformat()}


def _receivable_row(each: Receivable) -> list[Any]:
    return [each.symbol, each.ex_date.isoformat(), each.due.isoformat(), to_e4(each.cash_cny),
            each.shares, each.derived]


def _position_row(position: Position) -> dict[str, Any]:
    return {"symbol": position.symbol, "held": position.held_shares,
            "bought_today": position.bought_today_shares, "on_sale": position.on_sale_shares,
            "cost_e4": to_e4(position.cost_cny), "realised_e4": to_e4(position.realised_cny),
            "t0": position.t0, "realised_open_e4": to_e4(position.realised_open_cny),
            "fees_e4": to_e4(position.fees_cny), "dividend_e4": to_e4(position.dividend_cny),
            "dividend_tax_e4": to_e4(position.dividend_tax_cny),
            "lots": [[lot.opened.isoformat(), lot.since.isoformat(), lot.shares,
                      to_e4(lot.cost_cny)] for lot in position.lots],
            "dividends": [[each.ex_date.isoformat(), each.entitled_shares,
                           str(each.taxable_per_share_cny)] for each in position.dividends]}


def _order_row(order: Order) -> dict[str, Any]:
    return {"order_id": order.order_id, "request": request_to(order.request),
            "trading_day": order.trading_day.isoformat(), "status": order.status.value,
            "broker_id": order.broker_id, "filled": order.filled_shares,
            "amount_e4": to_e4(order.amount_cny), "fees": fees_to(order.fees),
            "refusals": refusals_to(order.refusals), "reserved_e4": to_e4(order.reserved_cny),
            "updated_utc": None if order.updated_utc is None else order.updated_utc.isoformat()}


def _fill_row(fill: Fill) -> dict[str, Any]:
    return {"order_id": fill.order_id, "trade_id": fill.trade_id, "broker": fill.broker,
            "symbol": fill.symbol, "side": fill.side.value, "shares": fill.shares,
            "price_e4": to_e4(fill.price_cny), "ts_utc": fill.ts_utc.isoformat(),
            "trading_day": fill.trading_day.isoformat(), "fees": fees_to(fill.fees),
            "tag": fill.tag}
