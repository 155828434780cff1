import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.constants import CODE_RANGES
from core.exceptions import DataError
from core.symbols import candidates, instrument_key, parse_instrument, parse_market_code
from core.types import Board, Exchange, Kind

MAOTAI = ["sh600519", "SH600519", "sh.600519", "600519.SH", "600519.sh", "600519.XSHG",
          "600519.SS", "600519.SSE", "1.600519", "1#600519", "600519", "SH#600519",
          " 600519 . SH ", "６００５１９", "ＳＨ６００５１９", "６００５１９．ＳＨ", "600\u3000519"]
PING_AN_BANK = ["sz000001", "SZ000001", "sz.000001", "000001.SZ", "000001.XSHE", "000001.SZSE",
                "0.000001", "0#000001", "0,000001"]
BEIJING = ["bj920047", "BJ920047", "920047.BJ", "920047.XBSE", "920047.BJSE", "920047.BSE",
           "0.920047", "2#920047", "920047"]
SHANGHAI_INDEX = ["sh000001", "000001.SH", "1.000001", "000001.XSHG", "1#000001"]


@pytest.mark.parametrize(
    ("text", "key"),
    [*((t, "600519.SH") for t in MAOTAI), *((t, "000001.SZ") for t in PING_AN_BANK),
     *((t, "920047.BJ") for t in BEIJING), *((t, "000001.SH") for t in SHANGHAI_INDEX),
     ("0.399001", "399001.SZ"), ("2.930050", "930050.CSI"), ("930050.CSI", "930050.CSI"),
     ("0.899050", "899050.BJ")],
)
def test_every_notation_has_one_house_spelling(text: str, key: str) -> None:
    assert instrument_key(text) == key


@pytest.mark.parametrize(
    ("symbol", "board", "kind"),
    [
        ("600000.SH", Board.MAIN, Kind.STOCK), ("601318.SH", Board.MAIN, Kind.STOCK),
        ("603220.SH", Board.MAIN, Kind.STOCK), ("605111.SH", Board.MAIN, Kind.STOCK),
        ("688111.SH", Board.STAR, Kind.STOCK), ("689009.SH", Board.STAR, Kind.CDR),
        ("900901.SH", Board.B_SHARE, Kind.B_SHARE), ("200011.SZ", Board.B_SHARE, Kind.B_SHARE),
        ("000001.SZ", Board.MAIN, Kind.STOCK), ("001216.SZ", Board.MAIN, Kind.STOCK),
        ("002572.SZ", Board.MAIN, Kind.STOCK), ("003816.SZ", Board.MAIN, Kind.STOCK),
        ("300750.SZ", Board.CHINEXT, Kind.STOCK), ("301200.SZ", Board.CHINEXT, Kind.STOCK),
        ("302132.SZ", Board.CHINEXT, Kind.STOCK),
        ("920047.BJ", Board.BSE, Kind.STOCK), ("832000.BJ", Board.BSE, Kind.LEGACY_BSE),
        ("430047.BJ", Board.BSE, Kind.LEGACY_BSE), ("870299.BJ", Board.BSE, Kind.LEGACY_BSE),
        ("400001.BJ", Board.OTHER, Kind.NEEQ), ("420001.BJ", Board.OTHER, Kind.NEEQ),
        ("510300.SH", Board.FUND, Kind.ETF), ("588000.SH", Board.FUND, Kind.ETF),
        ("562500.SH", Board.FUND, Kind.ETF), ("520830.SH", Board.FUND, Kind.ETF),
        ("159915.SZ", Board.FUND, Kind.ETF), ("501018.SH", Board.FUND, Kind.LOF),
        ("161725.SZ", Board.FUND, Kind.LOF), ("500058.SH", Board.FUND, Kind.CLOSED_FUND),
        ("184801.SZ", Board.FUND, Kind.CLOSED_FUND), ("508000.SH", Board.FUND, Kind.REIT),
        ("180101.SZ", Board.FUND, Kind.REIT),
        ("113050.SH", Board.CONVERTIBLE, Kind.CONVERTIBLE),
        ("118000.SH", Board.CONVERTIBLE, Kind.CONVERTIBLE),
        ("123001.SZ", Board.CONVERTIBLE, Kind.CONVERTIBLE),
        ("128001.SZ", Board.CONVERTIBLE, Kind.CONVERTIBLE),
        ("132001.SH", Board.OTHER, Kind.EXCHANGEABLE),
        ("120001.SZ", Board.OTHER, Kind.EXCHANGEABLE),
        ("204001.SH", Board.OTHER, Kind.REPO), ("131810.SZ", Board.OTHER, Kind.REPO),
        ("000300.SH", Board.OTHER, Kind.INDEX), ("399006.SZ", Board.OTHER, Kind.INDEX),
        ("899050.BJ", Board.OTHER, Kind.INDEX),
    ],
)
def test_the_code_ranges_tell_board_and_kind(symbol: str, board: Board, kind: Kind) -> None:
    instrument = parse_instrument(symbol)

    assert (instrument.symbol, instrument.board, instrument.kind) == (symbol, board, kind)
    assert instrument.exchange is Exchange(symbol.split(".")[1])
    assert not instrument.t0


@pytest.mark.parametrize(
    ("code", "exchange"),
    [("600519", "SH"), ("688111", "SH"), ("900901", "SH"), ("001216", "SZ"), ("300750", "SZ"),
     ("200011", "SZ"), ("920047", "BJ"), ("430047", "BJ"), ("832000", "BJ"), ("870299", "BJ"),
     ("510300", "SH"), ("159915", "SZ"), ("113050", "SH"), ("399001", "SZ")],
)
def test_a_bare_code_follows_the_rule_of_thumb(code: str, exchange: str) -> None:
    assert instrument_key(code) == f"{code}.{exchange}"


@pytest.mark.parametrize("code", ["000001", "000300", "000858", " 000016 ", "０００００１"])
def test_a_bare_code_that_is_an_index_and_a_stock_asks_for_the_exchange(code: str) -> None:
    plain = {i.symbol for i in candidates(code)}

    assert len(plain) == 2
    with pytest.raises(DataError, match="ambiguous") as error:
        parse_instrument(code)
    assert all(symbol in error.value.why for symbol in plain)
    assert "exchange" in error.value.remedy


@pytest.mark.parametrize(
    ("text", "belongs"),
    [("600519.SZ", "600519.SH"), ("sz600519", "600519.SH"), ("000858.BJ", "000858.SZ"),
     ("920047.SH", "920047.BJ"), ("300750.SH", "300750.SZ"), ("1.300750", "300750.SZ"),
     ("2.600519", "600519.SH"), ("0#600519", "600519.SH")],
)
def test_an_exchange_that_contradicts_the_code_is_refused(text: str, belongs: str) -> None:
    with pytest.raises(DataError, match="contradicts") as error:
        parse_instrument(text)
    assert belongs in error.value.why


@pytest.mark.parametrize(
    "text",
    ["", " ", "茅台", "600", "6005190", "600519.HK", "AAPL", "00700.HK", "999999", "999999.SH",
     "600519.SH.SZ", "SH600519.SH", "-600519", "6e5519", "60051٩", "nan", "None", "600519\x00",
     "3.600519", "1.AAPL", "0" * 10_000],
)
def test_what_is_no_code_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(DataError, match=r"600519\.SH") as error:
        parse_instrument(text)
    assert len(str(error.value)) < 300


def test_an_eastmoney_sector_board_is_no_security() -> None:
    with pytest.raises(DataError, match="sector board"):
        parse_instrument("90.BK0475")


@pytest.mark.parametrize(
    ("style", "market", "code", "key"),
    [("tdx", 1, "600519", "600519.SH"), ("tdx", 0, "000001", "000001.SZ"),
     ("tdx", 2, "920047", "920047.BJ"), ("tencent", 1, "600519", "600519.SH"),
     ("tencent", 51, "000001", "000001.SZ"), ("tencent", 62, "920047", "920047.BJ"),
     ("eastmoney", 0, "920047", "920047.BJ"), ("eastmoney", 1, "000001", "000001.SH")],
)
def test_the_market_ids_of_the_sources(style: str, market: int, code: str, key: str) -> None:
    assert parse_market_code(style, market, code).symbol == key


@pytest.mark.parametrize(
    ("market", "code", "why"),
    [(100, "00700", "Hong Kong"), (200, "AAPL", "US"), (7, "600519", "no such market"),
     (1, "AAPL", "no such market or code")],
)
def test_other_markets_are_refused_by_name(market: int, code: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        parse_market_code("tencent", market, code)


def test_a_fund_on_star_indices_is_known_by_its_code() -> None:
    assert parse_instrument("588000.SH").wide_band
    assert not parse_instrument("510300.SH").wide_band


@given(row=st.sampled_from(CODE_RANGES), tail=st.text("0123456789", min_size=4, max_size=4))
def test_the_house_spelling_is_a_fixed_point(row: object, tail: str) -> None:
    prefix, exchange = row.prefix, row.exchange.value  # type: ignore[attr-defined]
    key = instrument_key(f"{(prefix + tail)[:6]}.{exchange}")

    assert instrument_key(key) == key
    assert instrument_key(key.lower()) == key
    assert key in {i.symbol for i in candidates(key[:6])}


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        key = instrument_key(text)
    except DataError:
        return
    assert instrument_key(key) == key
