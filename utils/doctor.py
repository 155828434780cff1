"""Checks of the environment: Python, packages, SQLite, rights, disk, settings.

Each returns a `CheckResult`; `main.py --doctor` hands them to utils/health.py together with
what other rooms know (the SQLite version, the settings and where each came from). `--health`
borrows the checks of the state folder, so what only the others need is imported inside them.
"""

import os
import shutil
import stat
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from utils.health import CheckResult, degraded, healthy, unhealthy

DISTRIBUTION = "trading-graph"
PYTHON = (3, 11)
SAFE_SQLITE = (3, 51, 3)
SAFE_BACK_PORTS = {(3, 50): (3, 50, 7), (3, 44): (3, 44, 6)}
FIRST_UNSAFE_SQLITE = (3, 7, 0)
GROUP_AND_OTHERS = stat.S_IRWXG | stat.S_IRWXO
GIB = 1024**3
LOW_DISK_GIB, NO_DISK_GIB = 5, 1
NETWORK_FILESYSTEMS = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "sshfs", "fuse.sshfs", "9p", "davfs", "fuse.rclone",
    "afpfs", "webdav", "glusterfs", "ceph",
})
SYNCED_FOLDERS = ("onedrive", "dropbox", "icloud", "google drive", "googledrive", "nextcloud",
                  "syncthing", "坚果云", "百度网盘", "baidunetdisk", "nutstore")


def python_check(version: tuple[int, int, int] = sys.version_info[:3]) -> CheckResult:
    import platform

    text = f"Python {'.'.join(map(str, version))} on {platform.platform()}"
    if version[:2] == PYTHON:
        return healthy("python", text)
    return unhealthy("python", text, "Install Python 3.11 and run `make clean setup`")


def pinned_requirements(pyproject: Path) -> tuple[str, ...]:
    """The run-time requirements: of the project file, or of the installed program without one."""
    import tomllib
    from importlib import metadata

    if pyproject.exists():
        with pyproject.open("rb") as file:
            return tuple(tomllib.load(file)["project"]["dependencies"])
    return tuple(line for line in metadata.requires(DISTRIBUTION) or () if ";" not in line)


def packages_check(requirements: Iterable[str]) -> CheckResult:
    """Compare pinned requirements ("numpy==2.4.6") with what is installed."""
    wrong = [problem for line in requirements if (problem := _package_problem(line))]
    if wrong:
        return unhealthy("packages", "; ".join(wrong), "Run `make setup`")
    return healthy("packages", "every pinned package is installed in its version")


def _package_problem(requirement: str) -> str:
    from importlib import metadata

    name, _, wanted = requirement.partition("==")
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"{name} is missing"
    same = found.partition("+")[0] == wanted.strip()      # 2.13.0+cpu is 2.13.0
    return "" if same else f"{name} is {found}, wanted {wanted}"


def is_safe_sqlite(version: str) -> bool:
    """False inside the WAL-reset corruption bug (3.7.0 to 3.51.2 without the back-ports)."""
    numbers = tuple(int(part) for part in version.split("."))
    first_safe = SAFE_BACK_PORTS.get((numbers[0], numbers[1]), SAFE_SQLITE)
    return numbers >= first_safe or numbers < FIRST_UNSAFE_SQLITE


def sqlite_check(version: str) -> CheckResult:
    if is_safe_sqlite(version):
        return healthy("sqlite", f"SQLite {version}")
    return unhealthy(
        "sqlite", f"SQLite {version} can corrupt a database that two connections write",
        "Live trading stays locked; run `make setup` to install the pinned apsw",
    )


def rights_check(home: Path) -> CheckResult:
    """Only its owner may enter the state folder; that guards everything in it."""
    if not home.exists():
        return _not_there(home)
    if not home.is_dir():
        return unhealthy("rights", f"{home} is no folder",
                         "Choose another state folder with --home or TRADING_HOME")
    if not os.access(home, os.W_OK | os.X_OK):
        return unhealthy("rights", f"{home} cannot be written to",
                         "Correct its rights, or choose another with --home or TRADING_HOME")
    if sys.platform == "win32":
        return healthy("rights", f"{home}: guarded by the user's profile")
    mode = stat.S_IMODE(home.stat().st_mode)
    if mode & GROUP_AND_OTHERS:
        return degraded("rights", f"others may enter {home} (mode {mode:o})",
                        f"Run: chmod 700 '{home}'")
    return healthy("rights", f"only its owner may enter {home}")


def _not_there(home: Path) -> CheckResult:
    """A state folder to be: the first start makes it, if its parent lets it."""
    parent = _existing(home)
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        return degraded("rights", f"{home} does not exist yet", "The first start makes it")
    return unhealthy("rights", f"{home} cannot be made in {parent}",
                     "Choose another state folder with --home or TRADING_HOME")


def disk_check(home: Path) -> CheckResult:
    free_gib = shutil.disk_usage(_existing(home)).free / GIB
    text = f"{free_gib:,.1f} GiB free at {home}"
    if free_gib >= LOW_DISK_GIB:
        return healthy("disk", text)
    remedy = "Free space, or move the state folder with --home"
    return (degraded if free_gib >= NO_DISK_GIB else unhealthy)("disk", text, remedy)


def free_bytes(folder: Path) -> int | None:
    """Room left where a folder is; None: not known."""
    try:
        return shutil.disk_usage(_existing(folder)).free
    except OSError:
        return None


def folder_check(home: Path) -> CheckResult:
    """A hint where the state folder is shared or synchronised: SQLite's locks fail there."""
    kind = _filesystem(_existing(home))
    remedy = "Move the state folder to a local disk with --home or TRADING_HOME"
    if kind in NETWORK_FILESYSTEMS:
        return unhealthy("folder", f"{home} is on the network ({kind})", remedy)
    synced = [name for name in SYNCED_FOLDERS if name in str(home.resolve()).lower()]
    if synced:
        return degraded("folder", f"{home} looks synchronised ({synced[0]})", remedy)
    return healthy("folder", f"{home} is local ({kind or 'kind not known'})")


def _existing(path: Path) -> Path:
    """The path, or its nearest parent that exists."""
    return next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())


def _filesystem(path: Path) -> str:
    """The kind of file system below an existing path; empty if it cannot be told."""
    import psutil

    resolved = path.resolve()
    mounts = [(Path(part.mountpoint), part.fstype) for part in psutil.disk_partitions(all=True)]
    inside = [(len(mount.parts), kind) for mount, kind in mounts if resolved.is_relative_to(mount)]
    return max(inside, default=(0, ""))[1].lower()


def settings_check(rows: Sequence[tuple[str, str, str]]) -> CheckResult:
    """Args: rows of (key, shown value, origin); "default" as an origin is not listed."""
    changed = [f"{name} = {value} ({origin})" for name, value, origin in rows
               if origin != "default"]
    others = len(rows) - len(changed)
    return healthy("settings", "; ".join([*changed, f"{others} at their defaults"]))


def dead_keys_check(unread: Sequence[str]) -> CheckResult:
    """Args: unread: keys that no code reads, as config/dead_keys.py finds them."""
    if not unread:
        return healthy("dead keys", "every setting is read by some code")
    return degraded("dead keys", f"nothing reads {', '.join(unread)}",
                    "Setting them has no effect; please report it")
