"""Writes settings that were switched in the window, one after the other, off the GUI thread."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from config.settings import SettingsStore
from ui.workers import JobRunner


class SettingsSaver:
    """The store is not made for two writers, so the next key waits for the one before."""

    def __init__(
        self, store: SettingsStore, jobs: JobRunner, on_failed: Callable[[str], None]
    ) -> None:
        self._store, self._jobs, self._on_failed = store, jobs, on_failed
        self._waiting: OrderedDict[str, str] = OrderedDict()
        self._busy = False

    def save(self, key: str, text: str) -> None:
        """A key that still waits takes the newer text."""
        self._waiting[key] = text
        self._next()

    def _next(self) -> None:
        if self._busy or not self._waiting:
            return
        key, text = self._waiting.popitem(last=False)

        def write(_: threading.Event) -> None:
            self._store.set(key, text)

        self._busy = True
        self._jobs.run(write, lambda _: self._done(), self._failed)

    def _done(self) -> None:
        self._busy = False
        self._next()

    def _failed(self, why: str) -> None:
        self._on_failed(why)
        self._done()
