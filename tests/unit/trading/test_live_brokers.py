"""The broker that the settings name: composed, looked at, and never sent anything."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import main
from core.clock import SystemClock
from core.exceptions import ConfigError, TradingError
from core.settings_types import BrokerSettings
from core.types import Capabilities
from tests.support import fake_gateway
from tests.support.fake_gateway import FakeExchange
from tests.support.fake_qmt import FakeTerminal
from tests.support.qmt_rig import PATIENCE_MS, thread_starter
from trading.live_brokers import (
    LiveBroker,
    label_of,
    ledger_tag,
    look_at,
    look_in_words,
    open_live_broker,
)
from trading.qmt.broker import LABEL_EN, LABEL_ZH

QMT = BrokerSettings(kind="qmt", account="1000000365", qmt_userdata="userdata_mini")


@pytest.fixture(name="terminal")
def _terminal() -> Iterator[FakeTerminal]:
    terminal = FakeTerminal(lambda: 1_709_517_600)
    yield terminal
    terminal.close()


def opened(settings: BrokerSettings, terminal: FakeTerminal | None = None) -> LiveBroker:
    return open_live_broker(
        settings, clock=SystemClock(), tag="c0ffee", kill_request=None,
        start_child=None if terminal is None else thread_starter(terminal), wait_ms=PATIENCE_MS)


def test_a_look_at_qmt_asks_everything_and_sends_nothing(terminal: FakeTerminal) -> None:
    order = terminal.enter(symbol="600519.SH", side=23, volume=300, price=10.0)
    terminal.trade(order, 100)
    with closing(opened(QMT, terminal)) as live:
        found = look_at(live)

    assert (found["broker"], found["online"], found["orders"], found["trades"],
            found["positions"], found["cash_cny"]) == ("QMT", True, 1, 1, 1, "998995.00")
    assert terminal.calls == []
    assert "never against a real broker" in look_in_words(found)
    assert "从未连接真实券商" in look_in_words(found)
    json.dumps(found)


def test_a_terminal_that_does_not_answer_is_said_in_words(terminal: FakeTerminal) -> None:
    with closing(opened(QMT, terminal)) as live:
        terminal.queries_fail = True
        found = look_at(live)

    assert found["online"] is False
    assert "did not say" in look_in_words(found)


@pytest.mark.parametrize(("settings", "missing"), [
    (BrokerSettings(), "broker.kind"),
    (BrokerSettings(kind="qmt", qmt_userdata="x"), "broker.account"),
    (BrokerSettings(kind="qmt", account="1"), "broker.qmt_userdata"),
    (BrokerSettings(kind="vnpy"), "broker.vnpy_gateway"),
    (BrokerSettings(kind="vnpy", vnpy_gateway="no_such.Gateway"), "broker.vnpy_gateway"),
])
def test_a_setting_that_is_missing_is_named(settings: BrokerSettings, missing: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(missing)):
        opened(settings)


class ReadyGateway(fake_gateway.FakeGateway):
    """With an exchange of its own; it must be loadable by its name."""

    given: dict[str, Any]

    def __init__(self, event_engine: Any, gateway_name: str) -> None:
        super().__init__(event_engine, gateway_name, FakeExchange(SystemClock().now_utc))

    def connect(self, setting: dict[str, Any]) -> None:
        if setting.get("password") != "right":
            raise PermissionError("wrong password")
        super().connect(setting)


def vnpy_settings(folder: Path, text: str) -> BrokerSettings:
    file = folder / "gateway.json"
    file.write_text(text, "utf-8")
    return BrokerSettings(kind="vnpy", vnpy_settings_file=file,
                          vnpy_gateway=f"{fake_gateway.__name__}.ReadyGateway")


@pytest.fixture(name="ready")
def _ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake_gateway, "ReadyGateway", ReadyGateway, raising=False)


@pytest.mark.usefixtures("ready")
def test_a_look_at_a_gateway_says_what_it_cannot_know(tmp_path: Path) -> None:
    with closing(opened(vnpy_settings(tmp_path, '{"password": "right"}'))) as live:
        found = look_at(live)

    assert (found["broker"], found["online"], found["cash_cny"], found["positions"]) == (
        "VNPY-FAKE", True, None, None)
    assert "reduced guarantees" in look_in_words(found)


@pytest.mark.usefixtures("ready")
def test_a_login_that_fails_ends_what_was_started(tmp_path: Path) -> None:
    with pytest.raises(TradingError, match="did not log in"):
        opened(vnpy_settings(tmp_path, "{}"))


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("text", ["", "[]", "password=right", '"x"'])
def test_a_settings_file_that_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="gateway settings"):
        opened(vnpy_settings(tmp_path, text))


def test_the_label_is_in_both_languages_and_empty_for_our_own_broker() -> None:
    label = label_of(Capabilities(complete_list=False, label_en=LABEL_EN, label_zh=LABEL_ZH))

    assert "never against a real broker" in label
    assert "从未连接真实券商" in label
    assert label_of(Capabilities(complete_list=True)) == ""


def test_a_ledgers_tag_is_made_once_and_kept(tmp_path: Path) -> None:
    first = ledger_tag(tmp_path / "broker.tag")

    assert re.fullmatch("[0-9a-f]{6}", first)
    assert ledger_tag(tmp_path / "broker.tag") == first
    assert ledger_tag(tmp_path / "other.tag") != first


@pytest.mark.parametrize("text", ["", "xyz", "c0ffee1", "C0FFEE", "\x00\x00"])
def test_a_tag_that_was_edited_is_not_replaced_by_another(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broker.tag"
    path.write_text(text, "utf-8")

    with pytest.raises(ConfigError, match="tag"):
        ledger_tag(path)
    assert path.read_text("utf-8") == text


def test_the_account_stands_in_no_text(terminal: FakeTerminal) -> None:
    with closing(opened(QMT, terminal)) as live:
        shown = json.dumps(look_at(live)) + repr(QMT)

    assert "1000000365" not in shown


def test_the_command_looks_and_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    status = main.main(["--home", str(tmp_path / "home"), "--broker-check", "--json"])

    assert status == main.BAD_INPUT
    assert json.loads(capsys.readouterr().out)["error"]["what"] == "no broker is set"


def test_the_command_looks_at_the_broker_of_the_settings(
    tmp_path: Path, terminal: FakeTerminal, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.json").write_text(json.dumps({"broker": {
        "kind": "qmt", "account": "1000000365", "qmt_userdata": "userdata_mini"}}), "utf-8")
    monkeypatch.setattr("trading.qmt.process.process_starter",
                        lambda **_known: thread_starter(terminal))
    status = main.main(["--home", str(home), "--broker-check"])

    said = capsys.readouterr()
    assert status == main.DONE
    assert "QMT is online: 0 orders and 0 trades today" in said.out
    assert "never against a real broker" in said.out
    assert "1000000365" not in said.out + said.err


def test_live_mode_still_does_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    status = main.main(["--home", str(tmp_path / "home"), "--mode", "live", "--headless",
                        "--seconds", "0"])

    assert status == main.BAD_INPUT
    assert "live trading is locked" in capsys.readouterr().err
