"""The runs behind the storage proofs: cuts of power and faults of the disk under real trading.

Each function is run with a few seeds in the quick suite, and at length by `make proof`.
"""

import random
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from core.clock import SimClock
from core.exceptions import TradingError
from core.ports import Changes
from core.types import JournalEntry, OrderSide
from data.order_store import SqliteOrderStore
from tests.support.desk import DAY1, Desk, a_bar, at
from tests.support.faulty_disk import Fault, FaultyDisk
from trading.bookkeeper import Bookkeeper

Head = tuple[int, str]


class WatchedStore(SqliteOrderStore):
    """Counts commits that raised and are durable all the same."""

    refused: Head = (0, "")
    durable_after_all = 0

    def append(self, entries: Sequence[JournalEntry], changes: Changes) -> None:
        try:
            super().append(entries, changes)
        except TradingError:
            self.refused = (entries[-1].seq, entries[-1].hash)
            raise

    def reopen(self) -> None:
        super().reopen()
        self.durable_after_all += self.head() == self.refused
        self.refused = (0, "")


def workload(desk: Desk, seed: int, orders: int) -> list[Callable[[], object]]:
    """Trading as a list of acts: orders, fills, cancels, a new day."""
    rng, acts = random.Random(seed), list[Callable[[], object]]()
    for number in range(orders):
        side = rng.choice((OrderSide.BUY, OrderSide.BUY, OrderSide.SELL))
        acts.append(partial(_order, desk, side, f"{rng.randrange(980, 1021) / 100:.2f}",
                            100 * rng.randrange(1, 6)))
        if number % 3 == 2:
            acts.append(partial(_minute, desk, rng.randrange(500, 4_000)))
        if number % 7 == 6:
            acts.append(desk.session.cancel_all)
        if number % 11 == 10:
            acts.append(partial(_next_day, desk))
    return acts


def _order(desk: Desk, side: OrderSide, price: str, shares: int) -> None:
    desk.session.submit(desk.request(shares, price, side=side))


def _minute(desk: Desk, volume: int) -> None:
    desk.play(a_bar(price="10.00", low="9.90", high="10.10", volume=volume))


def _next_day(desk: Desk) -> None:
    desk.to(desk.parts.calendar.next_session(desk.session.day))


def holds(ledger: Path, promised: Head) -> bool:
    """The ledger opens, is whole and equal to its tables, and has what was promised in it."""
    with closing(SqliteOrderStore(ledger)) as store:
        Bookkeeper(store, SimClock(at(DAY1)))
        return has(store, promised)


def has(store: SqliteOrderStore, promised: Head) -> bool:
    if not promised[0]:
        return True
    entry = next(iter(store.entries(promised[0] - 1)), None)
    return entry is not None and entry.hash == promised[1]


def cut_power(folder: Path, *, images: int, seed: int, synchronous: str = "FULL") -> Counter[str]:
    """Cut the power at random moments of trading; count what every image came to.

    "whole": opens and holds all that was promised. "lost": whole, without something promised.
    "damaged": cannot be opened or contradicts itself.
    """
    rng, found, made = random.Random(seed), Counter[str](), 0
    while made < images:
        run = folder / f"run{made}"
        run.mkdir()
        disk = FaultyDisk(f"cut-{seed}-{made}")
        moments = _moments(run, disk, rng, synchronous)
        for path, promised in moments[:images - made]:
            found[_fate(path, promised)] += 1
            made += 1
        shutil.rmtree(run)
    return found


def _moments(
    run: Path, disk: FaultyDisk, rng: random.Random, synchronous: str
) -> list[tuple[Path, Head]]:
    store = SqliteOrderStore(run / "ledger.db", vfs=disk.name)
    store._db.execute(f"PRAGMA synchronous = {synchronous}")
    desk, promised = Desk(store=store), store.head()
    taken: list[tuple[Path, Head]] = []

    def maybe_cut(chance: float) -> None:
        if rng.random() < chance:
            image = run / f"image{len(taken)}"
            image.mkdir()
            taken.append((disk.image(image, rng, rng.choice((0, 0.3, 0.7, 1))), promised))

    disk.after = lambda: maybe_cut(0.06)
    for act in workload(desk, rng.randrange(10**6), 12):
        act()
        promised = store.head()
        maybe_cut(0.5)                      # the moment after an answer is the worst
    disk.after = lambda: None
    store.close()
    return taken


def _fate(ledger: Path, promised: Head) -> str:
    try:
        return "whole" if holds(ledger, promised) else "lost"
    except TradingError:
        return "damaged"


def sweep_faults(
    folder: Path, *, seed: int, orders: int, every: int = 1,
    faults: tuple[Fault, ...] = tuple(Fault),
) -> Counter[str]:
    """Trade once for each operation of the disk, and let that one fail, once or from then on.

    Counts "points", "raised" (the caller saw an error), "durable" (raised inside and durable all
    the same), and "broken": a promise that was not kept, on the disk or on the platter.
    """
    found = Counter[str]()
    template = folder / "template.db"
    with closing(SqliteOrderStore(template)) as store:
        Desk(store=store)
    operations, syncs = _trade(folder, template, seed, orders, None, False, 10**9, found)
    found.clear()
    for fault in faults:
        last = syncs if fault is Fault.BAD_SYNC else operations
        for sticky in (False, True):
            for point in range(1 + seed % every, last + 1, every):
                _trade(folder, template, seed, orders, fault, sticky, point, found)
    return found


def _trade(
    folder: Path, template: Path, seed: int, orders: int, fault: Fault | None, sticky: bool,
    point: int, found: Counter[str],
) -> tuple[int, int]:
    """One run with one fault; the operations and syncs it took."""
    run = folder / "fault"
    run.mkdir()
    ledger = Path(shutil.copy(template, run / "ledger.db"))
    disk = FaultyDisk(f"fault-{id(found)}")
    store = WatchedStore(ledger, vfs=disk.name)
    desk = Desk(store=store)
    promised = store.head()
    disk.break_at(point, fault or Fault.IO_ERROR, sticky=sticky)
    for act in workload(desk, seed, orders):
        try:
            if desk.session.failed:
                desk.session.reload()
            act()
            promised = desk.session.head
        except TradingError:
            found["raised"] += 1
    took = disk.operations, disk.syncs
    found["points"] += disk.failed > 0
    disk.mend()
    if desk.session.failed:
        desk.session.reload()
    found["durable"] += store.durable_after_all
    image = run / "image"
    image.mkdir()
    platter = disk.image(image, random.Random(point), 0)
    if not has(store, promised) or _fate(platter, promised) != "whole":
        found["broken"] += 1
    store.close()
    if _fate(ledger, promised) != "whole":
        found["broken"] += 1
    shutil.rmtree(run)
    disk.unregister()
    return took
