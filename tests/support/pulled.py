"""One pull of the kill switch on a process that trades, measured and then killed with -9."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from core.clock import SystemClock
from core.types import FINAL_STATUSES, KillLevel
from data.order_store import SqliteOrderStore
from tests.support.desk import Desk
from trading.kill_switch import KillRequest, write_request

ROOT = Path(__file__).parents[2]
NS_PER_MS = 1_000_000
LONG_S = 60


@dataclass(frozen=True)
class Pulled:
    """What one round gave. Milliseconds from the moment at which the request was durable."""

    trouble: str
    last_place_ms: float               # negative: nothing left after the request
    last_cancel_ms: float
    placed: int
    cancelled: int
    level_after_restart: KillLevel
    open_after_restart: int


def pull(folder: Path, trouble: str, orders: int) -> Pulled:
    """A real process, a real request file, a real kill -9, and a restart."""
    ledger, request = folder / "ledger.db", folder / "kill.request"
    command = [sys.executable, "-m", "tests.recovery.kill_child", str(ledger), str(request),
               trouble, str(orders)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert json.loads(child.stdout.readline()) == {"ready": True}
        write_request(request, KillRequest(KillLevel.BLOCK, "a drill"))
        asked_ns = SystemClock().monotonic_ns()
        told = json.loads(child.stdout.readline())
        child.kill()
        assert child.wait(LONG_S) == -9
    store = SqliteOrderStore(ledger)
    again = Desk(store=store, kill_request=request)
    again.session.heed_kill_request()
    found = Pulled(
        trouble=trouble, placed=told["placed"], cancelled=told["cancelled"],
        last_place_ms=(told["last_place_ns"] - asked_ns) / NS_PER_MS,
        last_cancel_ms=(told["last_cancel_ns"] - asked_ns) / NS_PER_MS,
        level_after_restart=again.session.book.kill_level,
        open_after_restart=sum(1 for order in again.session.snapshot().orders
                               if order.status not in FINAL_STATUSES))
    store.close()
    return found
