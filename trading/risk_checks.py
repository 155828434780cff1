"""The catalogue of the risk gate: every rule with its checks and codes, and the exchange's own.

Each check is a pure function of the request and one view of the world. The order of the tuples
is the order in which reasons are judged: a daily order list reports the first, the order ticket
shows all of them. What a check would need and does not know refuses too.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from core.money import on_tick
from core.rules import (
    buy_quantity_ok,
    is_tradable,
    max_order_shares,
    min_buy_shares,
    sell_quantity_ok,
)
from core.types import KillLevel, OrderRequest, OrderSide, Refusal
from trading import access_checks, conduct_checks, limit_checks, market_checks
from trading.kill_switch import FLATTEN_SOURCE
from trading.market_checks import judged_limit
from trading.risk_view import MANUAL, Check, RiskView, is_buy, refused, unjudged

__all__ = ["CATALOGUE", "CHECKS", "EXCHANGE_CHECKS", "MANUAL", "RiskProfile", "RiskView", "Rule",
           "refusals"]


class RiskProfile(Enum):
    """`exchange`: what the exchange and the account forbid; `house`: the desk's limits as well."""

    EXCHANGE = "exchange"
    HOUSE = "house"


def refusals(
    request: OrderRequest, view: RiskView, profile: RiskProfile
) -> tuple[Refusal, ...]:
    """Every reason to refuse the order, in the order of the checks; empty: it may go.

    Of an instrument that is unknown or has no session today nothing else can be known either:
    that is one reason, not one for each rule that could not be judged.
    """
    found = (check(request, view) for check in CHECKS[profile])
    reasons = tuple(reason for reason in found if reason is not None)
    judged = tuple(reason for reason in reasons if "missing" not in reason.numbers)
    return judged if view.symbol_day is None and judged else reasons


# ---- what the exchange and the account forbid ----------------------------------------------


def kill_level_allows(request: OrderRequest, view: RiskView) -> Refusal | None:
    level = view.kill_level
    if level is KillLevel.NONE:
        return None
    if level is KillLevel.PAUSE and request.source == MANUAL:
        return None
    selling = request.side is OrderSide.SELL
    if level is KillLevel.REDUCE_ONLY and selling:
        return None
    if level is KillLevel.FLATTEN and selling and request.source == FLATTEN_SOURCE:
        return None
    return refused("KILL", f"the kill switch stands at level {int(level)} ({level.name}); "
                   f"set it back once the reason is settled", level=int(level), name=level.name)


def instrument_is_known(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.instrument is not None:
        return None
    return refused("UNKNOWN_INSTRUMENT", f"nothing is known of {request.symbol}; "
                   f"check the code or import its data", symbol=request.symbol)


def instrument_is_tradable(_request: OrderRequest, view: RiskView) -> Refusal | None:
    return None if view.instrument is None else is_tradable(view.instrument, view.day)


def day_is_a_session(_request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.is_session:
        return None
    return refused("NOT_A_SESSION", f"the exchanges are closed on {view.day}; "
                   f"enter the order on {view.next_session or 'a trading day'}",
                   day=view.day, next_session=view.next_session or "")


def instrument_trades_today(request: OrderRequest, view: RiskView) -> Refusal | None:
    halted = view.quote is not None and view.quote.suspended
    if view.symbol_day is None or not (view.symbol_day.facts.suspended or halted):
        return None
    return refused("SUSPENDED", f"{request.symbol} does not trade on {view.day}; "
                   f"wait for its resumption", symbol=request.symbol, day=view.day)


def reference_is_known(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.symbol_day is None or view.symbol_day.band is not None:
        return None
    return refused("NO_REFERENCE", f"no reference price of {request.symbol} is known for "
                   f"{view.day}, so its price limits are not; import its previous close",
                   symbol=request.symbol, day=view.day)


def price_is_on_tick(request: OrderRequest, view: RiskView) -> Refusal | None:
    limit_cny, tick_cny = judged_limit(request), _tick(view)
    if limit_cny is None or tick_cny is None or on_tick(limit_cny, tick_cny):
        return None
    return refused("TICK", f"price {limit_cny} is not a multiple of {tick_cny}; "
                   f"round it to the grid", price=limit_cny, tick=tick_cny)


def price_is_within_limits(request: OrderRequest, view: RiskView) -> Refusal | None:
    limit_cny = judged_limit(request)
    band = None if view.symbol_day is None else view.symbol_day.band
    if limit_cny is None or band is None or band.down_cny is None or band.up_cny is None:
        return None
    if band.down_cny <= limit_cny <= band.up_cny:
        return None
    return refused("PRICE_LIMIT", f"price {limit_cny} is outside today's limits {band.down_cny} to "
                   f"{band.up_cny}; choose a price between them",
                   price=limit_cny, down=band.down_cny, up=band.up_cny)


def buy_is_in_lots(request: OrderRequest, view: RiskView) -> Refusal | None:
    if request.side is not OrderSide.BUY or view.instrument is None or _tick(view) is None:
        return None
    board = view.instrument.board
    if buy_quantity_ok(board, request.shares):
        return None
    least, step = min_buy_shares(board), _step(view)
    return refused("LOT", f"{request.shares} shares cannot be bought: at least {least}, "
                   f"in steps of {step}", shares=request.shares, least=least, step=step)


def sale_is_in_lots(request: OrderRequest, view: RiskView) -> Refusal | None:
    if request.side is not OrderSide.SELL or view.instrument is None or _tick(view) is None:
        return None
    board = view.instrument.board
    if sell_quantity_ok(board, request.shares, view.sellable_shares):
        return None
    least, step = min_buy_shares(board), _step(view)
    return refused("ODD_LOT", f"{request.shares} shares cannot be sold: at least {least}, in steps "
                   f"of {step}, or with the whole odd rest of the {view.sellable_shares} sellable",
                   shares=request.shares, least=least, step=step, sellable=view.sellable_shares)


def size_is_within_maximum(request: OrderRequest, view: RiskView) -> Refusal | None:
    if view.instrument is None:
        return None
    most = max_order_shares(view.instrument.board, request.type, view.day)
    if most is None or request.shares <= most:
        return None
    return refused("MAX_QTY", f"{request.shares} shares are more than one order may have ({most}); "
                   f"split it", shares=request.shares, most=most)


def sells_only_what_may_be_sold(request: OrderRequest, view: RiskView) -> Refusal | None:
    if request.side is OrderSide.BUY or request.shares <= view.sellable_shares:
        return None
    later = "sell no more than that"
    if view.locked_shares:
        later = (f"today's purchase of {view.locked_shares} may be sold from "
                 f"{view.next_session or 'the next session'}")
    return refused("T1_SELLABLE", f"asked to sell {request.shares} shares, {view.sellable_shares} "
                   f"may be sold today; {later}", shares=request.shares,
                   sellable=view.sellable_shares, locked=view.locked_shares,
                   next_session=view.next_session or "")


def cash_is_enough(request: OrderRequest, view: RiskView) -> Refusal | None:
    if request.side is OrderSide.SELL or view.symbol_day is None or view.symbol_day.band is None:
        return None
    if view.cost_cny is None:
        return refused("CASH", "no price is known by which the cost could be reserved; "
                   "enter a limit price", available=view.available_cny, needed="")
    if view.cost_cny <= view.available_cny:
        return None
    most = view.max_buy_shares or 0
    remedy = f"lower it to {most} shares" if most else "sell something or cancel an open buy"
    return refused("CASH", f"needs {view.cost_cny} CNY with fees, {view.available_cny} are free; "
                   f"{remedy}", needed=view.cost_cny, available=view.available_cny, most=most)


def sells_nothing_twice(request: OrderRequest, view: RiskView) -> Refusal | None:
    """Held less everything on sale, orders of unproven fate included, never falls below zero."""
    if is_buy(request):
        return None
    if view.held_shares is None:
        return unjudged("NO_SHORT", "position")
    left = view.held_shares - view.on_sale_shares
    if request.shares <= left:
        return None
    return refused("NO_SHORT", f"{request.shares} shares are asked to be sold, {left} are held "
                   f"and not on sale yet; nothing is sold short", shares=request.shares,
                   held=left)


EXCHANGE_CHECKS: tuple[Check, ...] = (
    kill_level_allows, instrument_is_known, instrument_is_tradable, day_is_a_session,
    instrument_trades_today, reference_is_known, price_is_on_tick, price_is_within_limits,
    buy_is_in_lots, sale_is_in_lots, size_is_within_maximum, sells_only_what_may_be_sold,
    cash_is_enough, access_checks.desk_is_reconciled,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the pre-trade catalogue: a check, and the code of its refusals."""

    id: str                 # R01 to R41; A1 to A4: the abnormal kinds of program trading
    code: str
    check: Check


CATALOGUE: tuple[Rule, ...] = (
    Rule("R03", "KILL", kill_level_allows),
    Rule("R07", "UNKNOWN_INSTRUMENT", instrument_is_known),
    Rule("R07", "NOT_TRADABLE", instrument_is_tradable),
    Rule("R06", "NOT_A_SESSION", day_is_a_session),
    Rule("R08", "SUSPENDED", instrument_trades_today),
    Rule("R12", "NO_REFERENCE", reference_is_known),
    Rule("R11", "TICK", price_is_on_tick),
    Rule("R12", "PRICE_LIMIT", price_is_within_limits),
    Rule("R14", "LOT", buy_is_in_lots),
    Rule("R16", "ODD_LOT", sale_is_in_lots),
    Rule("R15", "MAX_QTY", size_is_within_maximum),
    Rule("R17", "T1_SELLABLE", sells_only_what_may_be_sold),
    Rule("R18", "CASH", cash_is_enough),
    Rule("R04", "RECONCILING", access_checks.desk_is_reconciled),
    Rule("R19", "NO_SHORT", sells_nothing_twice),
    Rule("R01", "LIVE_LOCKED", access_checks.live_is_unlocked),
    Rule("R02", "NOT_REPORTED", access_checks.program_is_reported),
    Rule("R04", "FROZEN", access_checks.symbol_is_reconciled),
    Rule("R05", "UNKNOWN_OUTSTANDING", access_checks.nothing_unknown_is_outstanding),
    Rule("R06", "ORDER_TYPE", market_checks.type_is_offered),
    Rule("R06", "PHASE", market_checks.phase_takes_orders),
    Rule("R07", "NOT_LISTED", access_checks.instrument_is_listed),
    Rule("R09", "DELISTING", access_checks.instrument_stays_listed),
    Rule("R10", "PERMISSION", access_checks.account_has_the_right),
    Rule("R13", "PRICE_CAGE", market_checks.price_is_within_cage),
    Rule("R15", "ST_BUY_CAP", market_checks.st_purchase_is_within_cap),
    Rule("R20", "FAT_FINGER_PRICE", market_checks.price_is_no_slip),
    Rule("R21", "FAT_FINGER_SIZE", market_checks.amount_is_no_slip),
    Rule("R21", "VOLUME_SHARE", market_checks.size_fits_the_volume),
    Rule("R21", "RECENT_VOLUME", market_checks.size_fits_the_last_minutes),
    Rule("R22", "STALE_QUOTE", market_checks.price_is_fresh),
    Rule("R22", "QUOTE_DISAGREE", market_checks.sources_agree),
    Rule("R22", "CROSSED_BOOK", market_checks.book_is_not_crossed),
    Rule("R23", "DUPLICATE", conduct_checks.key_is_new),
    Rule("R23", "REPEATED", conduct_checks.order_is_not_repeated),
    Rule("R24", "SELF_TRADE", conduct_checks.does_not_trade_with_itself),
    Rule("R25", "RATE", conduct_checks.rate_is_moderate),
    Rule("R26", "CANCEL_RATIO", conduct_checks.cancels_are_in_proportion),
    Rule("R27", "QUICK_CANCEL", conduct_checks.quick_cancels_are_few),
    Rule("R28", "DAY_LOSS", limit_checks.day_loss_is_bearable),
    Rule("R29", "DRAWDOWN", limit_checks.drawdown_is_bearable),
    Rule("R30", "CONCENTRATION", limit_checks.position_is_small_enough),
    Rule("R31", "SECTOR", limit_checks.sector_is_small_enough),
    Rule("R32", "GROSS", limit_checks.gross_is_small_enough),
    Rule("R33", "COUNT", limit_checks.names_are_few_enough),
    Rule("R34", "VAR", limit_checks.value_at_risk_is_bearable),
    Rule("R35", "PARENT_CAP", conduct_checks.plan_is_not_exceeded),
    Rule("R36", "LOSS_STREAK", conduct_checks.strategy_is_not_losing),
    Rule("R37", "REJECT_STORM", conduct_checks.broker_takes_orders),
    Rule("R38", "RESTRICTED", access_checks.instrument_is_unrestricted),
    Rule("R39", "CLOCK", access_checks.clock_is_right),
    Rule("R40", "DB_HEALTH", access_checks.journal_has_room),
    Rule("R41", "MODEL_DRIFT", access_checks.model_has_not_drifted),
    Rule("A1", "BURST", conduct_checks.burst_is_no_burst),
    Rule("A2", "QUICK_CANCEL", conduct_checks.quick_cancels_are_few),
    Rule("A2", "CANCEL_RATIO", conduct_checks.cancels_are_in_proportion),
    Rule("A3", "PRICE_PUSH", conduct_checks.does_not_push_the_price),
    Rule("A4", "LARGE_TRADES", conduct_checks.trades_are_not_too_large),
)
CHECKS: dict[RiskProfile, tuple[Check, ...]] = {
    RiskProfile.EXCHANGE: EXCHANGE_CHECKS,
    RiskProfile.HOUSE: tuple(dict.fromkeys(rule.check for rule in CATALOGUE)),
}


def _tick(view: RiskView) -> Decimal | None:
    return None if view.symbol_day is None else view.symbol_day.tick_cny


def _step(view: RiskView) -> int:
    return 1 if view.symbol_day is None else view.symbol_day.step_shares
