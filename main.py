"""Trading Graph: the command line and the composition root.

The only file that knows every concrete class. Each command imports what it needs inside its
function, so that `--health` starts without Qt and the window without pandas. What a command
does lives in the room that owns it; here its parts are put together.
"""

import argparse
import io
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.exceptions import ConfigError, DataError, TradingError

if TYPE_CHECKING:
    from config.paths import StatePaths
    from config.settings import SettingsStore
    from core.calendar import TradingCalendar
    from core.clock import SimClock
    from core.ports import Clock, OrderStore, SafetyDesk, Services
    from core.types import ActionRow, BarTable, Instrument, KillLevel, Origin
    from data.backups import LedgerBackups
    from data.markets import Markets, ReplayMarket
    from data.order_store import SqliteOrderStore
    from data.replay import Replay
    from strategies.registry import BacktestPlan
    from trading.attendants import Attendant
    from trading.auto_desk import AutoRoom
    from trading.backtest import BacktestInput
    from trading.backtest_result import BacktestResult
    from trading.executor import ExecutionEngine
    from trading.heartbeats import Heartbeats
    from trading.live_brokers import LiveBroker
    from trading.plan_desk import PlanRoom
    from trading.portfolio import Portfolio
    from trading.qmt.process import StartChild
    from trading.safety_desk import SafetyRoom
    from trading.session import SessionParts, TradingSession
    from trading.surroundings import Surroundings
    from utils.dashboard import NewestQuotes
    from utils.health import Check, HealthReport
    from utils.metrics_http import MetricsServer

VERSION = "0.4.0"
DONE, FAILED, BAD_INPUT = 0, 1, 2
BEFORE_ALL_UTC = datetime(1990, 12, 1, tzinfo=UTC)
STATUS_EVERY_S = 10.0
NS_PER_MS = 1_000_000
BROKER_WAIT_MS = 30_000            # its library may need as long to start
Loop = Callable[[threading.Event], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has to say: `data` for --json, `text` for people, and its exit status."""

    data: Mapping[str, object]
    text: str
    status: int = DONE


@dataclass(frozen=True, slots=True)
class Home:
    """The state folder of this call, with the settings and the calendar that hold in it."""

    paths: "StatePaths"
    store: "SettingsStore"
    calendar: "TradingCalendar"


def _home(args: argparse.Namespace, *, create: bool = True) -> Home:
    from config.paths import state_paths
    from config.settings import load_settings
    from core.calendar import exchange_calendar, extended

    paths = state_paths(args.home, os.environ)
    if create:
        paths.create()
    else:
        paths.refuse_source_tree()
    chosen = {"trading.mode": args.mode, "ui.language": args.lang, "market.speed": args.speed}
    store = load_settings(paths.home, os.environ,
                          {key: text for key, text in chosen.items() if text is not None})
    calendar = exchange_calendar()
    if store.settings.data.calendar_file is not None:
        calendar = extended(calendar, store.settings.data.calendar_file)
    return Home(paths, store, calendar)


def _log_to_files(home: Home) -> None:
    from utils.logger import set_up_logging

    settings = home.store.settings
    set_up_logging(home.paths.logs, settings.logging.level, secrets=(settings.http.token,))


def _markets(home: Home, clock: "Clock") -> "Markets":
    from data.markets import Markets

    return Markets(market_db=home.paths.market_db, cache=home.paths.cache, clock=clock,
                   generated_as=home.store.settings.market, calendar=home.calendar)


# ---- the desk --------------------------------------------------------------------------------


class Rest(Enum):
    """When the rest of the generated market is made, if only the first pack is there."""

    BESIDE = "by a child process beside the desk"
    NOW = "before the desk opens"
    NEVER = "not for this desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A trading core on a replayed market, ready to be hosted by threads."""

    home: Home
    services: "Services"
    engine: "ExecutionEngine"
    replay: "Replay"
    ledger: "SqliteOrderStore"
    quotes: "NewestQuotes"
    rest: Rest
    held: ExitStack                    # the ledger and the lock of the state folder
    beats: "Heartbeats | None"         # None: no threads run, so none can hang

    def workers(self) -> tuple[Loop, ...]:
        """Everything that loops; each runs on a thread of its own until asked to stop."""
        loops: list[Loop] = [self.engine.run, self.replay.run, self.watch_signals,
                             self.back_up]
        if self.rest is Rest.BESIDE:
            loops.append(self.complete_market)
        return tuple(loops)

    def back_up(self, stop: threading.Event) -> None:
        """A proven copy of the ledger every 15 minutes; one that does not hold stops trading."""
        from core.events import NoticeEvent

        def tell(error: TradingError, *, damaged: bool) -> None:
            self.services.bus.publish(NoticeEvent("CRITICAL" if damaged else "ERROR", str(error)))
            if damaged:
                self.engine.ask(lambda session: session.blockers.update(ledger=str(error)),
                                trades=False)

        _backups(self.home).run(stop, tell)

    def keep_watchdog(self, stop: threading.Event) -> None:
        """A child process beside the desk that asks to stop when a thread of it hangs."""
        from core.events import NoticeEvent
        from trading.watchdog import WatchdogHost

        if self.beats is None:
            return
        bus = self.services.bus
        command = [sys.executable, str(Path(__file__).resolve()), "--home",
                   str(self.home.paths.home), "--watchdog", str(self.beats.path)]
        WatchdogHost(command, self.beats,
                     lambda text: bus.publish(NoticeEvent("WARNING", text))).run(stop)

    def complete_market(self, stop: threading.Event) -> None:
        """Have a child process make the rest of the generated market, and take it over."""
        from core.events import MarketEvent
        from data.generated.market import GeneratedMarket

        market = self.services.market
        if not isinstance(market, GeneratedMarket) or market.complete:
            return

        def done() -> None:
            self.replay.refresh()
            self.services.bus.publish(MarketEvent())

        build = market.start_build(on_done=done)
        try:
            build.run(stop)
        finally:
            build.stop()

    def watch_signals(self, stop: threading.Event) -> None:
        """What the enabled strategies think of the newest closes, on the bus."""
        from core.events import NoticeEvent
        from strategies.registry import load_registry
        from strategies.watch import SignalWatch

        services = self.services
        try:
            registry = load_registry(self.home.paths.home)
            strategies = [registry.build(each.name) for each in registry.enabled()]
        except ConfigError as error:       # a strategy of the user's own; the desk goes on
            services.bus.publish(NoticeEvent("WARNING", str(error)))
            return
        SignalWatch(strategies, market=services.market, bus=services.bus,
                    clock=services.clock).run(stop)

    def serve_pages(self, stop: threading.Event) -> None:
        """The pages beside a window: whatever they import is loaded after the first paint."""
        server = self.pages()
        if server is not None:
            server.run(stop)

    def pages(self) -> "MetricsServer | None":
        """The read-only pages on 127.0.0.1; None if they are switched off."""
        http = self.home.store.settings.http
        if not http.enabled:
            return None
        from utils.dashboard import dashboard
        from utils.health import run_checks
        from utils.metrics import Metrics
        from utils.metrics_http import MetricsServer, Pages

        services, metrics = self.services, Metrics(self.services.bus)
        return MetricsServer(
            Pages(
                metrics=metrics.text,
                health=lambda: run_checks(_health_checks(self.home, strict=False)),
                dashboard=lambda: dashboard(
                    self.engine.snapshot(), now_utc=services.clock.now_utc(),
                    mode=services.mode.value, origin=services.market.origin,
                    quotes=self.quotes.quotes(), equity_cny=self.portfolio().equity_cny,
                    process=metrics.process()),
            ),
            port=http.port, token=http.token)

    def portfolio(self) -> "Portfolio":
        """What the account is worth at the newest quotes."""
        from trading.portfolio import portfolio

        prices = {quote.symbol: quote.last_cny for quote in self.quotes.quotes()
                  if quote.last_cny is not None}
        return portfolio(self.engine.snapshot(), prices)

    def close(self) -> None:
        self.engine.close()
        self.held.close()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the caller asks of a desk; see open_desk."""

    day: date | None
    new_account: bool
    rest: Rest
    by_hand: bool
    account: str | None = None


def open_desk(
    home: Home, *, replay_day: date | None = None, new_account: bool = False,
    rest: Rest = Rest.BESIDE, by_hand: bool = False, account: str | None = None,
) -> Desk:
    """Clock, market, broker and store in the wiring of the simulation mode.

    Args:
        replay_day: begin on this day; None: where the account stands, else the market's own.
        new_account: close the simulated account, if there is one, and open a fresh one.
        account: its name; None: the one that traded last, or that of the market's data.
        rest: when the rest of the generated market is made.
        by_hand: no threads will run; the caller steps the replay, and each step is settled.

    Raises:
        ConfigError: a mode that is not there, or a day that the account cannot be taken to.
        DataError: a day that nobody recorded; a database that cannot be used.
        TradingError: another process owns the state folder.
    """
    from data.ledger_file import refuse_unsafe_folder
    from data.order_store import SqliteOrderStore
    from utils.state_lock import StateLock

    _refuse_other_modes(home)
    refuse_unsafe_folder(home.paths.home)
    held = ExitStack()
    try:
        held.enter_context(StateLock(home.paths.lock))
        ledger = held.enter_context(closing(SqliteOrderStore(
            home.paths.ledger_db, anchor=home.paths.ledger_anchor)))
        return _wired(home, ledger, held, _Wanted(
            replay_day, new_account, rest, by_hand, account))
    except BaseException:
        held.close()
        raise


def _refuse_other_modes(home: Home) -> None:
    mode = home.store.settings.trading.mode.value
    if mode == "simulation":
        return
    if mode == "live":
        import apsw

        from data.ledger_file import refuse_unsafe_sqlite

        refuse_unsafe_sqlite(apsw.sqlite_lib_version())
    locked = ", and live trading is locked" if mode == "live" else ""
    raise ConfigError(f"{mode} mode did not start",
                      why=f"this version has no online quotes yet{locked}",
                      remedy="Use --mode simulation: a replayed or generated market")


def _wired(home: Home, ledger: "SqliteOrderStore", held: ExitStack, wanted: _Wanted) -> Desk:
    from core.clock import SimClock, SystemClock
    from core.events import EventBus, QuoteEvent
    from core.ports import Services
    from core.types import Mode
    from data.replay import Replay, WallPace
    from trading.auto_desk import AutoRoom, EngineAutoDesk
    from trading.executor import ExecutionEngine
    from trading.heartbeats import Heartbeats, Source, beating
    from trading.live_brokers import label_of
    from trading.plan_desk import EnginePlanDesk, PlanRoom
    from trading.safety_desk import EngineSafetyDesk
    from trading.standing import account_for, standing_of
    from trading.volume_curve import volume_curve
    from utils.dashboard import NewestQuotes

    clock, bus, quotes = SimClock(BEFORE_ALL_UTC), EventBus(), NewestQuotes()
    bus.subscribe(QuoteEvent, quotes.take)
    standing = standing_of(ledger, wanted.account)
    market = _markets(home, clock).to_replay(
        wanted.day, None if standing is None else standing.account,
        whole=wanted.rest is Rest.NOW)
    account_id = account_for(wanted.account, standing, market.origin)
    standing = standing_of(ledger, account_id)
    if standing is not None and not wanted.new_account:
        standing.check_continues(market.origin, market.day)
    resume_utc = market.begin_utc
    if standing is not None and not wanted.new_account:
        resume_utc = max(resume_utc, standing.last_utc)
    clock.move_to(resume_utc)
    plans = PlanRoom(lambda symbol: volume_curve(market.data, symbol))
    auto = AutoRoom(home.store.settings.auto)
    safety, beats = _safety_room(home, price_every_s=market.price_every_s), None
    if not wanted.by_hand:
        beats = held.enter_context(Heartbeats(home.paths.beats(os.getpid()), create=True))
    parts = replace(_session_parts(home, clock, market, ledger, account_id),
                    attendants=lambda session: desk_attendants(
                        session, safety=safety, plans=plans, auto=auto, beats=beats))
    engine = ExecutionEngine(parts, bus, beat=beating(beats, Source.TRADING))
    if standing is not None and wanted.new_account:
        fresh = engine.reset(market.day)
        engine.drain()
        fresh.result()
        clock.move_to(resume_utc)
    replay = Replay(
        market.tape, clock, bus, home.calendar, market.day, resume_utc=resume_utc,
        pace=WallPace(SystemClock().monotonic_ns),
        speed=float(home.store.settings.market.speed), symbols=market.fast_lane,
        settled=engine.drain if wanted.by_hand else engine.settle)
    replay.watch(engine.needs_quotes())
    return Desk(
        home=home, engine=engine, replay=replay, ledger=ledger, quotes=quotes,
        held=held, beats=beats,
        rest=wanted.rest,
        services=Services(mode=Mode.SIMULATION, clock=clock, bus=bus, market=market.data,
                          trading=engine, feed=replay, replay=replay,
                          plans=EnginePlanDesk(engine, plans, replay.watch),
                          auto=EngineAutoDesk(engine, auto, bus, replay.watch),
                          safety=EngineSafetyDesk(engine, safety),
                          broker_label=label_of(parts.broker.capabilities)))


def _session_parts(
    home: Home, clock: "SimClock", market: "ReplayMarket", ledger: "SqliteOrderStore",
    account_id: str,
) -> "SessionParts":
    from core.clock import SystemClock
    from core.rules import shanghai
    from data.replay import DAY_BEGINS
    from trading.entitlements import AnnouncedActions, Entitlements
    from trading.matching import FillPolicy
    from trading.session import SessionParts, simulator

    settings = home.store.settings
    actions = AnnouncedActions(market.data, _announced(settings.data.actions_file))
    rules, broker = simulator(
        clock=clock, calendar=home.calendar, reference=market.data,
        policy=FillPolicy(volume_share=settings.trading.volume_share_ratio),
        costs=settings.trading)
    return SessionParts(
        account_id=account_id, origin=market.origin, clock=clock, calendar=home.calendar,
        rules=rules, broker=broker, store=ledger, trading=settings.trading, risk=settings.risk,
        day_start=Entitlements(actions, home.calendar).day_start,
        dividend_tax=settings.trading.dividend_tax != "never", moved=broker.moved,
        kill_request=home.paths.kill_request, surroundings=_surroundings(home, market),
        stopwatch_ns=SystemClock().monotonic_ns,
        rewind=lambda day: clock.rewind_to(shanghai(day, DAY_BEGINS)))


def _safety_room(home: Home, *, price_every_s: int = 0) -> "SafetyRoom":
    from trading.breaker_table import Limits
    from trading.breakers import Watched
    from trading.safety_desk import SafetyRoom
    from utils.doctor import free_bytes

    settings = home.store.settings
    return SafetyRoom(Limits(risk=settings.risk, breakers=settings.breakers),
                      Watched(free_bytes=lambda: free_bytes(home.paths.home),
                              price_every_s=price_every_s))


def desk_attendants(
    session: "TradingSession", *, safety: "SafetyRoom", plans: "PlanRoom", auto: "AutoRoom",
    beats: "Heartbeats | None" = None,
) -> "tuple[Attendant, ...]":
    """What lives on the trading thread beside the orders themselves, in its turn to act."""
    from trading.reconciler import Reconciler

    return (Reconciler(session), *safety.attend(session), *_pulse(session, beats),
            plans.attend(session), auto.attend(session))


def _pulse(session: "TradingSession", beats: "Heartbeats | None") -> "tuple[Attendant, ...]":
    """What tells the watchdog that the trading thread lives, where one may watch."""
    from trading.watchdog import TradingPulse

    return () if beats is None else (TradingPulse(session, beats),)


def _surroundings(home: Home, market: "ReplayMarket") -> "Surroundings":
    """What the risk gate asks: the market's own history, this disk, the user's list.

    A replay's clock is the market's, so it is exact; the strategies that ship follow rules and
    have no model that could drift; what calls itself a model is not watched, so not sent.
    Orders are simulated, so nothing is locked.
    """
    from decimal import Decimal

    from trading.auto_desk import rules_only
    from trading.market_history import History, market_past
    from trading.restricted import RestrictedList
    from trading.surroundings import Surroundings
    from utils.doctor import free_bytes

    history = History(market_past(market.data), home.calendar)
    restricted = RestrictedList(home.store.settings.risk.restricted_file)
    return Surroundings(
        free_disk_bytes=lambda: free_bytes(home.paths.home),
        clock_skew_s=lambda: Decimal(0),
        drift_tripped=lambda source: None if rules_only(source) else False,
        restricted=restricted.symbols, average_volume=history.average_volume,
        returns=history.returns)


def _announced(file: Path | None) -> "Sequence[ActionRow]":
    if file is None:
        return ()
    from data.canonical import read_actions

    return read_actions(file)


# ---- commands: the desk ----------------------------------------------------------------------


def _asked_desk(
    home: Home, args: argparse.Namespace, rest: Rest = Rest.BESIDE, *, by_hand: bool = False,
) -> Desk:
    return open_desk(home, replay_day=args.replay, new_account=args.new_account, rest=rest,
                     account=args.account, by_hand=by_hand)


def _desktop(args: argparse.Namespace) -> Answer:
    if not _has_screen():
        _say("there is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set): "
             "the same desk runs headless; stop it with Ctrl-C")
        return _headless(args)
    from ui.crash import CrashNet  # before anything imports Qt

    home = _home(args)
    _log_to_files(home)
    net = CrashNet(home.paths.logs).install()
    with closing(_asked_desk(home, args)) as desk:
        from trading.heartbeats import Source, beating
        from ui.app import run_desktop

        ui = home.store.settings.ui
        code = run_desktop(
            desk.services, home.store, home.paths,
            workers=(*desk.workers(), desk.serve_pages, desk.keep_watchdog),
            language=ui.language, theme_name=ui.theme, crash_net=net,
            beat=beating(desk.beats, Source.WINDOW))
    return Answer({"status": code}, "", DONE if code == 0 else FAILED)


def _has_screen() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _headless(args: argparse.Namespace) -> Answer:
    """The desk without a window, until Ctrl-C, SIGTERM or --seconds."""
    from utils.loops import run_threads, stopped_by_signals

    home = _home(args)
    _log_to_files(home)
    with (stopped_by_signals() as stop,
          closing(_asked_desk(home, args)) as desk):
        loops, server = [*desk.workers(), desk.keep_watchdog], desk.pages()
        if server is not None and server.bind():
            _say(f"dashboard: {server.url}")
            loops.append(server.run)
        well = run_threads(
            loops, stop, seconds=args.seconds, every_s=STATUS_EVERY_S,
            tick=lambda: _say(_status(desk)), failed=lambda error: _say(str(error)))
        return Answer(_summary(desk), _status(desk), DONE if well else FAILED)


def _summary(desk: Desk) -> dict[str, object]:
    snapshot, state = desk.engine.snapshot(), desk.replay.state()
    equity_cny = desk.portfolio().equity_cny
    return {
        "mode": desk.services.mode.value, "origin": desk.services.market.origin.value,
        "day": state.day.isoformat(), "now": state.now_utc.isoformat(),
        "finished": state.finished, "orders": len(snapshot.orders), "fills": len(snapshot.fills),
        "positions": sum(1 for p in snapshot.positions if p.held_shares),
        "cash_cny": str(snapshot.account.cash_cny),
        "equity_cny": None if equity_cny is None else str(equity_cny),
        "kill_level": int(snapshot.kill_level), "journal_seq": snapshot.journal_seq,
    }


def _status(desk: Desk) -> str:
    from core.rules import to_shanghai

    summary, state = _summary(desk), desk.replay.state()
    return (f"{summary['mode']} on {summary['origin']} data, "
            f"{to_shanghai(state.now_utc):%Y-%m-%d %H:%M:%S} at {state.speed:g}x: "
            f"cash {summary['cash_cny']} CNY, {summary['positions']} positions, "
            f"{summary['orders']} orders today, journal {summary['journal_seq']}")


def _screenshot(args: argparse.Namespace) -> Answer:
    from ui.crash import CrashNet

    home = _home(args)
    net = CrashNet(home.paths.logs).install()
    try:
        desk = _asked_desk(home, args, rest=Rest.NOW)
        with closing(desk):
            from ui.app import take_screenshot

            ui = home.store.settings.ui
            done = take_screenshot(
                desk.services, home.store, args.screenshot, size=args.size,
                panel=args.panel, symbol=args.symbol, workers=desk.workers(),
                language=ui.language, theme_name=args.theme or ui.theme)
    finally:
        net.remove()
    return Answer(done, f"{done['file']}: {done['width']}x{done['height']}")


# ---- commands: data --------------------------------------------------------------------------


def _import_bars(args: argparse.Namespace) -> Answer:
    from core.clock import SystemClock
    from data.database import MarketDatabase
    from data.importer import ImportProgress, import_bars
    from utils.loops import stopped_by_signals

    home = _home(args)
    _log_to_files(home)
    clock = SystemClock()

    def progress(at: ImportProgress) -> None:
        total = "" if at.rows_total is None else f" of {at.rows_total:,}"
        _say(f"{at.file} ({at.file_number}/{at.files}): {at.rows_done:,}{total} rows")

    with (stopped_by_signals() as stop,
          closing(MarketDatabase(home.paths.market_db, clock, home.calendar)) as database):
        report = import_bars(
            database, args.import_bars, clock=clock, calendar=home.calendar, fmt=args.format,
            repair=not home.store.settings.data.truth_preserving_cleaning,
            refused_list=home.paths.refused_rows(clock.now_utc()), progress=progress, stop=stop)
    return Answer(report.as_json(), report.as_text(), DONE if report.succeeded else FAILED)


def _export(args: argparse.Namespace) -> Answer:
    kind, file = args.export[0], Path(args.export[1])
    home = _home(args)
    if kind == "bars":
        rows = _export_bars(home, file, args)
    elif kind == "risk":
        rows = _export_risk(home, file)
    else:
        from data.order_store import SqliteOrderStore
        from trading.export import LEDGER_KINDS, export_ledger

        if kind not in LEDGER_KINDS:
            raise ConfigError(
                f"there is nothing called {kind!r} to export", why="the kinds are fixed",
                remedy=f"Choose one of: bars, risk, {', '.join(LEDGER_KINDS)}")
        with closing(SqliteOrderStore(home.paths.ledger_db, read_only=True)) as ledger:
            rows = export_ledger(ledger, kind, file)
    return Answer({"kind": kind, "file": str(file), "rows": rows}, f"{file}: {rows:,} rows")


def _export_risk(home: Home, file: Path) -> int:
    from core.clock import SystemClock
    from data.order_store import SqliteOrderStore
    from trading.risk_report import export_risk

    with (closing(SqliteOrderStore(home.paths.ledger_db, read_only=True)) as ledger,
          _markets(home, SystemClock()).to_export() as market):
        return export_risk(ledger, market, home.calendar,
                           home.store.settings.risk.var_confidence, file)


def _export_bars(home: Home, file: Path, args: argparse.Namespace) -> int:
    from core.clock import SystemClock
    from core.symbols import instrument_key
    from core.types import Period
    from data.export import export_bars

    symbols = [instrument_key(text) for text in args.symbols or ()]
    with _markets(home, SystemClock()).to_export() as market:
        return export_bars(market, file, period=Period(args.period), symbols=symbols)


def _accounts(args: argparse.Namespace) -> Answer:
    """Every account of the ledger. Only reads."""
    from data.checks import reading
    from trading.standing import account_rows

    ledger = reading(_home(args, create=False).paths.ledger_db)
    rows = []
    if ledger is not None:
        with closing(ledger):
            rows = account_rows(ledger)
    lines = [f"{'*' if row['active'] else ' '} {row['account']}: {row['cash_cny']} CNY, "
             f"{row['positions']} positions, {row['trading_day']}, {row['origin']} data"
             for row in rows]
    return Answer({"accounts": rows}, "\n".join(lines) or "there is no account yet")


def _compare_statement(args: argparse.Namespace) -> Answer:
    """A broker's statement against the ledger's own. Only reads; status 1 if they differ."""
    from data.broker_statements import read_broker_statement
    from data.checks import reading
    from trading.statement import statements
    from trading.statement_compare import compare_statement

    theirs = read_broker_statement(args.compare_statement)
    ledger = reading(_home(args, create=False).paths.ledger_db)
    if ledger is None:
        raise DataError("there is no ledger to compare with", why="no account was opened here",
                        remedy="Choose the state folder with --home")
    with closing(ledger):
        active = ledger.load().account
        name = args.account or ("" if active is None else active.account_id)
        found = compare_statement(
            [each for each in statements(ledger.entries()) if each.account_id == name], theirs)
    return Answer({
        "account": name, "file": str(args.compare_statement),
        "first": None if found.first is None else found.first.isoformat(),
        "last": None if found.last is None else found.last.isoformat(),
        "lines_here": found.lines_here, "lines_there": found.lines_there,
        "matched": found.matched, "not_compared": found.not_compared,
        "differences": [each.as_json() for each in found.differences],
    }, "\n".join([f"{each.day} {each.symbol} {each.kind}: {each.what}: here {each.here or '-'}, "
                  f"there {each.there or '-'} (line {each.line})" for each in found.differences]
                 or [f"{found.matched} lines agree to the fen"]),
        FAILED if found.differences else DONE)


def _subscribe(args: argparse.Namespace) -> Answer:
    """Take up a right of a rights issue."""
    from core.symbols import instrument_key

    symbol, shares = instrument_key(args.subscribe[0]), args.subscribe[1]
    if not shares.isdecimal():
        raise ConfigError(f"{shares!r} shares cannot be subscribed", why="it is no whole number",
                          remedy="Give the symbol, then the number of shares")
    with closing(_asked_desk(_home(args), args, rest=Rest.NEVER, by_hand=True)) as desk:
        asked = desk.engine.ask(lambda session: session.subscribe(symbol, int(shares)))
        desk.engine.drain()
        account = asked.result().account
    return Answer({"symbol": symbol, "shares": int(shares), "cash_cny": str(account.cash_cny),
                   "receivable_cny": str(account.receivable_cny)},
                  f"{shares} shares of {symbol} are subscribed; {account.cash_cny} CNY are left")


# ---- commands: backtest ----------------------------------------------------------------------


def _backtest(args: argparse.Namespace) -> Answer:
    from core.clock import SystemClock
    from trading.backtest_result import write_equity, write_order_log, write_trades

    _refuse_both(args)
    _refuse_overwriting(args)
    home, clock = _home(args), SystemClock()
    begun_ns = clock.monotonic_ns()
    result, origin = _played(home, args)
    elapsed_ms = (clock.monotonic_ns() - begun_ns) // NS_PER_MS
    for path, write in ((args.order_log, write_order_log), (args.trades, write_trades),
                        (args.equity, write_equity)):
        if path is not None:
            write(result, path)
    if args.report is not None:
        from trading.report import write_report

        write_report(result, args.report, origin=origin, language=args.lang or "zh",
                     elapsed_ms=elapsed_ms)
    figures = {**result.figures(elapsed_ms=elapsed_ms), "origin": origin.value}
    return Answer(figures, result.as_text(elapsed_ms=elapsed_ms))


def _refuse_both(args: argparse.Namespace) -> None:
    for other in ("strategy", "symbols"):
        if args.orders is not None and getattr(args, other) is not None:
            raise ConfigError(f"--orders and --{other} were both given",
                              why="a list names its instruments, and no strategy is asked",
                              remedy="Leave one of them out")


def _refuse_overwriting(args: argparse.Namespace) -> None:
    """An output that is an input, or two outputs in one file, would destroy something."""
    taken = {path.resolve() for path in (*(args.data or ()), args.orders, args.instruments,
                                         args.actions) if path is not None}
    for path in (args.report, args.trades, args.equity, args.order_log):
        if path is None:
            continue
        if path.is_file() or not path.exists():
            if path.resolve() in taken:
                raise ConfigError(f"{path} would be overwritten",
                                  why="it was also named as another file of this backtest",
                                  remedy="Give every output a file of its own")
            taken.add(path.resolve())
        if not path.parent.is_dir() or path.is_dir():
            raise ConfigError(f"{path} cannot be written",
                              why="it is no file in a folder that exists",
                              remedy="Make the folder first, or name another file")


def _played(home: Home, args: argparse.Namespace) -> "tuple[BacktestResult, Origin]":
    """The order list or the strategy asked for, on the bars asked for, with their origin."""
    from trading.backtest import run_order_list, run_targets
    from trading.signal_targets import signal_targets

    if args.orders is not None:
        from data.canonical import read_orders

        bars, known = _backtest_bars(home, args)
        orders = read_orders(args.orders)
        result = run_order_list(_backtest_input(home, args, bars, known), orders)
        return result, bars.origin
    from config.command_line import DEFAULT_STRATEGY
    from strategies.registry import load_registry

    name = args.strategy or DEFAULT_STRATEGY
    registry = load_registry(home.paths.home)
    plan, strategy = registry.registration(name).plan, registry.build(name)
    bars, known = _backtest_bars(home, args)
    given = _backtest_input(home, args, bars, known, plan)
    symbols = _asked_symbols(args, bars) or plan.symbols
    wanted = signal_targets(bars, strategy.generate_signals, symbols, most=plan.max_positions)
    return run_targets(given, wanted, name=name, slots=plan.max_positions), bars.origin


def _backtest_bars(
    home: Home, args: argparse.Namespace
) -> "tuple[BarTable, Sequence[Instrument]]":
    """The files of --data, else the generated market up to its last session."""
    from core.clock import SystemClock
    from data.canonical import read_bars, read_instruments

    if args.data:
        bars = read_bars(args.data, args.format)
        if bars.ignored_columns:
            _say(f"ignored columns: {', '.join(bars.ignored_columns)}")
        return bars, () if args.instruments is None else read_instruments(args.instruments)
    market = _markets(home, SystemClock()).generated(whole=True)
    return market.bar_table(), market.listed()


def _asked_symbols(args: argparse.Namespace, bars: "BarTable") -> tuple[str, ...]:
    """--symbols as house codes; every one must have bars."""
    from core.symbols import instrument_key

    symbols = tuple(instrument_key(text) for text in args.symbols or ())
    missing = [symbol for symbol in symbols if symbol not in bars.symbols]
    if missing:
        raise DataError(f"{', '.join(missing)} cannot be tested", why="the data has no bars of it",
                        remedy="Check the codes, or give other files with --data")
    return symbols


def _backtest_input(
    home: Home, args: argparse.Namespace, bars: "BarTable", known: "Sequence[Instrument]",
    plan: "BacktestPlan | None" = None,
) -> "BacktestInput":
    """Settings, then the strategy's plan, then the command line; the last one wins."""
    from data.canonical import read_actions
    from trading.backtest import BacktestInput
    from trading.risk_checks import RiskProfile

    settings = home.store.settings
    planned = settings.trading.initial_cash_cny if plan is None else plan.initial_cash_cny
    cash_cny = planned if args.cash is None else args.cash
    return BacktestInput(
        bars=bars, instruments=known,
        actions=None if args.actions is None else read_actions(args.actions),
        trading=replace(settings.trading, initial_cash_cny=cash_cny), risk=settings.risk,
        profile=RiskProfile(args.risk), calendar=home.calendar,
        first=args.first or (None if plan is None else plan.first),
        last=args.last or (None if plan is None else plan.last))


# ---- commands: is it well --------------------------------------------------------------------


def _health(args: argparse.Namespace) -> Answer:
    from utils.health import run_checks

    strict = args.health_strict
    report = run_checks(_health_checks(_home(args), strict=strict))
    return _reported(report, strict=strict)


def _doctor(args: argparse.Namespace) -> Answer:
    from utils.health import run_checks

    report = run_checks(_doctor_checks(_home(args, create=False)))
    return _reported(report, strict=args.doctor_strict)


def _reported(report: "HealthReport", *, strict: bool) -> Answer:
    from utils.health import Status

    failed = strict and report.status is not Status.HEALTHY
    return Answer(report.as_json(), report.as_text(), FAILED if failed else DONE)


def _health_checks(home: Home, *, strict: bool) -> "list[Check]":
    """Every component that exists so far, looked at for real."""
    from core.clock import SystemClock
    from data import checks as data_checks
    from trading import checks as trading_checks
    from utils import doctor
    from utils.health import Check

    clock, paths, market = SystemClock(), home.paths, home.store.settings.market
    return [
        Check("ledger", lambda: data_checks.ledger_check(paths.ledger_db, whole=strict)),
        Check("journal", lambda: trading_checks.journal_check(
            data_checks.reading(paths.ledger_db), whole=strict)),
        Check("kill switch", lambda: trading_checks.kill_check(
            data_checks.reading(paths.ledger_db), paths.kill_request)),
        Check("market data", lambda: data_checks.market_check(
            paths.market_db, clock, home.calendar)),
        Check("generated market", lambda: data_checks.generated_check(
            paths.cache, market, clock, home.calendar)),
        Check("calendar", lambda: data_checks.calendar_check(home.calendar, clock.now_utc())),
        Check("clock", lambda: data_checks.clock_check(clock.now_utc())),
        Check("disk", lambda: doctor.disk_check(paths.home)),
        Check("rights", lambda: doctor.rights_check(paths.home)),
    ]


def _doctor_checks(home: Home) -> "list[Check]":
    import apsw

    from config.dead_keys import unread_keys
    from utils import doctor
    from utils.health import Check

    source = Path(__file__).resolve().parent
    rows = [(d.key.name, d.value, d.origin) for d in home.store.describe()]
    return [
        Check("python", doctor.python_check),
        Check("packages", lambda: doctor.packages_check(
            doctor.pinned_requirements(source / "pyproject.toml"))),
        Check("sqlite", lambda: doctor.sqlite_check(apsw.sqlite_lib_version())),
        Check("rights", lambda: doctor.rights_check(home.paths.home)),
        Check("folder", lambda: doctor.folder_check(home.paths.home)),
        Check("disk", lambda: doctor.disk_check(home.paths.home)),
        Check("settings", lambda: doctor.settings_check(rows)),
        Check("dead keys", lambda: doctor.dead_keys_check(unread_keys(source))),
    ]


def _broker_check(args: argparse.Namespace) -> Answer:
    """The broker that live trading would use: is it there, and what does it hold?"""
    from trading.live_brokers import look_at, look_in_words

    with closing(open_broker(_home(args))) as live:
        found = look_at(live)
    return Answer(found, look_in_words(found), DONE if found["online"] else FAILED)


def open_broker(
    home: Home, *, start_child: "StartChild | None" = None, wait_ms: int = BROKER_WAIT_MS
) -> "LiveBroker":
    """The live broker of the settings, connected; ConfigError: none is set, or not wholly.

    `start_child`: in place of the process with the vendor's library, for tests.
    """
    from core.clock import SystemClock
    from trading.live_brokers import ledger_tag, open_live_broker

    return open_live_broker(
        home.store.settings.broker, clock=SystemClock(), tag=ledger_tag(home.paths.broker_tag),
        kill_request=home.paths.kill_request, start_child=start_child, wait_ms=wait_ms)


def _backups(home: Home) -> "LedgerBackups":
    from core.clock import SystemClock
    from data.backups import LedgerBackups

    return LedgerBackups(home.paths.ledger_db, home.paths.backups, clock=SystemClock(),
                         prove=_prove_ledger)


def _prove_ledger(store: "OrderStore") -> None:
    """Raises TradingError unless every link holds and the tables are what the journal tells."""
    from core.clock import SystemClock
    from trading.bookkeeper import Bookkeeper
    from trading.journal import verify_chain

    verify_chain(store)
    Bookkeeper(store, SystemClock())


def _backup(args: argparse.Namespace) -> Answer:
    home = _home(args)
    if not home.paths.ledger_db.exists():
        raise DataError("nothing was backed up", why="there is no ledger yet",
                        remedy="The first start of the desk makes one")
    file = _backups(home).make()
    return Answer({"file": str(file), "holds": True},
                  f"{file}: opened, whole, equal to its journal")


def _restore_ledger(args: argparse.Namespace) -> Answer:
    from core.clock import SystemClock
    from data.backups import restore
    from utils.state_lock import StateLock

    home = _home(args)
    with StateLock(home.paths.lock):
        old = restore(args.restore_ledger, home.paths.ledger_db, clock=SystemClock(),
                      anchor=home.paths.ledger_anchor, prove=_prove_ledger)
    text = f"the ledger is {args.restore_ledger} now"
    return Answer({"restored": str(args.restore_ledger), "kept": None if old is None else str(old)},
                  text if old is None else f"{text}; what it was before lies in {old}")


def _kill(args: argparse.Namespace) -> Answer:
    """Beside a running core: ask it through kill.request. Without one: write the ledger."""
    from core.types import KillLevel
    from trading.kill_switch import KillRequest, write_request
    from utils.state_lock import holder_pid

    home, level = _home(args), KillLevel(args.level)
    reason = (args.reason or "").strip() or "the command line asked for it"
    pid = holder_pid(home.paths.lock)
    if pid is not None:
        write_request(home.paths.kill_request, KillRequest(level, reason))
        return Answer({"level": int(level), "asked_pid": pid},
                      f"process {pid} was asked for kill level {level.name}")
    return _kill_in_ledger(home, level, reason)


def _recovery_drill(args: argparse.Namespace) -> Answer:
    """In a folder of its own: the ledger of this state folder is not touched."""
    import tempfile

    from core.clock import SystemClock
    from data.order_store import SqliteOrderStore
    from trading.drill import RecoveryDrill, every_pair

    with tempfile.TemporaryDirectory(prefix="recovery-drill-") as folder:
        drill = RecoveryDrill(
            folder=Path(folder), seed=args.seed, clock=SystemClock(), progress=_say,
            nursery=(sys.executable, str(Path(__file__).resolve()), "--recovery-life"),
            open_ledger=lambda path: SqliteOrderStore(path, read_only=True))
        report = drill.run(args.rounds, every_pair())
    return Answer(report.as_json(), report.as_text(), DONE if report.passed else FAILED)


def _recovery_life(_args: argparse.Namespace) -> Answer:
    from data.order_store import SqliteOrderStore
    from trading.drill_life import serve

    serve(SqliteOrderStore)
    return Answer({}, "")


def _unlock(args: argparse.Namespace) -> Answer:
    from core.types import KillLevel

    home = _home(args)                 # a request that lies there is heeded first, then settled
    why = args.reason or "a person unlocked it on the command line"
    return _kill_in_ledger(home, KillLevel.NONE, why)


def _register_program(args: argparse.Namespace) -> Answer:
    """The account of this call may trade by program, as reported to the broker."""
    from trading.registration import register, registration_to

    home = _home(args)
    with closing(_asked_desk(home, args, rest=Rest.NEVER, by_hand=True)) as desk:
        asked = desk.engine.ask(lambda session: register(
            session, software="Trading Graph", version=VERSION, by=args.by,
            strategy_kind=args.register_program, most_per_second=args.most_per_second,
            most_per_day=args.most_per_day, fund_cny=args.fund))
        desk.engine.drain()
        known = asked.result()
    return Answer(registration_to(known), f"account {known.account_id}: {known.strategy_kind}, at "
                  f"most {known.most_per_second} a second and {known.most_per_day} a day")


def _kill_in_ledger(home: Home, level: "KillLevel", reason: str) -> Answer:
    with closing(open_desk(home, rest=Rest.NEVER, by_hand=True)) as desk:
        asked = desk.engine.set_kill(level, reason)
        desk.engine.drain()
        now = asked.result()
    return Answer({"level": int(now)}, f"kill level is {now.name}")


def _watchdog(args: argparse.Namespace) -> Answer:
    """Started by a desk, which holds the other end of standard input."""
    from core.clock import SystemClock
    from core.types import KillLevel
    from trading.heartbeats import Heartbeats
    from trading.watchdog import ignore_signals, watch
    from utils.logger import set_up_logging

    home = _home(args)
    settings = home.store.settings
    home.paths.watchdog_logs.mkdir(exist_ok=True, mode=0o700)
    set_up_logging(home.paths.watchdog_logs, settings.logging.level, to_stderr=False)
    path: Path = args.watchdog
    try:
        with Heartbeats(path, create=False) as beats:
            ignore_signals()
            watch(beats, sys.stdin.buffer, home.paths.kill_request,
                  silence_s=settings.watchdog.silence_s, level=KillLevel(settings.watchdog.level),
                  steady_ns=SystemClock().monotonic_ns)
    except (ValueError, FileNotFoundError) as error:
        raise DataError(f"{path} was not watched",
                        why=getattr(error, "strerror", None) or str(error),
                        remedy="This command is started by the desk itself") from error
    with suppress(OSError):
        path.unlink(missing_ok=True)
    return Answer({"watched": str(path)}, "")


def _rearm(args: argparse.Namespace) -> Answer:
    state = _asked_of_safety(args, lambda safety: safety.rearm(
        args.rearm, by=_person(), reason=_reason(args)))
    return Answer({"name": state.name, "tripped": state.tripped, "rearmed_by": state.rearmed_by},
                  f"breaker {state.name} is re-armed; the kill level is as it was")


def _close_case(args: argparse.Namespace) -> Answer:
    case = _asked_of_safety(args, lambda safety: safety.close_case(
        args.close_case, by=_person(), reason=_reason(args)))
    return Answer({"case_id": case.case_id, "closed_by": case.closed_by},
                  f"case {case.case_id} is closed")


def _flatten_plan(args: argparse.Namespace) -> Answer:
    from trading.safety_report import plan_json, plan_text

    plan = _asked_of_safety(args, lambda safety: safety.flatten_plan())
    return Answer(plan_json(plan), plan_text(plan))


def _cases(args: argparse.Namespace) -> Answer:
    """What the ledger holds; only reads, so that it can be asked beside a running desk."""
    from data.checks import reading
    from trading.book import Book
    from trading.cases import cases_to_show
    from trading.safety_report import cases_json, cases_text

    ledger, book = reading(_home(args, create=False).paths.ledger_db), Book()
    if ledger is not None:
        with closing(ledger):
            book = Book.restored(ledger.load())
    found = cases_to_show(book)
    return Answer(cases_json(found), cases_text(found))


@contextmanager
def _safety(args: argparse.Namespace) -> "Iterator[tuple[Desk, SafetyDesk]]":
    """A desk by hand, for one question or act of a person at the command line."""
    with closing(open_desk(_home(args), rest=Rest.NEVER, by_hand=True)) as desk:
        assert desk.services.safety is not None        # _wired gives every desk one
        yield desk, desk.services.safety


def _asked_of_safety(
    args: argparse.Namespace, ask: "Callable[[SafetyDesk], Future[T]]"
) -> T:
    with _safety(args) as (desk, safety):
        answer = ask(safety)
        desk.engine.drain()
        return answer.result()


def _person() -> str:
    import getpass

    try:
        return f"{getpass.getuser()} at the command line"
    except (OSError, KeyError, ImportError):       # no such user in the system's list
        return "a person at the command line"


def _reason(args: argparse.Namespace) -> str:
    if not (args.reason or "").strip():
        raise ConfigError("nothing was changed", why="no reason was given",
                          remedy='Say why with --reason "..."; it is kept for ever')
    return str(args.reason)


# ---- the command line ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the program can be asked to do; the flag's value is in the namespace."""

    name: str                                      # of the namespace: "import_bars"
    run: Callable[[argparse.Namespace], Answer]


def _version(args: argparse.Namespace) -> Answer:
    return Answer({"version": VERSION}, f"Trading Graph {VERSION}")


COMMANDS = (
    Command("version", _version),
    Command("health", _health), Command("health_strict", _health),
    Command("doctor", _doctor), Command("doctor_strict", _doctor),
    Command("accounts", _accounts), Command("subscribe", _subscribe),
    Command("compare_statement", _compare_statement),
    Command("import_bars", _import_bars), Command("export", _export),
    Command("recovery_drill", _recovery_drill), Command("recovery_life", _recovery_life),
    Command("backtest", _backtest), Command("broker_check", _broker_check),
    Command("register_program", _register_program),
    Command("kill", _kill), Command("unlock", _unlock),
    Command("backup", _backup), Command("restore_ledger", _restore_ledger),
    Command("rearm", _rearm), Command("flatten_plan", _flatten_plan),
    Command("cases", _cases), Command("close_case", _close_case),
    Command("screenshot", _screenshot), Command("headless", _headless),
    Command("watchdog", _watchdog),
)


def _say(text: str) -> None:
    """For people, beside the answer; nobody needs to be listening."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _chosen(args: argparse.Namespace) -> Callable[[argparse.Namespace], Answer]:
    given = [c for c in COMMANDS if getattr(args, c.name) not in (None, False)]
    if {command.name for command in given} == {"screenshot", "headless"}:
        return _screenshot
    if len(given) > 1:
        names = ", ".join("--" + command.name.replace("_", "-") for command in given)
        raise ConfigError(f"{names} were given together", why="a call does one thing",
                          remedy="Run them one after the other")
    return given[0].run if given else _desktop


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 done, 1 failed, 2 wrong usage or bad input."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):       # a console that has no Chinese, say
            stream.reconfigure(errors="backslashreplace")
    try:
        from config.command_line import parser

        args = parser().parse_args(arguments)
        answer = _chosen(args)(args)
    except (TradingError, OSError, MemoryError, ModuleNotFoundError, KeyboardInterrupt) as error:
        return _failure(_in_words(error), as_json=as_json)
    except Exception as error:  # a fault of ours still ends in a status and one JSON object
        logging.getLogger(__name__).exception("uncaught error")
        return _failure(TradingError(
            "the command failed", why=f"{type(error).__name__}: {error}",
            remedy="It is a fault of the program; please report the lines above"),
            as_json=as_json)
    told = _print(json.dumps(answer.data) if as_json else answer.text)
    return answer.status if told else FAILED


def _in_words(error: BaseException) -> TradingError:
    """What stopped a command, as what, why and remedy."""
    if isinstance(error, TradingError):
        return error
    if isinstance(error, ModuleNotFoundError):
        return ConfigError(f"the package {error.name} is not installed here",
                           why=f"this is {sys.executable}",
                           remedy="Run `make`, or use the Python of .venv")
    if isinstance(error, KeyboardInterrupt):
        return TradingError("the command was stopped", why="Ctrl-C was pressed",
                            remedy="Run it again when you like")
    named = getattr(error, "filename", None)
    return TradingError(
        "the system refused what the command needs" + (f" of {named}" if named else ""),
        why=getattr(error, "strerror", None) or str(error) or "not enough memory",
        remedy="Check space, memory and rights, and run it again")


def _failure(error: TradingError, *, as_json: bool) -> int:
    _say(str(error))
    if as_json:
        _print(json.dumps({"error": {"what": error.what, "why": error.why,
                                     "remedy": error.remedy}}))
    return BAD_INPUT if isinstance(error, ConfigError | DataError) else FAILED


def _print(text: str) -> bool:
    """The answer; a reader that has gone away (`| head`) is no error, a full disk is one."""
    try:
        if text:
            print(text, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            _say(f"the answer was not written: {error.strerror}. Write it to another place")
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
