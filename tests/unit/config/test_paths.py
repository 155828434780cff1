import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.paths import SOURCE_TREE, StatePaths, state_paths
from core.exceptions import ConfigError


def test_the_command_line_wins_over_the_environment_over_the_users_home(tmp_path: Path) -> None:
    environ = {"TRADING_HOME": str(tmp_path / "named")}

    assert state_paths(tmp_path / "asked", environ).home == tmp_path / "asked"
    assert state_paths(None, environ).home == tmp_path / "named"
    assert state_paths(None, {}).home == Path.home() / ".trading_graph"


def test_only_the_owner_may_enter_the_folders(tmp_path: Path) -> None:
    paths = StatePaths(tmp_path / "a" / "state")
    paths.create()
    paths.create()

    for folder in (paths.home, *paths.folders):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_every_path_lies_in_the_state_folder(tmp_path: Path) -> None:
    paths = StatePaths(tmp_path)

    files = (paths.config_json, paths.ledger_db, paths.market_db, paths.lock, paths.kill_request)
    for path in (*files, *paths.folders):
        assert path.parent == tmp_path


def test_a_state_folder_in_the_source_tree_is_refused() -> None:
    with pytest.raises(ConfigError, match="source tree"):
        StatePaths(SOURCE_TREE / "state").create()


def test_a_file_in_place_of_the_folder_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")

    with pytest.raises(ConfigError, match="--home"):
        StatePaths(tmp_path / "file").create()


def test_every_import_lists_its_refused_rows_in_a_file_of_its_own(tmp_path: Path) -> None:
    paths = StatePaths(tmp_path)
    moment = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)

    assert paths.refused_rows(moment) == paths.logs / "refused-rows-20260302-040506.csv"
