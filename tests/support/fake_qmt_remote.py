"""The fake terminal for a child in a process of its own; the book stays in the test's process.

    python -m tests.support.fake_qmt_remote PORT     the product's child, with this in the place
                                                     of the vendor's library
"""

import json
import queue
import socket
import sys
import threading
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, TextIO

from tests.support.fake_qmt import FakeTerminal
from trading.qmt.child import main


def _encoded(value: Any) -> Any:
    if isinstance(value, SimpleNamespace):
        return {"fields": vars(value)}
    return [_encoded(one) for one in value] if isinstance(value, list) else value


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        return SimpleNamespace(**value["fields"])
    return [_decoded(one) for one in value] if isinstance(value, list) else value


class TerminalServer:
    """Each connection is one session of the terminal."""

    def __init__(self, terminal: FakeTerminal) -> None:
        self._terminal = terminal
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        lock = threading.Lock()
        with suppress(OSError), caller, caller.makefile("rw", encoding="utf-8") as stream:
            trader = self._terminal.trader(int(json.loads(stream.readline())["session"]))
            trader.register_callback(_Pusher(stream, lock))
            for line in stream:
                asked = json.loads(line)
                try:
                    found = getattr(trader, asked["call"])(*asked["args"])
                    answer = {"gives": _encoded(found)}
                except TimeoutError as error:
                    answer = {"raises": str(error)}
                _write(stream, lock, answer)
            trader.stop()


class _Pusher:
    def __init__(self, stream: TextIO, lock: threading.Lock) -> None:
        self._stream, self._lock = stream, lock

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("on_"):
            raise AttributeError(name)
        return lambda value=None: _write(
            self._stream, self._lock, {"push": name, "value": _encoded(value)})


def _write(stream: TextIO, lock: threading.Lock, message: dict[str, Any]) -> None:
    try:
        with lock:
            stream.write(json.dumps(message) + "\n")
            stream.flush()
    except (OSError, ValueError):
        return                         # the child was killed


class RemoteTrader:
    """A session of the terminal over the wire; calls wait, pushes come on another thread."""

    def __init__(self, port: int, session_id: int) -> None:
        self._stream = socket.create_connection(("127.0.0.1", port)).makefile("rw",
                                                                             encoding="utf-8")
        self._lock = threading.Lock()
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._callback: Any = None
        _write(self._stream, self._lock, {"session": session_id})

    def register_callback(self, callback: object) -> None:
        self._callback = callback

    def start(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._stream:
            message = json.loads(line)
            if "push" not in message:
                self._answers.put(message)
                continue
            handler, value = getattr(self._callback, message["push"]), _decoded(message["value"])
            handler() if value is None else handler(value)

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any) -> Any:
            if args and isinstance(args[0], SimpleNamespace):
                args = (None, *args[1:])           # the account; the server has one
            _write(self._stream, self._lock, {"call": name, "args": args})
            answer = self._answers.get(timeout=20)
            if "raises" in answer:
                raise TimeoutError(answer["raises"])
            return _decoded(answer["gives"])
        return call


def make(_userdata: str, session_id: int, account_id: str) -> tuple[Any, object]:
    return (RemoteTrader(int(sys.argv[1]), session_id),
            SimpleNamespace(account_type=2, account_id=account_id))


if __name__ == "__main__":
    sys.exit(main(sys.stdin, make))
