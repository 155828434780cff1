"""Lots, dividends, receivables and rights as JSON text of a ledger row, and back."""

import json
from datetime import date
from decimal import Decimal

from core.money import from_e4, to_e4
from core.types import Dividend, Lot, Receivable, Right


def lots_text(lots: tuple[Lot, ...]) -> str:
    return json.dumps([[lot.opened.isoformat(), lot.since.isoformat(), lot.shares,
                        to_e4(lot.cost_cny)] for lot in lots]) if lots else "[]"


def lots_of(text: str) -> tuple[Lot, ...]:
    return tuple(Lot(opened=date.fromisoformat(opened), since=date.fromisoformat(since),
                     shares=shares, cost_cny=from_e4(cost_e4))
                 for opened, since, shares, cost_e4 in json.loads(text))


def dividends_text(dividends: tuple[Dividend, ...]) -> str:
    return json.dumps([[each.ex_date.isoformat(), each.entitled_shares,
                        str(each.taxable_per_share_cny)]
                       for each in dividends]) if dividends else "[]"


def dividends_of(text: str) -> tuple[Dividend, ...]:
    return tuple(Dividend(ex_date=date.fromisoformat(day), entitled_shares=shares,
                          taxable_per_share_cny=Decimal(taxable))
                 for day, shares, taxable in json.loads(text))


def receivables_text(receivables: tuple[Receivable, ...]) -> str:
    return json.dumps([[each.symbol, each.ex_date.isoformat(), each.due.isoformat(),
                        to_e4(each.cash_cny), each.shares, each.derived]
                       for each in receivables]) if receivables else "[]"


def receivables_of(text: str) -> tuple[Receivable, ...]:
    return tuple(Receivable(
        symbol=symbol, ex_date=date.fromisoformat(ex_date), due=date.fromisoformat(due),
        cash_cny=from_e4(cash_e4), shares=shares, derived=derived)
        for symbol, ex_date, due, cash_e4, shares, derived in json.loads(text))


def rights_text(rights: tuple[Right, ...]) -> str:
    return json.dumps([[each.symbol, each.ex_date.isoformat(), each.shares,
                        to_e4(each.price_cny), each.until.isoformat()]
                       for each in rights]) if rights else "[]"


def rights_of(text: str) -> tuple[Right, ...]:
    return tuple(Right(symbol=symbol, ex_date=date.fromisoformat(ex_date), shares=shares,
                       price_cny=from_e4(price_e4), until=date.fromisoformat(until))
                 for symbol, ex_date, shares, price_e4, until in json.loads(text))
