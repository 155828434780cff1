"""The adapter's numbers are those of the documents, and none is missing."""

from core.types import Exchange, OrderSide, OrderType, Report
from tests.support.qmt_surface import FIELDS, ORDER_STATUSES, ORDER_TYPES, PRICE_TYPES
from trading.qmt import codes

BY_NAME = {row.name: row.value for row in (*ORDER_TYPES, *PRICE_TYPES)}


def test_every_documented_status_is_mapped_and_no_other() -> None:
    assert sorted(codes.STATUSES) == sorted(row.value for row in ORDER_STATUSES)


def test_only_a_final_status_ends_an_order() -> None:
    ends = {Report.CANCELLED, Report.REJECTED, Report.EXPIRED}
    final = {row.value for row in ORDER_STATUSES if row.final}

    assert {code for code, says in codes.STATUSES.items() if says in ends} == final - {56}


def test_a_pending_cancel_is_no_end() -> None:
    assert codes.STATUSES[51] is codes.STATUSES[52] is Report.ACK


def test_a_status_nobody_knows_changes_nothing() -> None:
    assert codes.STATUSES[255] is None


def test_sides_and_price_types_are_the_documented_numbers() -> None:
    assert {OrderSide.BUY: BY_NAME["STOCK_BUY"],
                           OrderSide.SELL: BY_NAME["STOCK_SELL"]} == codes.SIDES
    assert BY_NAME["FIX_PRICE"] == codes.FIX_PRICE
    assert set(codes.PRICE_TYPES.values()) <= {row.value for row in PRICE_TYPES}
    assert codes.PRICE_TYPES[OrderType.BEST5_CANCEL, Exchange.SSE] == BY_NAME[
        "MARKET_SH_CONVERT_5_CANCEL"]
    assert codes.PRICE_TYPES[OrderType.BEST5_CANCEL, Exchange.SZSE] == BY_NAME[
        "MARKET_SZ_CONVERT_5_CANCEL"]


def test_open_statuses_are_the_documented_ones_that_are_not_final() -> None:
    assert {row.value for row in ORDER_STATUSES if not row.final} - {255} == codes.OPEN_STATUSES


def test_what_crosses_is_documented_with_its_kind() -> None:
    sorts = {"int": int, "str": str, "float": float}
    for kind, fields in (("XtOrder", codes.ORDER_FIELDS), ("XtTrade", codes.TRADE_FIELDS),
                         ("XtPosition", codes.POSITION_FIELDS), ("XtAsset", codes.ASSET_FIELDS),
                         ("XtOrderError", codes.ORDER_ERROR_FIELDS),
                         ("XtCancelError", codes.CANCEL_ERROR_FIELDS)):
        documented = {name: sorts[sort] for name, sort in FIELDS[kind]}
        assert set(fields) <= set(documented.items()), kind
