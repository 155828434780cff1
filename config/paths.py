"""Every path the program writes, all under one state folder that only its owner may read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.exceptions import ConfigError

SOURCE_TREE = Path(__file__).resolve().parents[1]
DEFAULT_FOLDER = ".trading_graph"
OWNER_ONLY = 0o700


@dataclass(frozen=True, slots=True)
class StatePaths:
    """Names of the files and folders of one state folder. Nothing exists before `create()`."""

    home: Path

    @property
    def config_json(self) -> Path:
        return self.home / "config.json"

    @property
    def ledger_db(self) -> Path:
        return self.home / "ledger.db"

    @property
    def market_db(self) -> Path:
        return self.home / "market.db"

    @property
    def lock(self) -> Path:
        return self.home / "core.lock"

    @property
    def kill_request(self) -> Path:
        return self.home / "kill.request"

    def beats(self, pid: int) -> Path:
        """Where the desk of that process beats for its watchdog."""
        return self.cache / f"beats-{pid}"

    @property
    def broker_tag(self) -> Path:
        """Names this ledger in the marks of its live orders."""
        return self.home / "broker.tag"

    @property
    def models(self) -> Path:
        return self.home / "models"

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def watchdog_logs(self) -> Path:
        """Apart from the desk's own: two processes cannot rotate one file."""
        return self.logs / "watchdog"

    @property
    def backups(self) -> Path:
        return self.home / "backups"

    @property
    def anchors(self) -> Path:
        return self.home / "anchors"

    @property
    def ledger_anchor(self) -> Path:
        """Where the newest entry of the ledger is noted outside of it."""
        return self.anchors / "ledger.head"

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def layouts(self) -> Path:
        return self.home / "layouts"

    def refused_rows(self, now_utc: datetime) -> Path:
        """Where an import that begins now lists the rows it refuses."""
        return self.logs / f"refused-rows-{now_utc:%Y%m%d-%H%M%S}.csv"

    @property
    def folders(self) -> tuple[Path, ...]:
        return (self.models, self.keys, self.logs, self.backups,
                self.anchors, self.cache, self.layouts)

    def refuse_source_tree(self) -> None:
        """Raises ConfigError where nothing may ever be written: beside the program itself."""
        if self.home.resolve().is_relative_to(SOURCE_TREE):
            raise ConfigError(
                f"state folder {self.home} refused",
                why="it lies inside the program's own source tree",
                remedy="Choose a folder outside it with --home or TRADING_HOME",
            )

    def create(self) -> None:
        """Make the state folder and its rooms, readable by their owner only.

        Raises:
            ConfigError: it lies inside the source tree, is not a folder, or cannot be made.
        """
        self.refuse_source_tree()
        try:
            str(self.home).encode()        # the databases are opened by a UTF-8 name
            self.home.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
            for folder in self.folders:
                folder.mkdir(exist_ok=True, mode=OWNER_ONLY)
        except (OSError, UnicodeEncodeError) as error:
            raise ConfigError(
                f"state folder {self.home} cannot be used",
                why=getattr(error, "strerror", None) or str(error),
                remedy="Choose a folder you may write to with --home or TRADING_HOME",
            ) from error


def state_paths(chosen: Path | None, environ: Mapping[str, str]) -> StatePaths:
    """The state folder of this run: `--home`, else TRADING_HOME, else ~/.trading_graph."""
    if chosen is not None:
        return StatePaths(chosen.expanduser().absolute())
    if named := environ.get("TRADING_HOME", ""):
        return StatePaths(Path(named).expanduser().absolute())
    return StatePaths(Path.home() / DEFAULT_FOLDER)
