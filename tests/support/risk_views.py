"""Views of the risk gate in which all is well; a test names only what it is about."""

from dataclasses import replace
from typing import Any

from core.rules import Band
from core.symbols import parse_instrument
from core.types import DayFacts, KillLevel, Phase
from tests.support.desk import CNY, DAY1, DAY2, FUND, MAIN, STAR, a_quote
from trading.day_rules import SymbolDay
from trading.risk_view import (
    AccessFigures,
    ConductFigures,
    ExposureFigures,
    MarketFigures,
    RiskView,
)

STEPS = {MAIN: ("0.01", 100), STAR: ("0.01", 1), FUND: ("0.001", 100)}
GROUPS = ("access", "market", "conduct", "exposure")


def a_symbol_day(symbol: str = MAIN, band: Band | None = None, **facts: Any) -> SymbolDay:
    instrument = parse_instrument(symbol)
    tick, step = STEPS.get(symbol, ("0.01", 100))
    values: dict[str, Any] = {
        "instrument": instrument, "day": DAY1, "reference_cny": CNY("10.00")}
    return SymbolDay(
        instrument, DayFacts(**(values | facts)),
        band or Band(False, CNY("9.00"), CNY("11.00")), CNY(tick), step)


def a_view(symbol: str = MAIN, **changes: Any) -> RiskView:
    """In session, with a fresh price, cash, shares, rights and room under every limit."""
    day = a_symbol_day(symbol)
    values: dict[str, Any] = {
        "day": DAY1, "is_session": True, "next_session": DAY2, "kill_level": KillLevel.NONE,
        "instrument": day.instrument, "symbol_day": day, "sellable_shares": 1_000,
        "locked_shares": 0, "available_cny": CNY("100000.00"), "cost_cny": CNY("1005.01"),
        "held_shares": 10**9, "phase": Phase.CONTINUOUS, "quote": a_quote(),
        "last_cny": CNY("10.00"), "last_age_s": 1, "max_age_s": 3, "price_cny": CNY("0.10"),
        "access": an_access(), "market": a_market(), "conduct": ConductFigures(),
        "exposure": an_exposure()}
    return RiskView(**(values | changes))


def an_access(**changes: Any) -> AccessFigures:
    values: dict[str, Any] = {
        "open_cases": (), "restricted": False, "free_disk_bytes": 10 * 1024**3,
        "permissions": frozenset({"STAR", "CHINEXT", "BSE", "ST"}), "drift_tripped": False,
        "clock_skew_s": CNY(0)}
    return AccessFigures(**(values | changes))


def a_market(**changes: Any) -> MarketFigures:
    values: dict[str, Any] = {
        "quote_ahead_s": 0, "average_volume_shares": 10**9, "recent_volume_shares": 10**9,
        "recent_due": True, "minute_volume_shares": 10**6, "minute_move_ratio": CNY(0)}
    return MarketFigures(**(values | changes))


def an_exposure(**changes: Any) -> ExposureFigures:
    values: dict[str, Any] = {
        "equity_cny": CNY("100000.00"), "day_loss_cny": CNY(0), "drawdown_ratio": CNY(0),
        "position_ratio": CNY("0.01"), "sector_ratio": CNY("0.01"), "gross_ratio": CNY("0.01"),
        "names": 1, "var_before_ratio": CNY("0.01"), "var_ratio": CNY("0.01")}
    return ExposureFigures(**(values | changes))


def but(view: RiskView, group: str, **changes: Any) -> RiskView:
    """The view with some figures of one of its groups changed."""
    return replace(view, **{group: replace(getattr(view, group), **changes)})
