"""Daily columns on disk: one plain .npy a column and a manifest with checksums. No pickle.

A folder is complete or it is not there: it is written under another name and renamed.
"""

import hashlib
import json
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.exceptions import DataError
from data.generated.daily import DailyColumns
from data.generated.universe import Plan

Array = NDArray[Any]

FORMAT = 2                         # raise it with every change of the bars a plan gives
MANIFEST = "manifest.json"
COLUMNS = tuple(item.name for item in fields(DailyColumns))
_DTYPES = {"adj_factor": "<f8", "marks": "|u1"}


def folder_of(cache_dir: Path, plan: Plan) -> Path:
    """Where the bars of a plan are kept: generated-<seed>-<size>-v<format>."""
    size = f"{plan.symbols}x{plan.sessions}-{plan.last:%Y%m%d}"
    return cache_dir / f"generated-{plan.seed}-{size}-v{FORMAT}"


def save(folder: Path, columns: DailyColumns) -> None:
    """Write the columns whole or not at all. An earlier folder of that name is replaced.

    Raises:
        DataError: the disk is full or the folder cannot be written.
    """
    draft = folder.with_name(folder.name + ".draft")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        sums = {name: _write(draft / f"{name}.npy", name, columns) for name in COLUMNS}
        rows, sessions = columns.close.shape
        (draft / MANIFEST).write_text(json.dumps(
            {"format": FORMAT, "rows": rows, "sessions": sessions, "sha256": sums}), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise DataError("the generated market was not stored", why=str(error),
                        remedy="Free some space in the state folder; it is made again "
                               "at the next start") from None


def _write(path: Path, name: str, columns: DailyColumns) -> str:
    values = np.ascontiguousarray(getattr(columns, name), _DTYPES.get(name, "<i8"))
    np.save(path, values, allow_pickle=False)
    return _checksum(path)


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def load(folder: Path, rows: int, sessions: int) -> DailyColumns | None:
    """The columns of a complete, undamaged folder of that size; None for anything else."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        if (manifest["format"], manifest["rows"], manifest["sessions"]) != (FORMAT, rows, sessions):
            return None
        parts = [_read(folder, name, manifest["sha256"][name]) for name in COLUMNS]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    sound = [part for part in parts if part is not None and part.shape == (rows, sessions)]
    return DailyColumns(*sound) if len(sound) == len(COLUMNS) else None


def _read(folder: Path, name: str, checksum: str) -> Array | None:
    path = folder / f"{name}.npy"
    if _checksum(path) != checksum:
        return None
    values: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    return values if values.dtype == np.dtype(_DTYPES.get(name, "<i8")) else None
