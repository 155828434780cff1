"""The safety of the desk as `main.py` puts it together."""

import json
import signal
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import main
from core.events import NoticeEvent
from core.types import KillLevel, OrderRequest, OrderSide
from tests.support.desks import Trader, desk_by_hand, home_in
from trading.breakers import breaker_states
from trading.kill_switch import KillRequest, read_request, write_request
from utils.logger import close_logging


def test_a_loss_on_the_desk_trips_its_breaker_and_only_sales_are_left(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.store.set("risk.daily_loss_limit", "1")
    with closing(desk_by_hand(home)) as desk:
        told: list[NoticeEvent] = []
        desk.services.bus.subscribe(NoticeEvent, told.append)
        trader = Trader(desk)
        symbol = trader.a_liquid_symbol()
        trader.order(OrderSide.BUY, symbol, 100)
        trader.play_until("10:00")

        assert trader.snapshot().kill_level is KillLevel.REDUCE_ONLY
        refused = trader.order(OrderSide.BUY, symbol, 100)
        assert "KILL" in [refusal.code for refusal in refused.refusals]
        assert any("daily_loss" in event.text for event in told)
        standing = {b.name for b in breaker_states(desk.engine._session.book) if b.tripped}
        assert standing == {"daily_loss"}


def test_a_quiet_hour_trips_nothing(tmp_path: Path) -> None:
    with closing(desk_by_hand(home_in(tmp_path))) as desk:
        trader = Trader(desk)
        symbol = trader.a_liquid_symbol()
        trader.order(OrderSide.BUY, symbol, 100)
        trader.play_until("10:30")

        assert trader.snapshot().kill_level is KillLevel.NONE


# ---- the command line --------------------------------------------------------------------------


class CommandLine:
    """Commands on one state folder, each with its JSON answer."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def __call__(self, *arguments: str, status: int = main.DONE) -> dict[str, object]:
        self.capsys.readouterr()
        try:
            assert main.main(["--home", str(self.folder), "--json", *arguments]) == status
        finally:
            close_logging()
        found: dict[str, object] = json.loads(self.capsys.readouterr().out)
        return found


@pytest.fixture(name="run")
def _run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path / "home", capsys)


def test_a_tripped_breaker_is_re_armed_and_unlocked_by_a_person_on_the_command_line(
    tmp_path: Path, run: CommandLine
) -> None:
    home = home_in(tmp_path)
    home.store.set("risk.daily_loss_limit", "1")
    with closing(desk_by_hand(home)) as desk:
        trader = Trader(desk)
        trader.order(OrderSide.BUY, trader.a_liquid_symbol(), 100)
        trader.play_until("10:00")
    home.store.set("risk.daily_loss_limit", "100000")

    assert "daily_loss" in str(run("--unlock", status=main.FAILED))
    assert "no reason" in str(run("--rearm", "daily_loss", status=main.BAD_INPUT))
    assert run("--rearm", "daily_loss", "--reason", "the limit was wrong")["tripped"] is False
    assert "not fired" in str(run("--rearm", "daily_loss", "--reason", "x", status=main.FAILED))
    assert run("--unlock", "--reason", "looked at")["level"] == 0


def test_unlocking_beside_a_running_core_leaves_the_request_to_stop_where_it_is(
    tmp_path: Path, run: CommandLine
) -> None:
    home = home_in(tmp_path)
    with closing(desk_by_hand(home)):
        write_request(home.paths.kill_request, KillRequest(KillLevel.BLOCK, "it hangs"))
        assert "in use" in str(run("--unlock", status=main.FAILED))
        assert home.paths.kill_request.exists()

    assert run("--unlock", "--reason", "looked at")["level"] == 0
    assert not home.paths.kill_request.exists()


def test_the_flatten_plan_and_the_cases_are_asked_without_a_window(
    tmp_path: Path, run: CommandLine
) -> None:
    with closing(desk_by_hand(home_in(tmp_path))) as desk:
        trader = Trader(desk)
        symbol = trader.a_liquid_symbol()
        trader.order(OrderSide.BUY, symbol, 100)
        trader.play_until("10:00")
        trader.order(OrderSide.BUY, symbol, 100, trader.limit_down(symbol))
    plan = run("--flatten-plan")

    assert plan["flat"] is False
    assert [row["order_id"] for row in plan["cancels"]] == [2]  # type: ignore[attr-defined]
    assert [row["obstacle"] for row in plan["sales"]] == ["T1"]  # type: ignore[attr-defined]
    assert run("--cases") == {"cases": []}
    assert "no such case" in str(run("--close-case", "1", "--reason", "x", status=main.FAILED))


def test_the_watchdog_leaves_every_file_alone_that_is_no_heartbeat(
    tmp_path: Path, run: CommandLine
) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"root:x:0:0" * 100)
    for path in (mine, tmp_path / "nowhere"):
        assert "was not watched" in str(run("--watchdog", str(path), status=main.BAD_INPUT))
    assert mine.read_bytes() == b"root:x:0:0" * 100
    assert not (tmp_path / "home" / "kill.request").exists()


def test_beside_a_running_desk_the_cases_are_read_and_a_kill_gives_its_reason(
    tmp_path: Path, run: CommandLine
) -> None:
    home = home_in(tmp_path)
    with closing(desk_by_hand(home)):
        assert run("--cases") == {"cases": []}
        run("--kill", "--level", "2", "--reason", "the line is bad")
        asked = read_request(home.paths.kill_request)
        assert asked is not None
        assert asked.reason == "the line is bad"


# ---- the watchdog ------------------------------------------------------------------------------

_DIE = """
import os, signal, sys, threading
from pathlib import Path
import main
from core.types import OrderRequest, OrderSide
from tests.support.desks import Trader, home_at

desk = main.open_desk(home_at(Path(sys.argv[1])), rest=main.Rest.NEVER)
stop = threading.Event()
threads = [threading.Thread(target=loop, args=(stop,))
           for loop in (desk.engine.run, desk.keep_watchdog)]
for thread in threads:
    thread.start()
trader = Trader(desk)
symbol = trader.a_liquid_symbol()
desk.engine.submit(OrderRequest(
    symbol=symbol, side=OrderSide.BUY, shares=100, limit_cny=trader.limit_down(symbol),
    created_utc=desk.services.clock.now_utc())).result(30)
for line in sys.stdin:
    pass
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
stop.set()
for thread in threads:
    thread.join()
desk.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it needs a signal that cannot be caught")
@pytest.mark.parametrize("end", ["killed", "orderly"])
def test_a_desk_that_is_killed_with_an_order_open_leaves_a_request_and_one_that_ends_does_not(
    tmp_path: Path, end: str
) -> None:
    home = home_in(tmp_path)
    child = subprocess.run(
        [sys.executable, "-c", _DIE, str(home.paths.home), end], input=b"", timeout=60,
        cwd=Path(main.__file__).parent, check=False)
    assert child.returncode == (-signal.SIGKILL if end == "killed" else 0)

    for _ in range(1_000):          # the watchdog outlives its desk by a moment
        if not list(home.paths.cache.glob("beats-*")):
            break
        threading.Event().wait(0.02)
    asked = read_request(home.paths.kill_request)
    assert (asked is not None) is (end == "killed")


def test_what_calls_itself_a_model_is_refused_while_nothing_watches_its_drift(
    tmp_path: Path,
) -> None:
    with closing(desk_by_hand(home_in(tmp_path))) as desk:
        trader = Trader(desk)
        symbol = trader.a_liquid_symbol()
        asked = OrderRequest(
            symbol=symbol, side=OrderSide.BUY, shares=100, source="model:night",
            limit_cny=trader.eager(OrderSide.BUY, symbol),
            created_utc=desk.services.clock.now_utc())
        codes = {}
        for source in ("model:night", "ma_cross"):
            answer = desk.engine.preview(replace(asked, source=source))
            desk.engine.drain()
            codes[source] = [refusal.code for refusal in answer.result().refusals]

        assert codes == {"model:night": ["MODEL_DRIFT"], "ma_cross": []}
