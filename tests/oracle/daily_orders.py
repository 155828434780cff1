"""The oracle for daily order lists: what every order, fill, fen and share must come to.

One plain pass over the sessions, written from the twelve rules of the design's "Order list for
`--orders`" section. It knows nothing of the product's code; the product is compared with it.
Prices are ints in 1/10,000 CNY (`_e4`), money ints in fen (`_fen`), quantities whole shares.
"""

import hashlib
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.oracle import market_facts as facts
from tests.oracle.answer import (
    SESSIONS_A_YEAR,
    Fill,
    OracleResult,
    Outcome,
    csv_text,
    log_row,
    max_drawdown,
    money,
    sharpe,
    trade_row,
)
from tests.oracle.bands import Band, band_of_day, formula_band
from tests.oracle.bars import RawBars, SymbolBars
from tests.oracle.market_facts import Action, Fees, FeeTerms
from tests.oracle.order_list import BUY, SELL, ListedOrder, Listing
from tests.oracle.sessions import is_session, sessions_between

FEN_IN_E4 = 100


@dataclass
class Resting:
    order: ListedOrder
    limit_e4: int
    reserved_fen: int


class Account:
    """Cash, holdings and what today's orders have tied up."""

    def __init__(self, cash_fen: int) -> None:
        self.cash_fen = cash_fen
        self.reserved_fen = 0
        self.held: dict[str, int] = defaultdict(int)
        self.bought_today: dict[str, int] = defaultdict(int)
        self.on_sale: dict[str, int] = defaultdict(int)

    def start_session(self) -> None:
        self.reserved_fen = 0
        self.bought_today.clear()
        self.on_sale.clear()

    def sellable(self, symbol: str, same_day_resale: bool) -> int:
        locked = 0 if same_day_resale else self.bought_today[symbol]
        return self.held[symbol] - locked - self.on_sale[symbol]

    def book(self, order: ListedOrder, shares: int, amount_fen: int, fees: Fees) -> None:
        if order.side == BUY:
            self.cash_fen -= amount_fen + fees.total
            self.held[order.symbol] += shares
            self.bought_today[order.symbol] += shares
        else:
            self.cash_fen += amount_fen - fees.total
            self.held[order.symbol] -= shares


@dataclass(frozen=True)
class DayFacts:
    """What is known of one symbol on one session with a bar."""

    board: str
    open_e4: int
    high_e4: int
    low_e4: int
    band: Band


class DailyOrders:
    """One run: sessions in order, and within a session the rules in order."""

    def __init__(
        self,
        bars: Mapping[str, SymbolBars],
        listings: Mapping[str, Listing],
        actions: Sequence[Action] | None,
        cash_fen: int,
        terms: FeeTerms,
        volume_share: Fraction,
    ) -> None:
        self.bars, self.listings, self.actions = bars, listings, actions
        self.terms, self.volume_share = terms, volume_share
        self.account = Account(cash_fen)
        self.fills: list[Fill] = []
        self.outcomes: dict[int, Outcome] = {}
        self.warnings: list[str] = []
        self.derived_credits_fen = 0
        self._ex_rows: dict[str, frozenset[int]] = {}
        self._actions_of: dict[str, list[Action]] = defaultdict(list)
        for action in actions or ():
            self._actions_of[action.symbol].append(action)
        self._actions_to_come = sorted(actions or (), key=lambda action: action.ex_date)
        self._left: dict[str, int] = {}
        self._resting: list[Resting] = []

    def play_session(self, day: date, orders: Sequence[ListedOrder]) -> None:
        self.account.start_session()
        self._left.clear()
        self._resting.clear()
        if is_session(day):
            self._apply_ex_dates(day)
        for order in orders:
            self.outcomes[order.number] = self._take(order)
        for resting in self._resting:
            self._play_through_bar(resting)

    # ex-dates (rule 10)

    def _apply_ex_dates(self, day: date) -> None:
        if self.actions is not None:
            self._apply_actions(day)
            return
        for symbol, shares in self.account.held.items():
            row = self.bars[symbol].row_of.get(day) if shares else None
            if row is not None and row in self._ex_rows_of(symbol):
                self._credit_derived(symbol, shares, row)

    def _apply_actions(self, day: date) -> None:
        """Everything due; an ex-date between two sessions acts on the second."""
        before = dict(self.account.held)
        while self._actions_to_come and self._actions_to_come[0].ex_date <= day:
            action = self._actions_to_come.pop(0)
            shares = before.get(action.symbol, 0)
            self.account.cash_fen += facts.half_up_fraction(shares * action.cash_cny * 100)
            self.account.held[action.symbol] += int(shares * action.bonus)

    def _ex_rows_of(self, symbol: str) -> frozenset[int]:
        """Rows whose adj_factor differs from the previous bar's; the first row never counts."""
        if symbol not in self._ex_rows:
            bars = self.bars[symbol]
            known = [bars.adj_factor(row) for row in range(len(bars.days))]
            self._ex_rows[symbol] = frozenset(
                row
                for row in range(1, len(known))
                if known[row] is not None
                and known[row - 1] is not None
                and known[row] != known[row - 1]
            )
        return self._ex_rows[symbol]

    def _credit_derived(self, symbol: str, shares: int, row: int) -> None:
        bars = self.bars[symbol]
        close, reference = bars.price("close", row - 1), bars.price("prev_close", row)
        if close is None or reference is None:
            return
        if reference > close:
            self.warnings.append(f"{symbol} {bars.days[row]}: reference above the previous close")
            return
        credit = facts.half_up(shares * (close - reference), FEN_IN_E4)
        self.account.cash_fen += credit
        self.derived_credits_fen += credit

    # one order (rules 2, 3, 5, 6)

    def _take(self, order: ListedOrder) -> Outcome:
        day_facts = self._day_facts(order)
        if isinstance(day_facts, str):
            return Outcome("REFUSED", day_facts)
        limit = self._limit_of(order, day_facts.band)
        code = self._price_refusal(order, day_facts) or self._quantity_refusal(order, day_facts)
        if code:
            return Outcome("REFUSED", code)
        at_open = _fills_at_open(order, limit, day_facts)
        price = day_facts.open_e4 if at_open or limit is None else limit
        needed_fen = self._cost_fen(order, price) if order.side == BUY else 0
        if order.side == BUY and needed_fen > self.account.cash_fen - self.account.reserved_fen:
            return Outcome("REFUSED", "CASH")
        if at_open or limit is None:
            return self._fill(order, price, day_facts, limit)
        self._rest(order, limit, needed_fen)
        return Outcome()

    def _day_facts(self, order: ListedOrder) -> DayFacts | str:
        """The day's facts, or the code that ends the order before its price is looked at."""
        board, bars = facts.board_of(order.symbol), self.bars.get(order.symbol)
        if board is None or bars is None:
            return "UNKNOWN_INSTRUMENT"
        if not is_session(order.day):
            return "NOT_A_SESSION"
        row = bars.row_of.get(order.day)
        if row is None or bars.flag("suspended", row) or not bars.volume(row):
            return "SUSPENDED"
        band = band_of_day(
            order.symbol, board, bars, row, self._listing(order.symbol),
            self._actions_of.get(order.symbol, ()),
        )
        if band is None:
            return "NO_REFERENCE"
        prices = [bars.price(name, row) for name in ("open", "high", "low")]
        known = [price for price in prices if price is not None]
        if len(known) < len(prices):
            return "SUSPENDED"
        return DayFacts(board, known[0], known[1], known[2], band)

    def _listing(self, symbol: str) -> Listing:
        return self.listings.get(symbol, Listing())

    def _limit_of(self, order: ListedOrder, band: Band) -> int | None:
        """The limit the order is played with; None for a MARKET order on a limit-free day."""
        if order.limit_e4 is not None:
            return int(order.limit_e4)
        if band.free:
            return None
        return band.up_e4 if order.side == BUY else band.down_e4

    def _price_refusal(self, order: ListedOrder, day: DayFacts) -> str:
        if order.limit_e4 is None:
            return ""
        if order.limit_e4 % facts.TICK_E4[day.board] != 0:
            return "TICK"
        inside = day.band.free or day.band.down_e4 <= order.limit_e4 <= day.band.up_e4
        return "" if inside else "PRICE_LIMIT"

    def _quantity_refusal(self, order: ListedOrder, day: DayFacts) -> str:
        shares, board = order.shares, day.board
        if order.side == BUY:
            if not facts.buy_quantity_is_legal(board, shares):
                return "LOT"
            return "MAX_QTY" if shares > facts.most_shares(board, order.day) else ""
        resale = self._listing(order.symbol).same_day_resale
        sellable = self.account.sellable(order.symbol, resale)
        if not facts.sell_quantity_is_legal(board, shares, sellable):
            return "ODD_LOT"
        if shares > facts.most_shares(board, order.day):
            return "MAX_QTY"
        return "T1_SELLABLE" if shares > sellable else ""

    def _cost_fen(self, order: ListedOrder, price_e4: int) -> int:
        amount = amount_fen(order.shares, price_e4)
        return amount + self._fees(order, order.shares, amount).total

    def _fees(self, order: ListedOrder, shares: int, amount: int) -> Fees:
        return facts.fees_of(order.symbol, order.side, shares, amount, order.day, self.terms)

    def _rest(self, order: ListedOrder, limit_e4: int, needed_fen: int) -> None:
        self._resting.append(Resting(order, limit_e4, needed_fen))
        self.account.reserved_fen += needed_fen
        if order.side == SELL:
            self.account.on_sale[order.symbol] += order.shares

    # fills (rules 4, 5, 12)

    def _fill(
        self, order: ListedOrder, price_e4: int, day: DayFacts, limit_e4: int | None
    ) -> Outcome:
        shares = self._take_volume(order, day.board)
        if shares == 0:
            return Outcome(_unfilled_status(order, limit_e4, day))
        amount = amount_fen(shares, price_e4)
        fees = self._fees(order, shares, amount)
        self.account.book(order, shares, amount, fees)
        fill = Fill(order, shares, price_e4, amount, fees, self.account.cash_fen)
        self.fills.append(fill)
        return Outcome("FILLED" if shares == order.shares else "PARTIAL", "", fill)

    def _take_volume(self, order: ListedOrder, board: str) -> int:
        left = self._left.get(order.symbol)
        if left is None:
            bars = self.bars[order.symbol]
            volume = bars.volume(bars.row_of[order.day]) or Fraction(0)
            left = int(self.volume_share * volume)
        step = facts.STEP_SHARES[board]
        taken = order.shares if order.shares <= left else left // step * step
        self._left[order.symbol] = left - taken
        return taken

    def _play_through_bar(self, resting: Resting) -> None:
        order, limit = resting.order, resting.limit_e4
        day = self._day_facts(order)
        assert isinstance(day, DayFacts)
        self.account.reserved_fen -= resting.reserved_fen
        if order.side == SELL:
            self.account.on_sale[order.symbol] -= order.shares
        reached = day.low_e4 < limit if order.side == BUY else day.high_e4 > limit
        self.outcomes[order.number] = (
            self._fill(order, limit, day, limit)
            if reached
            else Outcome(_unfilled_status(order, limit, day))
        )


def amount_fen(shares: int, price_e4: int) -> int:
    return facts.half_up(shares * price_e4, FEN_IN_E4)


def _fills_at_open(order: ListedOrder, limit_e4: int | None, day: DayFacts) -> bool:
    if limit_e4 is None:
        return True
    if order.side == BUY:
        sealed = not day.band.free and day.open_e4 == day.band.up_e4
        return limit_e4 >= day.open_e4 and not sealed
    sealed = not day.band.free and day.open_e4 == day.band.down_e4
    return limit_e4 <= day.open_e4 and not sealed


def _unfilled_status(order: ListedOrder, limit_e4: int | None, day: DayFacts) -> str:
    if limit_e4 is None or day.band.free:
        return "EXPIRED"
    if order.side == BUY:
        locked = limit_e4 == day.band.up_e4 and day.low_e4 >= day.band.up_e4
    else:
        locked = limit_e4 == day.band.down_e4 and day.high_e4 <= day.band.down_e4
    return "LOCKED_LIMIT" if locked else "EXPIRED"


class LastCloses:
    """The last known close of a symbol as the sessions go by."""

    def __init__(self, bars: Mapping[str, SymbolBars]) -> None:
        self._bars = bars
        self._next_row: dict[str, int] = defaultdict(int)
        self._close: dict[str, int] = {}

    def at(self, symbol: str, day: date) -> int:
        bars, row = self._bars[symbol], self._next_row[symbol]
        while row < len(bars.days) and bars.days[row] <= day:
            close = bars.price("close", row)
            if close is not None:
                self._close[symbol] = close
            row += 1
        self._next_row[symbol] = row
        return self._close[symbol]


def market_value_fen(run: DailyOrders, closes: LastCloses, day: date) -> int:
    value = 0
    for symbol, shares in run.account.held.items():
        if shares == 0:
            continue
        gone = run.listings.get(symbol, Listing()).delist_date
        if gone is not None and day >= gone:
            run.warnings.append(f"{symbol}: delisted {gone}, worth nothing from then on")
            continue
        value += amount_fen(shares, closes.at(symbol, day))
    return value


def run_oracle(
    bars: Mapping[str, SymbolBars] | RawBars,
    orders: Sequence[ListedOrder],
    instruments: Mapping[str, Listing] | None = None,
    actions: Sequence[Action] | None = None,
    initial_cash: str = "1000000.00",
    commission_rate: str = "0.0003",
    commission_min: str = "5",
    volume_share: str = "0.25",
    fees_all_in: bool = True,
) -> OracleResult:
    """Play the list over the bars. Money and ratios come in as decimal text, in CNY."""
    by_symbol = {
        symbol: held if isinstance(held, SymbolBars) else SymbolBars(held)
        for symbol, held in bars.items()
    }
    cash_fen = int(Fraction(initial_cash) * 100)
    terms = FeeTerms(Fraction(commission_rate), int(Fraction(commission_min) * 100), fees_all_in)
    listings = instruments or {}
    run = DailyOrders(by_symbol, listings, actions, cash_fen, terms, Fraction(volume_share))
    equity = _play(run, orders)
    return _result(run, orders, equity, cash_fen)


def _play(run: DailyOrders, orders: Sequence[ListedOrder]) -> list[tuple[date, int, int]]:
    """Every session of bars and of orders; (session, cash, market value) for those with bars."""
    by_day: dict[date, list[ListedOrder]] = defaultdict(list)
    for order in orders:
        by_day[order.day].append(order)
    first = min(bars.days[0] for bars in run.bars.values())
    last = max(bars.days[-1] for bars in run.bars.values())
    sessions = sessions_between(first, last)
    closes, equity = LastCloses(run.bars), []
    for day in sorted({*sessions, *by_day}):
        run.play_session(day, by_day.get(day, ()))
        if first <= day <= last and is_session(day):
            equity.append((day, run.account.cash_fen, market_value_fen(run, closes, day)))
    return equity


def _result(
    run: DailyOrders,
    orders: Sequence[ListedOrder],
    equity: Sequence[tuple[date, int, int]],
    cash_fen: int,
) -> OracleResult:
    values = [cash_fen, *(cash + value for _, cash, value in equity)]
    trades = [trade_row(fill) for fill in run.fills]
    traded_fen = sum(fill.amount_fen for fill in run.fills)
    codes = Counter(run.outcomes[order.number].code for order in orders)
    del codes[""]
    total_return, years = values[-1] / values[0] - 1, len(equity) / SESSIONS_A_YEAR
    return OracleResult(
        order_log=[log_row(order, run.outcomes[order.number]) for order in orders],
        trades=trades,
        equity=[
            (day.isoformat(), money(cash), money(value), money(cash + value))
            for day, cash, value in equity
        ],
        refused=dict(codes),
        final_equity_cny=money(values[-1]),
        fees_cny=_fee_totals(run),
        ledger_hash=hashlib.sha256(csv_text(trades).encode()).hexdigest(),
        total_return_ratio=total_return,
        annual_return_ratio=(1 + total_return) ** (1 / years) - 1,
        max_drawdown_ratio=max_drawdown(values),
        sharpe=sharpe(values),
        turnover_ratio=traded_fen / (2 * statistics.fmean(values[1:])) / years,
        limit_mismatches=_limit_mismatches(run),
        derived_credits_cny=money(run.derived_credits_fen),
        warnings=run.warnings,
    )


def _fee_totals(run: DailyOrders) -> dict[str, str]:
    names = ["commission", "stamp_duty", "transfer_fee"]
    names += [] if run.terms.all_in else ["handling", "regulatory"]
    return {name: money(sum(getattr(fill.fees, name) for fill in run.fills)) for name in names}


def _limit_mismatches(run: DailyOrders) -> int:
    """Bars whose published pair of limits differs from the formula's."""
    count = 0
    for symbol, bars in run.bars.items():
        board = facts.board_of(symbol)
        if board is None or not (bars.has("limit_up") and bars.has("limit_down")):
            continue
        listing, actions = run.listings.get(symbol, Listing()), run._actions_of.get(symbol, ())
        for row in range(len(bars.days)):
            down, up = bars.limit("limit_down", row), bars.limit("limit_up", row)
            formula = formula_band(symbol, board, bars, row, listing, actions)
            if None not in (down, up, formula):
                count += formula != Band(False, down or 0, up or 0)
    return count
