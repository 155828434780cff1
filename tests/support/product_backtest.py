"""Runs the product's `--backtest --orders` in this process and reads back what it wrote."""

import contextlib
import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

Row = tuple[str, ...]


@dataclass(frozen=True)
class ProductRun:
    """Exit status and, where the list was played, everything the command answered."""

    exit_status: int
    answer: dict[str, Any]
    errors: str
    order_log: list[Row]
    trades: list[Row]
    equity: list[Row]
    trades_sha256: str          # of the rows of the file, without its header line


def play_list(
    orders: Path,
    bars: Path,
    folder: Path,
    *,
    cash: str,
    instruments: Path | None = None,
    actions: Path | None = None,
    more: Sequence[str] = (),
) -> ProductRun:
    """One call of the command, in a state folder of its own below `folder`."""
    files = {name: folder / f"{name}.csv" for name in ("order-log", "trades", "equity")}
    argv = ["--home", str(folder / "home"), "--backtest", "--json", "--orders", str(orders)]
    argv += ["--data", str(bars), "--cash", cash, *more]
    for name, path in files.items():
        argv += [f"--{name}", str(path)]
    for option, given in (("--instruments", instruments), ("--actions", actions)):
        argv += [option, str(given)] if given else []
    out, errors = io.StringIO(), io.StringIO()
    main = import_module("main").main
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            status = int(main(argv) or 0)
        except SystemExit as exit_:
            status = int(exit_.code or 0)
    return ProductRun(
        exit_status=status,
        answer=json.loads(out.getvalue()) if status == 0 else {},
        errors=errors.getvalue(),
        order_log=read_rows(files["order-log"]),
        trades=read_rows(files["trades"]),
        equity=read_rows(files["equity"]),
        trades_sha256=_sha256_without_header(files["trades"]),
    )


def read_rows(path: Path) -> list[Row]:
    """Rows without the header; none where the file does not exist."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return [tuple(row) for row in csv.reader(lines)][1:]


def header_of(path: Path) -> Row:
    return tuple(path.read_text("utf-8").split("\n", 1)[0].strip().split(","))


def _sha256_without_header(path: Path) -> str:
    data = path.read_bytes().split(b"\n", 1)[1] if path.exists() else b""
    return hashlib.sha256(data).hexdigest()


def same_price(first: str, second: str) -> bool:
    """The limit a row echoes may be spelled 10.0 or 10.00; other columns are compared as text."""
    if first == second:
        return True
    return bool(first and second) and Decimal(first) == Decimal(second)
