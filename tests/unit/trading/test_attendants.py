from collections.abc import Sequence
from datetime import date

from core.types import Bar, Quote
from tests.support.desk import DAY2, Desk, a_bar, a_quote
from trading.attendants import Onlooker
from trading.ledger import Booking
from trading.records import Entry, Payload
from trading.session import TradingSession


class Witness(Onlooker):
    """Remembers what it was told, and buys once when it is its turn."""

    def __init__(self, session: TradingSession, request: object = None) -> None:
        self.session, self.told = session, list[object]()
        self.buys = 0

    def booked(self, kind: Entry, payload: Payload, booking: Booking) -> None:
        self.told.append(kind)

    def market(self, quotes: Sequence[Quote], bars: Sequence[Bar]) -> None:
        self.told.append((len(quotes), len(bars)))

    def day_opened(self, day: date) -> None:
        self.told.append(day)

    def act(self) -> None:
        self.buys += 1


def a_watched_desk() -> tuple[Desk, Witness]:
    found: list[Witness] = []

    def attendants(session: TradingSession) -> list[Witness]:
        found.append(Witness(session))
        return found

    return Desk(attendants=attendants), found[0]


def test_an_attendant_sees_every_entry_from_the_opening_of_the_account_on() -> None:
    desk, witness = a_watched_desk()

    desk.buy(100)

    assert witness.told == [Entry.ACCOUNT_OPENED, Entry.ORDER_INTENT, Entry.ORDER_SENDING,
                            Entry.ORDER_SENT, Entry.REPORT]


def test_an_attendant_sees_the_market_after_the_broker_and_the_new_day() -> None:
    desk, witness = a_watched_desk()
    witness.told.clear()

    desk.session.on_quotes([a_quote()])
    desk.play(a_bar())
    desk.to(DAY2)

    assert witness.told == [(1, 0), (0, 1), Entry.DAY_OPENED, DAY2]


def test_attendants_act_only_when_it_is_their_turn() -> None:
    desk, witness = a_watched_desk()
    desk.buy(100)
    assert witness.buys == 0

    desk.session.act()

    assert witness.buys == 1


def test_an_onlooker_does_nothing() -> None:
    desk = Desk(attendants=lambda _session: [Onlooker()])
    desk.play(a_bar())
    desk.to(DAY2)
    before = desk.session.journal_seq

    desk.session.act()

    assert desk.session.journal_seq == before


def test_an_attendants_value_is_durable_and_can_be_taken_away() -> None:
    desk = Desk()
    desk.session.record(Entry.PLAN, {"key": "7", "value": {"status": "WAITING"}})
    assert Desk(store=desk.store).session.book.state_of(Entry.PLAN) == {"7": {"status": "WAITING"}}

    desk.session.record(Entry.PLAN, {"key": "7", "value": None})

    assert Desk(store=desk.store).session.book.state_of(Entry.PLAN) == {}
