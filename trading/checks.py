"""What the trading core can say of its own health. Everything here only reads."""

from pathlib import Path

from core.exceptions import DataError
from core.ports import OrderStore
from core.types import KillLevel
from trading.journal import GENESIS_HASH, follow
from trading.kill_switch import read_request
from trading.ledger import projection_bytes, rebuild
from utils.health import CheckResult, degraded, healthy, unhealthy

TAIL = 200                         # entries whose links a quick check follows
_RESTORE = "Stop trading and restore the newest backup; the journal export shows what is in it"


def journal_check(store: OrderStore | None, *, whole: bool) -> CheckResult:
    """The hash chain; `whole`: every link, and a rebuild that must equal what is stored."""
    if store is None:
        return healthy("journal", "there is no ledger yet; the first start makes it")
    seq, stored_hash = store.head()
    after = 0 if whole else max(0, seq - TAIL)
    try:
        head = _followed(store, after)
    except DataError as error:
        return unhealthy("journal", f"{error.what}: {error.why}", _RESTORE)
    if seq and head != (seq, stored_hash):
        return unhealthy("journal", f"it ends at entry {head[0]}, not {seq}", _RESTORE)
    if whole and projection_bytes(rebuild(store.entries())) != projection_bytes(store.load()):
        return unhealthy("journal", "the stored orders, fills and positions are not what the "
                                    "journal tells", _RESTORE)
    scope = "every link and the rebuild hold" if whole else f"the last {min(seq, TAIL)} links hold"
    return healthy("journal", f"{seq} entries; {scope}")


def _followed(store: OrderStore, after: int) -> tuple[int, str]:
    """The head that the links after an entry lead to. DataError: a link does not hold."""
    head: tuple[int, str] | None = (0, GENESIS_HASH) if after == 0 else None
    for entry in store.entries(after_seq=after):
        head = follow(head or (after, entry.prev_hash), entry)
    return head or (after, "")


def kill_check(store: OrderStore | None, request_file: Path) -> CheckResult:
    """The kill level in force, and a request that no core has taken up yet."""
    level = KillLevel.NONE if store is None else store.load().kill_level
    waiting = read_request(request_file)
    if waiting is not None and waiting.level > level:
        return degraded("kill switch", f"{waiting.level.name} was asked for: {waiting.reason}",
                        "No order leaves while it lies there; a running core takes it up")
    if level is not KillLevel.NONE:
        return degraded("kill switch", f"it stands at {level.name}",
                        "Run `python main.py --unlock`, or use the button in the window")
    return healthy("kill switch", "orders may be sent")
