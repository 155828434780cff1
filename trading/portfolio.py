"""What the account is worth at given prices: a live view of a snapshot. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.money import to_fen
from core.types import DeskSnapshot, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A position at a price. None: the price is not known, so neither is what follows from it."""

    position: Position
    last_cny: Decimal | None
    market_value_cny: Decimal | None
    unrealised_cny: Decimal | None         # market value less cost, fees of the purchase included
    share_ratio: Decimal | None            # of total equity


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """All holdings together. The sums are None as soon as one held symbol has no price."""

    holdings: tuple[Holding, ...]
    cash_cny: Decimal
    market_value_cny: Decimal | None
    unrealised_cny: Decimal | None
    realised_cny: Decimal
    equity_cny: Decimal | None


def portfolio(snapshot: DeskSnapshot, prices_cny: Mapping[str, Decimal]) -> Portfolio:
    """Value what is held at the newest prices known.

    Args:
        prices_cny: last price by symbol; a symbol that is missing is unknown, never zero.
    """
    held = [p for p in snapshot.positions if p.held_shares]
    values = [_value(p, prices_cny.get(p.symbol)) for p in held]
    cash_cny = snapshot.account.cash_cny
    total = _sum(values)
    equity_cny = None if total is None else cash_cny + total
    holdings = tuple(
        Holding(position=p, last_cny=prices_cny.get(p.symbol), market_value_cny=value,
                unrealised_cny=None if value is None else value - p.cost_cny,
                share_ratio=value / equity_cny if value is not None and equity_cny else None)
        for p, value in zip(held, values, strict=True))
    return Portfolio(
        holdings=holdings, cash_cny=cash_cny, market_value_cny=total,
        unrealised_cny=_sum([holding.unrealised_cny for holding in holdings]),
        realised_cny=sum((p.realised_cny for p in snapshot.positions), Decimal("0.00")),
        equity_cny=equity_cny)


def _value(position: Position, price_cny: Decimal | None) -> Decimal | None:
    return None if price_cny is None else to_fen(price_cny * position.held_shares)


def _sum(values: list[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal("0.00")) if len(known) == len(values) else None
