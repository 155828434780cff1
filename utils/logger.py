"""Where messages go: standard error and a rotating file, with secrets blacked out."""

import logging
import re
import sys
from collections.abc import Iterable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from core.exceptions import ConfigError

FILE_NAME = "trading_graph.log"
FILE_BYTES, FILES_KEPT = 5_000_000, 5
OWNER_ONLY = 0o600
LINE = "%(asctime)s %(levelname)-8s %(threadName)s %(name)s: %(message)s"
HIDDEN = "[hidden]"
SHORTEST_SECRET = 4                # a shorter one would black out ordinary words

# A name that promises a secret, and what follows it up to the next separator.
SECRET_PAIR = re.compile(
    r"(?i)\b([\w-]*(?:password|passwd|secret|token|api[_-]?key|master[_-]?key|authorization)"
    r"[\"']?\s*[:=]\s*[\"']?(?:bearer\s+)?)([^\s\"',;&}]+)"
)


class Redaction(logging.Formatter):
    """Blacks out known secrets and anything that follows a name such as `token=`.

    It works on the finished line, so that arguments and tracebacks are covered too.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__(LINE)
        self._secrets = tuple(s for s in secrets if len(s) >= SHORTEST_SECRET)

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, HIDDEN)
        return SECRET_PAIR.sub(rf"\1{HIDDEN}", line)


class OwnerOnlyFile(RotatingFileHandler):
    """A rotating log that only its owner may read; a full disk costs lines, never an order."""

    def _open(self):  # type: ignore[no-untyped-def]  # the stub's return type is private
        Path(self.baseFilename).touch(mode=OWNER_ONLY)
        return super()._open()


def set_up_logging(
    folder: Path, level: str, *, secrets: Iterable[str] = (), to_stderr: bool = True
) -> None:
    """Send the root logger to a file in `folder` and, unless told not to, to standard error.

    Calling it again starts over.

    Raises:
        ConfigError: the log file cannot be opened.
    """
    formatter = Redaction(secrets)
    try:
        file = OwnerOnlyFile(
            folder / FILE_NAME, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8",
            errors="backslashreplace",
        )
    except OSError as error:
        raise ConfigError(
            f"the log in {folder} cannot be written",
            why=error.strerror or str(error),
            remedy="Correct the rights of the state folder, or choose another with --home",
        ) from error
    close_logging()
    root = logging.getLogger()
    root.setLevel(level)
    handlers = (file, logging.StreamHandler(sys.stderr)) if to_stderr else (file,)
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)


def close_logging() -> None:
    """Take our handlers off the root logger and close their files."""
    root = logging.getLogger()
    for handler in tuple(root.handlers):
        if isinstance(handler.formatter, Redaction):
            root.removeHandler(handler)
            handler.close()


def get_logger(name: str) -> logging.Logger:
    """The logger of a module; call it with `__name__`."""
    return logging.getLogger(name)
