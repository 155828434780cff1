"""Execution quality as rows for the export: every plan, and every order that filled."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from json import loads

from core.desk_types import PlanKind
from core.ports import OrderStore
from core.types import Order
from trading.plan_rows import PlanRow, row_from
from trading.quality import Quality, quality_of
from trading.records import Entry

Row = Sequence[object]

QUALITY_HEADER = (
    "what", "id", "plan_id", "trading_day", "kind", "symbol", "side", "shares", "filled_shares",
    "average_cny", "arrival_slippage_bps", "interval_slippage_bps", "participation_ratio",
    "fees_bps", "source", "account")
_FIGURES = ("average_cny", "arrival_slippage_bps", "interval_slippage_bps",
            "participation_ratio", "fees_bps")


def quality_rows(store: OrderStore) -> Iterator[Row]:
    """A figure that is not known is an empty cell. Slippage: a positive number is a cost.

    The arrival price of an order is the newest trade that its checks saw; older journals do not
    hold it.
    """
    projections = store.load()
    for state in projections.state:
        if state.kind == Entry.PLAN and state.value is not None:
            yield _plan(row_from(loads(state.value)))
    account = projections.account
    arrivals = _arrivals(store)
    for order in projections.orders:
        if order.filled_shares:
            quality = quality_of((order,), arrival_cny=arrivals.get(order.order_id))
            yield _order(order, quality, "" if account is None else account.account_id)


def _plan(row: PlanRow) -> Row:
    return ("plan", row.plan_id, row.plan_id, row.created_utc.isoformat(), row.kind.value,
            row.symbol, "BOTH" if row.kind is PlanKind.GRID else row.side.value, row.shares,
            row.filled, *(row.quality.get(name, "") for name in _FIGURES), row.source, row.account)


def _order(order: Order, quality: Quality, account: str) -> Row:
    request, texts = order.request, quality.texts()
    return ("order", order.order_id, request.plan_id or "", order.trading_day.isoformat(),
            request.type.value, request.symbol, request.side.value, request.shares,
            order.filled_shares, *(texts.get(name, "") for name in _FIGURES), request.source,
            account)


def _arrivals(store: OrderStore) -> dict[int, Decimal]:
    """The price that each order's checks saw, from the intents of the journal."""
    found: dict[int, Decimal] = {}
    for entry in store.entries():
        if entry.kind == Entry.ORDER_INTENT:
            payload = loads(entry.payload)
            last = payload["judged"].get("last")
            if last:
                found[payload["order_id"]] = Decimal(last)
    return found
