"""The read-only pages on 127.0.0.1: `/metrics`, `/healthz`, the dashboard and its JSON."""

import hmac
import json
import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any

from utils.dashboard import PAGE
from utils.health import HealthReport, Status
from utils.logger import get_logger

ADDRESS = "127.0.0.1"
REQUEST_BYTES = 1_000_000
REQUEST_S = 5.0
POLL_S = 0.25
MOST_REQUESTS = 16                 # at one time; the next one waits in the socket's queue
JSON, TEXT = "application/json; charset=utf-8", "text/plain; version=0.0.4; charset=utf-8"
HTML = "text/html; charset=utf-8"
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; "
                               "script-src 'unsafe-inline'; frame-ancestors 'none'",
}
log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """What the pages show; every function is called on the server's threads."""

    metrics: Callable[[], bytes]
    health: Callable[[], HealthReport]
    dashboard: Callable[[], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Answer:
    status: HTTPStatus
    content: bytes
    kind: str = JSON


class MetricsServer:
    """Serves `Pages` until asked to stop. A port in use costs the pages, not the desk."""

    def __init__(self, pages: Pages, *, port: int, token: str = "") -> None:
        self._pages, self._port = pages, port
        self._token = token or secrets.token_urlsafe()
        self._all_need_token = bool(token)
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """The dashboard's address; the part after `#` is the token and never travels."""
        return f"http://{ADDRESS}:{self._port}/#{self._token}"

    def bind(self) -> bool:
        """Take the port. False, with a warning that says what to do, if it cannot be had."""
        if self._server is not None:
            return True
        try:
            self._server = _Server((ADDRESS, self._port), self._answer)
        except OSError as error:
            log.warning(
                "no metrics page on port %s: %s. Set http.port to a free port, or http.enabled "
                "to false", self._port, error.strerror or error)
            return False
        self._port = self._server.server_port
        return True

    def run(self, stop: threading.Event) -> None:
        if not self.bind() or self._server is None:
            return
        with self._server as server:
            server.timeout = POLL_S
            while not stop.is_set():
                server.handle_request()
        self._server = None

    def _answer(self, path: str, headers: Message) -> Answer:
        if not self._host_is_ours(headers.get("Host", "")):
            return _problem(HTTPStatus.FORBIDDEN, f"ask for http://{ADDRESS}:{self._port}/")
        route = path.split("?")[0]
        if route == "/":
            return Answer(HTTPStatus.OK, PAGE, HTML)
        page = self._routes().get(route)
        if page is None:
            return _problem(HTTPStatus.NOT_FOUND, "there is no such page")
        needs_token = self._all_need_token or route == "/api/v1/dashboard"
        if needs_token and not self._has_token(headers.get("Authorization", "")):
            return _problem(HTTPStatus.UNAUTHORIZED, "send 'Authorization: Bearer <http.token>'")
        return page()

    def _routes(self) -> dict[str, Callable[[], Answer]]:
        return {
            "/metrics": lambda: Answer(HTTPStatus.OK, self._pages.metrics(), TEXT),
            "/healthz": self._health,
            "/api/v1/dashboard": lambda: _json(HTTPStatus.OK, self._pages.dashboard()),
        }

    def _health(self) -> Answer:
        report = self._pages.health()
        bad = report.status is Status.UNHEALTHY
        return _json(HTTPStatus.SERVICE_UNAVAILABLE if bad else HTTPStatus.OK, report.as_json())

    def _host_is_ours(self, host: str) -> bool:
        """A page of another site that resolves its name to 127.0.0.1 sends its own name here."""
        return host in (f"{ADDRESS}:{self._port}", f"localhost:{self._port}")

    def _has_token(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        same = hmac.compare_digest(given.strip().encode(), self._token.encode())
        return same and scheme.lower() == "bearer"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name == "posix"    # on Windows it would share a taken port

    def __init__(
        self, address: tuple[str, int], answer: Callable[[str, Message], Answer]
    ) -> None:
        self.answer = answer
        self._free = threading.BoundedSemaphore(MOST_REQUESTS)
        super().__init__(address, _Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One request on its own thread, cut off when its time is over."""
        with self._free:
            cut = threading.Timer(REQUEST_S, _cut_off, (request,))
            cut.daemon = True
            cut.start()
            try:
                super().process_request_thread(request, client_address)
            finally:
                cut.cancel()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("request of %s ended early", client_address, exc_info=True)


def _cut_off(request: socket.socket) -> None:
    try:
        request.shutdown(socket.SHUT_RDWR)
    except OSError:
        log.debug("the slow request had already ended")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = REQUEST_S
    server_version, sys_version = "TradingGraph", ""

    def setup(self) -> None:
        super().setup()
        self.rfile = _Limited(self.rfile)      # type: ignore[assignment]  # only readline is used

    def do_GET(self) -> None:
        try:
            answer = self.server.answer(self.path, self.headers)
        except Exception:  # a page that fails must not take the desk or the other pages along
            log.exception("page %s failed", self.path.split("?")[0])
            answer = _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the page failed; see the log")
        self._send(answer)

    do_HEAD = do_GET

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.content)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug("%s %s", self.address_string(), format % args)


class _Limited:
    """The request line and headers; more than REQUEST_BYTES of them end the connection."""

    def __init__(self, source: BufferedIOBase) -> None:
        self._source, self._left = source, REQUEST_BYTES
        self.close = source.close
        self.closed = False

    def readline(self, size: int = -1) -> bytes:
        line = self._source.readline(size)
        self._left -= len(line)
        if self._left < 0:
            raise ConnectionError(f"the request is larger than {REQUEST_BYTES:,} bytes")
        return line


def _json(status: HTTPStatus, content: Mapping[str, object]) -> Answer:
    return Answer(status, json.dumps(content, ensure_ascii=False).encode())


def _problem(status: HTTPStatus, text: str) -> Answer:
    return _json(status, {"error": text})
