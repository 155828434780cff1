"""Whether this desk, this program and this account may send the order at all. Pure checks."""

from decimal import Decimal

from core.types import Board, OrderRequest, Refusal
from trading.risk_view import RiskView, is_automated, is_buy, percent, refused, unjudged

GIB = 1024**3
LEAST_FREE_BYTES = 1 * GIB             # below it the journal may not be writable any more
MOST_CLOCK_SKEW_S = Decimal(2)
_MARKETS = {Board.STAR: "STAR", Board.CHINEXT: "CHINEXT", Board.BSE: "BSE"}


def live_is_unlocked(_request: OrderRequest, view: RiskView) -> Refusal | None:
    access = view.access
    if access is None:
        return unjudged("LIVE_LOCKED", "access")
    if not access.live or access.unlocked:
        return None
    if access.unlocked is None:
        return unjudged("LIVE_LOCKED", "lock")
    return refused("LIVE_LOCKED", "live trading is locked; unlock it with your second factor")


def program_is_reported(request: OrderRequest, view: RiskView) -> Refusal | None:
    """An automated live order needs the account's registration, and stays within its maxima.

    What a plan sends is sent by a program as well, whoever made the plan.
    """
    access, conduct = view.access, view.conduct
    if access is None:
        return unjudged("NOT_REPORTED", "access")
    if not access.live or not (is_automated(request) or request.plan_id):
        return None
    known = access.registration
    if known is None:
        return refused("NOT_REPORTED", "program trading of this account is not registered; report "
                       "it to your broker, then enter it with --register-program", reported="")
    if conduct is None:
        return unjudged("NOT_REPORTED", "conduct")
    for done, most in ((conduct.messages_second, known.most_per_second),
                       (conduct.messages_day, known.most_per_day)):
        if done + 1 > most:
            return refused("NOT_REPORTED", f"{most} orders and cancels were reported as the most, "
                           f"{done} were sent; wait, or report a higher figure first",
                           reported=most, done=done)
    return None


def desk_is_reconciled(_request: OrderRequest, view: RiskView) -> Refusal | None:
    if not view.blockers:
        return None
    owner, why = next(iter(view.blockers.items()))
    return refused("RECONCILING", f"nothing may be sent yet ({owner}): {why}; wait until it is "
                   f"settled", owner=owner, why=why)


def symbol_is_reconciled(request: OrderRequest, view: RiskView) -> Refusal | None:
    cases = None if view.access is None else view.access.open_cases
    if cases is None:
        return unjudged("FROZEN", "cases")
    if not cases:
        return None
    return refused("FROZEN", f"{request.symbol} is frozen by the open difference "
                   f"{', '.join(cases)} with the broker; settle and close it with a reason",
                   symbol=request.symbol, case=", ".join(cases))


def nothing_unknown_is_outstanding(request: OrderRequest, view: RiskView) -> Refusal | None:
    access = view.access
    if access is None:
        return unjudged("UNKNOWN_OUTSTANDING", "access")
    if access.unknown_order is None:
        return None
    return refused("UNKNOWN_OUTSTANDING", f"the fate of order {access.unknown_order} in "
                   f"{request.symbol} on this side is not proven; wait for the broker's list",
                   order_id=access.unknown_order, symbol=request.symbol)


def instrument_is_listed(request: OrderRequest, view: RiskView) -> Refusal | None:
    known = view.instrument
    if known is None:
        return None             # UNKNOWN_INSTRUMENT says so already
    if known.list_date is not None and view.day < known.list_date:
        return refused("NOT_LISTED", f"{request.symbol} is listed from {known.list_date} on; "
                       f"wait for that day", symbol=request.symbol, day=known.list_date)
    return None


def instrument_stays_listed(request: OrderRequest, view: RiskView) -> Refusal | None:
    """Nothing after the delisting; in the delisting arrangement a sale, or with the right."""
    known, day = view.instrument, view.symbol_day
    if known is None:
        return None             # UNKNOWN_INSTRUMENT says so already
    if known.delist_date is not None and view.day >= known.delist_date:
        return refused("DELISTING", f"{request.symbol} was delisted on {known.delist_date}; ask "
                       f"your broker about its transfer", symbol=request.symbol,
                       day=known.delist_date)
    if day is None or day.facts.delisting_session is None or not is_buy(request):
        return None
    if view.access is None:
        return unjudged("DELISTING", "access")
    if "DELISTING" in view.access.permissions:
        return None
    return refused("DELISTING", f"{request.symbol} is in its delisting arrangement; leave it, or "
                   f"add DELISTING to risk.permissions", symbol=request.symbol, day="")


def account_has_the_right(request: OrderRequest, view: RiskView) -> Refusal | None:
    """Boards and risk warnings need a right to buy; what is held may always be sold."""
    if view.instrument is None or not is_buy(request):
        return None
    if view.access is None:
        return unjudged("PERMISSION", "access")
    needed = [_MARKETS[view.instrument.board]] if view.instrument.board in _MARKETS else []
    if view.symbol_day is not None and view.symbol_day.facts.st:
        needed.append("ST")
    lacking = [right for right in needed if right not in view.access.permissions]
    if not lacking:
        return None
    return refused("PERMISSION", f"the account has no right to buy {lacking[0]} shares; have the "
                   f"broker open it, then add {lacking[0]} to risk.permissions", right=lacking[0])


def instrument_is_unrestricted(request: OrderRequest, view: RiskView) -> Refusal | None:
    restricted = None if view.access is None else view.access.restricted
    if restricted is None:
        return unjudged("RESTRICTED", "restricted")
    if not restricted:
        return None
    return refused("RESTRICTED", f"{request.symbol} is on the restricted list; leave it, or take "
                   f"it off the list of risk.restricted_file", symbol=request.symbol)


def clock_is_right(_request: OrderRequest, view: RiskView) -> Refusal | None:
    """Neither the machine's clock nor the newest quote may be more than two seconds off."""
    skew = None if view.access is None else view.access.clock_skew_s
    if skew is None:
        return unjudged("CLOCK", "clock")
    if abs(skew) > MOST_CLOCK_SKEW_S:
        return refused("CLOCK", f"the machine's clock is {skew} s off (limit "
                       f"{MOST_CLOCK_SKEW_S}); set it by the time service", seconds=skew)
    if view.quote is None:
        return None             # STALE_QUOTE asks for a price where one is due
    ahead = None if view.market is None else view.market.quote_ahead_s
    if ahead is None:
        return unjudged("CLOCK", "quote_time")
    if ahead <= MOST_CLOCK_SKEW_S:
        return None
    return refused("CLOCK", f"the newest quote is dated {ahead} s after the machine's clock "
                   f"(limit {MOST_CLOCK_SKEW_S}); set the clock by the time service",
                   seconds=ahead)


def journal_has_room(_request: OrderRequest, view: RiskView) -> Refusal | None:
    free = None if view.access is None else view.access.free_disk_bytes
    if free is None:
        return unjudged("DB_HEALTH", "disk")
    if free >= LEAST_FREE_BYTES:
        return None
    share = percent(Decimal(free) / GIB / 100)
    return refused("DB_HEALTH", f"{share} GiB are free on the ledger's disk, 1 GiB is the least; "
                   f"free space first", free=share)


def model_has_not_drifted(request: OrderRequest, view: RiskView) -> Refusal | None:
    if not is_automated(request):
        return None
    tripped = None if view.access is None else view.access.drift_tripped
    if tripped is None:
        return unjudged("MODEL_DRIFT", "drift")
    if not tripped:
        return None
    return refused("MODEL_DRIFT", f"the drift guard of {request.source} has tripped; train or "
                   f"check the model, then re-arm it", source=request.source)
