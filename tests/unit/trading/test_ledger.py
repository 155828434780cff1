from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.exceptions import DataError, OrderError
from core.types import BrokerReport, OrderSide, OrderStatus, Report
from tests.support.desk import CNY, DAY1, DAY2, MAIN, Desk, a_bar, at
from trading.ledger import (
    Book,
    Booking,
    fill_problem,
    post,
    projection_bytes,
    rebuild,
    rebuild_book,
)
from trading.records import Entry

ZERO = {"commission_e4": 0, "stamp_duty_e4": 0, "transfer_fee_e4": 0, "handling_e4": 0,
        "regulatory_e4": 0}


class Books:
    """A book driven by bare entries."""

    def __init__(self, cash_e4: int = 100_000_0000) -> None:
        self.book = Book()
        self.add(Entry.ACCOUNT_OPENED, account_id="main", cash_e4=cash_e4)

    def add(self, kind: str, day: date = DAY1, **payload: object) -> Booking:
        booking = post(self.book, kind, payload, day, at(DAY1))
        self.book.absorb(booking)
        return booking

    def intend(self, order_id: int = 1, side: str = "BUY", shares: int = 300,
               reserved_e4: int = 3_005_0000) -> None:
        self.add(Entry.ORDER_INTENT, order_id=order_id, reserved_e4=reserved_e4, request={
            "symbol": MAIN, "side": side, "shares": shares, "limit_e4": 100_000,
            "limit_text": None, "type": "LIMIT", "created_utc": at(DAY1).isoformat(), "tag": "",
            "key": "", "source": "manual"})
        self.add(Entry.ORDER_SENDING, order_id=order_id)
        self.add(Entry.ORDER_SENT, order_id=order_id, broker_id="B1")

    def fill(self, order_id: int = 1, shares: int = 300, price_e4: int = 100_000,
             reserved_e4: int = 0, commission_e4: int = 5_0000, trade: str = "t1") -> None:
        self.add(Entry.FILL, order_id=order_id, trade_id=trade, broker="SIM", broker_id="B1",
                 shares=shares, price_e4=price_e4, reserved_e4=reserved_e4, t0=False,
                 fees=ZERO | {"commission_e4": commission_e4})


def test_a_purchase_reserves_then_pays_and_is_locked_until_the_next_session() -> None:
    books = Books()
    books.intend()
    assert books.book.account.reserved_cny == CNY("3005.00")
    assert books.book.account.available_cny == CNY("96995.00")

    books.fill()
    account, position = books.book.account, books.book.position(MAIN)
    assert (account.cash_cny, account.reserved_cny) == (CNY("96995.00"), CNY("0.00"))
    assert (position.held_shares, position.sellable_shares) == (300, 0)
    assert position.cost_cny == CNY("3005.00")

    books.add(Entry.DAY_OPENED, day=DAY2, credits=[], write_offs=[])
    assert books.book.position(MAIN).sellable_shares == 300
    assert books.book.account.trading_day == DAY2


def test_a_part_fill_keeps_the_rest_reserved_and_a_cancel_frees_it() -> None:
    books = Books()
    books.intend()
    books.fill(shares=100, reserved_e4=2_000_0000)
    assert books.book.account.reserved_cny == CNY("2000.00")

    books.add(Entry.REPORT, order_id=1, report="CANCELLED", broker_id="B1", text="")
    assert books.book.orders[1].status is OrderStatus.PART_CANCELLED
    assert books.book.account.reserved_cny == CNY("0.00")
    assert books.book.account.cash_cny == CNY("98995.00")


def test_a_late_fill_after_the_cancel_is_booked_without_reserving_anything() -> None:
    books = Books()
    books.intend()
    books.add(Entry.REPORT, order_id=1, report="CANCELLED", broker_id="B1", text="")
    books.fill(shares=300, reserved_e4=77)

    assert books.book.orders[1].status is OrderStatus.FILLED
    assert books.book.account.reserved_cny == CNY("0.00")
    assert books.book.position(MAIN).held_shares == 300


def test_shares_on_sale_are_not_for_sale_twice_and_come_back_after_a_cancel() -> None:
    books = Books()
    books.intend()
    books.fill()
    books.add(Entry.DAY_OPENED, day=DAY2, credits=[], write_offs=[])
    books.intend(order_id=2, side="SELL", shares=200, reserved_e4=0)
    assert books.book.position(MAIN).sellable_shares == 100

    books.add(Entry.REPORT, order_id=2, report="CANCELLED", broker_id="B1", text="")
    assert books.book.position(MAIN).sellable_shares == 300


def test_sale_proceeds_are_usable_at_once_and_withdrawable_the_next_day() -> None:
    books = Books()
    books.intend()
    books.fill()
    books.add(Entry.DAY_OPENED, day=DAY2, credits=[], write_offs=[])
    books.intend(order_id=2, side="SELL", shares=300, reserved_e4=0)
    books.fill(order_id=2, price_e4=110_000, trade="t2")

    account = books.book.account
    assert account.available_cny == CNY("100290.00")
    assert account.withdrawable_cny == CNY("96995.00")
    assert books.book.position(MAIN).realised_cny == CNY("290.00")
    books.add(Entry.DAY_OPENED, day=date(2024, 3, 6), credits=[], write_offs=[])
    assert books.book.account.withdrawable_cny == CNY("100290.00")


def test_average_cost_leaves_with_the_shares_and_no_fen_is_lost() -> None:
    books = Books()
    books.intend()
    books.fill(price_e4=100_100)                      # 3,003.00 + 5.00 = 3,008.00 for 300
    books.add(Entry.DAY_OPENED, day=DAY2, credits=[], write_offs=[])
    books.intend(order_id=2, side="SELL", shares=300, reserved_e4=0)
    books.fill(order_id=2, shares=100, trade="t2", commission_e4=0)
    assert books.book.position(MAIN).cost_cny == CNY("2005.33")     # 1,002.67 left with 100
    books.fill(order_id=2, shares=200, trade="t3", commission_e4=0)

    position = books.book.position(MAIN)
    assert position.cost_cny == CNY("0.00")
    assert position.realised_cny == CNY("-8.00")


def test_an_ex_date_credits_cash_and_bonus_shares_that_may_be_sold_at_once() -> None:
    books = Books()
    books.intend()
    books.fill()
    books.add(Entry.DAY_OPENED, day=DAY2, write_offs=[], credits=[
        {"symbol": MAIN, "ex_date": DAY2.isoformat(), "cash_e4": 72_0000, "bonus_shares": 60}])

    position = books.book.position(MAIN)
    assert (position.held_shares, position.sellable_shares) == (360, 360)
    assert position.realised_cny == CNY("72.00")
    assert books.book.account.cash_cny == CNY("97067.00")


def test_a_written_off_position_is_lost_whole() -> None:
    books = Books()
    books.intend()
    books.fill()
    books.add(Entry.DAY_OPENED, day=DAY2, credits=[], write_offs=[MAIN])

    position = books.book.position(MAIN)
    assert (position.held_shares, position.cost_cny) == (0, CNY("0.00"))
    assert position.realised_cny == CNY("-3005.00")


def test_a_late_fill_of_yesterdays_order_is_sellable_today() -> None:
    books = Books()
    books.intend()
    books.add(Entry.DAY_OPENED, day=DAY2, credits=[], write_offs=[])
    books.fill()

    assert books.book.position(MAIN).sellable_shares == 300
    assert next(iter(books.book.fills.values())).trading_day == DAY1


def test_a_reset_wipes_everything_but_the_numbering_of_orders() -> None:
    books = Books()
    books.intend()
    booking = books.add(Entry.ACCOUNT_RESET, account_id="main", cash_e4=500_0000)

    assert booking.changes.wipe
    assert books.book.orders == {}
    assert books.book.account.cash_cny == CNY("500.00")
    assert books.book.account.reserved_cny == CNY("0.00")
    assert books.book.last_order_id == 1


def test_posting_only_reads_the_book() -> None:
    books = Books()
    books.intend()
    before = projection_bytes(books.book.projections())
    post(books.book, Entry.KILL, {"level": 3, "reason": "drill"}, DAY1, at(DAY1))
    post(books.book, Entry.REPORT,
         {"order_id": 1, "report": "CANCELLED", "broker_id": "", "text": ""}, DAY1, at(DAY1))

    assert projection_bytes(books.book.projections()) == before


def test_an_unknown_kind_of_entry_is_refused_with_the_remedy() -> None:
    with pytest.raises(DataError, match="newer version"):
        post(Book(), "OPTION_EXERCISED", {}, DAY1, at(DAY1))


def test_a_rebuild_from_the_journal_equals_the_stored_projections_byte_for_byte() -> None:
    desk = Desk()
    desk.hold(1_000)
    desk.sell(300, "10.20")
    desk.play(a_bar(price="10.30", ts_utc=at(DAY2)))
    desk.buy(100, "99.00")                            # refused
    desk.buy(200, "9.90")                             # rests
    desk.session.on_report(BrokerReport(
        kind=Report.FILL, order_id=99, broker_id="", ts_utc=at(DAY2), shares=1,
        price_cny=Decimal(1), trade_id="x"))          # quarantined

    stored = projection_bytes(desk.store.load())
    assert projection_bytes(rebuild(desk.store.entries())) == stored
    changed = replace(desk.store.load(), positions=())
    assert projection_bytes(changed) != stored


def test_the_rebuilt_book_remembers_what_the_projections_do_not_show() -> None:
    desk = Desk()
    desk.buy(200, "9.90", key="k1")
    book, head = rebuild_book(desk.store.entries())

    assert head == desk.store.head()
    assert book.by_key == {"k1": 1}
    assert [order.order_id for order in book.open_orders()] == [1]
    assert book.reserved_e4 == {1: 1_985_0200}        # 1,980.00 + 5.00 + 0.02 transfer fee
    assert book.opened.reserved_e4 == 1_985_0200


def test_the_days_orders_and_fills_are_those_of_that_day_only() -> None:
    desk = Desk()
    desk.hold(100)
    desk.sell(100, "9.95")
    desk.play(a_bar(price="10.00", ts_utc=at(DAY2)))

    snapshot = desk.session.snapshot()
    assert [order.request.side for order in snapshot.orders] == [OrderSide.SELL]
    assert [fill.side for fill in snapshot.fills] == [OrderSide.SELL]


def test_a_sale_of_more_than_is_held_is_a_problem_even_where_so_much_was_ordered() -> None:
    desk = Desk()
    desk.hold(200)
    order_id = desk.sell(200, "10.90")
    book = desk.session.book
    book.positions[MAIN] = replace(book.position(MAIN), held_shares=100)
    fill = BrokerReport(kind=Report.FILL, order_id=order_id, ts_utc=at(DAY2), shares=200,
                        price_cny=CNY("10.90"), trade_id="t", broker_id="")

    assert fill_problem(book, fill) == "200 shares were reported sold, 100 are held"


def test_money_that_is_reserved_is_not_withdrawable() -> None:
    desk = Desk()
    desk.buy(100, "9.00")
    account = desk.session.book.account

    assert account.reserved_cny == CNY("905.01")
    assert account.withdrawable_cny == account.cash_cny - CNY("905.01")


def test_a_day_that_stands_is_not_opened_again() -> None:
    desk = Desk()
    desk.hold(100)
    payload: dict[str, object] = {"credits": [], "write_offs": []}

    with pytest.raises(OrderError, match="was not opened"):
        post(desk.session.book, Entry.DAY_OPENED, payload, desk.session.day, at(DAY2))
