from datetime import date

from core.types import DayFacts
from tests.support.desk import CNY, DAY1, DAY2, FUND, MAIN, STAR, Reference
from trading.day_rules import DayRules


class Counting(Reference):
    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def day_facts(self, symbol: str, day: date) -> DayFacts | None:
        self.asked += 1
        return super().day_facts(symbol, day)


def test_a_day_is_looked_up_once_and_a_new_day_again() -> None:
    reference = Counting()
    rules = DayRules(reference)
    for _ in range(3):
        rules.of(MAIN, DAY1)
    assert reference.asked == 1
    rules.of(MAIN, DAY2)
    rules.forget()
    rules.of(MAIN, DAY2)
    assert reference.asked == 3


def test_the_rules_of_each_board_are_at_hand() -> None:
    rules = DayRules(Reference())
    main, star, fund = (rules.of(symbol, DAY1) for symbol in (MAIN, STAR, FUND))

    assert main is not None
    assert main.band is not None
    assert (main.band.down_cny, main.band.up_cny) == (CNY("9.00"), CNY("11.00"))
    assert star is not None
    assert star.step_shares == 1
    assert fund is not None
    assert fund.tick_cny == CNY("0.001")


def test_nobody_knows_an_unknown_symbol_and_no_band_is_made_up() -> None:
    reference = Reference()
    reference.reference_cny[MAIN] = None
    rules = DayRules(reference)

    assert rules.of("600000.SH", DAY1) is None
    day = rules.of(MAIN, DAY1)
    assert day is not None
    assert day.band is None


def test_published_limits_win_and_a_difference_to_the_formula_is_counted_once_a_day() -> None:
    reference = Reference()
    reference.more[MAIN] = {"limit_up_cny": CNY("10.50"), "limit_down_cny": CNY("9.50")}
    reference.more[STAR] = {"limit_up_cny": CNY("60.00"), "limit_down_cny": CNY("40.00")}
    rules = DayRules(reference)
    for symbol in (MAIN, MAIN, STAR):
        day = rules.of(symbol, DAY1)

    assert rules.limit_mismatches == 1
    assert day is not None
    main = rules.of(MAIN, DAY1)
    assert main is not None
    assert main.band is not None
    assert main.band.up_cny == CNY("10.50")
