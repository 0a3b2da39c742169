"""What a model answers: at once, or as a stream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, NamedTuple, Optional, TypeVar

from ._errors import InvalidAnswer, RegistryError
from ._wire import Reply

T = TypeVar("T")
S = TypeVar("S", bound="Stream[Any]")

_LONGEST_LINE = 8 * 1024 * 1024
_LINES_OF_JSON = (
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/json-lines",
    "application/stream+json",
)


class Prediction:
    """The answer of a model.

    It behaves like its JSON: an object like a dict, a list like a list, a text like a str, a number like an int or a
    float, and it *is* one, so that ``json.dumps`` takes it. An answer that is no JSON is bytes. ``true``, ``false``,
    ``null`` and no body at all are a plain ``Prediction``; look at its ``value``.

    Attributes:
        value: The answer as a plain Python value.
        version: The number of the version that answered, such as ``1.2.0``.
        version_id: Its id.
        model_id: The model's id.
        resolved_by: How the call led to the version: ``primary``, ``exact``, ``range``, ``id`` or
            ``alias``.
        request_id: Finds the call in the registry's logs and traces, where the registry names it.
        content_type: The media type of the answer, with its parameters.
    """

    value: Any
    version: Optional[str]
    version_id: Optional[str]
    model_id: Optional[str]
    resolved_by: Optional[str]
    request_id: Optional[str]
    content_type: Optional[str]

    if TYPE_CHECKING:
        # What dict and list bring along.
        def __getitem__(self, key: Any) -> Any:
            ...

        def __iter__(self) -> Iterator[Any]:
            ...

        def __eq__(self, other: object) -> bool:
            ...

        def __len__(self) -> int:
            ...

        def __contains__(self, key: object) -> bool:
            ...

        def get(self, key: Any, default: Any = ..., /) -> Any:
            ...

        def keys(self) -> Any:
            ...

        def items(self) -> Any:
            ...

    def __reduce__(self) -> Any:
        return _restore, (self.value, self.__dict__)


class _Plain(Prediction):
    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == (other.value if isinstance(other, Prediction) else other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.value)


# A prediction is also what its JSON is: a dict, a list …
_KINDS: Dict[type, Any] = {
    kind: type("Prediction", (kind, Prediction), {"__reduce__": Prediction.__reduce__})
    for kind in (dict, list, str, int, float, bytes)
}


def _restore(value: Any, state: Dict[str, Any]) -> Prediction:
    kind = _KINDS.get(type(value))
    prediction: Prediction = _Plain() if kind is None else kind(value)
    prediction.__dict__.update(state)
    return prediction


def read_prediction(reply: Reply) -> Prediction:
    """Reads the whole answer of a model."""
    value = _value_of(reply)
    return _restore(value, {"value": value, **origin_of(reply)})


def origin_of(reply: Reply) -> Dict[str, Optional[str]]:
    """Which version has answered, and what."""
    return {
        "version": reply.header("Model-Version"),
        "version_id": reply.header("Model-Version-Id"),
        "model_id": reply.header("Model-Id"),
        "resolved_by": reply.header("Model-Resolved-By"),
        "request_id": reply.header("X-Request-Id"),
        "content_type": reply.header("Content-Type"),
    }


def _value_of(reply: Reply) -> Any:
    body = reply.read()
    if not body:
        return None
    if reply.media_type != "application/json" and not reply.media_type.endswith("+json"):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidAnswer(
            f"the model's answer is not the JSON that it says it is: {error}", status=reply.status
        ) from None


class Stream(Iterator[T]):
    """A stream of parts, as they come.

    Use it in a ``with``, or close it, when you don't read it to its end. ``close`` may be called by another thread:
    it ends the iteration.
    """

    def __init__(self, parts: Iterator[T], interrupt: Callable[[], None]) -> None:
        self._parts = parts
        self._interrupt = interrupt
        self._is_closed = False

    def __next__(self) -> T:
        if self._is_closed:
            raise StopIteration
        try:
            return next(self._parts)
        except RegistryError:
            if self._is_closed:
                raise StopIteration from None
            raise

    def close(self) -> None:
        """Ends it."""
        self._is_closed = True
        self._interrupt()
        try:
            self._parts.close()  # type: ignore[attr-defined]  # it is a generator
        except ValueError:
            pass  # another thread waits for the next part, and was interrupted

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class PredictionStream(Stream[Any]):
    """A model's answer in parts.

    Of server-sent events a part is the data of one event, and the stream ends at ``[DONE]``. Of lines of JSON a part
    is one line. In both a part that is JSON is read. Of anything else a part is some bytes.

    Attributes:
        version: The number of the version that answers.
        version_id: Its id.
        model_id: The model's id.
        resolved_by: How the call led to the version: ``primary``, ``exact``, ``range``, ``id`` or
            ``alias``.
        request_id: Finds the call in the registry's logs and traces, where the registry names it.
        content_type: The media type of the answer, with its parameters.
    """

    version: Optional[str]
    version_id: Optional[str]
    model_id: Optional[str]
    resolved_by: Optional[str]
    request_id: Optional[str]
    content_type: Optional[str]

    def __init__(self, reply: Reply) -> None:
        super().__init__(_parts_of(reply), reply.interrupt)
        self.__dict__.update(origin_of(reply))


def _parts_of(reply: Reply) -> Iterator[Any]:
    if reply.media_type == "text/event-stream":
        for event in server_sent_events(reply):
            if event.data == "[DONE]":
                return
            yield _json_or_text(event.data)
    elif reply.media_type in _LINES_OF_JSON:
        for line in _lines(reply):
            if line.strip():
                yield _json_or_text(line.decode("utf-8", "replace"))
    else:
        yield from reply.chunks()


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


class ServerSentEvent(NamedTuple):
    """An event of ``text/event-stream``."""

    id: Optional[str]
    type: str
    data: str


def server_sent_events(reply: Reply) -> Iterator[ServerSentEvent]:
    """Reads a ``text/event-stream``. Comments, which only keep the connection alive, are left out."""
    identity: Optional[str] = None
    kind = "message"
    data: List[str] = []
    for line in _lines(reply):
        text = line.decode("utf-8", "replace")
        if not text:
            if data:
                yield ServerSentEvent(identity, kind, "\n".join(data))
            kind, data = "message", []
            continue
        name, _, value = text.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "data":
            data.append(value)
        elif name == "event":
            kind = value
        elif name == "id":
            identity = value


def _lines(reply: Reply) -> Iterator[bytes]:
    rest = b""
    for data in reply.chunks():
        lines = (rest + data).splitlines(keepends=True)
        # A "\r" at the end may be the first half of a line's end.
        rest = b"" if lines[-1].endswith(b"\n") else lines.pop()
        for line in lines:
            yield line.rstrip(b"\r\n")
        if len(rest) > _LONGEST_LINE:
            raise InvalidAnswer(f"a line of the answer has more than {_LONGEST_LINE} bytes", status=reply.status)
    if rest:
        yield rest.rstrip(b"\r\n")
