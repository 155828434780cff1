"""The market side of the desk: which instruments are shown, their quotes, and the replay.

Connects the bridge, the services and the panels; panels never see a service, services never see
a panel. Everything that may take a moment is a job.
"""

import math
import threading
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from core.calendar import TradingCalendar, exchange_calendar, extended
from core.exceptions import ConfigError, DataError
from core.money import from_float
from core.ports import MarketData, Services
from core.rules import phase, shanghai, to_shanghai
from core.types import BarColumns, Instrument, Period, Phase, Quote
from ui.bridge import Bridge
from ui.docks import put_aside
from ui.panels.account import AccountBar
from ui.panels.auto import AutoPanel
from ui.panels.book import BookPanel
from ui.panels.chart import ChartPanel
from ui.panels.fills import FillsPanel
from ui.panels.orders import OrdersPanel
from ui.panels.plans import PlansPanel
from ui.panels.positions import PositionsPanel
from ui.panels.replay import ReplayBar
from ui.panels.safety import SafetyPanel
from ui.panels.signals import SignalsPanel
from ui.panels.status import StatusPanel
from ui.panels.ticket import TicketPanel
from ui.panels.watchlist import WatchlistPanel
from ui.strings import Texts
from ui.viewmodels import QuoteRow, day_progress, quote_row
from ui.watchlist_file import default_watchlist, read_watchlist, write_watchlist
from ui.workers import JobRunner, timer

TICK_MS = 250              # clock, phase and replay bar
CLOSES_AT_ONCE = 400       # last closes read in one go for what has no quote yet
ALIVE_SESSIONS = 20        # no bar for so long: the first list passes an instrument over


@dataclass(frozen=True, slots=True)
class Panels:
    """Every panel of the window."""

    watchlist: WatchlistPanel
    chart: ChartPanel
    book: BookPanel
    ticket: TicketPanel
    positions: PositionsPanel
    orders: OrdersPanel
    fills: FillsPanel
    signals: SignalsPanel
    safety: SafetyPanel
    plans: PlansPanel
    auto: AutoPanel
    account: AccountBar
    status: StatusPanel
    replay: ReplayBar


class MarketState:
    """What the window knows of the market now. Lives on the GUI thread."""

    def __init__(self) -> None:
        self.instruments: dict[str, Instrument] = {}
        self.quotes: dict[str, Quote] = {}         # of today, from the feed
        self.closes: dict[str, Quote] = {}         # of the last session, until a quote comes
        self.symbol: str | None = None

    @property
    def priced(self) -> Mapping[str, Quote]:
        """The newest price known of anything: today's quote, else the last close."""
        return ChainMap(self.quotes, self.closes)

    def row(self, symbol: str) -> QuoteRow:
        quote = self.quotes.get(symbol)
        return quote_row(symbol, self.instruments.get(symbol), quote or self.closes.get(symbol),
                         live=quote is not None)


class MarketDesk(QObject):
    symbol_changed = pyqtSignal(str)
    moved = pyqtSignal(object)             # set of symbols with a newer quote
    earlier_day_asked = pyqtSignal(object)  # date: needs a fresh account, so ask first
    learned = pyqtSignal()                 # other instruments are known than before
    looked = pyqtSignal()                  # the market has grown: there may be more to show
    notice = pyqtSignal(str, str)          # severity, text

    def __init__(
        self, services: Services, panels: Panels, texts: Texts, jobs: JobRunner, bridge: Bridge,
        watchlist_file: Path | None, calendar_file: Path | None,
    ) -> None:
        super().__init__()
        self._services, self._panels, self._texts, self._jobs = services, panels, texts, jobs
        self._file = watchlist_file
        self._calendar_file = calendar_file
        self._calendar: TradingCalendar | None = None
        self.state = MarketState()
        self.held: frozenset[str] = frozenset()    # what deserves fast quotes besides the list
        self._watched: frozenset[str] = frozenset()
        self._list_is_default = False
        self._grown = False                        # it has, before the first look had ended
        self._reading = 0                          # jobs under way that fill the list
        self._timer = timer(self, TICK_MS, self.tick)
        self._wire(bridge)

    def _wire(self, bridge: Bridge) -> None:
        panels = self._panels
        bridge.quotes.connect(self._take_quotes)
        bridge.day.connect(self._take_day)
        bridge.grown.connect(self._look_for_more)
        panels.watchlist.symbol_chosen.connect(self.choose)
        panels.watchlist.scope_changed.connect(self.show_list)
        panels.watchlist.mine_changed.connect(self._remember)
        panels.ticket.symbol_asked.connect(self.choose)
        for panel in (panels.positions, panels.orders, panels.fills, panels.signals,
                      panels.plans, panels.auto):
            panel.symbol_chosen.connect(self.choose)
        panels.replay.paused_asked.connect(self._pause)
        panels.replay.speed_asked.connect(self._set_speed)
        panels.replay.day_asked.connect(self._ask_day)

    # ---- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """After the first paint: learn the instruments, then show the list and its first line."""
        self._jobs.run(lambda _: _start(self._services.market, self._calendar_file),
                       self._began, self._failed)
        self._timer.start()
        self.tick()

    def stop(self) -> None:
        self._timer.stop()

    def settled(self, *, quoted: bool) -> bool:
        """The instruments are known and the list stands; `quoted`: with quotes of today."""
        if self._calendar is None or self._reading:
            return False
        wanted = self._panels.watchlist.wanted()
        enough = len(wanted) // 2
        return not quoted or sum(s in self.state.quotes for s in wanted) >= enough

    def _began(self, known: tuple[tuple[Instrument, ...], TradingCalendar]) -> None:
        instruments, self._calendar = known
        self._learn(instruments)
        mine = self._remembered()
        if mine is None:
            self._make_default(instruments)
        else:
            self._panels.watchlist.set_mine(mine)
            self._choose_first()
        if self._grown:
            self._look_for_more()

    def _choose_first(self) -> None:
        first = self.state.symbol or next(iter(self._panels.watchlist.wanted()), None)
        if first is not None:
            self.choose(first)

    def _learn(self, instruments: Sequence[Instrument]) -> None:
        self.state.instruments = {i.symbol: i for i in instruments}
        self._panels.watchlist.set_instruments(instruments)
        self._panels.ticket.search.set_instruments(instruments)
        self.learned.emit()

    def _remembered(self) -> tuple[str, ...] | None:
        """The user's list; None where there is none or it cannot be read."""
        if self._file is None:
            return None
        try:
            return read_watchlist(self._file)
        except ConfigError:
            kept = put_aside(self._file)
            self.notice.emit("WARNING", self._texts.tr("notice.watchlist", kept=kept.name))
            return None

    def _make_default(self, instruments: Sequence[Instrument]) -> None:
        """A first list of what has bars; to find those takes a moment."""
        market = self._services.market
        self._list_is_default = True
        self._reading += 1
        self._jobs.run(lambda stop: default_watchlist(instruments, _alive(market, stop)),
                       self._take_default, self._read_failed)

    def _take_default(self, symbols: tuple[str, ...]) -> None:
        self._reading -= 1
        if self._list_is_default:           # the user may have made one meanwhile
            self._panels.watchlist.set_mine(symbols)
        self._choose_first()

    def _remember(self, symbols: tuple[str, ...]) -> None:
        self._list_is_default = False
        if self._file is None:
            return
        try:
            write_watchlist(self._file, symbols)
        except OSError as error:
            self.notice.emit("ERROR", self._texts.tr("notice.job_failed", why=str(error)))

    # ---- instruments and quotes ------------------------------------------------------------

    def choose(self, symbol: str) -> None:
        """Make an instrument the one that chart, book and ticket show."""
        if symbol == self.state.symbol:
            return
        self.state.symbol = symbol
        self._panels.watchlist.select(symbol)
        self._show_current()
        self._watch()
        self.symbol_changed.emit(symbol)

    def show_list(self) -> None:
        """The rows of the list the user looks at, with last closes where no quote has come."""
        wanted = self._panels.watchlist.wanted()
        self._panels.watchlist.set_rows(self.state.row(symbol) for symbol in wanted)
        self._watch()
        self._read_closes(wanted)

    def watch_also(self, symbols: Iterable[str]) -> None:
        """Held and ordered instruments need quotes as well."""
        self.held = frozenset(symbols)
        self._watch()
        self._read_closes(self.held)

    def _watch(self) -> None:
        symbols = frozenset(self._panels.watchlist.wanted()) | self.held
        if self.state.symbol is not None:
            symbols |= {self.state.symbol}
        if symbols != self._watched:
            self._watched = symbols
            self._services.feed.watch(sorted(symbols))

    def _take_quotes(self, quotes: Mapping[str, Quote]) -> None:
        state = self.state
        state.quotes.update(quotes)
        self._panels.watchlist.update_rows({s: state.row(s) for s in quotes})
        if state.symbol in quotes:
            self._show_current()
        self.moved.emit(set(quotes))

    def _take_day(self, day: date) -> None:
        """Yesterday's quotes are not today's; the last closes take their place."""
        quotes = self.state.quotes
        self.state.quotes = {
            s: q for s, q in quotes.items() if to_shanghai(q.ts_utc).date() == day}
        self.state.closes = {}
        self.show_list()
        self._read_closes(self.held)
        self.notice.emit("INFO", self._texts.tr("notice.day", day=day.isoformat()))

    def _show_current(self) -> None:
        symbol = self.state.symbol
        if symbol is None:
            return
        row = self.state.row(symbol)
        self._panels.chart.show_row(row)
        self._panels.book.show_quote(self.state.quotes.get(symbol), row)
        self._panels.ticket.update_row(row)

    def _read_closes(self, symbols: Iterable[str]) -> None:
        state = self.state
        missing = [s for s in symbols if s not in state.quotes and s not in state.closes]
        if missing:
            asked = tuple(missing[:CLOSES_AT_ONCE])
            self._reading += 1
            self._jobs.run(lambda stop: last_closes(self._services.market, asked, stop),
                           self._take_closes, self._read_failed)

    def _read_failed(self, why: str) -> None:
        self._reading -= 1
        self._failed(why)

    def _take_closes(self, closes: Mapping[str, Quote]) -> None:
        self._reading -= 1
        self.state.closes.update(closes)
        self._panels.watchlist.update_rows({s: self.state.row(s) for s in closes})
        if self.state.symbol in closes:
            self._show_current()
        self.moved.emit(set(closes))

    def _failed(self, why: str) -> None:
        self.notice.emit("ERROR", self._texts.tr("notice.job_failed", why=why))

    # ---- time and replay -------------------------------------------------------------------

    def tick(self) -> None:
        """Market time, trading phase and the replay's progress."""
        now = self._services.clock.now_utc()
        self._panels.status.show_moment(now, self.phase_at(now))
        replay = self._services.replay
        if replay is not None:
            state = replay.state()
            self._panels.replay.show_state(state, day_progress(to_shanghai(state.now_utc).time()))

    def phase_at(self, now_utc: datetime) -> Phase | None:
        """Of the shown instrument; None before the calendar is loaded or beyond its last day."""
        instrument = self.state.instruments.get(self.state.symbol or "")
        if instrument is None or self._calendar is None:
            return None
        try:
            return phase(instrument, now_utc, self._calendar)
        except DataError:
            return None

    def _look_for_more(self) -> None:
        """A generated market is made while the window is open already."""
        if self._calendar is None:
            self._grown = True
            return

        def look(_: threading.Event) -> tuple[Instrument, ...]:
            return tuple(self._services.market.instruments())

        self._jobs.run(look, self._take_more, self._failed)

    def _take_more(self, instruments: tuple[Instrument, ...]) -> None:
        if instruments and len(instruments) != len(self.state.instruments):
            self._learn(instruments)
            if self._list_is_default:       # it grows with the market until the user has one
                self._make_default(instruments)
        self.looked.emit()

    def _pause(self, paused: bool) -> None:
        if self._services.replay is not None:
            self._services.replay.set_paused(paused)
            self.tick()

    def toggle_pause(self) -> None:
        replay = self._services.replay
        if replay is not None:
            self._pause(not replay.state().paused)

    def _set_speed(self, speed: float) -> None:
        if self._services.replay is not None:
            self._services.replay.set_speed(speed)
            self.tick()

    def _ask_day(self, day: date) -> None:
        replay = self._services.replay
        if replay is None:
            return
        if day < replay.state().day:
            self.earlier_day_asked.emit(day)
        else:
            self.go_to(day)

    def go_to(self, day: date) -> None:
        if self._services.replay is not None:
            self._services.replay.choose_day(day)
            self.tick()


def _start(
    market: MarketData, calendar_file: Path | None
) -> tuple[tuple[Instrument, ...], TradingCalendar]:
    calendar = exchange_calendar()
    if calendar_file is not None:
        calendar = extended(calendar, calendar_file)
    return tuple(market.instruments()), calendar


def _alive(market: MarketData, stop: threading.Event) -> Callable[[str], bool]:
    """Whether an instrument has a daily bar of the last sessions; no more work after `stop`."""
    sessions = market.sessions(Period.DAY)[-ALIVE_SESSIONS:]

    def is_alive(symbol: str) -> bool:
        if stop.is_set() or not sessions:
            return False
        bars = market.bars(symbol, Period.DAY, last=1)
        return bool(len(bars)) and _day_of(bars) >= sessions[0]

    return is_alive


def last_closes(
    market: MarketData, symbols: Sequence[str], stop: threading.Event
) -> dict[str, Quote]:
    """The last session of each instrument in the shape of a quote, for what has none yet."""
    found: dict[str, Quote] = {}
    for symbol in symbols:
        if stop.is_set():
            break
        quote = _last_close(market, symbol)
        if quote is not None:
            found[symbol] = quote
    return found


def _last_close(market: MarketData, symbol: str) -> Quote | None:
    bars = market.bars(symbol, Period.DAY, last=2)
    if not len(bars):
        return None
    day = _day_of(bars)
    facts = market.day_facts(symbol, day)
    reference = facts.reference_cny if facts is not None else None
    if reference is None and len(bars) > 1:
        reference = from_float(bars.close_cny[-2])
    volume, amount = float(bars.volume_shares[-1]), float(bars.amount_cny[-1])
    return Quote(
        symbol=symbol, ts_utc=shanghai(day, datetime.min.time()),
        last_cny=from_float(bars.close_cny[-1]), prev_close_cny=reference,
        open_cny=from_float(bars.open_cny[-1]), high_cny=from_float(bars.high_cny[-1]),
        low_cny=from_float(bars.low_cny[-1]),
        volume_shares=0 if math.isnan(volume) else int(volume),
        amount_cny=None if math.isnan(amount) else from_float(amount),
        origin=market.origin,
    )


def _day_of(bars: BarColumns) -> date:
    """Of the newest bar."""
    return datetime.fromtimestamp(int(bars.ts_s[-1]), UTC).date()
