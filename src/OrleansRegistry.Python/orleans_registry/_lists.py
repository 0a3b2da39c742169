"""Lists that page by themselves (rule C4), and events that go on."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Generic, Iterator, List, Mapping, Optional, TypeVar

from ._calls import ServerSentEvent, Stream, server_sent_events
from ._errors import ConnectionFailed, InvalidAnswer, RegistryError, TimedOut
from ._transport import Operation, QueryValue, Request, Transport
from ._wire import Reply

T = TypeVar("T")

PAGE_SIZE = 200
_SILENCE = 45.0  # the registry writes a comment every 15 seconds
_LONGEST_WAIT = 8.0


class Pages(Iterator[T]):
    """The items of a list, oldest or first page first. The next page is asked for when it is needed."""

    def __init__(
        self,
        transport: Transport,
        operation: Operation,
        make: Callable[[Dict[str, Any]], T],
        path: Mapping[str, str] = {},
        query: Mapping[str, QueryValue] = {},
        *,
        has_pages: bool = True,
        first: Optional[Mapping[str, Any]] = None,
        member: str = "items",
    ) -> None:
        self._transport = transport
        self._operation = operation
        self._make = make
        self._path = path
        self._query = dict(query)
        self._member = member
        if has_pages:
            self._query["page_size"] = PAGE_SIZE
        self._has_more = True
        self._page: List[T] = []
        if first is not None:
            self._read(first)

    def __next__(self) -> T:
        while not self._page:
            if not self._has_more:
                raise StopIteration
            self.fetch()
        return self._page.pop()

    def take(self) -> List[T]:
        """The rest of the present page, without asking for another one."""
        page, self._page = self._page[::-1], []
        return page

    def fetch(self) -> None:
        """Asks for the next page."""
        self._read(self._transport.send(Request(self._operation, self._path, query=self._query)).document)

    def _read(self, answer: Mapping[str, Any]) -> None:
        items, token = answer.get(self._member), answer.get("next_page_token")
        if not isinstance(items, list):
            raise InvalidAnswer("the answer is no list; is the URL the registry's?")
        self._has_more = token is not None
        self._query["page_token"] = token
        self._page = [self._make(item) for item in reversed(items)]

    @property
    def has_more(self) -> bool:
        """Whether there may be a further page."""
        return self._has_more


class Follower(Generic[T]):
    """Events as they happen. When the connection ends, the next one goes on behind the last event seen."""

    def __init__(
        self,
        transport: Transport,
        operation: Operation,
        make: Callable[[Dict[str, Any]], T],
        path: Mapping[str, str],
        query: Mapping[str, QueryValue],
    ) -> None:
        self._make = make
        self._transport = transport
        self._operation = operation
        self._path = path
        self._query = query
        self._reply: Optional[Reply] = None
        self._is_closed = False

    def stream(self) -> Stream[T]:
        """The events, as one stream that nothing but ``close`` or a refusal ends."""
        return Stream(self._events(), self._interrupt)

    def _events(self) -> Iterator[T]:
        last: Optional[str] = None
        failures = 0
        while not self._is_closed:
            try:
                self._reply = self._open(last)
                for event in server_sent_events(self._reply):
                    last = event.id or last
                    failures = 0
                    yield self._read(event)
                # The node stops, or this reader was too slow: go on at another one, or later.
                failures += 1
            except RegistryError as error:
                # The first connection shows whether the events can be read at all.
                if self._reply is None or not (error.retryable or isinstance(error, (ConnectionFailed, TimedOut))):
                    raise
                failures += 1
            finally:
                if self._reply is not None:
                    self._reply.close()
            if not self._is_closed:
                clock = self._transport.clock
                clock.sleep(clock.random() * min(_LONGEST_WAIT, 2.0**failures))

    def _read(self, event: ServerSentEvent) -> T:
        try:
            return self._make(json.loads(event.data))
        except (ValueError, TypeError) as error:
            raise InvalidAnswer(f"event {event.id} is no JSON object: {error}") from None

    def _open(self, last: Optional[str]) -> Reply:
        reply = self._transport.open(self._request(last))
        if reply.media_type != "text/event-stream":
            reply.close()
            raise InvalidAnswer("the answer is no stream of events; is the URL the registry's?", status=reply.status)
        return reply

    def _request(self, last: Optional[str]) -> Request:
        return Request(
            self._operation,
            self._path,
            query=self._query,
            headers={"Accept": "text/event-stream", "Last-Event-ID": last},
            timeout=_SILENCE,
        )

    def _interrupt(self) -> None:
        self._is_closed = True
        if self._reply is not None:
            self._reply.interrupt()
