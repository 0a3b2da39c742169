"""Rule C9: one client for all threads, and for the children of a fork."""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
import sys
import threading
from typing import List

import servers

from orleans_registry import Client


def test_C9_many_threads_use_one_client_at_once(registry: Client, name: str) -> None:
    with concurrent.futures.ThreadPoolExecutor(24) as threads:
        made = list(threads.map(lambda _: registry.register(name).version, range(120)))
    assert sorted(int(number.split(".")[1]) for number in made) == list(range(1, 121))


def test_C9_connections_are_used_again(registry: Client, node: servers.Node, name: str) -> None:
    for _ in range(5):
        registry.register(name)
    pool = registry._transport.pool
    assert len(pool._idle) == 1
    before = pool._idle[0]
    registry.model(name)
    assert pool._idle[0] is before


def test_C9_a_connection_that_the_server_has_closed_is_not_used(name: str) -> None:
    headers = {"Content-Type": "application/json", "Connection": "close"}
    with servers.ModelServer(lambda request: servers.Answer(b'{"name":"m"}', headers=headers)) as fake:
        client = Client(f"http://127.0.0.1:{fake.port}", "k", retries=0)
        for _ in range(3):
            client.model("m")
    with servers.ModelServer(lambda request: servers.Answer(b'{"name":"m"}')) as fake:
        client = Client(f"http://127.0.0.1:{fake.port}", "k", retries=0)
        client.model("m")
        # As a server does that is tired of an idle connection.
        (wire,) = client._transport.pool._idle
        wire.interrupt()
        client.model("m")


def test_C9_a_child_has_connections_of_its_own(registry: Client, name: str) -> None:
    registry.register(name)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            for _ in range(5):
                registry.register(name)
            os.write(writer, b"done")
            status = 0
        finally:
            os._exit(status)
    # At the same time, over the connection that both have inherited.
    for _ in range(5):
        registry.register(name)
    assert os.waitpid(child, 0)[1] == 0 and os.read(reader, 9) == b"done"
    assert sum(1 for _ in registry.model(name).versions()) == 11


def test_C9_a_fork_in_the_middle_of_other_threads_leaves_nothing_locked(registry: Client, name: str) -> None:
    stop, failures = threading.Event(), []  # type: threading.Event, List[BaseException]

    def work() -> None:
        try:
            while not stop.is_set():
                registry.register(name)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    registry.register(name)
                    status = 0
                finally:
                    os._exit(status)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []


def test_C9_keys_and_waits_differ_after_a_fork(registry: Client) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    drawn = f"{os.urandom(16).hex()} {registry._clock.random()}\n".encode()
    if child == 0:
        os.write(writer, drawn)
        os._exit(0)
    os.waitpid(child, 0)
    other = os.read(reader, 200)
    assert not set(other.split()) & set(drawn.split())


def test_C9_a_client_that_is_dropped_leaves_no_connection_open(node: servers.Node) -> None:
    script = f"""
import gc, os
from orleans_registry import Client
registry = Client({node.url!r}, os.environ["KEY"])
list(registry.models())
next(registry.events(follow=True))
model = registry.register("dropped")
del registry
model.refresh()
del model
gc.collect()
"""
    command = [sys.executable, "-X", "dev", "-W", "error::ResourceWarning", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "KEY": node.key})
    assert (done.returncode, done.stderr) == (0, "")
