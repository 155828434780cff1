from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.calendar import exchange_calendar
from core.symbols import parse_instrument
from core.types import ActionRow, DayFacts, Instrument, Position
from trading.entitlements import Entitlements

SYMBOL = "600519.SH"
FRIDAY, MONDAY, TUESDAY = date(2025, 3, 7), date(2025, 3, 10), date(2025, 3, 11)


class Actions:
    """Reference data of one instrument with some ex-dates."""

    def __init__(self, *rows: ActionRow, delisted: date | None = None) -> None:
        self._rows = {row.ex_date: row for row in rows}
        self._instrument = replace(parse_instrument(SYMBOL), delist_date=delisted)

    def instrument(self, symbol: str) -> Instrument | None:
        return self._instrument if symbol == SYMBOL else None

    def day_facts(self, symbol: str, day: date) -> DayFacts | None:
        return None

    def action(self, symbol: str, day: date) -> ActionRow | None:
        return self._rows.get(day) if symbol == SYMBOL else None


def an_action(day: date, *, cash: str = "0", bonus: str = "0") -> ActionRow:
    return ActionRow(symbol=SYMBOL, ex_date=day, cash_per_share_cny=Decimal(cash),
                     bonus_per_share=Decimal(bonus))


def holding(shares: int) -> dict[str, Position]:
    return {SYMBOL: Position(symbol=SYMBOL, held_shares=shares, bought_today_shares=0,
                             on_sale_shares=0, cost_cny=Decimal("1.00"))}


def credits(actions: Actions, shares: int, since: date, day: date) -> list[tuple[date, str, int]]:
    start = Entitlements(actions, exchange_calendar()).day_start(holding(shares), since, day)
    return [(c.ex_date, str(c.cash_cny), c.bonus_shares) for c in start.credits]


def test_cash_is_credited_half_up_to_the_fen_and_bonus_shares_are_rounded_down() -> None:
    actions = Actions(an_action(MONDAY, cash="0.0335", bonus="0.15"))

    assert credits(actions, 301, FRIDAY, MONDAY) == [(MONDAY, "10.08", 45)]


def test_the_day_the_ledger_stands_at_is_not_credited_twice() -> None:
    assert credits(Actions(an_action(MONDAY, cash="1")), 100, MONDAY, TUESDAY) == []


def test_a_ledger_that_stood_still_gets_every_missed_ex_date_in_order() -> None:
    actions = Actions(an_action(MONDAY, bonus="1"), an_action(TUESDAY, cash="1"))

    assert credits(actions, 100, FRIDAY, TUESDAY) == [
        (MONDAY, "0.00", 100), (TUESDAY, "200.00", 0)]


def test_what_is_not_held_earns_nothing() -> None:
    assert credits(Actions(an_action(MONDAY, cash="1")), 0, FRIDAY, MONDAY) == []


def test_a_delisted_holding_is_written_off() -> None:
    of = Entitlements(Actions(delisted=MONDAY), exchange_calendar())

    assert of.day_start(holding(100), FRIDAY, MONDAY).write_offs == (SYMBOL,)
    later = Entitlements(Actions(delisted=TUESDAY), exchange_calendar())
    assert later.day_start(holding(100), FRIDAY, MONDAY).write_offs == ()
