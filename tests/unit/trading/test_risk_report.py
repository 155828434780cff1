import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from core.calendar import exchange_calendar
from core.types import Adjust, BarColumns, Origin, Period
from tests.support.desk import CNY, DAY1, MAIN, STAR, Desk, a_bar
from trading.memory_store import MemoryOrderStore
from trading.risk_report import RISK_HEADER, export_risk

CALENDAR = exchange_calendar()
DAYS = CALENDAR.sessions(DAY1 - timedelta(days=900), DAY1 + timedelta(days=30))
EPOCH = date(1970, 1, 1).toordinal()


class Market:
    """MAIN has a long seeded past, STAR a single bar. Both end after the account's day."""

    origin = Origin.GENERATED

    def bars(
        self, symbol: str, period: Period, adjust: Adjust = Adjust.NONE, *, last: int | None = None
    ) -> BarColumns:
        random = np.random.default_rng(4)
        steps = random.normal(0, 0.02, len(DAYS))
        days = DAYS if symbol == MAIN else DAYS[-15:-14]
        close = 10 * np.exp(np.cumsum(steps))[-len(days):]
        stamps = np.array([(day.toordinal() - EPOCH) * 86_400 + 54_000 for day in days])
        if period is Period.DAY and adjust is Adjust.NONE:
            close = np.where(stamps <= (DAY1.toordinal() + 1 - EPOCH) * 86_400 + 54_000, 10.0, 99.0)
        return BarColumns(
            symbol=symbol, period=period, adjust=adjust, ts_s=stamps, open_cny=close,
            high_cny=close, low_cny=close, close_cny=close, volume_shares=close * 100,
            amount_cny=close)


def rows_of(store: MemoryOrderStore, file: Path) -> list[dict[str, str]]:
    export_risk(store, Market(), CALENDAR, Decimal("0.95"), file)  # type: ignore[arg-type]
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_three_methods_measure_what_is_held_at_the_accounts_own_day(tmp_path: Path) -> None:
    desk = Desk(cash="100000.00")
    desk.hold(1_000)
    assert isinstance(desk.store, MemoryOrderStore)
    rows = rows_of(desk.store, tmp_path / "risk.csv")

    assert tuple(rows[0]) == RISK_HEADER
    assert [row["method"] for row in rows] == ["historical", "parametric", "monte carlo"]
    for row in rows:         # 2 % a day of 10,000.00, at one and a half to two deviations
        assert CNY("250") < CNY(row["value_at_risk_cny"]) < CNY("450")
        assert CNY(row["expected_shortfall_cny"]) > CNY(row["value_at_risk_cny"])
        assert row["data"] == "generated"
        assert row["without_history"] == ""
    assert [row["kupiec_days"] for row in rows] == ["190", "190", ""]
    assert rows[0]["kupiec_rejected"] in ("yes", "no")


def test_what_has_no_history_is_named_and_counted_at_the_stated_share(tmp_path: Path) -> None:
    desk = Desk(cash="100000.00")
    desk.buy(200, "50.00", symbol=STAR)
    desk.play(a_bar(symbol=STAR, price="50.00"))
    assert isinstance(desk.store, MemoryOrderStore)
    rows = rows_of(desk.store, tmp_path / "risk.csv")

    cost_cny = desk.session.holdings()[0].cost_cny       # the account never saw a close of it
    assert {row["without_history"] for row in rows} == {STAR}
    assert CNY(rows[0]["value_at_risk_cny"]) == cost_cny / 5


def test_an_account_that_holds_nothing_risks_nothing_and_none_is_no_row(tmp_path: Path) -> None:
    desk = Desk()
    assert isinstance(desk.store, MemoryOrderStore)
    rows = rows_of(desk.store, tmp_path / "risk.csv")
    assert {row["value_at_risk_cny"] for row in rows} == {"0.00"}
    assert rows_of(MemoryOrderStore(), tmp_path / "none.csv") == []
