from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.calendar import exchange_calendar
from core.symbols import parse_instrument
from core.types import ActionRow, DayFacts, Instrument, Kind, Position
from trading.entitlements import AnnouncedActions, Entitlements
from trading.ex_dates import Credit

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


def credit_of(action: ActionRow, kind: Kind = Kind.STOCK) -> Credit:
    actions = Actions(action)
    actions._instrument = replace(actions._instrument, kind=kind)
    (credit,) = Entitlements(actions, exchange_calendar()).day_start(
        holding(100), FRIDAY, MONDAY).credits
    return credit


def test_cash_and_a_bonus_from_profits_are_income_and_a_capitalisation_is_not() -> None:
    action = replace(an_action(MONDAY, cash="0.5", bonus="0.3"), par_per_share=Decimal("0.1"))

    assert credit_of(action).taxable_per_share_cny == Decimal("0.6")
    assert credit_of(action).entitled_shares == 100


def test_no_tax_is_guessed_on_a_derived_ex_date_nor_taken_from_funds() -> None:
    derived = replace(an_action(MONDAY, cash="5"), derived=True)

    assert credit_of(derived).taxable_per_share_cny == 0
    assert credit_of(derived).derived
    assert credit_of(an_action(MONDAY, cash="5"), Kind.ETF).taxable_per_share_cny == 0


def test_rights_are_whole_shares_and_stand_until_their_last_day() -> None:
    issue = replace(an_action(MONDAY), rights_per_share=Decimal("0.3"),
                    rights_price_cny=Decimal("4.00"))
    told = Actions(replace(issue, rights_until=TUESDAY))
    of = Entitlements(Actions(issue), exchange_calendar()).day_start(holding(109), FRIDAY, MONDAY)

    assert [(r.shares, r.until) for r in of.rights] == [(32, date(2025, 3, 14))]
    (right,) = Entitlements(told, exchange_calendar()).day_start(
        holding(109), FRIDAY, MONDAY).rights
    assert right.until == TUESDAY
    assert Entitlements(Actions(replace(issue, rights_price_cny=None)), exchange_calendar()
                        ).day_start(holding(109), FRIDAY, MONDAY).rights == ()


def test_an_announced_action_wins_over_a_derived_one() -> None:
    derived = replace(an_action(MONDAY, cash="5"), derived=True)
    both = AnnouncedActions(Actions(derived, an_action(TUESDAY)), [an_action(MONDAY, bonus="1")])

    found = both.action(SYMBOL, MONDAY)
    assert found is not None
    assert found.bonus_per_share == 1
    assert not found.derived
    assert both.action(SYMBOL, TUESDAY) == an_action(TUESDAY)
    assert both.instrument(SYMBOL) is not None
    assert both.day_facts(SYMBOL, MONDAY) is None
