"""Journal payloads: what each kind of entry says, and the values in and out of JSON. Pure.

A payload holds only JSON values, so that the dictionary that was booked live and the one read
back at a rebuild are the same. Amounts are `_e4` integers, moments ISO text with +00:00.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from core.money import from_e4, to_e4
from core.types import (
    BrokerReport,
    Fees,
    OrderRequest,
    OrderSide,
    OrderType,
    Refusal,
)

Payload: TypeAlias = dict[str, Any]

MOST_PRICE_CNY = Decimal(10_000_000)        # no share costs more; sums of money stay 64 bits


class Entry(StrEnum):
    """The kinds of journal entries."""

    ACCOUNT_OPENED = "ACCOUNT_OPENED"
    ACCOUNT_RESET = "ACCOUNT_RESET"
    ACCOUNT_SELECTED = "ACCOUNT_SELECTED"  # all entries from here on concern this account
    RIGHT_TAKEN = "RIGHT_TAKEN"        # shares of a rights issue were subscribed
    DAY_OPENED = "DAY_OPENED"          # T+1 roll, ex-dates, pay dates, write-offs, at once
    ORDER_DENIED = "ORDER_DENIED"
    ORDER_INTENT = "ORDER_INTENT"
    ORDER_SENDING = "ORDER_SENDING"
    ORDER_SENT = "ORDER_SENT"
    ORDER_NOT_SENT = "ORDER_NOT_SENT"
    ORDER_ADOPTED = "ORDER_ADOPTED"    # found in the broker's list, entered by somebody else
    ORDER_REOPENED = "ORDER_REOPENED"  # thought ended; the broker's list proves that it lives
    CANCEL_ASKED = "CANCEL_ASKED"      # also a durable wish, until the order has ended
    REPORT = "REPORT"                  # everything a broker says except fills
    FILL = "FILL"
    QUARANTINED = "QUARANTINED"        # a report that cannot be booked, kept word for word
    KILL = "KILL"
    DESK_CLOSED = "DESK_CLOSED"        # an orderly end; a replay goes on from this moment
    CHECKPOINT = "CHECKPOINT"          # the digest of what the book was after the entry before
    DECISION = "DECISION"              # what was chosen or left alone, and why; changes nothing
    # Each of these sets one durable value: {"key": ..., "value": {...} or null, "why", "by"}.
    CASE = "CASE"                      # a difference with the broker that a person has to close
    BREAKER = "BREAKER"                # a circuit breaker that fired or was re-armed
    PLAN = "PLAN"                      # a parent, conditional or staged order
    PROPOSAL = "PROPOSAL"              # what the auto-trader would do
    AUTONOMY = "AUTONOMY"              # manual, semi-automatic, automatic; budgets
    REGISTRATION = "REGISTRATION"      # program-trading registration of an account
    EQUITY = "EQUITY"                  # high-water mark and start of the day, for loss limits


STATE_KINDS = frozenset({
    Entry.CASE, Entry.BREAKER, Entry.PLAN, Entry.PROPOSAL, Entry.AUTONOMY, Entry.REGISTRATION,
    Entry.EQUITY})


def request_to(request: OrderRequest) -> Payload:
    return {
        "symbol": request.symbol, "side": request.side.value, "shares": request.shares,
        **limit_to(request.limit_cny), "type": request.type.value,
        "created_utc": request.created_utc.isoformat(), "tag": request.tag,
        "key": request.key, "source": request.source, "plan_id": request.plan_id,
        "override": request.override,
    }


def request_from(payload: Mapping[str, Any]) -> OrderRequest:
    return OrderRequest(
        symbol=payload["symbol"], side=OrderSide(payload["side"]), shares=payload["shares"],
        limit_cny=limit_from(payload["limit_e4"], payload["limit_text"]),
        type=OrderType(payload["type"]),
        created_utc=datetime.fromisoformat(payload["created_utc"]), tag=payload["tag"],
        key=payload["key"], source=payload["source"], plan_id=payload.get("plan_id", 0),
        override=payload.get("override", ""))


def limit_to(limit_cny: Decimal | None) -> Payload:
    """A limit as `limit_e4`, or as text where someone asked for a price finer than the ledger
    or beyond any.

    Such an order is always refused (off the tick, outside the band), but what was asked must be
    kept.
    """
    if limit_cny is None:
        return {"limit_e4": None, "limit_text": None}
    if limit_cny > MOST_PRICE_CNY:
        return {"limit_e4": None, "limit_text": str(limit_cny)}
    try:
        return {"limit_e4": to_e4(limit_cny), "limit_text": None}
    except ValueError:
        return {"limit_e4": None, "limit_text": str(limit_cny)}


def limit_from(limit_e4: int | None, limit_text: str | None) -> Decimal | None:
    if limit_text is not None:
        return Decimal(limit_text)
    return None if limit_e4 is None else from_e4(limit_e4)


def refusals_to(refusals: Sequence[Refusal]) -> list[Payload]:
    return [{"code": r.code, "text": r.text, "numbers": dict(r.numbers)} for r in refusals]


def refusals_from(payload: Sequence[Mapping[str, Any]]) -> tuple[Refusal, ...]:
    return tuple(Refusal(code=r["code"], text=r["text"], numbers=r["numbers"]) for r in payload)


def fees_to(fees: Fees) -> Payload:
    return {
        "commission_e4": to_e4(fees.commission_cny), "stamp_duty_e4": to_e4(fees.stamp_duty_cny),
        "transfer_fee_e4": to_e4(fees.transfer_fee_cny), "handling_e4": to_e4(fees.handling_cny),
        "regulatory_e4": to_e4(fees.regulatory_cny),
    }


def fees_from(payload: Mapping[str, int]) -> Fees:
    return Fees(
        commission_cny=from_e4(payload["commission_e4"]),
        stamp_duty_cny=from_e4(payload["stamp_duty_e4"]),
        transfer_fee_cny=from_e4(payload["transfer_fee_e4"]),
        handling_cny=from_e4(payload["handling_e4"]),
        regulatory_cny=from_e4(payload["regulatory_e4"]))


def add_fees(one: Fees, other: Fees) -> Fees:
    return Fees(
        commission_cny=one.commission_cny + other.commission_cny,
        stamp_duty_cny=one.stamp_duty_cny + other.stamp_duty_cny,
        transfer_fee_cny=one.transfer_fee_cny + other.transfer_fee_cny,
        handling_cny=one.handling_cny + other.handling_cny,
        regulatory_cny=one.regulatory_cny + other.regulatory_cny)


def subtract_fees(whole: Fees, part: Fees) -> Fees:
    """What a further fill adds: the fees of the order so far less what is charged already."""
    return Fees(
        commission_cny=whole.commission_cny - part.commission_cny,
        stamp_duty_cny=whole.stamp_duty_cny - part.stamp_duty_cny,
        transfer_fee_cny=whole.transfer_fee_cny - part.transfer_fee_cny,
        handling_cny=whole.handling_cny - part.handling_cny,
        regulatory_cny=whole.regulatory_cny - part.regulatory_cny)


def report_to(report: BrokerReport) -> Payload:
    return {
        "order_id": report.order_id, "report": report.kind.value, "broker_id": report.broker_id,
        "ts_utc": report.ts_utc.isoformat(), "text": report.text, "trade_id": report.trade_id,
        "shares": report.shares if isinstance(report.shares, int) else str(report.shares),
        "price": None if report.price_cny is None else str(report.price_cny),
    }
