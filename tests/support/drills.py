"""Recovery drills with the real program as nursery, or with a planted build."""

import sys
from pathlib import Path

from core.clock import SystemClock
from data.order_store import SqliteOrderStore
from trading.drill import RecoveryDrill

ROOT = Path(__file__).parents[2]


def a_drill(folder: Path, *, seed: int) -> RecoveryDrill:
    return _drill(folder, (sys.executable, str(ROOT / "main.py"), "--recovery-life"), seed)


def a_defective_drill(folder: Path, defect: str) -> RecoveryDrill:
    return _drill(folder, (sys.executable, "-m", "tests.recovery.defective_life", defect), 5)


def _drill(folder: Path, nursery: tuple[str, ...], seed: int) -> RecoveryDrill:
    return RecoveryDrill(
        folder=folder, nursery=nursery, clock=SystemClock(), seed=seed,
        open_ledger=lambda path: SqliteOrderStore(path, read_only=True))
