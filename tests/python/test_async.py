"""The client for asyncio."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from typing import Any, Callable, Coroutine, List

import pytest
import servers

from orleans_registry import AsyncClient, Client, errors, types

IRIS = {"instances": [[6.3, 3.3, 4.7, 1.6]]}


@pytest.fixture
def run(node: servers.Node) -> Callable[..., Any]:
    """Runs a coroutine with a client."""

    def with_client(work: Callable[[AsyncClient], Coroutine[Any, Any, Any]]) -> Any:
        async def body() -> Any:
            async with AsyncClient(node.url, node.key) as registry:
                return await work(registry)

        return asyncio.run(body())

    return with_client


def test_C9_asyncio_does_all_that_threads_do(run: Callable[..., Any], name: str, serving_url: str) -> None:
    async def work(registry: AsyncClient) -> None:
        version = await registry.register(name, serving_url=serving_url, publish=True)
        assert isinstance(version, types.Version) and version.version == "0.1.0" and version.is_primary
        answer = await registry.predict(name, IRIS)
        assert answer["predictions"][0]["label"] == "versicolor" and answer.version == "0.1.0"
        second = await registry.register(name, serving_url=serving_url)
        receipt = await second.publish(promote=True, from_=version)
        assert receipt.changed and second.state == "published"
        model = await registry.model(name)
        assert [v.version async for v in model.versions()] == ["0.2.0", "0.1.0"]
        assert (await model.rollback(from_=second)).version.id == version.id
        assert not (await second.refresh()).is_primary and not second.is_primary
        assert (await (await registry.version(f"{name}@~0.2")).wait()).version == "0.2.0"
        assert name in [m.name async for m in registry.models(q=name)]
        assert [e.type async for e in registry.events(model=name, types="model.created")] == ["model.created"]
        usage = await registry.usage(group_by="version")
        assert name in [line.model_name async for line in usage] and usage.currency == "USD"
        bill = await registry.statement("2026-01")
        assert bill.month == "2026-01" and [line async for line in bill] == []
        reads: List[Callable[[], object]] = [lambda: usage.items, lambda: bill.lines]
        for paged in reads:
            with pytest.raises(TypeError, match="async for"):
                paged()
        assert await registry.inference.ready() and (await registry.inference.model(name))["name"] == name
        assert (await model.delete(confirm=name)).deleted
        with pytest.raises(errors.ModelDeleted):
            await model.refresh()

    run(work)


def test_C9_calls_run_beside_each_other(run: Callable[..., Any], registry: Client, name: str) -> None:
    together = threading.Barrier(16)

    def answer(request: servers.Received) -> servers.Answer:
        together.wait(30)
        return servers.Answer()

    with servers.ModelServer(answer) as model:
        registry.register(name, serving_url=model.url, publish=True)

        async def work(client: AsyncClient) -> None:
            await asyncio.gather(*(client.predict(name, {}) for _ in range(16)))

        run(work)


def test_C9_at_most_32_threads_are_used(run: Callable[..., Any]) -> None:
    async def work(client: AsyncClient) -> None:
        before = threading.active_count()
        most = 0

        def count() -> None:
            nonlocal most
            most = max(most, threading.active_count() - before)
            time.sleep(0.001)  # so that the next call finds this thread at work

        await asyncio.gather(*(client._threads.run(count) for _ in range(200)))
        assert 1 < most <= 32

    run(work)


def test_C9_context_variables_go_along(run: Callable[..., Any]) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")

    async def work(client: AsyncClient) -> None:
        variable.set("here")
        assert await client._threads.run(variable.get) == "here"

    run(work)


def test_C9_a_stream_comes_in_parts(run: Callable[..., Any], registry: Client, name: str) -> None:
    def answer(request: servers.Received) -> servers.Answer:
        chunks = iter([b"data: 1\n\n", b"data: 2\n\n"])
        return servers.Answer(headers={"Content-Type": "text/event-stream"}, chunks=chunks)

    with servers.ModelServer(answer) as model:
        registry.register(name, serving_url=model.url, publish=True)

        async def work(client: AsyncClient) -> None:
            async with await client.stream(name, {}) as stream:
                assert stream.version == "0.1.0"
                assert [part async for part in stream] == [1, 2]

        run(work)


def test_C9_a_follower_that_is_cancelled_leaves_no_thread_waiting(
    run: Callable[..., Any], registry: Client, name: str
) -> None:
    registry.register(name)

    async def work(client: AsyncClient) -> None:
        seen: List[str] = []
        both = asyncio.Event()

        async def follow() -> None:
            async for event in client.events(model=name, follow=True):
                seen.append(event.type)
                if len(seen) == 2:
                    both.set()

        task = asyncio.create_task(follow())
        await both.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The thread ends at once, not with the next comment of the registry.
        executor = client._threads._executor
        assert executor is not None
        began = time.monotonic()
        await asyncio.get_running_loop().run_in_executor(None, executor.shutdown)
        assert time.monotonic() - began < 10

    run(work)


def test_C9_lists_longer_than_a_page(run: Callable[..., Any], long_list: List[str]) -> None:
    async def work(client: AsyncClient) -> None:
        model = await client.model("long-list")
        assert [version.id async for version in model.versions()] == long_list

    run(work)


def test_C9_a_client_can_be_used_by_one_loop_after_another(node: servers.Node, name: str) -> None:
    client = AsyncClient(node.url, node.key)
    assert asyncio.run(client.register(name)).version == "0.1.0"
    assert asyncio.run(client.register(name)).version == "0.2.0"
    asyncio.run(client.close())
