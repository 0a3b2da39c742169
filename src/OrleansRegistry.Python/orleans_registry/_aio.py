"""The parts of AsyncClient: threads, and iterators over them."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import os
from typing import Any, AsyncIterator, Callable, Iterator, List, NoReturn, Optional, TypeVar

from . import types
from ._access import MonthlyStatement, Usage
from ._calls import PredictionStream, Stream
from ._client import Client
from ._lists import Pages

T = TypeVar("T")
V = TypeVar("V")
S = TypeVar("S", bound="AsyncStream[Any]")

MAX_THREADS = 32


class Threads:
    """The threads of one client. They are started when they are needed, and anew after a fork."""

    def __init__(self) -> None:
        self._executor: Optional[concurrent.futures.ThreadPoolExecutor] = None
        self._process = 0

    async def run(self, action: Callable[..., T], /, *arguments: Any, **named: Any) -> T:
        """Does something in a thread."""
        if self._executor is None or self._process != os.getpid():
            self._executor = concurrent.futures.ThreadPoolExecutor(MAX_THREADS, "orleans-registry")
            self._process = os.getpid()
        context = contextvars.copy_context()

        def work() -> T:
            return context.run(action, *arguments, **named)

        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def close(self) -> None:
        """Ends the threads that do nothing."""
        if self._executor is not None:
            self._executor.shutdown(wait=False)
            self._executor = None


class AsyncPages(AsyncIterator[T]):
    """The items of a list. The next page is asked for when it is needed."""

    def __init__(self, threads: Threads, pages: Iterator[V], make: Callable[[V], T]) -> None:
        assert isinstance(pages, Pages)
        self._threads = threads
        self._pages: Pages[Any] = pages
        self._make = make
        self._items: List[Any] = []

    async def __anext__(self) -> T:
        while not self._items:
            self._items = self._pages.take()[::-1]
            if not self._items:
                if not self._pages.has_more:
                    raise StopAsyncIteration
                await self._threads.run(self._pages.fetch)
        return self._make(self._items.pop())


class AsyncStream(AsyncIterator[T]):
    """A stream of parts. While it waits for the next one it holds one of the client's threads.

    Use it in an ``async with``, or close it, when you don't read it to its end.
    """

    def __init__(self, threads: Threads, stream: Stream[T]) -> None:
        self._threads = threads
        self._stream = stream

    async def __anext__(self) -> T:
        end = object()
        try:
            part: Any = await self._threads.run(next, self._stream, end)
        except asyncio.CancelledError:
            # The thread would go on to wait.
            self._stream.close()
            raise
        if part is end:
            raise StopAsyncIteration
        result: T = part
        return result

    async def aclose(self) -> None:
        """Ends it."""
        self._stream.close()

    async def __aenter__(self: S) -> S:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stream.close()


class AsyncPredictionStream(AsyncStream[Any]):
    """A model's answer in parts. See ``PredictionStream``."""

    def __init__(self, threads: Threads, stream: PredictionStream) -> None:
        super().__init__(threads, stream)
        self.version = stream.version
        self.version_id = stream.version_id
        self.model_id = stream.model_id
        self.resolved_by = stream.resolved_by
        self.request_id = stream.request_id
        self.content_type = stream.content_type


class AsyncMonthlyStatement(types.StatementPage):
    """The bill of a month. Iterate over it with ``async for`` for its lines."""

    __slots__ = ("_threads", "_sync")

    def __init__(self, threads: Threads, sync: MonthlyStatement) -> None:
        super().__init__(sync.raw)
        self._threads = threads
        self._sync = sync

    def __aiter__(self) -> AsyncIterator[types.StatementLine]:
        return AsyncPages(self._threads, iter(self._sync), lambda item: item)

    @property
    def lines(self) -> NoReturn:
        """The lines come with ``async for``, since there may be more than one page of them."""
        raise TypeError("iterate over the statement with async for")


class AsyncUsage(types.UsageAnswer):
    """Active time and its cost. Iterate over it with ``async for`` for its lines."""

    __slots__ = ("_threads", "_sync")

    def __init__(self, threads: Threads, sync: Usage) -> None:
        super().__init__(sync.raw)
        self._threads = threads
        self._sync = sync

    def __aiter__(self) -> AsyncIterator[types.UsageItem]:
        return AsyncPages(self._threads, iter(self._sync), lambda item: item)

    @property
    def items(self) -> NoReturn:
        """The lines come with ``async for``, since there may be more than one page of them."""
        raise TypeError("iterate over the usage with async for")
