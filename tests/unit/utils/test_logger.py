import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.exceptions import ConfigError
from utils.logger import FILE_NAME, close_logging, get_logger, set_up_logging


@pytest.fixture(autouse=True)
def quiet_root() -> Iterator[None]:
    before = logging.getLogger().level
    yield
    close_logging()
    logging.getLogger().setLevel(before)


def written(folder: Path) -> str:
    return (folder / FILE_NAME).read_text("utf-8")


def test_a_message_reaches_the_file_and_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(tmp_path, "INFO")
    get_logger("data.feeds").warning("source %s is slow", "tdx")

    assert "WARNING" in written(tmp_path)
    assert "data.feeds: source tdx is slow" in written(tmp_path)
    captured = capsys.readouterr()
    assert ("is slow" in captured.err, captured.out) == (True, "")


def test_a_quiet_command_writes_to_the_file_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(tmp_path, "INFO", to_stderr=False)
    get_logger("x").warning("kept")

    assert "kept" in written(tmp_path)
    assert capsys.readouterr().err == ""


def test_messages_below_the_level_are_left_out(tmp_path: Path) -> None:
    set_up_logging(tmp_path, "WARNING")
    get_logger("x").info("chatter")

    assert written(tmp_path) == ""


@pytest.mark.parametrize(
    "line",
    ["password=hunter2", 'login {"token": "hunter2"}', "Authorization: Bearer hunter2",
     "url?api_key=hunter2&x=1", "TRADING_SECURE_MASTER_KEY=hunter2", "the plain hunter2 itself"],
)
def test_secrets_are_blacked_out_wherever_they_stand(tmp_path: Path, line: str) -> None:
    set_up_logging(tmp_path, "INFO", secrets=["hunter2"])
    get_logger("x").info("%s", line)

    assert "hunter2" not in written(tmp_path)


def test_a_value_behind_a_telling_name_is_blacked_out_without_being_known(tmp_path: Path) -> None:
    set_up_logging(tmp_path, "INFO")
    get_logger("x").info("broker_password = s3cret, symbol=600519.SH")

    assert "s3cret" not in written(tmp_path)
    assert "600519.SH" in written(tmp_path)


def test_a_secret_in_a_traceback_is_blacked_out(tmp_path: Path) -> None:
    set_up_logging(tmp_path, "INFO")
    try:
        raise ValueError("token=s3cret")
    except ValueError:
        get_logger("x").exception("failed")

    assert "Traceback" in written(tmp_path)
    assert "s3cret" not in written(tmp_path)


def test_an_empty_secret_blacks_out_nothing(tmp_path: Path) -> None:
    set_up_logging(tmp_path, "INFO", secrets=[""])
    get_logger("x").info("plain")

    assert "plain" in written(tmp_path)


def test_only_the_owner_reads_the_log(tmp_path: Path) -> None:
    set_up_logging(tmp_path, "INFO")

    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_setting_up_twice_writes_each_line_once(tmp_path: Path) -> None:
    set_up_logging(tmp_path, "INFO")
    set_up_logging(tmp_path, "INFO")
    get_logger("x").info("once")

    assert written(tmp_path).count("once") == 1


def test_a_log_that_cannot_be_written_is_said_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--home"):
        set_up_logging(tmp_path / "absent", "INFO")
