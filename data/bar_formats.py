"""Which column of a vendor's file is which, and in which unit.

| format | symbol | time | volume | amount |
| --- | --- | --- | --- | --- |
| canonical | column | date, or bar end | shares | CNY |
| tdx | file name `SH#600519.txt`, else title | date, for minutes also HHMM | shares | CNY |
| tushare daily | `ts_code` | `trade_date` YYYYMMDD | lots of 100 | thousand CNY |
| tushare minutes | `ts_code` | `trade_time` | shares | CNY |
| akshare, Chinese (Eastmoney) | 股票代码, else file name | 日期, 时间 | lots of 100 | CNY |
| akshare, English (Sina) | file name | `date` or `day` | shares | CNY |

The units are believed only as far as amount / volume lies between low and high (data/quality.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from core.exceptions import DataError
from data.bar_files import TableFile

LOT_SHARES = 100
THOUSAND = 1000
TDX_FILE = re.compile(r"^(SH|SZ|BJ)#(\d{6})", re.IGNORECASE)
NAMED_SYMBOL = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:sh|sz|bj)[.#_]?\d{6}|\d{6}(?:\.[A-Za-z]{2,4})?)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
ADJUSTED_WORDS = ("前复权", "后复权", "复权", "qfq", "hfq")


class BarFormat(Enum):
    CANONICAL = "canonical"
    TDX = "tdx"
    TUSHARE = "tushare"
    AKSHARE = "akshare"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the fields of a bar stand in one file."""

    format: BarFormat
    time: str                          # column
    clock: str = ""                    # TDX minutes: the column of HHMM
    symbol: str = ""                   # column; empty: the whole file is `file_symbol`
    file_symbol: str = ""              # as written, not yet resolved
    name: str = ""                     # column of the Chinese name
    origin: str = ""                   # column of our own exports
    floats: Mapping[str, str] = field(default_factory=dict)    # field of a bar -> column
    flags: Mapping[str, str] = field(default_factory=dict)     # is_st, suspended -> column
    volume_factor: int = 1             # to shares
    amount_factor: int = 1             # to CNY
    month_first: bool = False          # TDX writes 01/31/2020
    ignored: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        single = (self.symbol, self.time, self.clock, self.name, self.origin)
        return tuple(dict.fromkeys(
            column for column in (*single, *self.floats.values(), *self.flags.values()) if column
        ))


OPTIONAL_FIELDS = {
    "prev_close_cny": ("prev_close", "preclose", "pre_close", "昨收", "前收盘"),
    "adj_factor": ("adj_factor",),
    "limit_up_cny": ("limit_up", "up_limit"),
    "limit_down_cny": ("limit_down", "down_limit"),
}
FLAG_FIELDS = {"is_st": ("is_st", "isST"), "suspended": ("suspended",)}
PRICE_FIELDS = {
    "open_cny": ("open", "开盘", "开盘价"),
    "high_cny": ("high", "最高", "最高价"),
    "low_cny": ("low", "最低", "最低价"),
    "close_cny": ("close", "收盘", "收盘价"),
}
VOLUME_NAMES = ("volume", "vol", "成交量", "成交量(手)", "成交量(股)")
AMOUNT_NAMES = ("amount", "成交额", "成交额(元)")
EASTMONEY_MARKS = frozenset({"股票代码", "涨跌幅", "振幅", "换手率", "涨跌额", "均价"})


def layout_of(table: TableFile, wanted: str = "auto") -> Layout:
    """The layout of a file, by its header or as asked for.

    Raises:
        DataError: the header is of no known kind, columns are missing, or prices are adjusted.
    """
    found = BarFormat(wanted) if wanted != "auto" else _detect(table)
    return _BUILDERS[found](table, {name.lower(): name for name in table.columns})


def _detect(table: TableFile) -> BarFormat:
    names = {name.lower() for name in table.columns}
    if "ts_code" in names:
        return BarFormat.TUSHARE
    if {"symbol", "ts"} <= names:
        return BarFormat.CANONICAL
    if _looks_like_tdx(table):
        return BarFormat.TDX
    if names & EASTMONEY_MARKS or names & {"date", "day"}:
        return BarFormat.AKSHARE
    if names & {"日期", "时间"}:
        raise DataError(
            f"{table.path.name} may be of two formats",
            why="tdx counts volume in shares, akshare in lots, and this header fits both",
            remedy="Say which with --format tdx or --format akshare",
        )
    raise _missing(table, ("symbol", "ts", "open", "high", "low", "close", "volume", "amount"))


def _looks_like_tdx(table: TableFile) -> bool:
    return bool(table.footer or TDX_FILE.match(table.path.name) or table.title)


def _canonical(table: TableFile, names: Mapping[str, str]) -> Layout:
    required = _required(table, names, "symbol", "ts")
    return _layout(
        table, names, BarFormat.CANONICAL, symbol=required["symbol"], time=required["ts"],
        name=names.get("name", ""), origin=names.get("origin", ""),
    )


def _tushare(table: TableFile, names: Mapping[str, str]) -> Layout:
    minutes = "trade_time" in names
    required = _required(table, names, "ts_code", "trade_time" if minutes else "trade_date")
    return _layout(
        table, names, BarFormat.TUSHARE, symbol=required["ts_code"],
        time=required["trade_time" if minutes else "trade_date"],
        volume_factor=1 if minutes else LOT_SHARES, amount_factor=1 if minutes else THOUSAND,
    )


def _akshare(table: TableFile, names: Mapping[str, str]) -> Layout:
    time = next((names[n] for n in ("日期", "时间", "date", "day") if n in names), "")
    if not time:
        raise _missing(table, ("日期",))
    chinese = time in ("日期", "时间")
    column = names.get("股票代码", "")
    named = symbol_in_name(table)
    # A prefixed or suffixed file name says the exchange, a bare code in a column does not.
    by_file = not column or (bool(named) and not named.isdigit())
    return _layout(
        table, names, BarFormat.AKSHARE, time=time, symbol="" if by_file else column,
        file_symbol=_needed_symbol(table, named) if by_file else "",
        volume_factor=LOT_SHARES if chinese and "成交量(股)" not in names else 1,
    )


def _tdx(table: TableFile, names: Mapping[str, str]) -> Layout:
    adjusted = next((word for word in ADJUSTED_WORDS if word in table.title), "")
    if adjusted and "不复权" not in table.title:
        raise DataError(
            f"{table.path.name} holds adjusted prices", why=f"its title says {adjusted}",
            remedy="Export it again from TDX with 不复权 (no adjustment)",
        )
    time = next((names[n] for n in ("日期", "date") if n in names), "")
    if not time:
        raise _missing(table, ("日期",))
    named = symbol_in_name(table) or (table.title.split() or [""])[0]
    return _layout(
        table, names, BarFormat.TDX, time=time, file_symbol=_needed_symbol(table, named),
        clock=next((names[n] for n in ("时间", "time") if n in names), ""), month_first=True,
    )


_BUILDERS = {
    BarFormat.CANONICAL: _canonical,
    BarFormat.TDX: _tdx,
    BarFormat.TUSHARE: _tushare,
    BarFormat.AKSHARE: _akshare,
}


def symbol_in_name(table: TableFile) -> str:
    """The code in a file's name, as written: `SH#600519.txt`, `sz000001_daily.csv`, or empty."""
    if mark := TDX_FILE.match(table.path.name):
        return f"{mark[1].lower()}{mark[2]}"
    stem = table.path.name.removesuffix(table.path.suffix)
    codes = NAMED_SYMBOL.findall(stem)
    return codes[0] if len(codes) == 1 else ""


def _needed_symbol(table: TableFile, named: str) -> str:
    if not named:
        raise DataError(
            f"{table.path.name} does not say which instrument it is",
            why="it has no symbol column and its name holds no code",
            remedy="Name it after the instrument, for example sh600519.csv or SH#600519.txt",
        )
    return named


def _layout(
    table: TableFile, names: Mapping[str, str], kind: BarFormat, *, time: str, clock: str = "",
    symbol: str = "", file_symbol: str = "", name: str = "", origin: str = "",
    volume_factor: int = 1, amount_factor: int = 1, month_first: bool = False,
) -> Layout:
    """Find the fields that all formats share; what no field uses is listed as ignored."""
    fields = PRICE_FIELDS | {"volume_shares": VOLUME_NAMES, "amount_cny": AMOUNT_NAMES}
    floats = {key: _first(names, known) for key, known in (fields | OPTIONAL_FIELDS).items()}
    missing = [fields[key][0] for key in fields if not floats[key] and key != "amount_cny"]
    if missing:
        raise _missing(table, missing)
    flags = {key: _first(names, known) for key, known in FLAG_FIELDS.items()}
    layout = Layout(
        kind, time=time, clock=clock, symbol=symbol, file_symbol=file_symbol, name=name,
        origin=origin, volume_factor=volume_factor, amount_factor=amount_factor,
        month_first=month_first,
        floats={key: column for key, column in floats.items() if column},
        flags={key: column for key, column in flags.items() if column},
    )
    used = set(layout.columns)
    return replace(layout, ignored=tuple(c for c in table.columns if c not in used))


def _first(names: Mapping[str, str], known: tuple[str, ...]) -> str:
    return next((names[name.lower()] for name in known if name.lower() in names), "")


def _required(table: TableFile, names: Mapping[str, str], *wanted: str) -> dict[str, str]:
    missing = [name for name in wanted if name not in names]
    if missing:
        raise _missing(table, missing)
    return {name: names[name] for name in wanted}


def _missing(table: TableFile, wanted: tuple[str, ...] | list[str]) -> DataError:
    return DataError(
        f"{table.path.name} lacks columns",
        why=f"{', '.join(wanted)} wanted, it has {', '.join(table.columns[:12]) or 'none'}",
        remedy="Rename the columns, or name the file's kind with --format",
    )
