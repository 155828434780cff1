"""The words of the command line: options, their values and their help. No command runs here."""

import argparse
import math
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NoReturn

from core.exceptions import ConfigError
from core.money import is_price, to_fen

SIZE = "1920x1080"
LARGEST_SIDE_PX = 8192             # of a picture; larger ones exhaust the memory
MOST_CASH_CNY = Decimal("1e12")    # what the ledger can count with room for gains
DEFAULT_STRATEGY = "ma_cross"
LONGEST_NAME = 32                  # of an account
MOST_DIGITS = 9                    # of a count on the command line


class _Parser(argparse.ArgumentParser):
    """Wrong usage is one line and status 2."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError("wrong usage", why=message, remedy="See python main.py --help")


def parser() -> argparse.ArgumentParser:
    parsed = _Parser(prog="main.py", description="Trading Graph: a desk for China A-shares. "
                     "Without a command it opens the desktop.", allow_abbrev=False)
    add = parsed.add_argument
    add("--version", action="store_true", help="the version of this program")
    add("--home", type=Path, metavar="DIR", help="the state folder of this call")
    add("--mode", help="simulation, paper or live")
    add("--lang", choices=("zh", "en"), help="language of the window and of reports")
    add("--json", action="store_true", help="one JSON object on standard output")
    add("--replay", type=date.fromisoformat, metavar="DATE", help="begin on a recorded day")
    add("--speed", metavar="X", help="simulated seconds per second")
    add("--account", type=_account, metavar="NAME",
        help="trade in this account; it is opened if there is none of this name")
    add("--new-account", action="store_true", help="start the simulated account afresh")
    _add_commands(parsed.add_argument_group("commands"))
    _add_options(parsed.add_argument_group("options of commands"))
    return parsed


def _add_commands(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add("--headless", action="store_true", help="the desk without a window")
    add("--screenshot", type=Path, metavar="FILE.png", help="paint the window into a file")
    add("--import-bars", nargs="+", type=Path, metavar="PATH", help="CSV or Parquet of bars")
    add("--export", nargs=2, metavar=("KIND", "FILE"),
        help="orders, fills, positions, statement, quality, compliance, risk, journal or bars")
    add("--backtest", action="store_true", help="a strategy or an order list on daily bars")
    add("--accounts", action="store_true", help="list the accounts of the ledger")
    add("--compare-statement", type=Path, metavar="FILE",
        help="hold a broker's statement against ours; see docs/statement.md")
    add("--subscribe", nargs=2, metavar=("SYMBOL", "SHARES"),
        help="take up a right of a rights issue")
    add("--health", action="store_true", help="run every component check")
    add("--health-strict", action="store_true", help="thoroughly; status 1 unless healthy")
    add("--doctor", action="store_true", help="environment, versions, settings and their origin")
    add("--doctor-strict", action="store_true", help="the same; status 1 unless healthy")
    add("--recovery-drill", action="store_true",
        help="kill -9 a process that trades, again and again, and prove what is left")
    add("--recovery-life", action="store_true", help=argparse.SUPPRESS)
    add("--broker-check", action="store_true",
        help="connect to the live broker, ask account, orders and trades; sends nothing")
    add("--backup", action="store_true", help="copy the ledger to backups/ and prove the copy")
    add("--restore-ledger", type=Path, metavar="FILE", help="put a backup in its place")
    add("--register-program", metavar="KIND",
        help="note down that program trading of this kind was reported to the broker")
    add("--kill", action="store_true", help="stop sending orders")
    add("--unlock", action="store_true", help="send orders again")
    add("--rearm", metavar="NAME", help="set a circuit breaker back; needs --reason")
    add("--flatten-plan", action="store_true", help="what flattening would do now, and what not")
    add("--cases", action="store_true", help="differences with the broker, open or closed today")
    add("--close-case", type=int, metavar="ID", help="close a difference; needs --reason")
    add("--watchdog", type=Path, metavar="FILE", help="used by the desk itself")


def _add_options(group: "argparse._ArgumentGroup") -> None:
    add = group.add_argument
    add("--seconds", type=_seconds, metavar="N", help="--headless: end after N seconds")
    add("--panel", metavar="NAME", help="--screenshot: bring this panel to the front")
    add("--symbol", metavar="S", help="--screenshot: show this instrument")
    add("--size", type=_size, default=_size(SIZE), metavar="WxH",
        help=f"--screenshot: {SIZE} unless given")
    add("--theme", choices=("dark", "light"), help="--screenshot: colours of the picture")
    add("--format", default="auto", choices=("auto", "canonical", "tdx", "tushare", "akshare"))
    add("--strategy", metavar="NAME", help=f"--backtest: {DEFAULT_STRATEGY} unless given")
    add("--orders", type=Path, metavar="FILE.csv", help="--backtest: play this order list")
    add("--data", nargs="+", type=Path, metavar="PATH", help="--backtest: read these bars")
    add("--symbols", nargs="+", metavar="S", help="only these instruments")
    add("--from", dest="first", type=date.fromisoformat, metavar="D")
    add("--to", dest="last", type=date.fromisoformat, metavar="D")
    add("--period", default="1d", choices=("1d", "1m", "5m", "15m", "30m", "60m"),
        help="--export bars: 1d unless given")
    add("--most-per-second", type=int, default=5, metavar="N",
        help="--register-program: orders and cancels, as reported; 5 unless given")
    add("--most-per-day", type=int, default=2_000, metavar="N",
        help="--register-program: 2000 unless given")
    add("--by", default="", metavar="NAME", help="--register-program: who reported it")
    add("--fund", type=_cash, metavar="CNY", help="--register-program: the account's funds")
    add("--cash", type=_cash, metavar="CNY", help="--backtest: initial cash")
    add("--risk", default="exchange", choices=("exchange", "house"))
    add("--engine", default="event", choices=("event",), help="--backtest: which engine runs")
    for name in ("instruments", "actions"):
        add(f"--{name}", type=Path, metavar="FILE", help="--backtest: see docs/backtest.md")
    for name in ("report", "trades", "equity", "order-log"):
        add(f"--{name}", type=Path, metavar="FILE", help="--backtest: write this file")
    add("--rounds", type=_count, default=200, metavar="N",
        help="--recovery-drill: 200 random rounds unless given, besides every named point")
    add("--seed", type=_count, default=1, metavar="S", help="--recovery-drill: 1 unless given")
    add("--reason", metavar="TEXT", help="why, for --rearm, --close-case, --unlock, --kill; kept")
    add("--level", type=int, default=3, choices=(1, 2, 3, 4), help="--kill: 3 unless given")


def _account(text: str) -> str:
    """A name that can stand in a file, a line and a table."""
    if 0 < len(text) <= LONGEST_NAME and text.replace("-", "").replace("_", "").isalnum():
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is no name of an account: letters, digits, - and _, at most {LONGEST_NAME}")


def _cash(text: str) -> Decimal:
    """An amount of money from the command line: positive, whole fen."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount") from None
    if not is_price(amount) or amount > MOST_CASH_CNY or to_fen(amount) != amount:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a positive amount in fen up to {MOST_CASH_CNY:,.0f}")
    return amount


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > MOST_DIGITS:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)


def _seconds(text: str) -> float:
    seconds_s = float(text)
    if not math.isfinite(seconds_s) or seconds_s < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time")
    return seconds_s


def _size(text: str) -> tuple[int, int]:
    """Width and height of a picture in pixels."""
    width, cross, height = text.lower().partition("x")
    if cross and all(side.isdecimal() and int(side[:9]) <= LARGEST_SIDE_PX
                     for side in (width, height)):
        return int(width), int(height)
    raise argparse.ArgumentTypeError(
        f"{text!r} is not WIDTHxHEIGHT in pixels, at most {LARGEST_SIDE_PX} each, as {SIZE}")
