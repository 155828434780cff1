import errno
import io
import json
from pathlib import Path

import pytest

import main
from core.exceptions import TradingError
from tests.support.market_bars import a_csv, a_row


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object]]:
    """Status and the one JSON object of a call; a refusal is one line beside it."""
    status = main.main(["--json", *arguments])
    said = capsys.readouterr()
    if status == main.BAD_INPUT:
        assert len(said.err.splitlines()) == 1
        assert "Traceback" not in said.err
    found: dict[str, object] = json.loads(said.out)
    return status, found


@pytest.mark.parametrize("arguments", [
    ("--backtest", "--cash", "1e99"), ("--backtest", "--cash", "nan"),
    ("--backtest", "--cash", "1.005"), ("--headless", "--seconds", "nan"),
    ("--headless", "--seconds", "-1"), ("--headless", "--seconds", "inf"),
    ("--headless", "--speed", "0"), ("--screenshot", "a.png", "--size", "0"),
    ("--screenshot", "a.png", "--size", "100000x100000"),
    ("--export", "bars", "a.csv", "--period", "7q"), ("--health", "--doctor"),
    ("--backtest", "--trades", "missing/a.csv"), ("--backtest", "--report", "."),
    ("--doctor", "--home", str(Path(main.__file__).parent / "state")), ("stray",),
])
def test_wrong_usage_is_one_line_one_object_and_status_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    status, found = answer(capsys, "--home", str(tmp_path), *arguments)

    assert status == main.BAD_INPUT
    assert found.keys() == {"error"}


def test_an_output_never_overwrites_an_input_or_another_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bars, home = a_csv(tmp_path / "a.csv", [a_row()]), str(tmp_path / "home")
    before = bars.read_bytes()
    for names in (("--data", str(bars), "--trades", str(tmp_path / "x" / ".." / "a.csv")),
                  ("--equity", str(tmp_path / "b.csv"), "--order-log", str(tmp_path / "b.csv"))):
        (tmp_path / "x").mkdir(exist_ok=True)

        assert answer(capsys, "--home", home, "--backtest", *names)[0] == main.BAD_INPUT

    assert bars.read_bytes() == before


def test_an_import_that_kept_nothing_has_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = a_csv(tmp_path / "a.csv", [a_row(symbol="000001")])

    status, found = answer(capsys, "--home", str(tmp_path / "home"), "--import-bars", str(path))

    assert (status, found["rows_refused"], found["reasons"]) == (main.FAILED, 1, {"SYMBOL": 1})


def test_the_version_is_an_object_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "--version") == (main.DONE, {"version": main.VERSION})


@pytest.mark.parametrize(("error", "why"), [
    (KeyboardInterrupt(), "Ctrl-C"), (OSError(errno.ENOSPC, "No space left"), "No space"),
    (MemoryError(), "memory"), (TradingError("a", why="so it is", remedy="b"), "so it is"),
    (ValueError("odd"), "odd"),
])
def test_whatever_stops_a_command_is_said_in_one_object_and_status_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    error: BaseException, why: str,
) -> None:
    def stops(args: object) -> main.Answer:
        raise error

    monkeypatch.setattr(main, "COMMANDS", (main.Command("health", stops),))

    status, found = answer(capsys, "--health")

    told = found["error"]
    assert status == main.FAILED
    assert isinstance(told, dict)
    assert why in told["why"]


class FullDisk(io.TextIOWrapper):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_an_answer_that_cannot_be_written_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FullDisk((tmp_path / "out").open("wb")) as full:
        monkeypatch.setattr("sys.stdout", full)
        status = main.main(["--version"])
        monkeypatch.undo()

    assert status == main.FAILED
    assert "No space left" in capsys.readouterr().err


def test_a_ledger_is_backed_up_lost_and_restored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ("--home", str(tmp_path))
    assert answer(capsys, *home, "--backup")[0] == main.BAD_INPUT       # there is none yet
    main.main([*home, "--kill"])
    capsys.readouterr()
    status, made = answer(capsys, *home, "--backup")
    assert (status, made["holds"]) == (main.DONE, True)
    (tmp_path / "ledger.db").unlink()
    status, refused = answer(capsys, *home, "--unlock")
    assert status == main.BAD_INPUT
    assert "lacks entry" in str(refused["error"])

    status, found = answer(capsys, *home, "--restore-ledger", str(made["file"]))
    assert (status, found["restored"]) == (main.DONE, made["file"])
    assert answer(capsys, *home, "--unlock")[0] == main.DONE


def test_program_trading_is_registered_and_exported_with_the_risk_of_what_is_held(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.json").write_text(
        '{"market": {"symbols": "20", "sessions": "60"}}', "utf-8")
    at = ("--home", str(home))

    status, refused = answer(capsys, *at, "--register-program", "trend")
    assert (status, list(refused)) == (main.FAILED, ["error"])
    status, known = answer(capsys, *at, "--register-program", "trend", "--by", "a person",
                           "--most-per-second", "8", "--fund", "1000000")
    assert status == main.DONE
    assert (known["most_per_second"], known["most_per_day"], known["by"]) == (8, 2000, "a person")
    for kind, rows in (("compliance", 0), ("risk", 3)):
        status, found = answer(capsys, *at, "--export", kind, str(tmp_path / f"{kind}.csv"))
        assert (status, found["rows"]) == (main.DONE, rows)
    status, _ = answer(capsys, *at, "--export", "nonsense", str(tmp_path / "x.csv"))
    assert status == main.BAD_INPUT
