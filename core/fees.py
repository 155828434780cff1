"""What an order costs, by date and exchange."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from core.constants import FEES, FeeRow, in_force
from core.exceptions import DataError
from core.money import FEN
from core.types import Board, Exchange, Fees, Instrument, OrderSide

_STOCKS = frozenset({Board.MAIN, Board.CHINEXT, Board.STAR, Board.BSE})
_UNTAXED = frozenset({Board.FUND, Board.CONVERTIBLE})      # no stamp duty, no transfer fee
_ZERO = Decimal("0.00")


class FeeRates(NamedTuple):
    """Ratios of the amount, and the face-value transfer fee per share. None: not known."""

    stamp_duty: Decimal
    transfer_fee: Decimal
    transfer_cny_per_share: Decimal
    transfer_uncertain: bool             # the rate behind it is unverified (grade U)
    handling: Decimal | None
    regulatory: Decimal | None


@lru_cache(maxsize=32_768)
def fee_rates(exchange: Exchange, board: Board, side: OrderSide, on: date) -> FeeRates:
    """The charges besides commission on one side of a trade.

    Raises:
        DataError: a board that is not traded here, or a day before the first row of a charge
            (stamp duty: 2007-05-30).
    """
    if board in _UNTAXED:
        return FeeRates(_ZERO, _ZERO, _ZERO, False, None, None)
    if board not in _STOCKS:
        raise _unknown(f"fees of {board.name} instruments", on)
    stamp = _row("stamp_duty", exchange, on)
    transfer = _row("transfer_fee", exchange, on)
    if stamp is None or transfer is None:
        raise _unknown("stamp duty and transfer fee", on)
    return FeeRates(
        stamp_duty=stamp.rate_pct / 100 if stamp.side in (None, side) else _ZERO,
        transfer_fee=transfer.rate_pct / 100,
        transfer_cny_per_share=transfer.cny_per_share,
        transfer_uncertain=transfer.grade == "U",
        handling=_ratio("handling", exchange, on),
        regulatory=_ratio("regulatory", exchange, on),
    )


def order_fees(
    *, side: OrderSide, instrument: Instrument, amount_cny: Decimal, shares: int, on: date,
    commission_rate: Decimal, commission_min_cny: Decimal, all_in: bool = True,
) -> Fees:
    """What the whole order has cost so far, each item half up to 0.01 CNY.

    Args:
        amount_cny: sum of price x shares of all its fills; zero costs nothing.
        commission_rate: ratio (0.0003 is 0.03 %).
        commission_min_cny: least commission of an order, not of a fill: a later fill pays the
            difference to what the order was charged before.
        all_in: True: commission contains the exchange's handling and the regulatory fee.

    Raises:
        DataError: a day or a board whose fees are not known; nothing is assumed free.
    """
    if amount_cny == 0:
        return _NOTHING
    rates = fee_rates(instrument.exchange, instrument.board, side, on)
    handling = regulatory = _ZERO
    if not all_in:
        if rates.handling is None or rates.regulatory is None:
            raise _unknown(f"handling and regulatory fee of {instrument.symbol}", on)
        handling = _fen(amount_cny * rates.handling)
        regulatory = _fen(amount_cny * rates.regulatory)
    transfer_cny = amount_cny * rates.transfer_fee
    if rates.transfer_cny_per_share:
        transfer_cny += shares * rates.transfer_cny_per_share
    return Fees(
        commission_cny=max(commission_min_cny, _fen(amount_cny * commission_rate)),
        stamp_duty_cny=_fen(amount_cny * rates.stamp_duty),
        transfer_fee_cny=_fen(transfer_cny),
        handling_cny=handling,
        regulatory_cny=regulatory,
    )


_NOTHING = Fees()


def _fen(value_cny: Decimal) -> Decimal:
    return value_cny.quantize(FEN, ROUND_HALF_UP)


def _row(item: str, exchange: Exchange, on: date) -> FeeRow | None:
    rows = [
        row for row in in_force(FEES, on)
        if row.item == item and row.exchange in (None, exchange)
    ]
    return rows[-1] if rows else None


def _ratio(item: str, exchange: Exchange, on: date) -> Decimal | None:
    row = _row(item, exchange, on)
    return None if row is None else row.rate_pct / 100


def _unknown(what: str, on: date) -> DataError:
    return DataError(
        f"fees not known for {on}", why=f"there is no row for the {what}",
        remedy="Choose a later first day, or add the row with its source to core/constants.py",
    )
