"""The durable state of one plan, and its way in and out of JSON. Pure.

A row is a value of the journal kind PLAN; its key is the plan's id. What was sent and filled is
counted anew from the book's orders whenever it matters; the row repeats it for those who read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from core.desk_types import Plan, PlanKind, PlanSpec, PlanStatus
from core.types import OrderSide
from trading.records import Payload

ENDED = frozenset({PlanStatus.DONE, PlanStatus.STOPPED, PlanStatus.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One plan. `memo` holds what its kind has to remember: JSON values, amounts as text.

    `day`: the session from which on it may act. `parent`: the plan that it carries on, or 0.
    """

    plan_id: int
    kind: PlanKind
    symbol: str
    side: OrderSide
    shares: int
    params: Mapping[str, str]
    source: str
    tag: str
    account: str                       # in which it acts; others leave it alone
    created_utc: datetime
    day: date
    status: PlanStatus = PlanStatus.WAITING
    text: str = ""
    sent: int = 0
    filled: int = 0
    parent: int = 0
    memo: Mapping[str, Any] = field(default_factory=dict)
    quality: Mapping[str, str] = field(default_factory=dict)

    @property
    def spec(self) -> PlanSpec:
        return PlanSpec(kind=self.kind, symbol=self.symbol, side=self.side, shares=self.shares,
                        params=dict(self.params), source=self.source, tag=self.tag)

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    def noting(self, **memo: Any) -> "PlanRow":
        """The row with more in its memory."""
        return replace(self, memo={**self.memo, **memo})

    def now(self, status: PlanStatus, text: str) -> "PlanRow":
        return replace(self, status=status, text=text)

    def plan(self) -> Plan:
        return Plan(plan_id=self.plan_id, spec=self.spec, status=self.status,
                    created_utc=self.created_utc, sent_shares=self.sent,
                    filled_shares=self.filled, text=self.text, quality=dict(self.quality))


def row_to(row: PlanRow) -> Payload:
    return {
        "plan_id": row.plan_id, "kind": row.kind.value, "symbol": row.symbol,
        "side": row.side.value, "shares": row.shares, "params": dict(row.params),
        "source": row.source, "tag": row.tag, "account": row.account,
        "created_utc": row.created_utc.isoformat(), "day": row.day.isoformat(),
        "status": row.status.value, "text": row.text,
        "sent": row.sent, "filled": row.filled, "parent": row.parent, "memo": dict(row.memo),
        "quality": dict(row.quality),
    }


def row_from(value: Mapping[str, Any]) -> PlanRow:
    return PlanRow(
        plan_id=value["plan_id"], kind=PlanKind(value["kind"]), symbol=value["symbol"],
        side=OrderSide(value["side"]), shares=value["shares"], params=value["params"],
        source=value["source"], tag=value["tag"], account=value["account"],
        created_utc=datetime.fromisoformat(value["created_utc"]),
        day=date.fromisoformat(value["day"]), status=PlanStatus(value["status"]),
        text=value["text"], sent=value["sent"], filled=value["filled"], parent=value["parent"],
        memo=value["memo"], quality=value["quality"])
