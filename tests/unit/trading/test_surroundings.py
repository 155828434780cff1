from dataclasses import fields
from datetime import time

from core.types import OrderSide
from tests.support.desk import DAY1, Desk, a_quote, calm
from trading.risk_checks import RiskProfile
from trading.surroundings import Surroundings

ASKED = {"free_disk_bytes": "DB_HEALTH", "clock_skew_s": "CLOCK", "restricted": "RESTRICTED",
         "drift_tripped": "MODEL_DRIFT", "average_volume": "VOLUME_SHARE", "returns": "VAR"}


def codes(surroundings: Surroundings, side: OrderSide = OrderSide.BUY) -> list[str]:
    desk = Desk(profile=RiskProfile.HOUSE, surroundings=surroundings)
    desk.session.on_quotes([a_quote()])
    preview = desk.session.preview(desk.request(100, source="ma_cross", side=side))
    return [reason.code for reason in preview.refusals]


def test_a_world_that_answers_lets_an_order_go() -> None:
    assert codes(calm()) == []


def test_each_question_that_nobody_answers_refuses_under_its_own_code() -> None:
    for name, code in ASKED.items():
        assert codes(calm(**{name: None})) == [code]


def test_a_wiring_that_answers_nothing_sends_nothing() -> None:
    assert set(codes(Surroundings())) == set(ASKED.values())


def test_an_industry_that_nobody_knows_is_one_sector_with_all_others() -> None:
    assert codes(calm(industry=None)) == []


def test_a_live_desk_asks_for_lock_and_registration_and_a_second_source() -> None:
    assert codes(calm(live=True, online=True)) == [
        "LIVE_LOCKED", "NOT_REPORTED", "QUOTE_DISAGREE"]
    assert codes(calm(live=True, unlocked=lambda: True)) == ["NOT_REPORTED"]


def test_every_question_is_tried_here() -> None:
    tried = {*ASKED, "live", "online", "unlocked", "second_last_cny", "industry", "intraday"}

    assert {field.name for field in fields(Surroundings)} == tried


def test_where_orders_are_real_a_price_is_old_after_three_seconds() -> None:
    found = {}
    for live in (False, True):
        desk = Desk(profile=RiskProfile.HOUSE,
                    surroundings=calm(live=live, unlocked=lambda: True))
        desk.session.on_quotes([a_quote()])
        desk.to(DAY1, time(10, 0, 4))
        found[live] = [reason.code for reason in desk.session.preview(desk.request(100)).refusals]

    assert found == {False: [], True: ["STALE_QUOTE"]}
