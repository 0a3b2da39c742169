"""Rule C2: waiting is bounded."""

from __future__ import annotations

import email.utils
import itertools
import socket
import threading
import time
from typing import Callable, Dict, Iterator, List, Optional

import pytest
import servers
from conftest import SleeplessClock, TestClock

from orleans_registry import Client, OutcomeUnknown, errors

PROBLEM = b'{"status":%d,"code":"%s","detail":"not now"}'


@pytest.fixture
def refusing(clocked: Callable[..., Client]) -> Iterator[Callable[..., Client]]:
    """Makes clients of a registry that always refuses."""
    running: List[servers.ModelServer] = []

    def make(status: int, code: str, retry_after: Optional[str] = None, **named: object) -> Client:
        headers: Dict[str, str] = {"Content-Type": "application/problem+json"}
        if retry_after is not None:
            headers["Retry-After"] = retry_after
        body = PROBLEM % (status, code.encode())
        running.append(servers.ModelServer(lambda request: servers.Answer(body, status, headers)))
        return clocked(f"http://127.0.0.1:{running[-1].port}", "k", **named)

    yield make
    for server in running:
        server.__exit__()


def test_C2_without_retry_after_the_limit_of_the_wait_doubles(
    refusing: Callable[..., Client], clock: TestClock
) -> None:
    client = refusing(503, "unavailable", retries=6)
    with pytest.raises(errors.Unavailable):
        client.model("m")
    assert clock.slept == [0.5, 1, 2, 4, 8, 8]


def test_C2_the_wait_is_random_from_zero_on(refusing: Callable[..., Client], clock: TestClock) -> None:
    client = refusing(503, "unavailable")
    clock.dice = itertools.cycle([0.0, 0.5])
    with pytest.raises(errors.Unavailable):
        client.model("m")
    assert clock.slept == [0, 0.5, 0]


def test_C2_retry_after_comes_first(refusing: Callable[..., Client], clock: TestClock) -> None:
    client = refusing(429, "rate_limited", "7", retries=2)
    with pytest.raises(errors.RateLimited):
        client.model("m")
    assert clock.slept == [7.5, 8]


def test_C2_retry_after_may_be_a_date(refusing: Callable[..., Client], clock: TestClock) -> None:
    client = refusing(429, "rate_limited", email.utils.formatdate(time.time() + 20, usegmt=True), retries=1)
    with pytest.raises(errors.RateLimited):
        client.model("m")
    assert 17 < clock.slept[0] < 21


@pytest.mark.parametrize("told", ["soon", "-1", "1e9", "Fri, 99 Nov 2026 00:00:00 GMT", "", "²"])
def test_C2_a_retry_after_that_says_nothing_is_overlooked(
    told: str, refusing: Callable[..., Client], clock: TestClock
) -> None:
    client = refusing(429, "rate_limited", told, retries=1)
    with pytest.raises(errors.RateLimited):
        client.model("m")
    assert clock.slept == [0.5]


@pytest.mark.parametrize("told", ["61", "99999999999999999999", "Fri, 31 Dec 9998 23:59:59 GMT"])
def test_C2_a_long_retry_after_is_not_waited_for(told: str, refusing: Callable[..., Client], clock: TestClock) -> None:
    with pytest.raises(errors.RateLimited):
        refusing(429, "rate_limited", told).model("m")
    assert clock.slept == []


def test_C2_total_timeout_bounds_the_tries_and_the_waits(refusing: Callable[..., Client], clock: TestClock) -> None:
    client = refusing(503, "unavailable", "4", retries=99, total_timeout=10)
    with pytest.raises(errors.Unavailable):
        client.model("m")
    assert sum(clock.slept) < 10


def test_C2_each_page_of_a_list_has_the_total_timeout_for_itself(
    long_list: List[str], clocked: Callable[..., Client], node: servers.Node, clock: TestClock
) -> None:
    for _ in clocked(node.url, node.key, total_timeout=5).model("long-list").versions():
        clock.time += 1


class DrippingClock(TestClock):
    """Each look at it takes a second, and lets a server send one byte more."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = threading.Semaphore(0)

    def now(self) -> float:
        self.time += 1
        self.looks.release()
        return self.time


class Dripping:
    """A server that sends its answer byte by byte, no faster than its client looks at the clock."""

    def __init__(self, answer: bytes) -> None:
        self.clock = DrippingClock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(answer,), daemon=True).start()

    def client(self, total_timeout: float) -> Client:
        """A client with that clock."""
        made = Client(f"http://127.0.0.1:{self.port}", "k", total_timeout=total_timeout)
        made._clock = self.clock
        return made

    def _serve(self, answer: bytes) -> None:
        while True:
            client, _ = self._listener.accept()
            with client:
                client.recv(65536)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    for index in range(len(answer)):
                        self.clock.looks.acquire()
                        client.sendall(answer[index : index + 1])
                    client.recv(1)
                except OSError:
                    pass


@pytest.mark.parametrize("body", [b"{}", b'{"x":"' + b"x" * 100 + b'"}'])
def test_C2_total_timeout_ends_an_answer_that_drips(body: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    with pytest.raises(errors.TimedOut):
        Dripping(head + body).client(total_timeout=50).model("m")


def test_C2_total_timeout_of_a_command_that_was_sent_leaves_its_outcome_open() -> None:
    server = Dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b" " * 100)
    with pytest.raises(OutcomeUnknown) as caught:
        server.client(total_timeout=40).register("m", wait=False)
    assert caught.value.idempotency_key and isinstance(caught.value.__cause__, errors.TimedOut)


def test_C2_timeout_is_how_long_the_connection_may_be_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(f"http://127.0.0.1:{listener.getsockname()[1]}", "k", timeout=0.1, retries=0)
        with pytest.raises(errors.TimedOut) as caught:
            client.model("m")
        assert caught.value.sent and caught.value.retryable


def test_C2_a_wait_ends_by_its_own_timeout(registry: Client, name: str) -> None:
    with servers.ModelServer(lambda request: servers.Answer(status=503)) as model:
        version = registry.register(
            name, serving_url=model.url, health_url=model.url, startup_timeout_seconds=60, wait=False
        )
        with pytest.raises(errors.TimedOut, match="is not ready after 0.1 seconds"):
            version.wait(timeout=0.1)


def test_C2_total_timeout_bounds_register_with_its_wait(node: servers.Node, name: str) -> None:
    with servers.ModelServer(lambda request: servers.Answer(status=503)) as model:
        with pytest.raises(OutcomeUnknown, match="was made, but waiting for it failed") as caught:
            Client(node.url, node.key, total_timeout=1).register(
                name, serving_url=model.url, health_url=model.url, startup_timeout_seconds=60
            )
        assert isinstance(caught.value.__cause__, errors.TimedOut)


def test_C2_a_wait_ends_at_once_when_the_start_failed(registry: Client, name: str) -> None:
    with servers.ModelServer(lambda request: servers.Answer(status=503)) as model:
        with pytest.raises(errors.StartFailed) as caught:
            registry.register(name, serving_url=model.url, health_url=model.url, startup_timeout_seconds=1)
        assert caught.value.version is not None
        assert caught.value.version.serving is not None and caught.value.version.serving.status == "failed"


@pytest.mark.parametrize("end", ["deactivate", "delete"])
def test_C2_a_wait_ends_at_once_when_the_version_was_stopped(end: str, registry: Client, name: str) -> None:
    registry.register(name)
    version = registry.register(name)
    getattr(version, end)()
    with pytest.raises(errors.StartFailed, match="it is (inactive|deleted)"):
        version.wait()


def test_C2_waiting_for_the_primary_or_a_stop_ends_when_it_is_so(registry: Client, name: str) -> None:
    registry.register(name, publish=True)
    version = registry.register(name)
    for until, command in (("primary", "promote"), ("stopped", "deactivate")):
        other = threading.Thread(target=getattr(registry.version(version.id), command))
        other.start()
        version.wait(until)  # type: ignore[arg-type]
        other.join()
        assert version.is_primary == (until == "primary") and (version.state == "inactive") == (until == "stopped")

    with pytest.raises(ValueError, match="must be 'ready', 'primary' or 'stopped'"):
        version.wait("done")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bad", [{"timeout": 0}, {"timeout": -1}, {"total_timeout": 0}, {"retries": -1}, {"timeout": float("nan")}]
)
def test_C2_bounds_must_make_sense(bad: Dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Client("http://127.0.0.1:1", **bad)  # type: ignore[arg-type]
