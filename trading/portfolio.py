"""What the account is worth at given prices: a live view of a snapshot. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from core.money import UNIT, to_fen
from core.types import DeskSnapshot, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A position at a price. None: the price is not known, so neither is what follows from it."""

    position: Position
    last_cny: Decimal | None
    market_value_cny: Decimal | None
    unrealised_cny: Decimal | None         # market value less cost, fees of the purchase included
    share_ratio: Decimal | None            # of total equity
    average_cny: Decimal | None            # cost of one share, to the ledger's grain
    diluted_cny: Decimal | None            # the same, less what was realised on it; may be negative


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """All holdings together. The sums are None as soon as one held symbol has no price."""

    holdings: tuple[Holding, ...]
    cash_cny: Decimal
    market_value_cny: Decimal | None
    unrealised_cny: Decimal | None
    realised_cny: Decimal                  # of all time; the next three are contained in it
    fees_cny: Decimal                      # of all trades, purchases of what is held included
    dividend_cny: Decimal                  # before tax
    dividend_tax_cny: Decimal
    receivable_cny: Decimal                # owned and not arrived: dividends, subscribed shares
    equity_cny: Decimal | None             # cash, receivables and market value


def portfolio(snapshot: DeskSnapshot, prices_cny: Mapping[str, Decimal]) -> Portfolio:
    """Value what is held at the newest prices known.

    Args:
        prices_cny: last price by symbol; a symbol that is missing is unknown, never zero.
    """
    held = [p for p in snapshot.positions if p.held_shares]
    values = [_value(p, prices_cny.get(p.symbol)) for p in held]
    cash_cny = snapshot.account.cash_cny
    total = _sum(values)
    receivable_cny = snapshot.account.receivable_cny
    equity_cny = None if total is None else cash_cny + receivable_cny + total
    holdings = tuple(
        Holding(position=p, last_cny=prices_cny.get(p.symbol), market_value_cny=value,
                unrealised_cny=None if value is None else value - p.cost_cny,
                share_ratio=value / equity_cny if value is not None and equity_cny else None,
                average_cny=_each(p.cost_cny, p), diluted_cny=_each(p.diluted_cost_cny, p))
        for p, value in zip(held, values, strict=True))
    return Portfolio(
        holdings=holdings, cash_cny=cash_cny, market_value_cny=total,
        unrealised_cny=_sum([holding.unrealised_cny for holding in holdings]),
        realised_cny=_total(p.realised_cny for p in snapshot.positions),
        fees_cny=_total(p.fees_cny for p in snapshot.positions),
        dividend_cny=_total(p.dividend_cny for p in snapshot.positions),
        dividend_tax_cny=_total(p.dividend_tax_cny for p in snapshot.positions),
        receivable_cny=receivable_cny, equity_cny=equity_cny)


def _each(amount_cny: Decimal, position: Position) -> Decimal | None:
    """Of one share; None: none is held."""
    shares = position.held_shares
    return (amount_cny / shares).quantize(UNIT, ROUND_HALF_UP) if shares else None


def _total(amounts_cny: Iterable[Decimal]) -> Decimal:
    return sum(amounts_cny, Decimal("0.00"))


def _value(position: Position, price_cny: Decimal | None) -> Decimal | None:
    return None if price_cny is None else to_fen(price_cny * position.held_shares)


def _sum(values: list[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal("0.00")) if len(known) == len(values) else None
