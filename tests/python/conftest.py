"""What the tests share: one node, one sample model, and clients of them."""

from __future__ import annotations

import itertools
import os
import signal
from typing import Callable, Iterator, List

import pytest
import servers

from orleans_registry import Client
from orleans_registry._wire import Clock

LONGEST_TEST = 150

_names = itertools.count(1)


@pytest.fixture(scope="session")
def node() -> Iterator[servers.Node]:
    """A node of the registry."""
    with servers.node() as running:
        yield running


@pytest.fixture(scope="session")
def serving_url() -> Iterator[str]:
    """Where a real model is served."""
    with servers.sample_model() as url:
        yield url


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """No setting of this machine counts in a test."""
    for name in list(os.environ):
        if name.startswith("ORK_") or name.lower() in ("https_proxy", "no_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.fixture(autouse=True)
def ends_in_time() -> Iterator[None]:
    """A test that hangs fails, with the place where it does."""

    def fail(*_: object) -> None:
        pytest.fail(f"it took longer than {LONGEST_TEST} seconds", pytrace=True)

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(LONGEST_TEST)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def registry(node: servers.Node) -> Iterator[Client]:
    """A client with the key of an operator."""
    with Client(node.url, node.key) as client:
        yield client


@pytest.fixture(scope="session")
def long_list(node: servers.Node) -> List[str]:
    """The ids of the versions of model ``long-list``, newest first: more than a page of them."""
    with Client(node.url, node.key) as client:
        labels = [{"parity: of it": "even"}, {"parity: of it": "odd"}]
        made = [client.register("long-list", labels=labels[index % 2]).id for index in range(205)]
    return made[::-1]


@pytest.fixture
def name() -> str:
    """The name of a model that no other test has."""
    return f"model-{next(_names)}"


class TestClock(Clock):
    """Time that goes on only by sleeping, and dice that always fall on their highest number."""

    __test__ = False

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: List[float] = []
        self.dice: Iterator[float] = itertools.repeat(1.0)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def random(self) -> float:
        return next(self.dice)


class SleeplessClock(Clock):
    """The time of the machine, and no waits. What stands in ``instead`` is done in their place."""

    def __init__(self, instead: Callable[[], object] = lambda: None) -> None:
        self._instead = instead

    def sleep(self, seconds: float) -> None:
        self._instead()


@pytest.fixture
def clock() -> TestClock:
    """A clock of the test's own."""
    return TestClock()


@pytest.fixture
def clocked(clock: TestClock) -> Callable[..., Client]:
    """Makes clients with that clock."""

    def make(*arguments: object, **named: object) -> Client:
        client = Client(*arguments, **named)  # type: ignore[arg-type]
        client._clock = clock
        return client

    return make
