"""Writes the journal: every entry is booked, made durable with its projections, then believed."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from core.exceptions import DataError, TradingError
from core.ports import Changes, Checkpoint, Clock, OrderStore
from core.types import JournalEntry
from trading.book import Book, Booking
from trading.checkpoints import book_of, breaks, keep, opened_at_checkpoint
from trading.grouping import merged, stands_alone
from trading.journal import next_entry
from trading.ledger import post, rebuild_book
from trading.projection_bytes import first_layout, projection_bytes
from trading.records import Entry, Payload

log = logging.getLogger(__name__)
CHECKPOINT_ENTRIES = 10_000         # after so many a start would take a second longer
DAY_ENTRIES = 1_000                 # that make one worth while where a day or the desk ends
Sign = Callable[[str], str]                 # the hash of an entry -> its signature


class Bookkeeper:
    """The one writer of a ledger. Owned by the trading thread.

    After an error of the store nothing is assumed: the connection is made anew and the head is
    read. If the entry stands there it happened, and the book goes on. If not, `failed` is set
    and the book is rebuilt from the store before it is used again.
    """

    def __init__(self, store: OrderStore, clock: Clock, *, sign: Sign | None = None) -> None:
        """Reads the whole journal.

        Raises:
            DataError: the chain is broken, or the projections differ from what it tells.
        """
        self._store, self._clock, self._sign = store, clock, sign
        self._waiting: list[tuple[JournalEntry, Changes]] = []
        self._depth = 0                     # of groups that are open
        self.failed = False
        self._since: Checkpoint | None = None       # the one behind the book
        self._seal_broken, self._checkpoint_seq = False, 0
        self.book, self._head = self._read()
        self._kept = self._head             # the newest entry that was answered as durable

    @property
    def seq(self) -> int:
        """Number of the newest entry."""
        return self._head[0]

    @property
    def head(self) -> tuple[int, str]:
        """(number, hash) of the newest entry."""
        return self._head

    @property
    def grouping(self) -> bool:
        """True inside a group: what was recorded may not be durable yet."""
        return self._depth > 0

    def record(self, kind: str, payload: Payload, *, day: date | None = None) -> Booking:
        """Book one entry and make it durable; inside a group, when the group ends.

        Args:
            day: the trading day; None for the book's own.

        Raises:
            OrderError: the entry is not a legal step; nothing was written.
            DataError: the store failed. `failed` is set and nothing more is written until
                `reload`; the entry may or may not have been written.
        """
        self._refuse_after_failure()
        trading_day, ts_utc = day or self.book.day, self._clock.now_utc()
        booking = post(self.book, kind, payload, trading_day, ts_utc)
        entry = next_entry(self._head, trading_day=trading_day, ts_utc=ts_utc, kind=kind,
                           payload=payload)
        if self._sign is not None:
            entry = replace(entry, signature=self._sign(entry.hash))
        active = None if self.book.cash is None else self.book.cash.account_id
        alone = not self._depth or stands_alone(kind, booking.changes, active)
        if alone:
            self._write()                   # what waits comes before it
        self._waiting.append((entry, booking.changes))
        self._head = (entry.seq, entry.hash)
        if alone:
            self._write()
        self.book.absorb(booking)
        if self._since is not None and breaks(booking.changes, self._since.seal):
            self._seal_broken = True
        return booking

    def checkpoint_due(self, entries: int = CHECKPOINT_ENTRIES) -> bool:
        """True once so many entries were written since, or none of it can be relied on."""
        due = self._seal_broken or self.seq - self._checkpoint_seq >= entries
        return due and self._store.archive is not None and not self.failed

    def checkpoint(self) -> None:
        """Keep what the book is now, so that the next start begins here. Not inside a group.

        Raises:
            DataError: the store failed, or its tables are not what the book says.
        """
        archive = self._store.archive
        self._refuse_after_failure()
        if archive is None or self.book.cash is None or self.seq == self._checkpoint_seq:
            return
        try:
            kept = keep(archive, self.book, self.seq, None if self._seal_broken else self._since)
        except BaseException:
            self.failed = True
            raise
        self.record(Entry.CHECKPOINT, {"digest": kept.digest})
        self.book, self._since, self._seal_broken = book_of(kept, archive), kept, False
        self._checkpoint_seq = self.seq

    @contextmanager
    def group(self) -> Iterator[None]:
        """Everything recorded inside becomes durable at once when the outermost group ends.

        An error inside does not undo what was recorded before it: each entry was legal and is
        written. Entries of the send protocol are durable at once, here as everywhere.

        Raises:
            DataError: as `record` does, for the whole group.
        """
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth and not self.failed:
                self._write()

    def reload(self) -> None:
        """Believe what is stored, after an error.

        Raises:
            DataError: it cannot be read, or lacks an entry that was answered as durable.
        """
        self._waiting.clear()
        self._store.reopen()
        self._refuse_loss()
        self.book, self._head = self._read()
        self._kept, self.failed = self._head, False

    def _refuse_loss(self) -> None:
        seq, kept_hash = self._kept
        found = next(iter(self._store.entries(seq - 1)), None) if seq else None
        if seq and (found is None or found.hash != kept_hash):
            raise DataError(
                f"the ledger lacks entry {seq}", why="it was durable and is there no more",
                remedy="Do not trade on it; restore ledger.db from the newest good backup")

    def _write(self) -> None:
        """Append what waits, as one transaction."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        changes = [each for _, each in waiting]
        newest = waiting[-1][0]
        try:
            self._store.append(tuple(entry for entry, _ in waiting), merged(changes))
        except TradingError as error:
            if not self._happened_all_the_same(newest):
                self.failed = True
                raise
            log.warning("entry %d is in the ledger, although: %s", newest.seq, error)
        except BaseException:
            self.failed = True
            raise
        self._kept = (newest.seq, newest.hash)

    def _happened_all_the_same(self, newest: JournalEntry) -> bool:
        """True only if the store, opened anew, ends with the very entry that it refused."""
        try:
            self._store.reopen()
            return self._store.head() == (newest.seq, newest.hash)
        except TradingError:
            return False

    def _read(self) -> tuple[Book, tuple[int, str]]:
        found = None if self._store.outdated else opened_at_checkpoint(self._store)
        self._seal_broken = False
        if found is not None:
            book, head, self._since = found
            self._checkpoint_seq = self._since.seq + 1
            return book, head
        self._since, self._checkpoint_seq = None, 0
        book, head = rebuild_book(self._store.entries())
        self._bring_up_to_date(book)
        if head != self._store.head() or (
                projection_bytes(book.projections()) != projection_bytes(self._store.load())):
            raise DataError(
                "the ledger's tables differ from its journal", why="they were changed by others",
                remedy="Do not trade on it; restore ledger.db from the newest good backup")
        return book, head

    def _bring_up_to_date(self, book: Book) -> None:
        """Rows of an older version lack what it did not know: they are made from the journal.

        What the older rows do say has to be what the journal tells, else they stay as they are
        and the ledger is refused.
        """
        told = book.projections()
        if self._store.outdated and projection_bytes(first_layout(told)) == projection_bytes(
                first_layout(self._store.load())):
            self._store.refill(told)

    def _refuse_after_failure(self) -> None:
        if self.failed:
            raise DataError("the ledger could not be written", why="an earlier write failed",
                            remedy="Free disk space if there is none, then start again")
