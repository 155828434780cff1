"""A stranger's first trade: import, replay, buy, be refused the same-day sale, sell, every fen."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import main
from core.adjust import entitlement
from core.events import NoticeEvent, SignalEvent
from core.exceptions import ConfigError, TradingError
from core.types import KillLevel, OrderSide, OrderStatus, Origin, Period
from data.generated.market import GeneratedMarket
from tests.support.desks import Trader, desk_by_hand, home_in, imported

SHARED = Path(__file__).parents[3] / "shared" / "data"
LAST_BEFORE_NEW_YEAR, FIRST_AFTER = date(2025, 1, 27), date(2025, 2, 5)
SYMBOL = "600519.SH"


@pytest.fixture
def home(tmp_path: Path) -> main.Home:
    return home_in(tmp_path)


@pytest.fixture
def real_home(home: main.Home) -> main.Home:
    if not SHARED.exists():
        pytest.skip("the development data is not here")
    imported(home, SHARED / "minute15.parquet")
    return home


@pytest.mark.shared
def test_buy_is_locked_today_and_sold_after_the_new_year_closure(real_home: main.Home) -> None:
    with closing(desk_by_hand(real_home, day=LAST_BEFORE_NEW_YEAR)) as desk:
        trader = Trader(desk)
        trader.play_until("10:00")
        bought = trader.order(OrderSide.BUY, SYMBOL, 100)
        trader.play_until("10:30")
        fill = trader.fill_of(bought)
        refused = trader.order(OrderSide.SELL, SYMBOL, 100)
        assert [r.code for r in refused.refusals] == ["T1_SELLABLE"]
        assert str(FIRST_AFTER) in refused.refusals[0].text

        trader.play_to_day(FIRST_AFTER)
        trader.play_until("10:00")
        sold = trader.order(OrderSide.SELL, SYMBOL, 100)
        trader.play_until("10:30")
        sale = trader.fill_of(sold)

    buy_cny, sell_cny = fill.price_cny * 100, sale.price_cny * 100
    assert fill.fees.commission_cny == max(Decimal("5.00"), _fen(buy_cny * Decimal("0.0003")))
    assert fill.fees.stamp_duty_cny == 0
    assert fill.fees.transfer_fee_cny == _fen(buy_cny * Decimal("0.00001"))
    assert sale.fees.stamp_duty_cny == _fen(sell_cny * Decimal("0.0005"))
    assert trader.snapshot().account.cash_cny == (
        Decimal("1000000.00") - buy_cny - fill.fees.total_cny + sell_cny - sale.fees.total_cny)


def _fen(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), "ROUND_HALF_UP")


def test_the_same_holds_on_the_generated_market_and_a_restart_changes_nothing(
    home: main.Home,
) -> None:
    with closing(desk_by_hand(home)) as desk:
        trader = Trader(desk)
        symbol = trader.a_liquid_symbol()
        trader.play_until("10:00")
        bought = trader.order(OrderSide.BUY, symbol, 100)
        trader.play_until("10:05")
        assert trader.status_of(bought) is OrderStatus.FILLED
        refused = trader.order(OrderSide.SELL, symbol, 100)
        assert [r.code for r in refused.refusals] == ["T1_SELLABLE"]
        resting = trader.order(OrderSide.BUY, symbol, 100, trader.limit_down(symbol))
        trader.play_until("10:20")
        before, state = trader.snapshot(), desk.replay.state()

    with closing(desk_by_hand(home)) as desk:
        trader = Trader(desk)
        # the end of the first desk is the one entry more; time goes on from there
        assert trader.snapshot() == replace(before, journal_seq=before.journal_seq + 1)
        assert desk.replay.state().now_utc == state.now_utc
        assert trader.status_of(resting) is OrderStatus.LIVE
        trader.play_to_day_after(state.day)
        assert trader.status_of(resting) is OrderStatus.EXPIRED
        trader.play_until("10:00")
        sold = trader.order(OrderSide.SELL, symbol, 100)
        trader.play_until("10:05")
        assert trader.status_of(sold) is OrderStatus.FILLED
        assert trader.snapshot().account.reserved_cny == 0


def test_a_killed_desk_comes_back_with_everything_it_had_acknowledged(home: main.Home) -> None:
    child = subprocess.run(
        [sys.executable, "-c", _TRADE_AND_DIE, str(home.paths.home)], capture_output=True,
        text=True, cwd=Path(main.__file__).parent, timeout=60, check=False)
    assert child.returncode == -signal.SIGKILL, child.stderr
    acknowledged = child.stdout.splitlines()

    with closing(desk_by_hand(home)) as desk:
        snapshot = desk.engine.snapshot()
    assert [f"{o.order_id} {o.status.value} {o.filled_shares}" for o in snapshot.orders] \
        == acknowledged[:-1]
    assert str(snapshot.account.cash_cny) == acknowledged[-1]


_TRADE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from core.types import OrderSide
from tests.support.desks import Trader, desk_by_hand, home_at

trader = Trader(desk_by_hand(home_at(Path(sys.argv[1]))))
symbol = trader.a_liquid_symbol()
trader.play_until("10:00")
trader.order(OrderSide.BUY, symbol, 300)
trader.play_until("10:03")
trader.order(OrderSide.BUY, symbol, 100, trader.limit_down(symbol))
trader.order(OrderSide.SELL, symbol, 100)
for order in trader.snapshot().orders:
    print(order.order_id, order.status.value, order.filled_shares)
print(trader.snapshot().account.cash_cny, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_second_copy_on_the_same_state_folder_is_refused_and_told_why(home: main.Home) -> None:
    with (
        closing(desk_by_hand(home)),
        pytest.raises(TradingError, match=f"process {os.getpid()} owns it"),
    ):
        desk_by_hand(home)


def test_an_account_is_never_taken_back_in_time_or_to_another_market_by_accident(
    home: main.Home,
) -> None:
    with closing(desk_by_hand(home)) as desk:
        first = desk.replay.state().days[0]

    with pytest.raises(ConfigError, match="--new-account"):
        desk_by_hand(home, day=first)
    fresh = desk_by_hand(home, day=first, new_account=True)
    with closing(fresh) as desk:
        assert desk.engine.snapshot().account.trading_day == first


def test_accounts_of_the_generated_and_of_an_imported_market_stand_side_by_side(
    home: main.Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bars, day = tmp_path / "bars.csv", date(2024, 1, 3)
    bars.write_text("symbol,ts,open,high,low,close,volume,amount\n"
                    "600519.SH,2024-01-02,10.00,10.20,9.80,10.10,1000,10100\n"
                    "600519.SH,2024-01-03,10.00,10.20,9.80,10.10,1000,10100\n", "utf-8")
    imported(home, bars)
    with closing(desk_by_hand(home)) as desk:
        trader = Trader(desk)
        trader.order(OrderSide.BUY, trader.a_liquid_symbol(), 100)
        trader.play_until("09:50")
        standing = trader.snapshot()

    with closing(desk_by_hand(home, day=day)) as desk:
        account = desk.engine.snapshot().account
        assert (account.account_id, account.trading_day) == ("imported", day)
    with closing(desk_by_hand(home)) as desk:               # goes on where it was last
        assert desk.engine.snapshot().account.account_id == "imported"
    with closing(desk_by_hand(home, account="generated")) as desk:
        assert desk.engine.snapshot().positions == standing.positions
        assert desk.engine.snapshot().account == replace(
            standing.account, left_utc=desk.engine.snapshot().account.left_utc)
    with closing(desk_by_hand(home, account="mine")) as desk:
        assert desk.engine.snapshot().account.origin is Origin.GENERATED

    capsys.readouterr()
    assert main.main(["--home", str(home.paths.home), "--accounts", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["accounts"]
    assert [(row["account"], row["active"]) for row in rows] == [
        ("mine", True), ("generated", False), ("imported", False)]


def test_our_own_statement_agrees_with_itself_and_one_fen_less_does_not(
    home: main.Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, at_home = tmp_path / "statement.csv", ("--home", str(home.paths.home), "--json")
    with closing(desk_by_hand(home)) as desk:
        trader = Trader(desk)
        trader.order(OrderSide.BUY, trader.a_liquid_symbol(), 100)
        trader.play_until("09:50")
    assert main.main([*at_home, "--export", "statement", str(file)]) == 0
    capsys.readouterr()
    assert main.main([*at_home, "--compare-statement", str(file)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["differences"], answer["matched"], answer["account"]) == ([], 1, "generated")

    buy = next(line for line in file.read_text("utf-8").splitlines() if ",BUY," in line)
    file.write_text(file.read_text("utf-8").replace(buy, buy.replace(",5.00,", ",5.01,")), "utf-8")
    assert main.main([*at_home, "--compare-statement", str(file)]) == 1
    (difference,) = json.loads(capsys.readouterr().out)["differences"]
    assert (difference["what"], difference["here"], difference["there"]) == (
        "commission_cny", "5.00", "5.01")


@pytest.mark.parametrize("name", ["", "a b", "a/b", "n" * 33, "a\nb"])
def test_a_name_that_no_account_can_have_is_wrong_usage(name: str, home: main.Home) -> None:
    assert main.main(["--home", str(home.paths.home), "--account", name, "--accounts"]) == 2


def test_a_kill_request_stops_the_next_order(home: main.Home) -> None:
    with closing(desk_by_hand(home)) as desk:
        trader = Trader(desk)
        symbol = trader.a_liquid_symbol()
        trader.play_until("09:50")
        assert main.main(["--home", str(home.paths.home), "--kill"]) == 0
        refused = trader.order(OrderSide.BUY, symbol, 100)
        assert refused.status in (OrderStatus.DENIED, OrderStatus.NOT_SENT)
        trader.play_until("09:51")
        assert trader.snapshot().kill_level is KillLevel.BLOCK


def test_replayed_bars_are_of_the_finest_period_of_the_day(real_home: main.Home) -> None:
    with closing(desk_by_hand(real_home, day=FIRST_AFTER)) as desk:
        assert desk.services.market.sessions(Period.MIN15)[-1] <= FIRST_AFTER
        assert desk.replay.state().days[0] == date(2025, 1, 2)


def test_the_enabled_strategies_speak_on_the_desk(home: main.Home) -> None:
    whole = main.open_desk(home, rest=main.Rest.NOW, by_hand=True)
    with closing(whole) as desk:
        stop, heard = threading.Event(), threading.Event()
        spoken: list[SignalEvent] = []

        def hear(signal: SignalEvent) -> None:
            spoken.append(signal)
            heard.set()

        desk.services.bus.subscribe(SignalEvent, hear)
        watch = threading.Thread(target=desk.watch_signals, args=(stop,))
        watch.start()
        assert heard.wait(20)
        stop.set()
        watch.join(20)

        assert spoken[0].strategy == "ma_cross"
        assert spoken[0].symbol in {each.symbol for each in desk.services.market.instruments()}


def test_a_broken_strategy_register_is_a_notice_and_the_desk_goes_on(home: main.Home) -> None:
    folder = home.paths.home / "strategies"
    folder.mkdir()
    (folder / "enabled.json").write_text("{", encoding="utf-8")
    with closing(desk_by_hand(home)) as desk:
        notices: list[NoticeEvent] = []
        desk.services.bus.subscribe(NoticeEvent, notices.append)
        desk.watch_signals(threading.Event())

    assert "enabled.json" in notices[0].text


def test_a_holding_that_lives_through_an_ex_date_on_the_desk_gets_what_is_due(
    home: main.Home,
) -> None:
    with closing(desk_by_hand(home)) as desk:
        market, days = desk.services.market, desk.replay.state().days
        assert isinstance(market, GeneratedMarket)
        action, eve = next(
            (action, days[number - 1])
            for number, day in enumerate(days) if day > desk.replay.state().day
            for each in market.instruments() if each.symbol.startswith(("60", "00"))
            and (action := market.action(each.symbol, day)) is not None)

    with closing(desk_by_hand(home, day=eve)) as desk:
        trader = Trader(desk)
        trader.play_until("10:00")
        trader.order(OrderSide.BUY, action.symbol, 1_000)
        trader.play_until("10:02")
        (held,) = trader.snapshot().positions
        cash_cny = trader.snapshot().account.cash_cny
        assert held.held_shares > 0
        trader.play_to_day(action.ex_date)
        trader.play_until("09:31")
        (after,) = trader.snapshot().positions

        due_cny, bonus = entitlement(held.held_shares, cash=action.cash_per_share_cny,
                                     bonus=action.bonus_per_share)
        assert due_cny + bonus > 0
        assert trader.snapshot().account.cash_cny == cash_cny + due_cny
        assert after.held_shares == held.held_shares + bonus
