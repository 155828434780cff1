"""Opening a ledger at its newest checkpoint, and making one.

A checkpoint is believed only if its digest stands in the journal, the entries after it follow,
and what they lead to equals every table: live rows byte for byte, sealed rows by their digest.
Anything else is no error here: the whole journal is read in its place, and that decides.
"""

import logging
from json import loads

from core.exceptions import DataError, TradingError
from core.ports import Archive, Changes, Checkpoint, OrderStore, Seal
from trading.book import Book
from trading.journal import follow
from trading.ledger import post
from trading.projection_bytes import projection_bytes
from trading.records import Entry

log = logging.getLogger(__name__)
Head = tuple[int, str]


def book_of(checkpoint: Checkpoint, archive: Archive) -> Book:
    """The book as it was kept; sealed rows stay in the store."""
    book = Book.restored(checkpoint.rows)
    book.attach(archive, checkpoint.seal)
    return book


def opened_at_checkpoint(store: OrderStore) -> tuple[Book, Head, Checkpoint] | None:
    """The book and head of a store; None: read the whole journal."""
    archive = store.archive
    if archive is None:
        return None
    try:
        checkpoint = archive.newest()
        return None if checkpoint is None else _opened(store, archive, checkpoint)
    except (TradingError, KeyError, ValueError) as error:
        log.warning("the checkpoint does not fit, the whole journal is read: %s", error)
        return None


def _opened(
    store: OrderStore, archive: Archive, checkpoint: Checkpoint
) -> tuple[Book, Head, Checkpoint] | None:
    tail = store.entries(checkpoint.seq)
    first = next(tail, None)
    if first is None or first.kind != Entry.CHECKPOINT or (
            loads(first.payload)["digest"] != checkpoint.digest):
        return None
    book, head = book_of(checkpoint, archive), (checkpoint.seq, first.prev_hash)
    head = follow(head, first)
    for entry in tail:
        head = follow(head, entry)
        booking = post(book, entry.kind, loads(entry.payload), entry.trading_day, entry.ts_utc)
        if breaks(booking.changes, checkpoint.seal):
            return None
        book.absorb(booking)
    if head != store.head() or archive.digest(checkpoint.seal) != checkpoint.sealed_digest:
        return None
    if projection_bytes(book.live()) != projection_bytes(archive.live(checkpoint.seal)):
        return None
    return book, head, checkpoint


def breaks(changes: Changes, seal: Seal) -> bool:
    """True if a sealed row changes, as a late fill does, or rows go altogether."""
    if changes.wipe or changes.select is not None:
        return True
    return any(order.order_id <= seal.orders_upto and order.order_id not in seal.open_ids
               for order in changes.orders)


def keep(archive: Archive, book: Book, seq: int, since: Checkpoint | None) -> Checkpoint:
    """Keep what the book is after entry `seq`, after comparing it with the tables.

    Args:
        since: the one behind the book, if none of its sealed rows has changed; None: the book
            is compared whole.

    Raises:
        DataError: the tables are not what the book says, or the store failed.
    """
    told = book.projections() if since is None else book.live()
    seal = None if since is None else since.seal
    same = projection_bytes(told) == projection_bytes(archive.live(seal))
    if not same or (since is not None and archive.digest(since.seal) != since.sealed_digest):
        raise DataError(
            "the ledger's tables differ from its book", why="they were changed by others",
            remedy="Do not trade on it; restore ledger.db from the newest good backup")
    return archive.keep(seq, archive.seal(min(a.trading_day for a in book.accounts.values())))
