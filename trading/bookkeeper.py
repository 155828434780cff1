"""Writes the journal: every entry is booked, made durable with its projections, then believed."""

from datetime import date

from core.exceptions import DataError
from core.ports import Clock, OrderStore
from trading.book import Book, Booking
from trading.journal import next_entry
from trading.ledger import post, rebuild_book
from trading.projection_bytes import first_layout, projection_bytes
from trading.records import Payload


class Bookkeeper:
    """The one writer of a ledger. Owned by the trading thread.

    After an error of the store nothing is assumed: the head is read again. Whether or not the
    entry turned out to be durable, the book is rebuilt from the store before it is used again.
    """

    def __init__(self, store: OrderStore, clock: Clock) -> None:
        """Reads the whole journal.

        Raises:
            DataError: the chain is broken, or the projections differ from what it tells.
        """
        self._store, self._clock = store, clock
        self.failed = False
        self.book, self._head = self._read()

    @property
    def seq(self) -> int:
        """Number of the newest durable entry."""
        return self._head[0]

    def record(self, kind: str, payload: Payload, *, day: date | None = None) -> Booking:
        """Book one entry and make it durable.

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
        try:
            self._store.append((entry,), booking.changes)
        except BaseException:
            self.failed = True
            raise
        self._head = (entry.seq, entry.hash)
        self.book.absorb(booking)
        return booking

    def reload(self) -> None:
        """Believe what is stored, after an error. Raises DataError while it cannot be read."""
        self.book, self._head = self._read()
        self.failed = False

    def _read(self) -> tuple[Book, tuple[int, str]]:
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
