"""Every rule of the gate as a table: it passes, it denies, its exact edge, and a missing input."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from core.desk_types import Registration
from core.symbols import parse_instrument
from core.types import KillLevel, OrderRequest, OrderSide, OrderType, Phase, Quote, Refusal
from tests.support.desk import CNY, DAY1, DAY2, MAIN, STAR, a_quote, a_request
from tests.support.risk_views import a_symbol_day, a_view, but
from trading.kill_switch import FLATTEN_SOURCE
from trading.risk_checks import RiskProfile, refusals
from trading.risk_view import RiskView

SELL = OrderSide.SELL
GIB = 1024**3
ROBOT = {"source": "ma_cross"}
REPORTED = Registration(
    account_id="main", software="Trading Graph", version="0.4.0", strategy_kind="trend",
    most_per_second=10, most_per_day=100, registered_on=DAY1, by="a person")


class Kind(Enum):
    PASS = "goes"
    DENY = "is refused"
    EDGE = "goes at the very limit"
    BEYOND = "is refused one unit beyond it"
    MISSING = "is refused because an input is unknown"


GOES = (Kind.PASS, Kind.EDGE)

# Rules without a number that has a neighbour, and rules none of whose inputs can be unknown.
NO_EDGE = {
    "KILL": "a level decides, see the table of levels in test_risk_checks.py",
    "UNKNOWN_INSTRUMENT": "known or not", "NOT_TRADABLE": "a kind", "NOT_A_SESSION": "a day",
    "SUSPENDED": "a flag", "NO_REFERENCE": "known or not", "RECONCILING": "a reason stands or not",
    "LIVE_LOCKED": "locked or not", "FROZEN": "a case is open or not",
    "UNKNOWN_OUTSTANDING": "there is one or not", "ORDER_TYPE": "a kind of order",
    "PERMISSION": "a right", "DUPLICATE": "a key", "REPEATED": "see test_conduct.py for 5 s",
    "RESTRICTED": "on the list or not", "MODEL_DRIFT": "tripped or not", "PHASE": "a phase",
}
NO_MISSING = {
    "KILL": "the ledger always has a level", "NOT_TRADABLE": "UNKNOWN_INSTRUMENT speaks",
    "SUSPENDED": "no facts of the day: NO_REFERENCE or UNKNOWN_INSTRUMENT speaks",
    "TICK": "no grid: NOT_TRADABLE speaks", "PRICE_LIMIT": "no band: NO_REFERENCE speaks",
    "LOT": "no grid: NOT_TRADABLE speaks", "ODD_LOT": "no grid: NOT_TRADABLE speaks",
    "MAX_QTY": "no row for the board: nothing is known to be forbidden",
    "T1_SELLABLE": "the ledger always knows what is sellable",
    "RECONCILING": "the session's own dictionary", "ORDER_TYPE": "NOT_TRADABLE speaks",
    "PHASE": "an unknown phase is CLOSED, and refused", "NOT_LISTED": "an unknown date is common; "
    "a day without bars is SUSPENDED", "ST_BUY_CAP": "no facts: UNKNOWN_INSTRUMENT speaks",
    "CROSSED_BOOK": "no quote: STALE_QUOTE speaks", "DUPLICATE": "the ledger's own index",
}


@dataclass(frozen=True)
class RiskCase:
    code: str
    kind: Kind
    request: OrderRequest
    view: RiskView

    def reasons(self) -> tuple[Refusal, ...]:
        return refusals(self.request, self.view, RiskProfile.HOUSE)

    def __str__(self) -> str:
        return f"{self.code} {self.kind.value}"


P, D, E, B, M = Kind.PASS, Kind.DENY, Kind.EDGE, Kind.BEYOND, Kind.MISSING


def _case(code: str, kind: Kind, view: RiskView, **request: Any) -> RiskCase:
    return RiskCase(code, kind, a_request(**request), view)


def _exchange() -> Iterator[RiskCase]:
    view = a_view()
    yield _case("KILL", P, view)
    yield _case("KILL", D, replace(view, kill_level=KillLevel.BLOCK))
    flatten = replace(view, kill_level=KillLevel.FLATTEN)
    yield _case("KILL", P, flatten, side=SELL, source=FLATTEN_SOURCE)
    yield _case("KILL", D, flatten, source=FLATTEN_SOURCE)
    yield _case("KILL", D, flatten, side=SELL)
    yield _case("UNKNOWN_INSTRUMENT", P, view)
    unknown = replace(view, instrument=None, symbol_day=None, cost_cny=None)
    yield _case("UNKNOWN_INSTRUMENT", D, unknown)
    yield _case("UNKNOWN_INSTRUMENT", M, unknown)
    yield _case("NOT_TRADABLE", P, view)
    yield _case("NOT_TRADABLE", D, replace(
        view, instrument=parse_instrument("000001.SH"), symbol_day=None, cost_cny=None))
    yield _case("NOT_A_SESSION", P, view)
    closed = replace(view, is_session=False, symbol_day=None)
    yield _case("NOT_A_SESSION", D, closed)
    yield _case("NOT_A_SESSION", M, replace(closed, next_session=None))
    yield _case("SUSPENDED", P, view)
    yield _case("SUSPENDED", D, a_view(symbol_day=a_symbol_day(suspended=True)))
    yield _case("NO_REFERENCE", P, view)
    bare = a_view(symbol_day=replace(a_symbol_day(reference_cny=None), band=None), cost_cny=None)
    yield _case("NO_REFERENCE", D, bare)
    yield _case("NO_REFERENCE", M, bare)
    yield _case("TICK", P, view)
    yield _case("TICK", D, view, limit_cny=CNY("10.005"))
    yield _case("TICK", E, view, limit_cny=CNY("10.01"))
    yield _case("TICK", B, view, limit_cny=CNY("10.0101"))
    for kind, limit in ((P, "10.00"), (D, "12.00"), (E, "11.00"), (B, "11.01"),
                        (E, "9.00"), (B, "8.99")):
        yield _case("PRICE_LIMIT", kind, view, limit_cny=CNY(limit))
    for kind, shares in ((P, 500), (D, 50), (E, 100), (B, 99), (B, 101)):
        yield _case("LOT", kind, view, shares=shares)
    odd = a_view(sellable_shares=150)
    for kind, shares in ((P, 100), (D, 70), (E, 50), (B, 49), (B, 51)):
        yield _case("ODD_LOT", kind, odd, side=SELL, shares=shares)
    for kind, shares in ((P, 100), (D, 2_000_000), (E, 1_000_000), (B, 1_000_001)):
        yield _case("MAX_QTY", kind, view, shares=shares)
    for kind, shares in ((P, 100), (D, 5_000), (E, 1_000), (B, 1_001)):
        yield _case("T1_SELLABLE", kind, view, side=SELL, shares=shares)
    for kind, cost in ((P, "1.00"), (D, "2000000.00"), (E, "100000.00"), (B, "100000.01")):
        yield _case("CASH", kind, replace(view, cost_cny=CNY(cost)))
    yield _case("CASH", M, replace(view, cost_cny=None))
    yield _case("RECONCILING", P, view)
    yield _case("RECONCILING", D, replace(view, blockers={"reconciler": "it has not ended"}))
    for kind, shares in ((P, 100), (D, 900), (E, 400), (B, 401)):
        yield _case("NO_SHORT", kind, replace(view, held_shares=1_000, on_sale_shares=600),
                    side=SELL, shares=shares)
    yield _case("NO_SHORT", M, replace(view, held_shares=None), side=SELL)


def _access() -> Iterator[RiskCase]:
    view = a_view()
    live = but(view, "access", live=True, unlocked=True, registration=REPORTED)
    yield _case("LIVE_LOCKED", P, live)
    yield _case("LIVE_LOCKED", P, view)
    yield _case("LIVE_LOCKED", D, but(live, "access", unlocked=False))
    yield _case("LIVE_LOCKED", M, but(live, "access", unlocked=None))
    yield _case("LIVE_LOCKED", M, replace(view, access=None))
    yield _case("NOT_REPORTED", P, live, **ROBOT)
    yield _case("NOT_REPORTED", P, but(live, "access", registration=None))      # a person
    yield _case("NOT_REPORTED", P, but(view, "access", registration=None), **ROBOT)     # not live
    yield _case("NOT_REPORTED", D, but(live, "access", registration=None), **ROBOT)
    yield _case("NOT_REPORTED", D, but(live, "access", registration=None), plan_id=7)
    yield _case("NOT_REPORTED", M, replace(live, conduct=None), **ROBOT)
    yield _case("NOT_REPORTED", M, replace(live, access=None), **ROBOT)
    for kind, second, day in ((E, 9, 99), (B, 10, 99), (B, 9, 100)):
        yield _case("NOT_REPORTED", kind, but(
            live, "conduct", messages_second=second, messages_day=day), **ROBOT)
    yield _case("FROZEN", P, view)
    yield _case("FROZEN", D, but(view, "access", open_cases=("3",)))
    yield _case("FROZEN", M, but(view, "access", open_cases=None))
    yield _case("FROZEN", M, replace(view, access=None))
    yield _case("UNKNOWN_OUTSTANDING", P, view)
    yield _case("UNKNOWN_OUTSTANDING", D, but(view, "access", unknown_order=4))
    yield _case("UNKNOWN_OUTSTANDING", M, replace(view, access=None))
    for kind, listed in ((P, DAY1 - timedelta(400)), (D, date(2025, 1, 1)), (E, DAY1), (B, DAY2)):
        yield _case("NOT_LISTED", kind, replace(
            view, instrument=replace(parse_instrument(MAIN), list_date=listed)))
    yield _case("DELISTING", P, view)
    leaving = a_view(symbol_day=a_symbol_day(delisting_session=3))
    yield _case("DELISTING", D, leaving)
    yield _case("DELISTING", P, leaving, side=SELL)
    yield _case("DELISTING", P, but(leaving, "access", permissions=frozenset({"DELISTING"})))
    yield _case("DELISTING", M, replace(leaving, access=None))
    for kind, gone in ((E, DAY2), (B, DAY1)):
        yield _case("DELISTING", kind, replace(
            view, instrument=replace(parse_instrument(MAIN), delist_date=gone)))
    yield _case("PERMISSION", P, a_view(STAR), symbol=STAR, shares=200)
    none = but(a_view(STAR), "access", permissions=frozenset())
    yield _case("PERMISSION", D, none, symbol=STAR, shares=200)
    yield _case("PERMISSION", P, none, symbol=STAR, shares=200, side=SELL)
    yield _case("PERMISSION", D, but(a_view(symbol_day=a_symbol_day(st=True)), "access",
                                     permissions=frozenset({"STAR"})))
    yield _case("PERMISSION", M, replace(a_view(STAR), access=None), symbol=STAR, shares=200)
    yield _case("RESTRICTED", P, view)
    yield _case("RESTRICTED", D, but(view, "access", restricted=True))
    yield _case("RESTRICTED", M, but(view, "access", restricted=None))
    yield _case("RESTRICTED", M, replace(view, access=None))
    for kind, skew in ((P, "0"), (D, "3600"), (E, "2"), (B, "2.001"), (E, "-2"), (B, "-2.001")):
        yield _case("CLOCK", kind, but(view, "access", clock_skew_s=CNY(skew)))
    for kind, ahead in ((P, -60), (D, 3_600), (E, 2), (B, 3)):
        yield _case("CLOCK", kind, but(view, "market", quote_ahead_s=ahead))
    yield _case("CLOCK", P, but(replace(view, quote=None), "market", quote_ahead_s=None))
    yield _case("CLOCK", M, but(view, "access", clock_skew_s=None))
    yield _case("CLOCK", M, but(view, "market", quote_ahead_s=None))
    yield _case("CLOCK", M, replace(view, access=None))
    yield _case("CLOCK", M, replace(view, market=None))
    for kind, free in ((P, 100 * GIB), (D, 0), (E, GIB), (B, GIB - 1)):
        yield _case("DB_HEALTH", kind, but(view, "access", free_disk_bytes=free))
    yield _case("DB_HEALTH", M, but(view, "access", free_disk_bytes=None))
    yield _case("DB_HEALTH", M, replace(view, access=None))
    yield _case("MODEL_DRIFT", P, view, **ROBOT)
    yield _case("MODEL_DRIFT", D, but(view, "access", drift_tripped=True), **ROBOT)
    yield _case("MODEL_DRIFT", P, but(view, "access", drift_tripped=True))      # a person
    yield _case("MODEL_DRIFT", M, but(view, "access", drift_tripped=None), **ROBOT)
    yield _case("MODEL_DRIFT", M, replace(view, access=None), **ROBOT)


def _market() -> Iterator[RiskCase]:
    view = a_view()
    yield _case("ORDER_TYPE", P, view)
    yield _case("ORDER_TYPE", D, view, type=OrderType.FILL_OR_KILL)
    yield _case("ORDER_TYPE", D, view, type=OrderType.BEST5_CANCEL, limit_cny=None)
    yield _case("PHASE", P, view)
    yield _case("PHASE", D, replace(view, phase=Phase.LUNCH))
    yield _case("PHASE", P, replace(view, phase=Phase.LUNCH), type=OrderType.FILL_OR_KILL)
    book = a_quote(bids={"9.99": 100}, asks={"10.01": 100})
    for kind, limit in ((P, "10.00"), (D, "10.90"), (E, "10.21"), (B, "10.22")):
        yield _case("PRICE_CAGE", kind, replace(view, quote=book), limit_cny=CNY(limit))
    blind = a_symbol_day(reference_cny=None)
    yield _case("PRICE_CAGE", M, replace(
        view, quote=Quote(symbol=MAIN, ts_utc=book.ts_utc, last_cny=None, prev_close_cny=None),
        last_cny=None, last_age_s=None, symbol_day=blind))
    st = a_view(symbol_day=a_symbol_day(st=True))
    for kind, bought in ((P, 0), (D, 500_000), (E, 499_900), (B, 499_901)):
        yield _case("ST_BUY_CAP", kind, replace(st, bought_today_shares=bought))
    for kind, limit in ((P, "9.01"), (D, "10.90"), (E, "10.20"), (B, "10.21")):
        yield _case("FAT_FINGER_PRICE", kind, view, limit_cny=CNY(limit))
    for kind, limit in ((P, "10.99"), (D, "9.01"), (E, "9.80"), (B, "9.79")):
        yield _case("FAT_FINGER_PRICE", kind, view, limit_cny=CNY(limit), side=SELL)
    yield _case("FAT_FINGER_PRICE", P, view, limit_cny=CNY("10.90"), override="I mean it")
    yield _case("FAT_FINGER_PRICE", D, view, limit_cny=CNY("10.90"), override="  ")
    yield _case("FAT_FINGER_PRICE", D, view, limit_cny=CNY("10.90"), override="x", **ROBOT)
    yield _case("FAT_FINGER_PRICE", B, replace(view, last_cny=None), limit_cny=CNY("10.21"))
    yield _case("FAT_FINGER_PRICE", M, replace(view, last_cny=None, symbol_day=blind))
    yield _case("FAT_FINGER_PRICE", P, view, type=OrderType.MARKET, limit_cny=None)
    for kind, price in ((P, "1"), (D, "20000"), (E, "10000"), (B, "10000.0001")):
        yield _case("FAT_FINGER_SIZE", kind, replace(view, price_cny=CNY(price)))
    yield _case("FAT_FINGER_SIZE", M, replace(view, price_cny=None))


def _volumes() -> Iterator[RiskCase]:
    view = a_view()
    for kind, volume in ((P, 10**9), (D, 100), (E, 2_000), (B, 1_999)):
        yield _case("VOLUME_SHARE", kind, but(view, "market", average_volume_shares=volume))
    yield _case("VOLUME_SHARE", M, but(view, "market", average_volume_shares=None))
    yield _case("VOLUME_SHARE", M, replace(view, market=None))
    dear = replace(view, price_cny=CNY("500.01"))
    for kind, volume in ((P, 10**9), (D, 0), (E, 400), (B, 399)):
        yield _case("RECENT_VOLUME", kind, but(dear, "market", recent_volume_shares=volume))
    quiet = but(view, "market", recent_volume_shares=0)
    yield _case("RECENT_VOLUME", E, replace(quiet, price_cny=CNY("500")))
    yield _case("RECENT_VOLUME", D, replace(quiet, price_cny=None))
    yield _case("RECENT_VOLUME", P, but(
        dear, "market", recent_volume_shares=None, recent_due=False))
    yield _case("RECENT_VOLUME", P, replace(quiet, phase=Phase.OPEN_AUCTION, market=None))
    yield _case("RECENT_VOLUME", M, but(view, "market", recent_volume_shares=None))
    yield _case("RECENT_VOLUME", M, replace(view, market=None))


def _quotes() -> Iterator[RiskCase]:
    view, book = a_view(), a_quote(bids={"9.99": 100}, asks={"10.01": 100})
    for kind, age in ((P, 0), (D, 3_600), (E, 3), (B, 4)):
        yield _case("STALE_QUOTE", kind, replace(view, last_age_s=age))
    yield _case("STALE_QUOTE", M, replace(view, last_age_s=None))
    online = but(view, "market", online=True, second_last_cny=CNY("10.00"))
    yield _case("QUOTE_DISAGREE", P, online)
    yield _case("QUOTE_DISAGREE", P, but(view, "market", second_last_cny=None))
    yield _case("QUOTE_DISAGREE", P, replace(online, last_cny=None))
    for kind, last in ((D, "11"), (E, "10.05"), (B, "10.0501"), (E, "9.95"), (B, "9.9499")):
        yield _case("QUOTE_DISAGREE", kind, replace(online, last_cny=CNY(last)))
    yield _case("QUOTE_DISAGREE", M, but(online, "market", second_last_cny=None))
    yield _case("QUOTE_DISAGREE", M, replace(online, market=None))
    yield _case("CROSSED_BOOK", P, replace(view, quote=book))
    for kind, bid in ((D, "11.00"), (E, "10.00"), (B, "10.01")):
        yield _case("CROSSED_BOOK", kind, replace(
            view, quote=a_quote(bids={bid: 100}, asks={"10.01": 100})))
    yield _case("CROSSED_BOOK", P, replace(view, quote=a_quote(bids={"10.01": 1})))
    yield _case("CROSSED_BOOK", P, replace(view, phase=Phase.OPEN_AUCTION, quote=a_quote(
        bids={"10.05": 100}, asks={"10.01": 100})))


def _conduct() -> Iterator[RiskCase]:
    view = a_view()
    yield _case("DUPLICATE", P, view, key="k")
    yield _case("DUPLICATE", D, replace(view, duplicate_of=7), key="k")
    yield _case("REPEATED", P, view)
    yield _case("REPEATED", D, but(view, "conduct", repeats=7))
    yield _case("REPEATED", P, but(view, "conduct", repeats=7, intraday=False))
    for kind, side, limit in ((P, OrderSide.BUY, "10.50"), (D, OrderSide.BUY, None),
                              (E, OrderSide.BUY, "10.01"), (B, OrderSide.BUY, "10.00"),
                              (E, SELL, "9.99"), (B, SELL, "10.00")):
        yield _case("SELF_TRADE", kind, but(
            view, "conduct", own_opposite=((7, None if limit is None else CNY(limit)),)), side=side)
    crossing = but(view, "conduct", own_opposite=((7, CNY("10.50")),))
    yield _case("SELF_TRADE", D, crossing, type=OrderType.BEST5_CANCEL, limit_cny=None)
    for field, kinds in (("sent_second", (4, 5, 9)), ("sent_minute", (59, 60, 70)),
                         ("sent_day", (1_999, 2_000, 2_500))):
        for kind, sent in zip((E, B, D), kinds, strict=True):
            yield _case("RATE", kind, but(view, "conduct", **{field: sent}))
    yield _case("RATE", P, view)
    yield _case("RATE", P, but(view, "conduct", sent_second=5, sent_minute=60, intraday=False))
    yield _case("RATE", D, but(view, "conduct", sent_day=2_000, intraday=False))
    wild = replace(view, settings=replace(
        view.settings, orders_per_second=900, orders_per_day=90_000, orders_per_minute=90_000))
    for kind, second, day in ((E, 49, 4_999), (B, 50, 0), (B, 0, 5_000)):
        yield _case("RATE", kind, but(wild, "conduct", sent_second=second, sent_day=day))


def _manners() -> Iterator[RiskCase]:
    view = a_view()
    for kind, sent in ((P, 0), (D, 300), (E, 19), (B, 20)):
        yield _case("BURST", kind, but(view, "conduct", messages_second=sent))
    yield _case("BURST", P, but(view, "conduct", messages_second=20, intraday=False))
    for kind, sent, gone in ((P, 100, 1), (D, 100, 99), (E, 20, 10), (B, 20, 11), (E, 19, 19)):
        yield _case("CANCEL_RATIO", kind, but(view, "conduct", sent_day=sent, cancels_day=gone))
    many = but(view, "conduct", sent_day=30, cancels_day=30, quick_cancels_day=30)
    for code in ("CANCEL_RATIO", "QUICK_CANCEL"):
        yield _case(code, P, many, side=SELL)
        yield _case(code, D, many, side=SELL, **ROBOT)
    for kind, quick in ((P, 0), (D, 50), (E, 9), (B, 10)):
        yield _case("QUICK_CANCEL", kind, but(view, "conduct", quick_cancels_day=quick))


def _programs() -> Iterator[RiskCase]:
    view, nothing = a_view(), a_view(conduct=None)
    planned = but(view, "conduct", plan_shares=1_000, plan_sent_shares=900)
    yield _case("PARENT_CAP", P, view)
    yield _case("PARENT_CAP", D, but(planned, "conduct", plan_sent_shares=5_000), plan_id=3)
    yield _case("PARENT_CAP", E, planned, plan_id=3)
    yield _case("PARENT_CAP", B, but(planned, "conduct", plan_sent_shares=901), plan_id=3)
    yield _case("PARENT_CAP", M, but(planned, "conduct", plan_shares=None), plan_id=3)
    yield _case("PARENT_CAP", M, nothing, plan_id=3)
    for kind, losses in ((P, 0), (D, 50), (E, 4), (B, 5)):
        yield _case("LOSS_STREAK", kind, but(view, "conduct", losses_in_row=losses), **ROBOT)
    yield _case("LOSS_STREAK", P, but(view, "conduct", losses_in_row=50))
    for kind, rejects in ((P, 0), (D, 50), (E, 4), (B, 5)):
        yield _case("REJECT_STORM", kind, but(view, "conduct", rejects_minute=rejects), **ROBOT)
    yield _case("REJECT_STORM", P, but(view, "conduct", rejects_minute=50))
    yield _case("REJECT_STORM", P, but(view, "conduct", rejects_minute=50, intraday=False), **ROBOT)
    for code in ("REPEATED", "SELF_TRADE", "RATE", "BURST", "CANCEL_RATIO", "QUICK_CANCEL",
                 "LOSS_STREAK", "REJECT_STORM", "PRICE_PUSH", "LARGE_TRADES"):
        yield _case(code, M, nothing, **ROBOT)


def _trades() -> Iterator[RiskCase]:
    view = a_view()
    pushing = but(but(view, "conduct", own_minute_shares=300), "market",
                  minute_volume_shares=1_000, minute_move_ratio=CNY("0.02"))
    yield _case("PRICE_PUSH", P, view)
    yield _case("PRICE_PUSH", D, but(pushing, "market", minute_move_ratio=CNY("0.09")))
    yield _case("PRICE_PUSH", E, but(pushing, "market", minute_move_ratio=CNY("0.0199")))
    yield _case("PRICE_PUSH", E, but(pushing, "conduct", own_minute_shares=299))
    yield _case("PRICE_PUSH", B, pushing)
    yield _case("PRICE_PUSH", P, pushing, side=SELL)
    yield _case("PRICE_PUSH", B, but(pushing, "market", minute_move_ratio=CNY("-0.02")), side=SELL)
    yield _case("PRICE_PUSH", P, but(pushing, "conduct", intraday=False))
    yield _case("PRICE_PUSH", M, but(pushing, "market", minute_move_ratio=None))
    yield _case("PRICE_PUSH", M, but(pushing, "market", minute_volume_shares=None))
    yield _case("PRICE_PUSH", M, replace(pushing, market=None))
    for kind, amount in ((P, "0"), (D, "9000000"), (E, "4999000.00"), (B, "4999000.01")):
        yield _case("LARGE_TRADES", kind, but(
            replace(view, price_cny=CNY("10.00")), "conduct", own_recent_cny=CNY(amount)))
    yield _case("LARGE_TRADES", P, but(view, "conduct", own_recent_cny=CNY("9e9"), intraday=False))
    yield _case("LARGE_TRADES", M, replace(view, price_cny=None))


def _limits() -> Iterator[RiskCase]:
    view, nothing = a_view(), a_view(exposure=None)
    fen = Decimal("0.01")
    for code, field, limit, step in (
            ("DAY_LOSS", "day_loss_cny", CNY("5000.00"), fen),
            ("DRAWDOWN", "drawdown_ratio", CNY("0.15"), CNY("0.0001"))):
        for kind, value in ((P, CNY(0)), (D, limit * 2), (E, limit - step), (B, limit)):
            yield _case(code, kind, but(view, "exposure", **{field: value}))
        yield _case(code, P, but(view, "exposure", **{field: limit * 2}), side=SELL)
        yield _case(code, M, but(view, "exposure", **{field: None}))
        yield _case(code, M, nothing)
    for code, field, limit, step in (
            ("CONCENTRATION", "position_ratio", CNY("0.20"), CNY("0.0001")),
            ("SECTOR", "sector_ratio", CNY("0.40"), CNY("0.0001")),
            ("GROSS", "gross_ratio", CNY(1), CNY("0.0001")),
            ("VAR", "var_ratio", CNY("0.05"), CNY("0.0001")),
            ("COUNT", "names", CNY(50), CNY(1))):
        for kind, amount in ((P, limit / 2), (D, limit * 2), (E, limit), (B, limit + step)):
            yield _case(code, kind, but(view, "exposure", **{field: amount}))
        yield _case(code, P, but(view, "exposure", **{field: limit * 2}), side=SELL)
        yield _case(code, M, but(view, "exposure", **{field: None}))
        yield _case(code, M, but(view, "exposure", **{field: None}, equity_cny=None))
        yield _case(code, M, nothing)
    yield _case("SECTOR", D, but(view, "exposure", sector="banks", sector_ratio=CNY("0.41")))


CASES = (*_exchange(), *_access(), *_market(), *_volumes(), *_quotes(), *_conduct(),
         *_manners(), *_programs(), *_trades(), *_limits())
