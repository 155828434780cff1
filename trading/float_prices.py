"""Prices and amounts that a broker's library gives as binary floats, back to what they meant."""

from decimal import Decimal, InvalidOperation

from core.exceptions import DataError
from core.limits import tick_cny
from core.money import UNIT, is_price, to_fen, to_tick
from core.symbols import parse_instrument

# A float carries about 15 digits: what is nearer to the grid than this was meant to lie on it.
_FLOAT_NOISE = Decimal("0.000001")


def price_in(text: object, symbol: str) -> Decimal:
    """The price that a float meant: on the grid where it is nearer to it than float noise.

    A price off the grid stays as it is: the order core decides what to do with it.

    Args:
        text: the float's shortest text (its repr).

    Raises:
        ValueError: no positive number.
    """
    exact = _number(text)
    if not is_price(exact):
        raise ValueError(f"{text!r} is no price")
    nearest = to_tick(exact, _grid(symbol))
    return nearest if abs(exact - nearest) < _FLOAT_NOISE else exact


def amount_in(text: object) -> Decimal:
    """An amount to the fen; a float cannot be trusted with more. ValueError: no number."""
    exact = _number(text)
    if not exact.is_finite():
        raise ValueError(f"{text!r} is no amount")
    return to_fen(exact)


def _number(text: object) -> Decimal:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None


def _grid(symbol: str) -> Decimal:
    try:
        return tick_cny(parse_instrument(symbol).board)
    except (LookupError, ValueError, DataError):
        return UNIT                # entered by hand in something that we do not trade
