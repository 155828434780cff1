"""Every key matters: each is written into config.json, and the program does something else.

A key without a case fails. What is looked at is behaviour (files, fills, answers, pixels), never
the value of the setting itself.
"""

import json
import logging
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import ANY

import pytest

import main
from config.keys import KEYS
from config.settings import nested
from core.clock import SimClock, SystemClock
from core.desk_types import Proposal
from core.exceptions import ConfigError
from core.types import OrderRequest, OrderSide
from tests.support.auto_desks import AutoTable
from tests.support.desk import Desk, a_request
from tests.support.desks import Trader, desk_by_hand, home_at
from tests.support.list_broker import ListBroker
from tests.support.product_backtest import ProductRun, play_list, read_rows
from tests.support.risk_views import a_view, but
from tests.support.safety import GuardedDesk
from trading.breaker_table import Limits
from trading.breakers import breaker_states
from trading.heartbeats import Heartbeats, Source
from trading.kill_switch import read_request
from trading.qmt.process import Running
from trading.reconciler import Reconciler
from trading.risk_checks import RiskProfile, refusals
from utils.logger import FILE_NAME, close_logging

if TYPE_CHECKING:
    from ui.main_window import MainWindow

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")      # before Qt is imported

BARS = """symbol,ts,open,high,low,close,volume,amount,prev_close
600519.SH,{day},10.00,10.50,9.80,10.20,10000,100000,10.00
"""
CLOSE_ABOVE_HIGH = """symbol,ts,open,high,low,close,volume,amount
600519.SH,2024-01-02,10.00,10.20,9.80,10.50,1000,10100
"""
SMALL_MARKET = {"market.symbols": "20", "market.sessions": "60"}
SILENCE = timedelta(minutes=5)
WAIT_MS, HALF = 10_000, 0.5


@dataclass(frozen=True)
class Case:
    """Look, write `text` for the key, look again: `before` has become `after`."""

    text: str
    look: Callable[[Path], object]
    before: object
    after: object
    base: str | None = None                # what is written for the key before; else nothing
    more: dict[str, str] = field(default_factory=dict)     # other keys, both times


def write_settings(folder: Path, texts: dict[str, str]) -> None:
    folder.mkdir(mode=0o700)
    (folder / "config.json").write_text(json.dumps(nested(texts)), "utf-8")


def run(folder: Path, *arguments: str) -> int:
    try:
        return main.main(["--home", str(folder), *arguments])
    finally:
        close_logging()


# ---- data and market -------------------------------------------------------------------------


def imported_rows(folder: Path) -> int:
    """A file whose only row closes above its high: is it in the database afterwards?"""
    file = folder.with_name("bad.csv")
    file.write_text(CLOSE_ABOVE_HIGH, "utf-8")
    run(folder, "--import-bars", str(file))
    listed = folder.with_name("stored.csv")
    run(folder, "--export", "bars", str(listed), "--symbols", "600519.SH")
    return len([row for row in read_rows(listed) if row[0] == "600519.SH"])


def backtest_status(folder: Path) -> int:
    """An order on a session of a year that the built-in calendar does not know."""
    return backtest(folder, day="2027-01-04").exit_status


def exported(folder: Path) -> list[tuple[str, ...]]:
    """The generated bars as a file."""
    file = folder.with_name("bars.csv")
    assert run(folder, "--export", "bars", str(file)) == main.DONE
    return read_rows(file)


def speed_shown(folder: Path) -> float:
    """Simulated seconds in what a headless desk says of itself."""
    with closing(desk_by_hand(home_at(folder))) as desk:
        return desk.replay.state().speed


# ---- risk and trading ------------------------------------------------------------------------


@contextmanager
def a_desk(folder: Path) -> Iterator[tuple[main.Desk, Trader, str]]:
    with closing(desk_by_hand(home_at(folder))) as desk:
        trader = Trader(desk)
        yield desk, trader, trader.a_liquid_symbol()


def codes_after_silence(folder: Path) -> list[str]:
    """Why an order is refused when no price has come for five minutes."""
    with a_desk(folder) as (desk, trader, symbol):
        clock = desk.services.clock
        assert isinstance(clock, SimClock)
        clock.move_to(clock.now_utc() + SILENCE)
        return [r.code for r in trader.order(OrderSide.BUY, symbol, 100).refusals]


def tripped(folder: Path, **seen: object) -> list[str]:
    """Which circuit breakers stand after they saw this, by the folder's settings."""
    settings = home_at(folder).store.settings
    desk = GuardedDesk(limits=Limits(risk=settings.risk, breakers=settings.breakers))
    desk.tell(**seen)
    return [b.name for b in breaker_states(desk.session.book) if b.tripped]


def asked_by_watchdog(folder: Path, *, hangs_s: float | None = None) -> int:
    """The level that a real watchdog asks for: its desk dies with an order open, or hangs."""
    home = home_at(folder)
    with Heartbeats(home.paths.beats(1), create=True) as beats:
        beats.beat(Source.TRADING)
        beats.say_open_orders(1 if hangs_s is None else 0)
        command = [sys.executable, str(Path(main.__file__)), "--home", str(folder), "--watchdog",
                   str(beats.path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
            assert child.stdin is not None
            steady_ns = SystemClock().monotonic_ns
            ends_ns = steady_ns() + int((hangs_s or 0) * main.NS_PER_MS * 1_000)
            while steady_ns() < ends_ns and not home.paths.kill_request.exists():
                threading.Event().wait(0.05)
            child.stdin.close()
            assert child.wait(WAIT_MS) == 0
    asked = read_request(home.paths.kill_request)
    return 0 if asked is None else int(asked.level)


def asked_of_a_hang(folder: Path) -> int:
    """A silence of two seconds is seen, however slow the machine; one of three is not too long
    for the default."""
    patient = home_at(folder).store.settings.watchdog.silence_s > 2
    return asked_by_watchdog(folder, hangs_s=3 if patient else 30)


def silent_for_a_minute(folder: Path) -> tuple[str, ...]:
    """What counts as stale when an order's symbol has had no price for a minute."""
    settings = home_at(folder).store.settings
    desk = GuardedDesk(limits=Limits(risk=settings.risk, breakers=settings.breakers))
    desk.buy(100)
    desk.clock.move_to(desk.clock.now_utc() + timedelta(seconds=60))
    return desk.guard.observe().stale


def limit(text: str, code: str, **groups: dict[str, object]) -> Case:
    """A view that the settings of the folder judge: refused under the code once `text` is set."""

    def look(folder: Path) -> list[str]:
        view = replace(a_view(), settings=home_at(folder).store.settings.risk)
        for group, changes in groups.items():
            view = but(view, group, **changes)
        return [reason.code for reason in refusals(a_request(), view, RiskProfile.HOUSE)]

    return Case(text, look, [], [code])


def first_order(folder: Path) -> list[str]:
    with a_desk(folder) as (_, trader, symbol):
        return [r.code for r in trader.order(OrderSide.BUY, symbol, 100).refusals]


def second_order(folder: Path) -> list[str]:
    """Another one at the same moment."""
    with a_desk(folder) as (_, trader, symbol):
        trader.order(OrderSide.BUY, symbol, 100)
        return [r.code for r in trader.order(OrderSide.BUY, symbol, 200).refusals]


def star_order(folder: Path) -> list[str]:
    with a_desk(folder) as (_, trader, _symbol):
        star = next(symbol for symbol in trader.quotes if symbol.startswith("688"))
        return [r.code for r in trader.order(OrderSide.BUY, star, 200).refusals]


def value_at_risk(folder: Path) -> object:
    """What the ticket says of the account after a purchase."""
    with a_desk(folder) as (desk, trader, symbol):
        asked = desk.engine.preview(OrderRequest(
            symbol=symbol, side=OrderSide.BUY, shares=100,
            limit_cny=trader.eager(OrderSide.BUY, symbol),
            created_utc=desk.services.clock.now_utc()))
        desk.engine.drain()
        ratio = asked.result().var_after_ratio
        assert ratio is not None
        return ratio
def sent_after_six_seconds(folder: Path) -> str:
    """What becomes of an order that waited six seconds for its turn."""
    desk = Desk(broker=ListBroker(silent_after_call=True),
                trading=home_at(folder).store.settings.trading)
    asked_ns = desk.session.stopwatch_ns()
    desk.clock.move_to(desk.clock.now_utc() + timedelta(seconds=6))
    return desk.session.submit(desk.request(100), asked_ns=asked_ns).status.value


def unanswered_for_fifteen_seconds(folder: Path) -> str:
    """What an order is called that the broker took and never acknowledged."""
    broker = ListBroker(silent_after_call=True)
    desk = Desk(broker=broker, trading=home_at(folder).store.settings.trading,
                attendants=lambda session: [Reconciler(session)])
    desk.session.act()
    order_id = desk.buy(100)
    broker.answers = False
    desk.clock.move_to(desk.clock.now_utc() + timedelta(seconds=15))
    desk.session.act()
    return desk.session.order(order_id).status.value


def most_is_whole_700s(folder: Path) -> bool:
    """Is the largest purchase that the ticket suggests a multiple of 700 shares?"""
    with a_desk(folder) as (desk, trader, symbol):
        asked = desk.engine.preview(OrderRequest(
            symbol=symbol, side=OrderSide.BUY, shares=100,
            limit_cny=trader.eager(OrderSide.BUY, symbol),
            created_utc=desk.services.clock.now_utc()))
        desk.engine.drain()
        return (asked.result().max_buy_shares or 1) % 700 == 0


def backtest(folder: Path, *, shares: int = 1000, day: str = "2024-01-02") -> ProductRun:
    """Buy at the open of 10.00 on a day with 10,000 shares of volume."""
    bars, orders = folder.with_name("bars.csv"), folder.with_name("orders.csv")
    bars.write_text(BARS.format(day=day), "utf-8")
    orders.write_text("ts,symbol,side,shares,type,limit_price,tag\n"
                      f"{day},600519.SH,BUY,{shares},LIMIT,10.10,a\n", "utf-8")
    assert folder.name == "home"
    return play_list(orders, bars, folder.parent, cash="1000000")


def commission(folder: Path) -> str:
    (row,) = backtest(folder).order_log
    return row[11]


def commission_of_100(folder: Path) -> str:
    (row,) = backtest(folder, shares=100).order_log
    return row[11]


def filled_of_5000(folder: Path) -> str:
    (row,) = backtest(folder, shares=5000).order_log
    return row[9]


def other_fees(folder: Path) -> bool:
    """Is more taken from the cash than amount, commission, stamp duty and transfer fee?"""
    (trade,) = backtest(folder).trades
    named = sum(map(Decimal, trade[7:11]))
    return Decimal("1000000.00") - Decimal(trade[11]) > named


def cash_after_dividend(folder: Path) -> str:
    """Bought, one yuan a share on the ex-date, sold the same day; without the fees."""
    bars, orders, actions = (folder.with_name(f"{name}.csv") for name in ("b", "o", "a"))
    bars.write_text(BARS.format(day="2024-01-02")
                    + "600519.SH,2024-01-03,11.00,11.50,10.80,11.20,100000,1000000,10.20\n",
                    "utf-8")
    orders.write_text("ts,symbol,side,shares,type,limit_price,tag\n"
                      "2024-01-02,600519.SH,BUY,1000,LIMIT,10.10,a\n"
                      "2024-01-03,600519.SH,SELL,1000,LIMIT,10.90,b\n", "utf-8")
    actions.write_text("symbol,ex_date,cash_per_share,bonus_per_share\n"
                       "600519.SH,2024-01-03,1.00,0\n", "utf-8")
    run_ = play_list(orders, bars, folder.parent, cash="1000000", actions=actions)
    fees = sum((Decimal(cell) for row in run_.order_log for cell in row[11:14]), Decimal(0))
    return str(Decimal(run_.answer["final_equity_cny"]) + fees)


def announced(folder: Path) -> Path:
    """Where the announced corporate actions of the case are."""
    return folder / "actions.csv"


def credited_for_100(folder: Path) -> str:
    """What the holder of 100 generated shares is paid on the next day."""
    with a_desk(folder) as (desk, trader, symbol):
        bought = trader.order(OrderSide.BUY, symbol, 100)
        trader.play_until("10:30")
        days = desk.replay.state().days
        at = days.index(desk.replay.state().day)
        announced(folder.parents[1]).write_text(
            "symbol,ex_date,cash_per_share,bonus_per_share\n"
            f"{symbol},{days[at + 1]},1.50,0\n", "utf-8")
        assert trader.now(bought).filled_shares == 100
    with closing(desk_by_hand(home_at(folder))) as desk:
        trader = Trader(desk)
        trader.play_to_day_after(desk.replay.state().day)
        (position,) = trader.snapshot().positions
    return str(position.dividend_cny)


def cash_at_start(folder: Path) -> str:
    with closing(desk_by_hand(home_at(folder))) as desk:
        return str(desk.engine.snapshot().account.cash_cny)


def broker_refused(folder: Path) -> str:
    """What is missing before a live broker could be reached."""
    try:
        with closing(main.open_broker(home_at(folder), start_child=_no_child, wait_ms=1)) as live:
            return live.trouble().split(":")[0]
    except ConfigError as error:
        return error.what.rsplit("/", 1)[-1]


def _no_child(_port: int, _token: str) -> Running:
    raise FileNotFoundError("a test starts no process")


# ---- the window ------------------------------------------------------------------------------


@contextmanager
def a_window(folder: Path) -> Iterator["MainWindow"]:
    """The main window on a real desk, put together as `main.py` does, but without threads."""
    from PyQt6.QtCore import QEvent
    from PyQt6.QtWidgets import QApplication

    from ui.app import MainApp, _application, _wait

    home = home_at(folder)
    ui = home.store.settings.ui
    with closing(desk_by_hand(home)) as desk:
        app = MainApp(_application(["-platform", "offscreen"]), desk.services, home.store, None,
                      language=ui.language, theme_name=ui.theme)
        try:
            app.show()
            app.begin([])
            _wait(lambda: app.window.settled(quoted=False), WAIT_MS)
            yield app.window
        finally:
            app.shut_down()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def bars_in_chart(folder: Path) -> int:
    with a_window(folder) as window:
        return len(window.panels.chart.chart.model)


def word_on_the_button(folder: Path) -> str:
    with a_window(folder) as window:
        return window.panels.ticket.submit.text()


def background_is_dark(folder: Path) -> bool:
    with a_window(folder) as window:
        return window.grab().toImage().pixelColor(1, window.height() // 2).lightnessF() < HALF


def buying_is_red(folder: Path) -> bool:
    with a_window(folder) as window:
        picture = window.panels.ticket.buy.grab().toImage()
        colour = picture.pixelColor(picture.width() // 10, picture.height() // 2)
        return colour.red() > colour.green()


# ---- the auto-trader -------------------------------------------------------------------------


def proposed(folder: Path, strategy: str = "ma_cross", mode: str = "") -> list[Proposal]:
    """What the auto-trader makes of a signal, and of a second one ten minutes later."""
    settings = home_at(folder).store.settings.auto
    table = AutoTable(settings=replace(settings, mode=mode or settings.mode),
                      drift=lambda _source: "")
    for wall in (time(10), time(10, 10)):
        table.quote(wall=wall)
        table.signal(strategy=strategy)
    return list(table.trader.shown)


def bought_by(folder: Path, strategy: str = "ma_cross") -> int:
    return proposed(folder, strategy, "auto")[0].request.shares


def approval_time_s(folder: Path) -> float:
    proposal = proposed(folder, mode="semi")[0]
    assert proposal.expires_utc is not None
    return (proposal.expires_utc - proposal.made_utc).total_seconds()


def left_alone_why(folder: Path) -> bool:
    """A position of nothing left: is the second signal left alone because it cools down?"""
    settings = home_at(folder).store.settings.auto
    table = AutoTable(settings=replace(settings, mode="auto"))
    for wall in (time(10), time(10, 10)):
        table.quote(wall=wall)
        table.signal()
    return any("cools down" in reason for reason in table.reasons())


# ---- pages and log ---------------------------------------------------------------------------


def free_ports() -> tuple[str, str]:
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1]), str(other.getsockname()[1])


def metrics_page(folder: Path) -> tuple[str, int] | None:
    """Where it is and what it answers to a caller without a token; None where there is none."""
    with closing(desk_by_hand(home_at(folder))) as desk:
        server, stop = desk.pages(), threading.Event()
        if server is None:
            return None
        assert server.bind()
        thread = threading.Thread(target=server.run, args=(stop,))
        thread.start()
        try:
            url = server.url.split("#")[0] + "metrics"
            return url, _status(url)
        finally:
            stop.set()
            thread.join()


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def logged(folder: Path) -> bool:
    """Does a piece of information reach the file while a command runs?"""
    home = home_at(folder)
    main._log_to_files(home)
    try:
        logging.getLogger("tests").info("something happened")
    finally:
        close_logging()
    return "something happened" in (home.paths.logs / FILE_NAME).read_text("utf-8")


# ---- the cases -------------------------------------------------------------------------------

A_SESSION = "session\n2027-01-04\n2027-01-05\n"


def cases(folder: Path) -> dict[str, Case]:
    """One for each key; `folder` is where a case may put files of its own."""
    calendar = folder / "calendar.csv"
    calendar.write_text(A_SESSION, "utf-8")
    first, second = free_ports()
    page, other = (f"http://127.0.0.1:{port}/metrics" for port in (first, second))
    port = {"http.port": first}
    return {
        "data.max_history_days": Case("20", bars_in_chart, 30, 20),
        "data.truth_preserving_cleaning": Case("false", imported_rows, 0, 1),
        "data.calendar_file": Case(str(calendar), backtest_status, main.BAD_INPUT, main.DONE),
        "data.actions_file": Case(str(announced(folder)), credited_for_100, "0.00", "150.00"),
        "market.seed": Case("7", lambda f: exported(f)[0][5], ANY, ANY),
        "market.symbols": Case("40", lambda f: len({row[0] for row in exported(f)}), 20, 40),
        "market.sessions": Case("70", lambda f: len({row[1] for row in exported(f)}), 60, 70),
        "market.speed": Case("60", speed_shown, 5.0, 60.0),
        "risk.quote_max_age_s": Case("600", codes_after_silence, ["STALE_QUOTE"], []),
        "risk.daily_loss_limit": Case(
            "100", lambda f: tripped(f, day_profit_cny=Decimal(-100)), [], ["daily_loss"]),
        "risk.max_drawdown_pct": Case(
            "5", lambda f: tripped(f, drawdown_ratio=Decimal("0.05")), [], ["drawdown"]),
        "risk.loss_streak": Case("2", lambda f: tripped(f, losing_sales=2), [], ["loss_streak"]),
        "risk.max_position_pct": limit("10", "CONCENTRATION", exposure={
            "position_ratio": Decimal("0.15")}),
        "risk.max_sector_pct": limit("10", "SECTOR", exposure={"sector_ratio": Decimal("0.15")}),
        "risk.max_gross_pct": limit("10", "GROSS", exposure={"gross_ratio": Decimal("0.15")}),
        "risk.max_names": limit("2", "COUNT", exposure={"names": 3}),
        "risk.var_limit_pct": limit("1", "VAR", exposure={"var_ratio": Decimal("0.02")}),
        "risk.var_confidence": Case(
            "0.99", value_at_risk, ANY, ANY, more={"market.sessions": "300"}),
        "risk.max_order_notional": Case("1000", first_order, [], ["FAT_FINGER_SIZE"]),
        "risk.max_volume_pct": limit("1", "VOLUME_SHARE", market={"average_volume_shares": 9_000}),
        "risk.max_price_deviation_pct": Case("1", first_order, [], ["FAT_FINGER_PRICE"]),
        "risk.orders_per_second": Case("1", second_order, [], ["RATE"]),
        "risk.orders_per_minute": Case("1", second_order, [], ["RATE"]),
        "risk.orders_per_day": Case("1", second_order, [], ["RATE"]),
        "risk.max_cancel_pct": limit("10", "CANCEL_RATIO", conduct={
            "sent_day": 20, "cancels_day": 3}),
        "risk.quick_cancels": limit("2", "QUICK_CANCEL", conduct={"quick_cancels_day": 2}),
        "risk.large_trades": Case("1000", first_order, [], ["LARGE_TRADES"]),
        "risk.permissions": Case("BSE", star_order, [], ["PERMISSION"]),
        "risk.restricted_file": Case(str(folder / "no-such-list"), first_order, [], ["RESTRICTED"]),
        "breakers.rapid_loss_pct": Case(
            "1", lambda f: tripped(f, rapid_loss_ratio=Decimal("0.01")), [], ["rapid_loss"]),
        "breakers.rejects": Case("2", lambda f: tripped(f, rejects=2), [], ["reject_storm"]),
        "breakers.errors": Case("2", lambda f: tripped(f, errors=2), [], ["error_rate"]),
        "breakers.stale_data_s": Case("30", silent_for_a_minute, (), ("600519.SH",)),
        "breakers.clock_skew_s": Case(
            "1", lambda f: tripped(f, clock_skew_s=Decimal("1.5")), [], ["clock_skew"]),
        "breakers.market_halt_pct": Case(
            "5", lambda f: tripped(f, quoted=100, halted=5), [], ["market_halt"]),
        "breakers.free_disk_mib": Case(
            "1000000", lambda f: tripped(f, disk_watched=True, free_bytes=2**33), [], ["disk"]),
        "watchdog.level": Case("4", asked_by_watchdog, 3, 4),
        "watchdog.silence_s": Case("2", asked_of_a_hang, 0, 3),
        "trading.mode": Case("paper", lambda f: run(f, "--headless", "--seconds", "0"),
                             main.DONE, main.BAD_INPUT),
        "trading.commission": Case("0.001", commission, "5.00", "10.00"),
        "trading.commission_min": Case("1", commission_of_100, "5.00", "1.00"),
        "trading.fees_all_in": Case("false", other_fees, before=False, after=True),
        "trading.lot_size": Case("700", most_is_whole_700s, before=False, after=True),
        "trading.initial_cash": Case("2000", cash_at_start, "1000000.00", "2000.00"),
        "trading.send_deadline_s": Case("8", sent_after_six_seconds, "NOT_SENT", "SENT"),
        "trading.ack_timeout_s": Case("20", unanswered_for_fifteen_seconds, "UNKNOWN", "SENT"),
        "trading.volume_share_pct": Case("10", filled_of_5000, "2500", "1000"),
        "auto.mode": Case("semi", lambda f: [p.status.value for p in proposed(f)][:1],
                          [], ["EXPIRED"]),
        "auto.approval_s": Case("60", approval_time_s, 120.0, 60.0),
        "auto.budget": Case("5000", bought_by, 1_900, 400),
        "auto.model_budget": Case("5000", lambda f: bought_by(f, "model:net"), 1_900, 400),
        "auto.position": Case("10000", bought_by, 1_900, 900),
        "auto.cooldown_min": Case("5", left_alone_why, before=True, after=False),
        "broker.kind": Case("qmt", broker_refused, "no broker is set",
                            "broker.account is empty"),
        "broker.account": Case(
            "1000000365", broker_refused, "broker.account is empty",
            "broker.qmt_userdata is empty", more={"broker.kind": "qmt"}),
        "broker.qmt_userdata": Case(
            "userdata_mini", broker_refused, "broker.qmt_userdata is empty",
            "the child could not be started",
            more={"broker.kind": "qmt", "broker.account": "1000000365"}),
        "broker.vnpy_gateway": Case(
            "no_such.Gateway", broker_refused, "broker.vnpy_gateway is empty",
            "the gateway 'no_such.Gateway' cannot be loaded", more={"broker.kind": "vnpy"}),
        "broker.vnpy_settings": Case(
            str(calendar), broker_refused, "the gateway 'no_such.Gateway' cannot be loaded",
            "calendar.csv holds no gateway settings",
            more={"broker.kind": "vnpy", "broker.vnpy_gateway": "no_such.Gateway"}),
        "trading.dividend_tax": Case("always", cash_after_dividend, "1002000.00", "1001800.00"),
        "ui.language": Case("zh", word_on_the_button, "Place buy order", "买入下单", base="en"),
        "ui.theme": Case("light", background_is_dark, before=True, after=False),
        "ui.red_up": Case("false", buying_is_red, before=True, after=False),
        "http.enabled": Case("false", metrics_page, (page, 200), None, more=port),
        "http.port": Case(second, metrics_page, (page, 200), (other, 200), base=first),
        "http.token": Case("a-long-token", metrics_page, (page, 200), (page, 401), more=port),
        "logging.level": Case("WARNING", logged, before=True, after=False),
    }


@pytest.mark.parametrize("name", [key.name for key in KEYS])
def test_every_key_changes_what_the_program_does(name: str, tmp_path: Path) -> None:
    case = cases(tmp_path)[name]
    seen: list[object] = []
    base = {} if case.base is None else {name: case.base}
    for place, texts in (("before", base), ("after", {name: case.text})):
        folder = tmp_path / place / "home"
        folder.parent.mkdir()
        write_settings(folder, SMALL_MARKET | case.more | texts)
        seen.append(case.look(folder))

    assert seen == [case.before, case.after]
    assert seen[0] != seen[1]


def test_every_key_has_a_case_and_every_case_a_key(tmp_path: Path) -> None:
    assert set(cases(tmp_path)) == {key.name for key in KEYS}
