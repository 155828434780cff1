from dataclasses import fields, replace

import pytest

from core.ports import Changes
from core.types import KillLevel, StateRow
from tests.support.desk import DAY2, MAIN, STAR, Desk, a_bar
from trading.grouping import OF_ACCOUNTS, ROW_KEYS, SINGLE, merged, stands_alone
from trading.records import Entry


def test_every_part_of_a_change_has_its_way_of_being_merged() -> None:
    assert {*ROW_KEYS, *SINGLE, *OF_ACCOUNTS} == {field.name for field in fields(Changes)}


def test_the_newest_row_of_each_wins_and_fills_add_up() -> None:
    desk = Desk()
    desk.buy(100)
    desk.buy(100, "49.50", symbol=STAR)
    desk.play(a_bar())
    told = desk.store.load()
    order, position = told.orders[0], told.positions[0]
    one = Changes(orders=(order,), fills=told.fills, positions=(position,), account=told.account,
                  kill_level=KillLevel.BLOCK, state=(StateRow(kind="A", key="1", value="{}"),))
    later = replace(order, filled_shares=50)
    account = replace(told.account, trading_day=DAY2) if told.account else None
    two = Changes(orders=(told.orders[1], later), positions=(replace(position, held_shares=7),),
                  account=account, kill_level=KillLevel.NONE,
                  state=(StateRow(kind="A", key="1", value=None),))

    found = merged([one, two, Changes()])
    assert found.orders == (later, told.orders[1])
    assert found.fills == told.fills
    assert [p.held_shares for p in found.positions if p.symbol == MAIN] == [7]
    assert found.account == account
    assert found.kill_level is KillLevel.NONE
    assert found.state == two.state


@pytest.mark.parametrize(("kind", "changes"), [
    (Entry.ORDER_INTENT, Changes()), (Entry.ORDER_SENDING, Changes()),
    (Entry.ORDER_SENT, Changes()), (Entry.ACCOUNT_RESET, Changes(wipe=True)),
    (Entry.ACCOUNT_OPENED, Changes(select="other"))])
def test_the_send_protocol_and_what_changes_the_account_is_never_merged(
    kind: Entry, changes: Changes
) -> None:
    assert stands_alone(kind, changes, "main")


def test_a_row_of_another_account_is_never_merged() -> None:
    account = Desk().session.snapshot().account

    assert stands_alone(Entry.DECISION, Changes(account=account), "other")
    assert not stands_alone(Entry.DECISION, Changes(account=account), account.account_id)
