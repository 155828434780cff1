"""Output files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.exceptions import DataError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Write to the yielded path; it takes the place of `path` only when the block has ended.

    A link is followed, and a device or a pipe is written to as it is, never replaced.

    Raises:
        DataError: the file cannot be written; what stood there before stands there still.
    """
    try:
        if path.exists() and not path.is_file():
            yield path
            return
        wanted = path.resolve()
        part = wanted.with_name(f".{wanted.name}.part")
        try:
            yield part
            os.replace(part, wanted)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(
            f"{path} cannot be written", why=error.strerror or str(error),
            remedy="Name a file in a folder that exists, may be written to and has space",
        ) from None
