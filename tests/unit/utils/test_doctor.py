import shutil
from collections import namedtuple
from importlib import metadata
from pathlib import Path

import psutil
import pytest

from utils import doctor
from utils.health import Status

ROOT = Path(__file__).parents[3]
Usage = namedtuple("Usage", "free")
Mount = namedtuple("Mount", "mountpoint fstype")


@pytest.mark.parametrize(
    ("version", "safe"),
    [("3.40.1", False), ("3.51.2", False), ("3.51.3", True), ("3.54.1", True), ("4.0.0", True),
     ("3.50.6", False), ("3.50.7", True), ("3.44.5", False), ("3.44.6", True), ("3.45.0", False),
     ("3.6.23", True)],
)
def test_sqlite_is_safe_only_outside_the_corruption_bug(version: str, safe: bool) -> None:
    assert doctor.is_safe_sqlite(version) is safe
    assert (doctor.sqlite_check(version).status is Status.HEALTHY) is safe


def test_an_unsafe_sqlite_says_that_live_trading_stays_locked() -> None:
    assert "Live trading stays locked" in doctor.sqlite_check("3.40.1").remedy


def test_another_python_is_not_accepted() -> None:
    assert doctor.python_check((3, 11, 2)).status is Status.HEALTHY
    assert doctor.python_check((3, 12, 0)).status is Status.UNHEALTHY


def test_every_pinned_package_is_compared_with_the_installed_one() -> None:
    pinned = doctor.pinned_requirements(ROOT / "pyproject.toml")

    assert "apsw" in {line.split("==")[0] for line in pinned}
    assert doctor.packages_check(pinned).status is Status.HEALTHY


def test_an_installed_program_asks_its_own_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["numpy==2.4.6", 'pytest==9.2.0; extra == "dev"']
    monkeypatch.setattr(metadata, "requires", lambda name: lines)

    assert doctor.pinned_requirements(tmp_path / "pyproject.toml") == ("numpy==2.4.6",)


def test_missing_and_different_packages_are_named() -> None:
    result = doctor.packages_check(["no-such-package==1.0", "numpy==0.1"])

    assert result.status is Status.UNHEALTHY
    assert "no-such-package is missing" in result.detail
    assert "wanted 0.1" in result.detail


def test_a_state_folder_that_others_may_enter_is_reported(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert doctor.rights_check(tmp_path).status is Status.DEGRADED
    tmp_path.chmod(0o700)
    assert doctor.rights_check(tmp_path).status is Status.HEALTHY


def test_a_state_folder_that_is_not_there_yet_is_no_crash(tmp_path: Path) -> None:
    absent = tmp_path / "a" / "b"

    assert doctor.rights_check(absent).status is Status.DEGRADED
    assert doctor.disk_check(absent).name == "disk"
    assert doctor.folder_check(absent).name == "folder"


@pytest.mark.parametrize(
    ("free_gib", "status"),
    [(100, Status.HEALTHY), (3, Status.DEGRADED), (0.5, Status.UNHEALTHY)],
)
def test_a_filling_disk_is_reported_before_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_gib: float, status: Status
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(int(free_gib * doctor.GIB)))

    assert doctor.disk_check(tmp_path).status is status


def test_a_network_folder_is_refused_and_the_nearest_mount_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = [Mount(str(tmp_path), "nfs4"), Mount("/", "ext4")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: mounts)

    assert doctor.folder_check(tmp_path).status is Status.UNHEALTHY
    assert doctor.folder_check(Path("/")).status is Status.HEALTHY


def test_a_synchronised_folder_is_hinted_at(tmp_path: Path) -> None:
    folder = tmp_path / "OneDrive" / "state"
    folder.mkdir(parents=True)

    assert doctor.folder_check(folder).status is Status.DEGRADED


def test_settings_list_what_was_changed_and_where() -> None:
    result = doctor.settings_check(
        [("ui.theme", "light", "the command line"), ("http.port", "9090", "default")])

    assert result.detail == "ui.theme = light (the command line); 1 at their defaults"


def test_a_setting_without_a_reader_is_reported() -> None:
    assert doctor.dead_keys_check([]).status is Status.HEALTHY
    assert "ui.theme" in doctor.dead_keys_check(["ui.theme"]).detail


def test_a_state_folder_that_can_never_be_one_is_unhealthy(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")

    for home in (file, file / "below"):
        assert doctor.rights_check(home).status is Status.UNHEALTHY


def test_room_that_cannot_be_asked_about_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = doctor.free_bytes(tmp_path / "not" / "there")
    assert known is not None
    assert known > 0

    def gone(_: Path) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(shutil, "disk_usage", gone)
    assert doctor.free_bytes(tmp_path) is None
