"""Columns of the safety, plan and auto-trader tables; the rows are the core's own values."""

import re
from collections.abc import Sequence
from decimal import Decimal

from core.desk_types import (
    BreakerState,
    Case,
    FlattenLine,
    Obstacle,
    Plan,
    PlanStatus,
    Proposal,
    ProposalStatus,
)
from ui import formats
from ui.columns import SIDE_TONES, Align, Column, number
from ui.strings import Texts
from ui.tones import Tone

LONG_TEXT = 60
_SYMBOL = re.compile(r"\d{6}\.[A-Z]{2}")
_FIGURE = re.compile(r"-?\d+(?:\.\d+)?")
_BPS = Decimal(10_000)
PLAN_TONES = {
    PlanStatus.WAITING: Tone.TEXT, PlanStatus.WORKING: Tone.ACCENT, PlanStatus.PAUSED: Tone.WARN,
    PlanStatus.DONE: Tone.MUTED, PlanStatus.STOPPED: Tone.MUTED, PlanStatus.FAILED: Tone.WARN,
}
PROPOSAL_TONES = {
    ProposalStatus.PENDING: Tone.ACCENT, ProposalStatus.SENT: Tone.TEXT,
    ProposalStatus.BLOCKED: Tone.WARN,
}


def breaker_columns(texts: Texts) -> Sequence[Column[BreakerState]]:
    def word(row: BreakerState) -> str:
        key = f"breaker.name.{row.name}"
        return texts.tr(key) if key in texts else row.name

    def remedy(row: BreakerState) -> str:
        key = f"breaker.do.{row.name}"
        return texts.tr(key) if key in texts else row.remedy

    def state(row: BreakerState) -> str:
        return texts.tr("breaker.tripped" if row.tripped else "breaker.ready")

    return (
        Column("breaker", word, lambda r: r.name, 18, align=Align.LEFT),
        Column("breaker_state", state, lambda r: float(r.tripped), 8,
               lambda r: Tone.DANGER if r.tripped else Tone.MUTED, Align.LEFT),
        Column("breaker_level", lambda r: texts.tr(f"safety.level.{r.level.name}"),
               lambda r: float(r.level), 10, _muted, Align.LEFT),
        Column("fired", lambda r: formats.clock_text(r.fired_utc),
               lambda r: r.fired_utc.timestamp() if r.fired_utc else None, 9, _muted),
        Column("times", lambda r: str(r.times), lambda r: float(r.times), 5, _muted),
        Column("reason", lambda r: breaker_reason(texts, r), lambda r: r.text, LONG_TEXT,
               align=Align.LEFT, tip=lambda r: breaker_reason(texts, r)),
        Column("remedy", remedy, lambda r: r.remedy, LONG_TEXT, _muted, Align.LEFT, tip=remedy),
    )


def breaker_reason(texts: Texts, row: BreakerState) -> str:
    """Why it fired in the reader's language, with the figures of the core's sentence.

    The core's own sentence where no translation is known, or it asks for a figure not there.
    """
    symbols = _SYMBOL.findall(row.text)
    figures = _FIGURE.findall(_SYMBOL.sub("", row.text))
    key = f"breaker.why.{row.name}" if figures else f"breaker.why.{row.name}.0"
    key = key if key in texts else f"breaker.why.{row.name}"
    if not row.text or key not in texts:
        return row.text
    words = {f"n{at}": figure for at, figure in enumerate(figures)}
    try:
        return texts.tr(key, symbols=", ".join(symbols), **words)
    except KeyError:
        return row.text


def case_columns(texts: Texts) -> Sequence[Column[Case]]:
    def tone(row: Case) -> Tone:
        return Tone.DANGER if row.closed_utc is None else Tone.MUTED

    def text(row: Case) -> str:
        if row.closed_utc is None:
            return row.text
        return f"{texts.tr('case.closed')}: {row.reason} ({row.closed_by})"

    return (
        Column("case", lambda r: str(r.case_id), lambda r: float(r.case_id), 5, _muted),
        Column("case_kind", lambda r: texts.tr(f"case.{r.kind.value}"), lambda r: r.kind.value, 8,
               tone, Align.LEFT),
        Column("symbol", lambda r: r.symbol or formats.UNKNOWN, lambda r: r.symbol, 10,
               align=Align.LEFT),
        Column("opened", lambda r: formats.clock_text(r.opened_utc),
               lambda r: r.opened_utc.timestamp(), 9, _muted),
        Column("ours", lambda r: r.ours, lambda r: r.ours, 16),
        Column("theirs", lambda r: r.theirs, lambda r: r.theirs, 16),
        Column("case_text", text, lambda r: r.text, LONG_TEXT, align=Align.LEFT, tip=text),
    )


def flatten_columns(texts: Texts) -> Sequence[Column[FlattenLine]]:
    def what(row: FlattenLine) -> str:
        if row.order_id is None:
            return texts.tr("flatten.sell")
        return texts.tr("flatten.cancel", order=row.order_id)

    return (
        Column("what", what, lambda r: float(r.order_id or 0), 12, align=Align.LEFT),
        Column("symbol", lambda r: r.symbol, lambda r: r.symbol, 10, align=Align.LEFT),
        Column("shares", lambda r: formats.shares(r.shares), lambda r: number(r.shares), 9),
        Column("obstacle", lambda r: texts.tr(f"obstacle.{r.obstacle.value}"),
               lambda r: r.obstacle.value, 18,
               lambda r: Tone.MUTED if r.obstacle is Obstacle.NONE else Tone.WARN, Align.LEFT),
        Column("possible", lambda r: formats.date_time_text(r.possible_at),
               lambda r: r.possible_at.timestamp() if r.possible_at else None, 17, _muted),
        Column("case_text", lambda r: r.text, lambda r: r.text, LONG_TEXT, align=Align.LEFT,
               tip=lambda r: r.text),
    )


def plan_columns(texts: Texts) -> Sequence[Column[Plan]]:
    def slippage(row: Plan) -> Decimal | None:
        text = row.quality.get("arrival_slippage_ratio")
        return None if text is None else Decimal(text) * _BPS

    def slippage_text(row: Plan) -> str:
        bps = slippage(row)
        return formats.UNKNOWN if bps is None else f"{bps:+.1f} bp"

    return (
        Column("plan_id", lambda r: str(r.plan_id), lambda r: float(r.plan_id), 5, _muted),
        Column("plan_kind", lambda r: texts.tr(f"plan.{r.spec.kind.value}"),
               lambda r: r.spec.kind.value, 15, align=Align.LEFT),
        Column("symbol", lambda r: r.spec.symbol, lambda r: r.spec.symbol, 10, align=Align.LEFT),
        Column("side", lambda r: texts.tr(f"side.{r.spec.side.value}"),
               lambda r: r.spec.side.value, 5, lambda r: SIDE_TONES[r.spec.side], Align.LEFT),
        Column("shares", lambda r: formats.shares(r.spec.shares),
               lambda r: number(r.spec.shares), 9),
        Column("sent", lambda r: formats.shares(r.sent_shares), lambda r: number(r.sent_shares), 9),
        Column("filled", lambda r: formats.shares(r.filled_shares),
               lambda r: number(r.filled_shares), 9),
        Column("plan_status", lambda r: texts.tr(f"plan_status.{r.status.value}"),
               lambda r: r.status.value, 9, lambda r: PLAN_TONES[r.status], Align.LEFT),
        Column("slippage", slippage_text, lambda r: number(slippage(r)), 9),
        Column("plan_text", lambda r: r.text, lambda r: r.text, LONG_TEXT, align=Align.LEFT,
               tip=lambda r: r.text),
    )


def proposal_columns(texts: Texts) -> Sequence[Column[Proposal]]:
    return (
        Column("proposal", lambda r: str(r.proposal_id), lambda r: float(r.proposal_id), 5, _muted),
        Column("time", lambda r: formats.clock_text(r.made_utc), lambda r: r.made_utc.timestamp(),
               9, _muted),
        Column("strategy", lambda r: r.request.source, lambda r: r.request.source, 14,
               align=Align.LEFT),
        Column("symbol", lambda r: r.request.symbol, lambda r: r.request.symbol, 10,
               align=Align.LEFT),
        Column("side", lambda r: texts.tr(f"side.{r.request.side.value}"),
               lambda r: r.request.side.value, 5, lambda r: SIDE_TONES[r.request.side],
               Align.LEFT),
        Column("shares", lambda r: formats.shares(r.request.shares),
               lambda r: number(r.request.shares), 9),
        Column("limit", lambda r: formats.price(r.request.limit_cny),
               lambda r: number(r.request.limit_cny), 8),
        Column("proposal_status", lambda r: texts.tr(f"proposal.{r.status.value}"),
               lambda r: r.status.value, 8, lambda r: PROPOSAL_TONES.get(r.status, Tone.MUTED),
               Align.LEFT),
        Column("expires", lambda r: formats.clock_text(r.expires_utc),
               lambda r: r.expires_utc.timestamp() if r.expires_utc else None, 9, _muted),
        Column("why", lambda r: r.reason, lambda r: r.reason, 40, align=Align.LEFT,
               tip=lambda r: r.reason),
        Column("proposal_why", lambda r: r.why, lambda r: r.why, LONG_TEXT, align=Align.LEFT,
               tip=lambda r: r.why),
    )


def _muted(_: object) -> Tone:
    return Tone.MUTED
