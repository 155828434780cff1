"""The recovery drill: kill -9 of a process that trades, again and again, and the proof after each.

The exchange's book lives here, in the parent. After every kill the ledger on the disk is held
against it and against what the child had promised; after every restart the two must be equal to
the fen.
"""

import hmac
import os
import random
import secrets
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from core.exceptions import DataError, TradingError
from core.ports import Clock, OrderStore, Projections
from core.settings_types import TradingSettings
from core.types import FINAL_STATUSES, BrokerReport, OrderSide
from trading.drill_exchange import FEN, REPLIES, DrillExchange, Held
from trading.drill_life import NEVER, LifePlan, plan_line
from trading.drill_wire import ANSWER_S, Line, Message, report_to_wire
from trading.journal import verify_chain
from trading.ledger import projection_bytes, rebuild
from trading.oms import CRASH_POINTS

ROUNDS = 200
ROUNDS_PER_LEDGER = 20                 # a fresh account after so many, so that proofs stay short
_MOST_MESSAGES = 60
_PROGRESS_EVERY = 200
_DELAY_US = 2_000                      # the longest pause between an answer and the kill
_SIGKILL = getattr(signal, "SIGKILL", signal.SIGTERM)


@dataclass(slots=True, kw_only=True)
class DrillReport:
    """What the drill counted. Everything but rounds, pairs and seconds must be zero."""

    rounds: int = 0
    kills_at_points: int = 0
    kills_at_random: int = 0
    points_not_reached: int = 0
    lost_intents: int = 0              # promised or sent, and not in the ledger
    lost_fills: int = 0
    duplicate_fills: int = 0           # booked twice, or booked and never traded
    orphan_orders: int = 0             # at the exchange, and unknown or ended in the ledger
    resent_orders: int = 0
    lives_ended_by_themselves: int = 0     # a life that failed instead of being killed
    position_mismatches: int = 0
    cash_mismatch_cny: Decimal = Decimal("0.00")
    journal_rebuild_identical: bool = True
    elapsed_ms: int = 0
    first_failure: str = ""

    @property
    def passed(self) -> bool:
        return self.rounds > 0 and self.journal_rebuild_identical and not any((
            self.lost_intents, self.lost_fills, self.duplicate_fills, self.orphan_orders,
            self.resent_orders, self.lives_ended_by_themselves, self.position_mismatches,
            self.cash_mismatch_cny))

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "cash_mismatch_cny": str(self.cash_mismatch_cny),
                "seconds": self.elapsed_ms / 1000, "passed": self.passed}

    def as_text(self) -> str:
        verdict = "nothing was lost or doubled" if self.passed else (
            f"FAILED: {self.first_failure or 'no round ran'}")
        return (f"{self.rounds} rounds, {self.kills_at_points} kills at named points, "
                f"{self.kills_at_random} at random moments, {self.elapsed_ms // 1000} s: {verdict}")


@dataclass(slots=True)
class _Account:
    """One ledger, many lives: the exchange's book, and everything that any life promised."""

    ledger: Path
    exchange: DrillExchange
    orders: set[int] = field(default_factory=set)
    fills: set[tuple[int, str]] = field(default_factory=set)


def every_pair() -> list[tuple[str, str]]:
    """Every named crash point with every reply of a broker."""
    return [(point, reply) for point in CRASH_POINTS for reply in REPLIES]


class RecoveryDrill:
    """Runs lives one after the other and counts what goes wrong."""

    def __init__(
        self, *, folder: Path, nursery: Sequence[str], open_ledger: Callable[[Path], OrderStore],
        clock: Clock, seed: int, progress: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """
        Args:
            folder: an empty folder for the drill's own ledgers.
            nursery: the command that begins lives; see trading.drill_life.serve.
            open_ledger: a ledger for reading only.
        """
        self._folder, self._nursery, self.open_ledger = folder, nursery, open_ledger
        self._clock, self._progress, self._seed = clock, progress, seed
        self._random = random.Random(seed)
        self._token = secrets.token_hex(16)
        self._process: subprocess.Popen[str] | None = None
        self._account: _Account | None = None
        self.report = DrillReport()

    def run(self, rounds: int, pairs: Sequence[tuple[str, str]] = ()) -> DrillReport:
        """Random lives, `rounds` of them, after one life for each (crash point, reply)."""
        began_ns = self._clock.monotonic_ns()
        with closing(socket.create_server(("127.0.0.1", 0))) as server:
            server.settimeout(ANSWER_S)
            try:
                for plan in self._plans(rounds, pairs, server.getsockname()[1]):
                    self._round(plan, server)
                    self.report.rounds += 1
                    if self.report.rounds % _PROGRESS_EVERY == 0:
                        self._progress(f"{self.report.rounds} rounds, "
                                       f"{self.report.first_failure or 'all well'}")
                self._prove_rebuild()
            finally:
                self._end_nursery()
        self.report.elapsed_ms = (self._clock.monotonic_ns() - began_ns) // 1_000_000
        return self.report

    # ---- lives -----------------------------------------------------------------------------

    def _plans(
        self, rounds: int, pairs: Sequence[tuple[str, str]], port: int
    ) -> Iterator[LifePlan]:
        def plan(number: int, **more: object) -> LifePlan:
            if number % ROUNDS_PER_LEDGER == 0:
                self._prove_rebuild()
                self._account = self._fresh(number)
            return LifePlan(ledger=str(self._present.ledger), port=port, token=self._token,
                            seed=self._random.randrange(2**32), **more)  # type: ignore[arg-type]

        for number, (point, reply) in enumerate(pairs):
            yield plan(number, point=point, passing=self._random.randrange(1, 4), reply=reply)
        for number in range(len(pairs), len(pairs) + rounds):
            if self._random.randrange(2) == 0:
                yield plan(number, point=self._random.choice(CRASH_POINTS),
                           passing=self._random.randrange(1, 6))
            else:
                yield plan(number)

    @property
    def _present(self) -> _Account:
        if self._account is None:
            raise _not_ours("it has no account yet")
        return self._account

    def _fresh(self, number: int) -> _Account:
        if self._account is not None:
            for path in self._folder.glob(f"{self._account.ledger.name}*"):
                path.unlink()
        return _Account(
            self._folder / f"drill-{number}.db",
            DrillExchange(TradingSettings().initial_cash_cny, self._seed + number))

    def _round(self, plan: LifePlan, server: socket.socket) -> None:
        account = self._present
        nursery = self._started(plan)
        connection, _ = server.accept()
        with closing(Line(connection)) as line:
            hello = line.read()
            if hello is None or not hmac.compare_digest(str(hello["token"]), self._token):
                raise _not_ours("a process without the drill's token called")
            _Conversation(self, account, line, pid=hello["pid"], messages=self._messages(plan),
                          random=self._random).serve()
        self._buried(nursery)
        self._count_end(plan)
        with closing(self.open_ledger(account.ledger)) as store:
            self.judge_after_kill(account, store.load())

    def _buried(self, nursery: "subprocess.Popen[str]") -> None:
        """A life ends by the kill alone: one that ended by itself had an error."""
        said = "" if nursery.stdout is None else nursery.stdout.readline()
        if said:
            killed = os.WIFSIGNALED(int(said)) and os.WTERMSIG(int(said)) == _SIGKILL
        else:                              # no fork here: the nursery was the life
            killed = nursery.wait(ANSWER_S) in (-_SIGKILL, _SIGKILL)
            self._end_nursery()
        self._count("lives_ended_by_themselves", int(not killed))

    def _messages(self, plan: LifePlan) -> int | None:
        """After how many messages the parent kills; None: the child does it itself."""
        return self._random.randrange(1, _MOST_MESSAGES) if plan.point == NEVER else None

    def _count_end(self, plan: LifePlan) -> None:
        if plan.point == NEVER:
            self.report.kills_at_random += 1
        else:
            self.report.kills_at_points += 1

    def _started(self, plan: LifePlan) -> subprocess.Popen[str]:
        process = self._process or subprocess.Popen(
            self._nursery, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"})
        self._process = process
        if process.stdin is not None:
            process.stdin.write(plan_line(plan))
            process.stdin.flush()
        return process

    def _end_nursery(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        if process.stdout is not None:
            process.stdout.close()
        process.wait(ANSWER_S)

    # ---- judging ---------------------------------------------------------------------------

    def judge_after_kill(self, account: _Account, stored: Projections) -> None:
        """What was promised or sent must be on the disk, once, before anybody repairs anything."""
        known = {order.order_id: order for order in stored.orders}
        fills = [(fill.order_id, fill.trade_id) for fill in stored.fills]
        traded = {(trade.order_id, trade.trade_id) for trade in account.exchange.trades}
        self._count("lost_intents", len(account.orders - known.keys()))
        self._count("orphan_orders", len(account.exchange.orders.keys() - known.keys()))
        self._count("lost_fills", len(account.fills - set(fills)))
        self._count("duplicate_fills", len(fills) - len(set(fills) & traded))
        self._count("resent_orders", account.exchange.unasked)
        account.exchange.unasked = 0

    def judge_recovered(self, account: _Account, stored: Projections) -> None:
        """After the restart the ledger and the exchange tell the same story, to the fen."""
        exchange = account.exchange
        fills = {(fill.order_id, fill.trade_id) for fill in stored.fills}
        traded = {(trade.order_id, trade.trade_id) for trade in exchange.trades}
        self._count("lost_fills", len(traded - fills))
        held = {p.symbol: p.held_shares for p in stored.positions if p.held_shares}
        theirs = {symbol: shares for symbol, shares in exchange.shares.items() if shares}
        self._count("position_mismatches", len(set(held.items()) ^ set(theirs.items())))
        if stored.account is not None:
            apart_cny = abs(stored.account.cash_cny - Decimal(exchange.cash_fen) / FEN)
            if apart_cny:
                self._failed(f"cash differs by {apart_cny} CNY")
            self.report.cash_mismatch_cny += apart_cny
        ended = {o.order_id for o in stored.orders if o.status in FINAL_STATUSES}
        self._count("orphan_orders", sum(
            1 for held_order in exchange.orders.values()
            if held_order.day == exchange.day and held_order.open_shares
            and held_order.order_id in ended))

    def _count(self, name: str, found: int) -> None:
        if found:
            setattr(self.report, name, getattr(self.report, name) + found)
            self._failed(f"{found} {name.replace('_', ' ')}")

    def _failed(self, what: str) -> None:
        if not self.report.first_failure:
            self.report.first_failure = f"round {self.report.rounds + 1}: {what}"

    def _prove_rebuild(self) -> None:
        """The chain holds, and the tables are byte for byte what the journal tells."""
        if self._account is None or not self._account.ledger.exists():
            return
        with closing(self.open_ledger(self._account.ledger)) as store:
            try:
                verify_chain(store)
                same = projection_bytes(rebuild(store.entries())) == projection_bytes(store.load())
            except DataError as error:
                same = False
                self._failed(str(error))
        if not same:
            self.report.journal_rebuild_identical = False
            self._failed("the rebuild differs from the tables")


class _Conversation:
    """Answers one life until it is dead."""

    def __init__(
        self, drill: RecoveryDrill, account: _Account, line: Line, *, pid: int,
        messages: int | None, random: random.Random,
    ) -> None:
        self._drill, self._account, self._line = drill, account, line
        self._pid, self._left, self._random = pid, messages, random

    def serve(self) -> None:
        while (message := self._line.read()) is not None:
            if message["do"] == "promise":
                self._promised(message)
                continue
            if message["do"] == "done":
                self._drill.report.points_not_reached += 1
                self._kill()
                continue
            before = self._is_due(message) and self._random.randrange(2) == 0
            if before:
                self._kill()
            answer = self._answered(message)
            with suppress(OSError):        # it may be dead already
                self._line.write(answer)
            if not before and self._left is not None and self._left <= 0:
                threading.Event().wait(self._random.randrange(_DELAY_US) / 1_000_000)
                self._kill()

    def _is_due(self, message: Message) -> bool:
        if self._left is None or message["do"] in ("day", "recovered"):
            return False
        self._left -= 1
        return self._left <= 0

    def _kill(self) -> None:
        self._left = None
        with suppress(ProcessLookupError):
            os.kill(self._pid, _SIGKILL)

    def _promised(self, message: Message) -> None:
        if "fill" in message:
            self._account.fills.add((message["order"], message["fill"]))
        else:
            self._account.orders.add(message["order"])

    def _answered(self, message: Message) -> Message:
        act: Callable[[Message, datetime], Message] = _ACTS[message["do"]].__get__(self)
        return act(message, datetime.fromisoformat(message["now"]))

    def _recovered(self, _message: Message, _now: datetime) -> Message:
        with closing(self._drill.open_ledger(self._account.ledger)) as store:
            self._drill.judge_recovered(self._account, store.load())
        return {}

    def _place(self, message: Message, now: datetime) -> Message:
        held = Held(
            order_id=message["order_id"], broker_id=f"D{message['order_id']}", day=message["day"],
            symbol=message["symbol"], side=OrderSide(message["side"]), shares=message["shares"],
            limit_cny=Decimal(message["limit"]), reply=message["reply"])
        answer = self._account.exchange.place(held, now)
        return {"before": _wired(answer.before), "broker_id": answer.broker_id,
                "refusal": answer.refusal, "after": _wired(answer.after)}

    def _cancel(self, message: Message, now: datetime) -> Message:
        return {"after": _wired(self._account.exchange.cancel(message["order_id"], now))}

    def _orders(self, _message: Message, _now: datetime) -> Message:
        return {"reports": _wired(self._account.exchange.list_orders())}

    def _trades(self, _message: Message, _now: datetime) -> Message:
        return {"reports": _wired(self._account.exchange.list_trades())}

    def _positions(self, _message: Message, _now: datetime) -> Message:
        return {"held": {s: n for s, n in self._account.exchange.shares.items() if n}}

    def _cash(self, _message: Message, _now: datetime) -> Message:
        return {"cash_fen": self._account.exchange.cash_fen}

    def _move(self, _message: Message, now: datetime) -> Message:
        return {"reports": _wired(self._account.exchange.market_moves(now))}

    def _end_day(self, _message: Message, now: datetime) -> Message:
        return {"reports": _wired(self._account.exchange.end_day(now))}

    def _day(self, message: Message, _now: datetime) -> Message:
        self._account.exchange.day = message["day"]
        return {}


_ACTS: Mapping[str, Callable[..., Message]] = {
    "recovered": _Conversation._recovered, "place": _Conversation._place,
    "cancel": _Conversation._cancel, "orders": _Conversation._orders,
    "trades": _Conversation._trades, "positions": _Conversation._positions,
    "cash": _Conversation._cash, "move": _Conversation._move,
    "end_day": _Conversation._end_day, "day": _Conversation._day,
}


def _wired(reports: Sequence[BrokerReport]) -> list[Message]:
    return [report_to_wire(report) for report in reports]


def _not_ours(why: str) -> TradingError:
    return TradingError("the recovery drill stopped", why=why, remedy="Run it again")
