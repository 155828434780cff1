"""One spelling of a code inside the house, from every notation in use outside (market-rules 2).

The house spelling is the code, a dot and the exchange: 600519.SH, 000001.SZ, 920047.BJ. A bare
code that means two things (000001 is an index in Shanghai and a bank in Shenzhen) is refused
with its readings: nobody's index is turned into a stock by a guess.
"""

import re
from functools import lru_cache

from core.constants import CODE_RANGES, WIDE_BANDS, CodeRange
from core.exceptions import DataError
from core.types import Exchange, Instrument, Kind

_NAMES = {
    **dict.fromkeys(("SH", "SS", "XSHG", "SSE"), Exchange.SSE),
    **dict.fromkeys(("SZ", "XSHE", "SZSE"), Exchange.SZSE),
    **dict.fromkeys(("BJ", "XBSE", "BJSE", "BSE"), Exchange.BSE),
    "CSI": Exchange.CSI,
}
_NAME = "|".join(sorted(_NAMES, key=len, reverse=True))
_PREFIXED = re.compile(rf"({_NAME})[.#:_-]?([0-9]{{6}})")
_SUFFIXED = re.compile(rf"([0-9]{{6}})[.#:_-]?({_NAME})")
_SECID = re.compile(r"(0|1|2|90)\.([A-Z0-9]+)")
_TDX_PAIR = re.compile(r"([012])[#,:|]([0-9]{6})")
_BARE = re.compile(r"[0-9]{6}")
_HALF_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)}      # ６００５１９．ＳＨ
_Markets = dict[int, tuple[Exchange, ...]]
_TDX: _Markets = {0: (Exchange.SZSE,), 1: (Exchange.SSE,), 2: (Exchange.BSE,)}
_EASTMONEY: _Markets = {0: (Exchange.SZSE, Exchange.BSE), 1: (Exchange.SSE,), 2: (Exchange.CSI,)}
_TENCENT: _Markets = {1: (Exchange.SSE,), 51: (Exchange.SZSE,), 62: (Exchange.BSE,)}
_MARKETS = {"tdx": _TDX, "eastmoney": _EASTMONEY, "tencent": _TENCENT}
_ELSEWHERE = {
    ("eastmoney", 90): "an Eastmoney sector board, not a security",
    ("tencent", 100): "a Hong Kong security",
    ("tencent", 200): "a US security",
}
_LONGEST_SHOWN = 40
_GIVE = "Give six digits and the exchange, such as 600519.SH, 000001.SZ or 920047.BJ"

LEGACY_UNTIL = next(
    row.until for row in CODE_RANGES if row.kind is Kind.LEGACY_BSE and row.until is not None)


@lru_cache(maxsize=32_768)
def parse_instrument(text: str) -> Instrument:
    """What a code says of its security: symbol, exchange, board and kind; the rest is unknown.

    Raises:
        DataError: no code, an exchange that contradicts the code, or a bare code with more
            than one reading (the candidates are named).
    """
    found = candidates(text)
    if len(found) == 1:
        return found[0]
    readings = " or ".join(f"{i.symbol} ({i.kind.value.lower()})" for i in found)
    raise DataError(
        f"code {_shown(text)} is ambiguous", why=f"it means {readings}",
        remedy="Add the exchange to say which one is meant",
    )


def instrument_key(text: str) -> str:
    """The house spelling of a code in any notation. Raises like `parse_instrument`."""
    return parse_instrument(text).symbol


def candidates(text: str) -> tuple[Instrument, ...]:
    """Every reading of a code; more than one only for a bare code. DataError if there is none."""
    if len(text) > _LONGEST_SHOWN:
        raise _refused(text, "it is too long for a security code")
    plain = "".join(text.translate(_HALF_WIDTH).split()).upper()
    if match := _PREFIXED.fullmatch(plain):
        return (_on_exchange((_NAMES[match[1]],), match[2]),)
    if match := _SUFFIXED.fullmatch(plain):
        return (_on_exchange((_NAMES[match[2]],), match[1]),)
    if match := _SECID.fullmatch(plain):
        return (parse_market_code("eastmoney", int(match[1]), match[2]),)
    if match := _TDX_PAIR.fullmatch(plain):
        return (parse_market_code("tdx", int(match[1]), match[2]),)
    if not _BARE.fullmatch(plain):
        raise _refused(text, "it is not a security code in any known notation")
    found = tuple(
        _instrument(row, plain) for exchange in Exchange
        if (row := _range_of(exchange, plain)) is not None
    )
    if not found:
        raise _refused(text, "no exchange uses codes that begin like this")
    return found


def parse_market_code(style: str, market: int, code: str) -> Instrument:
    """An instrument from a source's numeric market id and the code beside it.

    Args:
        style: "tdx" (0 Shenzhen, 1 Shanghai, 2 Beijing), "eastmoney" (0 Shenzhen and Beijing,
            1 Shanghai, 2 CSI, 90 boards) or "tencent" (field 0: 1, 51, 62; 100 HK, 200 US).

    Raises:
        DataError: another market, or a code that the market does not use.
    """
    if reason := _ELSEWHERE.get((style, market)):
        raise _refused(f"{market}.{code}", f"it is {reason}")
    exchanges = _MARKETS[style].get(market)
    if exchanges is None or not _BARE.fullmatch(code):
        raise _refused(f"{market}.{code}", f"{style} has no such market or code")
    return _on_exchange(exchanges, code)


def _on_exchange(exchanges: tuple[Exchange, ...], code: str) -> Instrument:
    for exchange in exchanges:
        if row := _range_of(exchange, code):
            return _instrument(row, code)
    wanted = f"{code}.{exchanges[0].value}"
    elsewhere = [e for e in Exchange if _range_of(e, code) is not None]
    if elsewhere:
        raise DataError(
            f"code {wanted} contradicts itself",
            why=f"{code} belongs to {' or '.join(f'{code}.{e.value}' for e in elsewhere)}",
            remedy="Correct the exchange or the code",
        )
    raise _refused(wanted, "no exchange uses codes that begin like this")


def _range_of(exchange: Exchange, code: str) -> CodeRange | None:
    """The longest matching prefix wins; prefixes have 2 to 4 digits."""
    for length in (4, 3, 2):
        if row := _RANGES.get((exchange, code[:length])):
            return row
    return None


def _instrument(row: CodeRange, code: str) -> Instrument:
    wide = any(w.exchange is row.exchange and code.startswith(w.prefix) for w in WIDE_BANDS)
    return Instrument(
        symbol=f"{code}.{row.exchange.value}", exchange=row.exchange, board=row.board,
        kind=row.kind, wide_band=wide,
    )


_RANGES = {(row.exchange, row.prefix): row for row in CODE_RANGES}


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "...")


def _refused(text: str, why: str) -> DataError:
    return DataError(f"code {_shown(text)} refused", why=why, remedy=_GIVE)
