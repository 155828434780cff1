"""The oracle is judged too: by the notes' own figures, by invariants and by planted defects."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import daily_orders
from tests.oracle import market_facts as facts
from tests.oracle.answer import OracleResult, money, price_text
from tests.oracle.bars import SymbolBars, published_limit_e4, read_bars
from tests.oracle.daily_orders import run_oracle
from tests.oracle.invariants import Setting, violations
from tests.oracle.market_facts import Action, FeeTerms, fees_of, limit_prices
from tests.oracle.order_list import Listing, parse_orders, read_actions, read_listings
from tests.oracle.random_bars import random_market
from tests.oracle.random_orders import random_orders
from tests.oracle.sessions import closures, session_age, sessions_between
from tests.support.hand_worked import PLAYED, play_oracle, wrong_rows

CODES = {
    "UNKNOWN_INSTRUMENT", "NOT_A_SESSION", "SUSPENDED", "NO_REFERENCE", "TICK", "PRICE_LIMIT",
    "LOT", "ODD_LOT", "MAX_QTY", "T1_SELLABLE", "CASH",
}
CASH = "1000000.00"
SEEDS = range(18)


@dataclass(frozen=True)
class Played:
    setting: Setting
    result: OracleResult


def play_seed(seed: int, folder: Path, count: int = 150) -> Played:
    paths = random_market(seed).write(folder)
    bars = read_bars([paths["bars"]])
    listings = read_listings(paths["instruments"]) if "instruments" in paths else {}
    actions = read_actions(paths["actions"]) if "actions" in paths else None
    orders = parse_orders(random_orders(bars, seed, count))
    result = run_oracle(bars, orders, listings, actions, initial_cash=CASH)
    return Played(Setting(bars, Decimal(CASH), listings, actions), result)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> list[Played]:
    return [play_seed(seed, tmp_path_factory.mktemp("bars")) for seed in SEEDS]


# --- its tables against the figures of the note -----------------------------------------------


def test_the_calendar_has_605_closures_and_the_known_number_of_sessions() -> None:
    counts = {year: len(sessions_between(date(year, 1, 1), date(year, 12, 31)))
              for year in (2015, 2018, 2020, 2022, 2024, 2026)}

    assert len(closures()) == 605
    assert counts == {2015: 244, 2018: 243, 2020: 243, 2022: 242, 2024: 242, 2026: 242}


@pytest.mark.parametrize(
    ("reference", "percent", "up", "down"),
    [
        ("1.72", 10, "1.89", "1.55"), ("2.46", 10, "2.71", "2.21"),
        ("11.74", 10, "12.91", "10.57"), ("28.31", 10, "31.14", "25.48"),
        ("4.51", 5, "4.74", "4.28"), ("2.12", 5, "2.23", "2.01"),
        ("228.82", 20, "274.58", "183.06"), ("199.52", 20, "239.42", "159.62"),
        ("0.04", 10, "0.05", "0.03"),
    ],
)
def test_price_limits_equal_the_recorded_ones(
    reference: str, percent: int, up: str, down: str
) -> None:
    limits = limit_prices(int(Decimal(reference) * 10_000), Fraction(percent, 100), 100)

    assert limits == (int(Decimal(down) * 10_000), int(Decimal(up) * 10_000))


@pytest.mark.parametrize(
    ("on", "stamp", "transfer"),
    [
        (date(2023, 8, 25), 1000, 10), (date(2023, 8, 28), 500, 10),
        (date(2022, 4, 28), 1000, 20), (date(2015, 9, 1), 1000, 20),
        (date(2015, 7, 31), 1000, 60),
    ],
)
def test_fees_of_the_worked_example(on: date, stamp: int, transfer: int) -> None:
    terms = FeeTerms(Fraction("0.00025"), 500, all_in=True)

    fees = fees_of("600519.SH", "SELL", 1000, 1_000_000, on, terms)

    assert (fees.commission, fees.stamp_duty, fees.transfer_fee) == (500, stamp, transfer)


def test_the_exchange_fees_are_added_only_when_commission_does_not_contain_them() -> None:
    terms = FeeTerms(Fraction("0.0003"), 500, all_in=False)

    fees = fees_of("600519.SH", "BUY", 10_000, 10_000_000, date(2024, 3, 8), terms)

    assert (fees.handling, fees.regulatory) == (341, 200)
    assert fees.total == 3000 + 100 + 341 + 200


@pytest.mark.parametrize(
    ("close", "cash", "bonus", "reference"),
    [("12.00", "0.40", "0.2", "9.67"), ("337.00", "3.974", "2.0", "111.01")],
)
def test_ex_prices_of_the_note(close: str, cash: str, bonus: str, reference: str) -> None:
    none = Fraction(0)
    action = Action("x", date(2024, 3, 8), Fraction(cash), Fraction(bonus), none, none)

    value = facts.ex_price_e4(int(Decimal(close) * 10_000), [action], 100)

    assert price_text(value) == reference


@pytest.mark.parametrize(
    ("symbol", "board"),
    [
        ("600519.SH", facts.MAIN), ("003816.SZ", facts.MAIN), ("302132.SZ", facts.CHINEXT),
        ("689009.SH", facts.STAR), ("832000.BJ", facts.BSE), ("920047.BJ", facts.BSE),
        ("510300.SH", facts.FUND), ("159915.SZ", facts.FUND),
        ("900901.SH", None), ("200002.SZ", None), ("113011.SH", None), ("600519", None),
    ],
)
def test_the_board_follows_from_exchange_and_code(symbol: str, board: str | None) -> None:
    assert facts.board_of(symbol) == board


def test_the_listing_date_is_the_first_session() -> None:
    assert session_age(date(2023, 4, 10), date(2023, 4, 10)) == 1
    assert session_age(date(2023, 4, 10), date(2023, 4, 17)) == 6


@pytest.mark.parametrize("value", [-1.0, 0.0, 99_999.99, 1e9, float("nan"), None])
def test_a_sentinel_is_no_limit(value: float | None) -> None:
    assert published_limit_e4(value) is None


def test_money_is_text_with_two_decimals() -> None:
    assert [money(fen) for fen in (0, 5, 123456, -7)] == ["0.00", "0.05", "1234.56", "-0.07"]


# --- invariants -------------------------------------------------------------------------------


def test_no_random_list_breaks_an_invariant(played: list[Played]) -> None:
    for seed, one in zip(SEEDS, played, strict=True):
        result = one.result
        found = violations(one.setting, result.order_log, result.trades, result.equity)
        assert (seed, found) == (seed, [])


def test_random_lists_reach_every_code_and_every_state(played: list[Played]) -> None:
    rows = [row for one in played for row in one.result.order_log]

    assert {row[8] for row in rows} == CODES | {""}
    assert {row[7] for row in rows} == {"FILLED", "PARTIAL", "EXPIRED", "REFUSED", "LOCKED_LIMIT"}


def test_random_sets_have_actions_derived_ex_dates_funds_and_listings(
    played: list[Played],
) -> None:
    kinds: Counter[str] = Counter()
    for one in played:
        kinds["actions"] += one.setting.actions is not None
        kinds["credits"] += one.result.derived_credits_cny != "0.00"
        kinds["mismatches"] += one.result.limit_mismatches > 0
        kinds["funds"] += any(row[3][0] in "15" for row in one.result.trades)
        kinds["young"] += any(
            listing.list_date is not None and listing.list_date.year > 2014
            for listing in one.setting.listings.values()
        )

    assert all(kinds[kind] >= 2 for kind in ("actions", "credits", "mismatches", "funds", "young"))


def test_the_same_seed_gives_the_same_ledger_hash(played: list[Played], tmp_path: Path) -> None:
    assert play_seed(SEEDS[0], tmp_path).result.ledger_hash == played[0].result.ledger_hash


# --- the invariants themselves see what is wrong ----------------------------------------------


def tampered(row: tuple[str, ...], place: int, value: str) -> tuple[str, ...]:
    return (*row[:place], value, *row[place + 1:])


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        (6, "0.01", "outside the bar"), (5, "100000000", "shares taken"),
        (7, "1.00", "amount"), (8, "4.99", "fees"), (11, "0.00", "cash"),
    ],
)
def test_a_tampered_trade_breaks_an_invariant(
    played: list[Played], place: int, value: str, complaint: str
) -> None:
    one = played[1]
    trades = [tampered(one.result.trades[0], place, value), *one.result.trades[1:]]

    found = violations(one.setting, one.result.order_log, trades, one.result.equity)

    assert any(complaint in line for line in found)


def test_a_tampered_equity_row_breaks_an_invariant(played: list[Played]) -> None:
    one = played[1]
    equity = [tampered(one.result.equity[0], 3, "1.00"), *one.result.equity[1:]]

    assert violations(one.setting, one.result.order_log, one.result.trades, equity) != []


def test_a_fill_hidden_from_the_log_breaks_an_invariant(played: list[Played]) -> None:
    one = played[1]
    number = int(one.result.trades[0][0]) - 1
    log = list(one.result.order_log)
    log[number] = tampered(tampered(log[number], 7, "EXPIRED"), 9, "0")

    assert violations(one.setting, log, one.result.trades, one.result.equity) != []


def test_a_same_day_sale_breaks_an_invariant() -> None:
    bars = {"600101.SH": SymbolBars({
        "ts": ["2024-03-08"], "open": [10.0], "high": [10.2], "low": [9.8], "close": [10.0],
        "volume": [1e6], "prev_close": [10.0],
    })}
    orders = parse_orders([
        {"ts": "2024-03-08", "symbol": "600101.SH", "side": side, "shares": "100",
         "type": "LIMIT", "limit_price": "10.00", "tag": ""} for side in ("BUY", "SELL")
    ])
    allowed = run_oracle(bars, orders, {"600101.SH": Listing(same_day_resale=True)})

    found = violations(
        Setting(bars, Decimal(CASH), {}, None), allowed.order_log, allowed.trades, allowed.equity
    )

    assert any("bought the same day" in line for line in found)


# --- planted defects --------------------------------------------------------------------------


def rounding_down(numerator: int, denominator: int) -> int:
    return numerator // denominator


def fills_when_touched(order: Any, limit_e4: int | None, day: Any) -> bool:
    return limit_e4 is None or (limit_e4 >= day.low_e4 if order.side == "BUY"
                                else limit_e4 <= day.high_e4)


def no_lock(order: Any, limit_e4: int | None, day: Any) -> str:
    return "EXPIRED"


def any_quantity(*_: object) -> bool:
    return True


def everything_sellable(self: Any, symbol: str, same_day_resale: bool) -> int:
    return int(self.held[symbol])


def nothing_at_ex_dates(self: Any, day: date) -> None:
    return None


def ten_percent(symbol: str, st: bool, on: date) -> Fraction:
    return Fraction(1, 10)


def no_first_day(board: str, listed: date) -> tuple[int, bool]:
    return 0, False


def without_published(self: SymbolBars, column: str, row: int) -> int | None:
    return None


def free_transfer(*_: object) -> int:
    return 0


DEFECTS: list[tuple[object, str, Callable[..., object]]] = [
    (facts, "half_up", rounding_down),
    (daily_orders, "_fills_at_open", fills_when_touched),
    (daily_orders, "_unfilled_status", no_lock),
    (facts, "buy_quantity_is_legal", any_quantity),
    (facts, "sell_quantity_is_legal", any_quantity),
    (facts, "limit_ratio", ten_percent),
    (facts, "first_day_rule", no_first_day),
    (facts, "transfer_fee_fen", free_transfer),
    (daily_orders.Account, "sellable", everything_sellable),
    (daily_orders.DailyOrders, "_apply_ex_dates", nothing_at_ex_dates),
    (SymbolBars, "limit", without_published),
]


@pytest.mark.parametrize(
    ("holder", "name", "defect"), DEFECTS, ids=[name for _, name, _ in DEFECTS]
)
def test_a_defect_in_the_oracle_contradicts_a_hand_worked_case(
    monkeypatch: pytest.MonkeyPatch, holder: object, name: str, defect: Callable[..., object]
) -> None:
    monkeypatch.setattr(holder, name, defect)

    results = [(case, play_oracle(case)) for case in PLAYED]

    assert any(wrong_rows(case, r.order_log, r.trades, r.equity) for case, r in results)


def test_a_row_that_differs_is_found_and_shown() -> None:
    result = play_oracle(PLAYED[0])
    trades = [tampered(result.trades[0], 11, "0.01"), *result.trades[1:]]

    found = wrong_rows(PLAYED[0], result.order_log, trades, replace(result).equity)

    assert len(found) == 1
    assert "cash_after_cny '94.90' expected, '0.01' found" in found[0]
