"""The runs behind the storage proofs: cuts of power and faults of the disk under real trading.

Each function is run with a few seeds in the quick suite, and at length by `make proof`.
"""

import random
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from core.clock import SimClock, SystemClock
from core.events import EventBus
from core.exceptions import TradingError
from core.ports import Changes
from core.types import JournalEntry, OrderSide
from data.backups import LedgerBackups, backups_in, restore
from data.checks import ledger_check
from data.order_store import SqliteOrderStore
from tests.support.desk import DAY1, Desk, a_bar, at
from tests.support.faulty_disk import Fault, FaultyDisk
from trading.bookkeeper import Bookkeeper
from trading.checks import journal_check
from trading.executor import ExecutionEngine
from trading.journal import verify_chain
from trading.projection_bytes import projection_bytes
from trading.records import Entry
from trading.session import TradingSession
from utils.health import Status

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


def flip_bits(folder: Path, *, flips: int, seed: int) -> Counter[str]:
    """Flip one bit of a ledger at a time, and see who notices.

    "start": refused when it is opened. "strict": trusted when opened, found by the whole check.
    "harmless": every entry and row is what it was. "missed": anything else. "restored": the
    backup took its place afterwards and held.
    """
    rng, found = random.Random(seed), Counter[str]()
    ledger, sick = folder / "ledger.db", folder / "sick.db"
    with closing(SqliteOrderStore(ledger)) as store:
        desk = Desk(store=store)
        for act in workload(desk, seed, 60):
            act()
        Bookkeeper(store, desk.clock).checkpoint()
        desk.session.reload()
        for act in workload(desk, seed + 1, 6):
            act()
        store.reopen()                      # everything is in the main file
        told = list(store.entries()), projection_bytes(store.load())
    content = ledger.read_bytes()
    for _ in range(flips):
        bit = rng.randrange(8 * len(content))
        wrong = bytearray(content)
        wrong[bit // 8] ^= 1 << bit % 8
        sick.write_bytes(wrong)
        found[_noticed(sick, told)] += 1
        for suffix in ("-wal", "-shm"):
            Path(f"{sick}{suffix}").unlink(missing_ok=True)
    restore(ledger, sick, anchor=folder / "ledger.head", clock=SimClock(at(DAY1)),
            prove=lambda store: Bookkeeper(store, SimClock(at(DAY1))))
    with closing(SqliteOrderStore(sick)) as store:
        found["restored"] += list(store.entries()) == told[0]
    return found


def _noticed(sick: Path, told: tuple[list[JournalEntry], bytes]) -> str:
    try:
        with closing(SqliteOrderStore(sick)) as store:
            Bookkeeper(store, SimClock(at(DAY1)))
    except TradingError:
        return "start"
    try:
        with closing(SqliteOrderStore(sick)) as store:
            strict = journal_check(store, whole=True).status is not Status.HEALTHY or (
                ledger_check(sick, whole=True).status is not Status.HEALTHY)
            same = not strict and (list(store.entries()), projection_bytes(store.load())) == told
    except TradingError:
        return "strict"
    return "strict" if strict else "harmless" if same else "missed"


@dataclass
class Crowd:
    """Threads that use one ledger through its one writer, with a reader and backups beside."""

    folder: Path
    errors: list[Exception] = field(default_factory=list)
    reads: int = 0
    largest_wal_bytes: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def run(self, *, threads: int, operations: int) -> Counter[str]:
        """Every thread does so many operations; counts what happened."""
        ledger, copies = self.folder / "ledger.db", self.folder / "backups"
        copies.mkdir()
        clock = SystemClock()
        backups = LedgerBackups(ledger, copies, clock=clock,
                                prove=lambda store: Bookkeeper(store, clock))
        with closing(SqliteOrderStore(ledger)) as store:
            desk = Desk(store=store)
            engine, stop = ExecutionEngine(desk.parts, EventBus()), threading.Event()
            workers = [threading.Thread(target=self._use, args=(engine, desk, operations))
                       for _ in range(threads)]
            beside = [threading.Thread(target=self._read, args=(ledger,)),
                      threading.Thread(target=self._guard, args=(backups.make,))]
            trading = threading.Thread(target=engine.run, args=(stop,))
            for thread in (trading, *beside, *workers):
                thread.start()
            for thread in workers:
                thread.join()
            self.done.set()
            for thread in beside:
                thread.join()
            stop.set()
            trading.join()
            verify_chain(store)
            Bookkeeper(store, clock)
            return Counter(entries=store.head()[0], reads=self.reads, errors=len(self.errors),
                           backups=len(backups_in(copies)))

    def _use(self, engine: ExecutionEngine, desk: Desk, operations: int) -> None:
        rng = random.Random(operations)
        try:
            for number in range(operations):
                if number % 50 == 49:
                    request = desk.request(100, f"{rng.randrange(910, 990) / 100:.2f}")
                    order = engine.submit(request).result()
                    engine.cancel(order.order_id).result()
                else:
                    engine.ask(partial(_decide, number)).result()
        except Exception as error:  # noqa: BLE001 - whatever it is, the proof shows it
            self.errors.append(error)

    def _read(self, ledger: Path) -> None:
        with closing(SqliteOrderStore(ledger, read_only=True)) as reader:
            self._guard(partial(self._look, reader, Path(f"{ledger}-wal")))

    def _look(self, reader: SqliteOrderStore, wal: Path) -> None:
        seq, _ = reader.head()
        for _ in reader.entries(max(0, seq - 200)):
            self.reads += 1
        self.largest_wal_bytes = max(self.largest_wal_bytes, wal.stat().st_size)

    def _guard(self, act: Callable[[], object]) -> None:
        while not self.done.is_set():
            try:
                act()
            except Exception as error:  # noqa: BLE001 - whatever it is, the proof shows it
                self.errors.append(error)
            self.done.wait(0.2)


def _decide(number: int, session: TradingSession) -> None:
    session.record(Entry.DECISION, {"why": "one of many", "key": str(number)})


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
    faults: tuple[Fault, ...] = tuple(Fault), points: range | None = None,
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
            for point in points or range(1 + seed % every, last + 1, every):
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
