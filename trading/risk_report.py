"""The value at risk of what is held, by all three methods, and whether the measure holds: a table.

Kupiec's test is run on the present holdings over their own past: each session's loss against the
measure of the sessions before it. Simulated losses are not tested so: they repeat the sample's
own covariance.
"""

import csv
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from core.calendar import TradingCalendar
from core.money import fen_half_up_e4, from_e4, from_float, to_e4
from core.ports import MarketData, OrderStore
from core.types import Account, Adjust, Period, Position
from trading.market_history import History, market_past
from trading.var import Floats, Kupiec, Measure, ReturnTable, backtest, monte_carlo, parametric
from trading.var import historical as past_losses
from utils.whole_file import whole_file

RISK_HEADER = (
    "account", "data", "trading_day", "confidence", "method", "value_at_risk_cny",
    "expected_shortfall_cny", "value_at_risk_ratio", "kupiec_days", "kupiec_exceptions",
    "kupiec_ratio", "kupiec_p_value", "kupiec_rejected", "without_history")
_GRAIN = Decimal("0.0001")
_DAY_S, _EPOCH_ORDINAL = 86_400, 719_163       # of 1970-01-01


def export_risk(
    store: OrderStore, market: MarketData, calendar: TradingCalendar, confidence: Decimal,
    file: Path,
) -> int:
    """Write the active account's measures as CSV; how many rows. DataError: not writable."""
    rows = list(risk_rows(store, market, calendar, confidence))
    with whole_file(file) as part, part.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(RISK_HEADER)
        writer.writerows(rows)
    return len(rows)


def risk_rows(
    store: OrderStore, market: MarketData, calendar: TradingCalendar, confidence: Decimal
) -> Iterable[tuple[object, ...]]:
    """A row for each method; none before there is an account."""
    found = store.load()
    account = found.account
    if account is None:
        return
    amounts = {position.symbol: _worth_e4(market, account, position)
               for position in found.positions if position.held_shares}
    day, level = account.trading_day + timedelta(days=1), float(confidence)
    table = ReturnTable(History(market_past(market), calendar).returns, day)
    for symbol, amount_e4 in amounts.items():
        table.hold(symbol, amount_e4)
    pnl, equity_e4 = table.pnl(), to_e4(account.cash_cny) + sum(amounts.values())
    lacking = " ".join(symbol for symbol in amounts if table.row(symbol) is None)
    for name, measure, test in (
            ("historical", past_losses(pnl, level), backtest(pnl, level, past_losses)),
            ("parametric", parametric(pnl, level), backtest(pnl, level, parametric)),
            ("monte carlo", _simulated(table, amounts, level), None)):
        yield (account.account_id, market.origin.value, account.trading_day, confidence, name,
               *_figures(measure, equity_e4), *_verdict(test), lacking)


def _simulated(table: ReturnTable, amounts: dict[str, int], level: float) -> Measure:
    return monte_carlo(*table.matrix(amounts), level) if amounts else Measure(0.0, 0.0)


def _figures(measure: Measure, equity_e4: int) -> tuple[object, ...]:
    ratio = from_float(measure.var / equity_e4, grain=_GRAIN) if equity_e4 > 0 else ""
    return from_e4(round(measure.var)), from_e4(round(measure.shortfall)), ratio


def _verdict(test: Kupiec | None) -> tuple[object, ...]:
    if test is None:
        return ("",) * 5
    return (test.days, test.exceptions, from_float(test.ratio, grain=_GRAIN),
            from_float(test.p_value, grain=_GRAIN), "yes" if test.rejected else "no")


def _worth_e4(market: MarketData, account: Account, position: Position) -> int:
    """At the newest close that the account has seen; at cost where there never was one."""
    bars = market.bars(position.symbol, Period.DAY, Adjust.NONE)
    days = np.asarray(bars.ts_s, dtype=np.int64) // _DAY_S
    seen: Floats = np.asarray(bars.close_cny)[
        days <= account.trading_day.toordinal() - _EPOCH_ORDINAL]
    if not len(seen):
        return to_e4(position.cost_cny)
    return fen_half_up_e4(to_e4(from_float(seen[-1])) * position.held_shares, 1)
