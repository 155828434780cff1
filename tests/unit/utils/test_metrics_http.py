import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from utils import metrics_http
from utils.health import HealthReport, degraded, unhealthy
from utils.metrics_http import ADDRESS, MetricsServer, Pages

TOKEN = "correct-horse"


@pytest.fixture(autouse=True)
def quick_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_http, "POLL_S", 0.01)


def pages(**changes: Callable[[], object]) -> Pages:
    values: dict[str, Callable[[], object]] = {
        "metrics": lambda: b"up 1\n",
        "health": lambda: HealthReport((degraded("disk", "", ""),)),
        "dashboard": lambda: {"mode": "simulation"},
    }
    return Pages(**(values | changes))  # type: ignore[arg-type]  # the builder takes any page


@contextmanager
def serving(server: MetricsServer) -> Iterator[int]:
    """The port of a running server; it is joined at the end."""
    stop = threading.Event()
    assert server.bind()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    try:
        yield int(server.url.split(":")[2].split("/")[0])
    finally:
        stop.set()
        thread.join(5)
    assert not thread.is_alive()


def ask(
    port: int, path: str, *, method: str = "GET", **headers: str
) -> tuple[int, bytes, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=5)
    connection.request(method, path, headers=headers)
    reply = connection.getresponse()
    content = reply.read()
    connection.close()
    return reply.status, content, reply.headers


def test_metrics_and_health_are_served_without_a_token_unless_one_is_set() -> None:
    with serving(MetricsServer(pages(), port=0)) as port:
        assert ask(port, "/metrics")[:2] == (200, b"up 1\n")
        status, content, _ = ask(port, "/healthz")
    assert (status, json.loads(content)["status"]) == (200, "degraded")

    with serving(MetricsServer(pages(), port=0, token=TOKEN)) as port:
        assert ask(port, "/metrics")[0] == 401
        assert ask(port, "/metrics", Authorization=f"Bearer {TOKEN}")[0] == 200


def test_an_unhealthy_desk_answers_503() -> None:
    sick = pages(health=lambda: HealthReport((unhealthy("ledger", "", ""),)))

    with serving(MetricsServer(sick, port=0)) as port:
        assert ask(port, "/healthz")[0] == 503


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_the_dashboard_needs_its_token(given: str) -> None:
    with serving(MetricsServer(pages(), port=0, token=TOKEN)) as port:
        assert ask(port, "/api/v1/dashboard", Authorization=given)[0] == 401


def test_the_dashboard_opens_with_the_token_of_its_url() -> None:
    server = MetricsServer(pages(), port=0)
    with serving(server) as port:
        token = server.url.split("#")[1]
        assert ask(port, "/api/v1/dashboard")[0] == 401
        status, content, _ = ask(port, "/api/v1/dashboard", Authorization=f"Bearer {token}")

    assert (status, json.loads(content)) == (200, {"mode": "simulation"})


def test_without_a_setting_every_start_has_a_token_of_its_own() -> None:
    assert MetricsServer(pages(), port=0).url != MetricsServer(pages(), port=0).url


def test_the_page_shows_the_dashboard_and_loads_nothing_from_elsewhere() -> None:
    with serving(MetricsServer(pages(), port=0)) as port:
        status, content, headers = ask(port, "/")

    assert status == 200
    assert b"/api/v1/dashboard" in content
    assert b"http://" not in content
    assert b"https://" not in content
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9090", "127.0.0.1.evil.example"])
def test_a_foreign_host_name_is_refused(host: str) -> None:
    with serving(MetricsServer(pages(), port=0)) as port:
        assert ask(port, "/metrics", Host=host)[0] == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(method: str) -> None:
    with serving(MetricsServer(pages(), port=0)) as port:
        assert ask(port, "/metrics", method=method)[0] == 501


def test_an_unknown_page_is_not_found() -> None:
    with serving(MetricsServer(pages(), port=0)) as port:
        assert ask(port, "/../ledger.db")[0] == 404


def test_a_page_that_fails_says_so_and_the_others_go_on() -> None:
    def broken() -> bytes:
        raise KeyError("x")

    with serving(MetricsServer(pages(metrics=broken), port=0)) as port:
        assert ask(port, "/metrics")[0] == 500
        assert ask(port, "/healthz")[0] == 200


def ended(connection: socket.socket) -> bool:
    """True once the other side has closed; a time-out raises."""
    try:
        while connection.recv(1000):
            pass
    except ConnectionResetError:
        pass
    return True


def test_a_request_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_http, "REQUEST_S", 0.1)
    with (serving(MetricsServer(pages(), port=0)) as port,
          socket.create_connection((ADDRESS, port), timeout=5) as slow):
        slow.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        assert ended(slow)


@pytest.mark.parametrize(("lines", "answered"), [(1, True), (18, False)])
def test_a_request_of_more_than_a_megabyte_is_not_answered_with_a_page(
    lines: int, answered: bool
) -> None:
    padding = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 60_000) for number in range(lines))
    with (serving(MetricsServer(pages(), port=0)) as port,
          socket.create_connection((ADDRESS, port), timeout=5) as large):
        head = b"GET /metrics HTTP/1.0\r\nHost: 127.0.0.1:%d\r\n" % port
        try:
            large.sendall(head + padding + b"\r\n")
            answer = large.recv(100)
        except OSError:
            answer = b""

    assert (b"200 OK" in answer) is answered


def test_a_port_in_use_costs_the_pages_and_says_what_to_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server((ADDRESS, 0)) as taken:
        server = MetricsServer(pages(), port=taken.getsockname()[1])
        server.run(threading.Event())
        assert not server.bind()

    assert "Set http.port to a free port" in caplog.text
