"""Requests: how an operation becomes one or several of them (rules C1, C2), and what a refusal becomes (rule C3)."""

from __future__ import annotations

import copy
import email.utils
import json
import math
import time
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple, TypeVar, Union, cast
from urllib.parse import quote

from ._document import Document
from ._errors import ConnectionFailed, InvalidAnswer, ModelError, OutcomeUnknown, RegistryError, TimedOut
from ._settings import Settings
from ._wire import Buffer, Clock, Deadline, Pool, Reply
from .errors import BY_CODE

T = TypeVar("T")

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 8.0
_LONGEST_RETRY_AFTER = 60.0
_LONGEST_DOCUMENT = 64 * 1024 * 1024
_LONGEST_ERROR = 1024 * 1024
_LONGEST_DETAIL = 500

QueryValue = Union[str, int, bool, Iterable[str], None]


class Operation(NamedTuple):
    """A route of the OpenAPI document."""

    name: str
    method: str
    path: str


class Request:
    """An operation with its arguments, and what may be done when it fails.

    Args:
        operation: The route.
        path: What stands in the path's braces.
        query: The query parameters; None is left out, a list is repeated.
        headers: Further headers; None is left out.
        body: The JSON value of the body, or bytes that are sent as they are.
        content_type: The media type of the body.
        is_command: Whether it changes something.
        is_repeatable: Whether it is safe to repeat (rule C1).
        is_call: Whether it goes on to a model's server.
        timeout: How long the connection may be silent; None for the client's own timeout.
        patience: How much longer it may be silent, because the registry waits for something.
        settle: Asked when a repetition is refused although the request before may have been done: an answer when it
            was, or None.
    """

    def __init__(
        self,
        operation: Operation,
        path: Mapping[str, str] = {},
        *,
        query: Mapping[str, QueryValue] = {},
        headers: Mapping[str, Optional[str]] = {},
        body: Any = None,
        content_type: Optional[str] = None,
        is_command: Optional[bool] = None,
        is_repeatable: bool = True,
        is_call: bool = False,
        timeout: Optional[float] = None,
        patience: float = 0.0,
        settle: Optional[Callable[[RegistryError], Optional[Dict[str, Any]]]] = None,
    ) -> None:
        self.operation = operation
        self.target = _target(operation.path, path, query)
        self.body, self.headers = _content(body, content_type)
        for name, value in headers.items():
            if value is not None:
                self.headers[name] = _header_value(name, value)
        self.is_call = is_call
        self.is_command = operation.method != "GET" and not is_call if is_command is None else is_command
        # Asking a model's server about the model is no call of the model.
        self.is_repeatable = is_repeatable and (not is_call or operation.method == "GET")
        self.timeout = timeout
        self.patience = patience
        self.settle = settle


class Answer(NamedTuple):
    """A document and the entity tag that came with it."""

    document: Dict[str, Any]
    etag: Optional[str]


class Transport:
    """Sends requests until they have an answer, or there is no use in going on."""

    def __init__(
        self, settings: Settings, clock: Clock, *, timeout: float, total_timeout: Optional[float], retries: int
    ) -> None:
        self.clock = clock
        self.pool = Pool(settings, clock)
        self._timeout = timeout
        self._total_timeout = total_timeout
        self._retries = retries
        self._has_key = settings.api_key is not None
        self._deadline: Optional[Deadline] = None  # of one operation that is several requests

    def begin(self) -> Transport:
        """The same for an operation of several requests, which all end by the one ``total_timeout``."""
        begun = copy.copy(self)
        begun._deadline = Deadline(self.clock, self._total_timeout)
        return begun

    def remaining(self) -> Optional[float]:
        """The seconds that an operation that has begun has left; None for any number."""
        return None if self._deadline is None else self._deadline.remaining()

    def limit(self) -> Optional[float]:
        """The same, for a step that is no request.

        Raises:
            TimedOut: The time is up.
        """
        if self._deadline is not None:
            self._deadline.limit(0.0)
        return self.remaining()

    def send(self, request: Request) -> Answer:
        """Sends a request that a JSON document answers."""
        request.headers.setdefault("Accept", "application/json")
        return self._until_answered(request, _read_document)

    def read(self, request: Request, read: Callable[[Reply], T]) -> T:
        """Sends a request, and reads its answer; what fails in reading counts as a lost request."""
        return self._until_answered(request, read)

    def open(self, request: Request) -> Reply:
        """Sends a request, and gives back its answer with the body still to be read."""
        return self._until_answered(request, lambda reply: reply)

    def once(self, request: Request) -> None:
        """Sends a request a single time, and looks no further than whether it succeeds."""
        self._once(request, Reply.read, Deadline(self.clock, self._total_timeout), [])

    def _until_answered(self, request: Request, read: Callable[[Reply], T]) -> T:
        deadline = self._deadline or Deadline(self.clock, self._total_timeout)
        doubt: Optional[RegistryError] = None  # the last failure after which the command may have been done
        tries = 0
        while True:
            retry_after: List[Optional[float]] = []
            try:
                return self._once(request, read, deadline, retry_after)
            except RegistryError as failed:
                error = failed
            tries += 1
            if request.is_command and _leaves_doubt(error):
                doubt = error
            if tries <= self._retries and _is_worth_another(request, error):
                wait = self._wait_before(tries, retry_after)
                remaining = deadline.remaining()
                if wait is not None and (remaining is None or wait < remaining):
                    self._tell(request, error, wait)
                    self.clock.sleep(wait)
                    continue
            if doubt is not None and error is not doubt and (settled := _settled(request, error)) is not None:
                # Only send() has requests that settle.
                return cast(T, Answer(settled, None))
            raise _final(request, error, doubt)

    def _once(
        self, request: Request, read: Callable[[Reply], T], deadline: Deadline, retry_after: List[Optional[float]]
    ) -> T:
        timeout = (self._timeout if request.timeout is None else request.timeout) + request.patience
        reply = self.pool.exchange(
            request.operation.method, request.target, request.headers, request.body, deadline, timeout
        )
        try:
            if 200 <= reply.status < 300:
                return read(reply)
            retry_after.append(_retry_after(reply.header("Retry-After")))
            raise self._error_of(request, reply)
        except BaseException:
            reply.close()
            raise

    def _error_of(self, request: Request, reply: Reply) -> RegistryError:
        # What went through to the model's server carries the version that answered. A refusal of ours may do so too,
        # but says that it is ours.
        is_ours = reply.header("Registry-Problem") is not None or reply.header("Model-Version-Id") is None
        if request.is_call and not is_ours:
            return _model_error(reply)
        if 300 <= reply.status < 400:
            location = _excerpt((reply.header("Location") or "another place").encode("utf-8", "replace"))
            return InvalidAnswer(
                f"the server redirects to {location}, and redirects are not followed; change the URL",
                status=reply.status,
            )
        body = reply.read(_LONGEST_ERROR)
        problem = _problem(reply, body)
        if problem is None:
            return RegistryError(
                f"status {reply.status} without a problem; is there a proxy between? {_excerpt(body)}".rstrip(),
                status=reply.status,
                code=f"status_{reply.status}",
                request_id=reply.header("X-Request-Id"),
            )
        code = str(problem.get("code") or f"status_{reply.status}")
        detail = str(problem.get("detail") or problem.get("title") or f"status {reply.status}")
        if code == "unauthenticated" and not self._has_key:
            detail += " This client has no key: pass api_key=…, or set ORK_API_KEY or ORK_API_KEY_FILE."
        errors = problem.get("errors")
        return BY_CODE.get(code, RegistryError)(
            detail,
            status=reply.status,
            code=code,
            errors=errors if isinstance(errors, dict) else None,
            request_id=problem.get("trace_id") or reply.header("X-Request-Id"),
            retryable=_is_retryable(reply.status, code, problem),
            raw=problem,
        )

    def _wait_before(self, tries: int, retry_after: List[Optional[float]]) -> Optional[float]:
        jitter = self.clock.random() * min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (tries - 1))
        told = retry_after[0] if retry_after else None
        if told is None:
            return jitter
        # A little later than told, so that not all who were told the same come at once.
        return told + jitter if told <= _LONGEST_RETRY_AFTER else None

    def _tell(self, request: Request, error: RegistryError, wait: float) -> None:
        import logging  # not at import: most operations need no second try

        logging.getLogger("orleans_registry").info(
            "%s is tried again in %.1f s: %s", request.operation.name, wait, error
        )


def _is_retryable(status: int, code: str, problem: Mapping[str, Any]) -> bool:
    if code == "serving_failed":
        return False
    return status in (429, 502, 503, 504) or problem.get("sent") is False


def _is_worth_another(request: Request, error: RegistryError) -> bool:
    """Rule C1."""
    if not error.retryable:
        return False
    if isinstance(error, (ConnectionFailed, TimedOut)):
        return not error.sent or request.is_repeatable
    if error.status == 429 or error.code == "version_starting" or error.raw.get("sent") is False:
        return True
    return request.is_repeatable


def _leaves_doubt(error: RegistryError) -> bool:
    if isinstance(error, (ConnectionFailed, TimedOut)):
        return error.sent
    if isinstance(error, InvalidAnswer):
        # A redirect says that nothing was done here.
        return error.status is None or not 300 <= error.status < 400
    # Without a problem it is some proxy's answer, and what the registry has done is not known.
    return error.status in (502, 503, 504) or error.code.startswith("status_5")


def _settled(request: Request, error: RegistryError) -> Optional[Dict[str, Any]]:
    try:
        return request.settle(error) if request.settle is not None else None
    except RegistryError:
        return None


def _final(request: Request, error: RegistryError, doubt: Optional[RegistryError]) -> RegistryError:
    """The error that the user gets: with a doubt about what was done, that is what matters most."""
    is_lost_call = (
        request.is_call
        and request.operation.method != "GET"
        and isinstance(error, (ConnectionFailed, TimedOut))
        and error.sent
    )
    if doubt is None and not is_lost_call:
        return error
    if error is doubt or is_lost_call:
        detail = f"{request.operation.name} was sent, and its outcome is not known: {error.detail}"
    else:
        detail = f"{request.operation.name} may have been done when it was sent before: {error.detail}"
    unknown = OutcomeUnknown(detail, status=error.status, request_id=error.request_id, retryable=False, raw=error.raw)
    unknown.idempotency_key = request.headers.get("Idempotency-Key")
    unknown.__cause__ = error
    return unknown


def _model_error(reply: Reply) -> ModelError:
    body = reply.read(_LONGEST_ERROR)[:_LONGEST_ERROR]
    error = ModelError(
        f"the model's server answered {reply.status}: {_excerpt(body)}".rstrip(": "),
        status=reply.status,
        request_id=reply.header("X-Request-Id"),
        # The model has been called, whatever the status says.
        retryable=False,
    )
    error.body = body
    error.version = reply.header("Model-Version")
    error.version_id = reply.header("Model-Version-Id")
    return error


def _problem(reply: Reply, body: bytes) -> Optional[Dict[str, Any]]:
    if reply.media_type != "application/problem+json":
        return None
    try:
        problem = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return problem if isinstance(problem, dict) else None


def _excerpt(body: bytes) -> str:
    """The beginning of a text that somebody else wrote, safe to be shown on a terminal."""
    text = body[: 4 * _LONGEST_DETAIL].decode("utf-8", "replace")
    shown = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split())[:_LONGEST_DETAIL]


def _read_document(reply: Reply) -> Answer:
    body = reply.read(_LONGEST_DOCUMENT)
    if len(body) > _LONGEST_DOCUMENT:
        raise InvalidAnswer(f"the answer has more than {_LONGEST_DOCUMENT} bytes", status=reply.status)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InvalidAnswer("the answer is no JSON object; is the URL the registry's?", status=reply.status)
    return Answer(document, reply.header("ETag"))


def _retry_after(value: Optional[str]) -> Optional[float]:
    """Seconds, or a date of HTTP."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def path_part(name: str, value: str) -> str:
    """A value as it stands between two slashes of a path.

    Raises:
        ValueError: It is empty, or means another path.
    """
    # Servers and proxies take "." and ".." for steps, also when they are encoded.
    if value in ("", ".", ".."):
        raise ValueError(f"{name} is {value!r}, and must be a name or an id")
    return quote(value, safe="")


def _target(path: str, values: Mapping[str, str], query: Mapping[str, QueryValue]) -> str:
    filled = path.format(**{name: path_part(name, value) for name, value in values.items()})
    pairs: List[Tuple[str, str]] = []
    for name, value in query.items():
        if value is None:
            continue
        if isinstance(value, bool):
            pairs.append((name, "true" if value else "false"))
        elif isinstance(value, (str, int)):
            pairs.append((name, str(value)))
        else:
            pairs.extend((name, item) for item in value)
    return filled + ("?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs) if pairs else "")


def _content(body: Any, content_type: Optional[str]) -> Tuple[Optional[Buffer], Dict[str, str]]:
    if body is None:
        return None, {}
    if isinstance(body, (bytes, bytearray, memoryview)):
        return body, {"Content-Type": _header_value("content_type", content_type or "application/octet-stream")}
    return to_json(body), {"Content-Type": _header_value("content_type", content_type or "application/json")}


def to_json(value: Any) -> bytes:
    """A value as JSON. Arrays and numbers of numpy and its like become lists and numbers.

    Raises:
        ValueError: There is a NaN or an infinity in it, for which JSON has no word.
        TypeError: JSON can't hold it.
    """
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_plain).encode("ascii")
    except ValueError as error:
        if _has_nan(value):
            raise ValueError(
                "there is a NaN or an infinity in the value, and JSON has none;"
                " use None, or send bytes of another format"
            ) from None
        raise ValueError(f"the value can't be written as JSON: {error}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, Document):
        return value.raw
    plain = getattr(value, "tolist", None)
    if plain is None:
        raise TypeError(
            f"JSON can't hold a {type(value).__name__}; pass lists, dictionaries, numbers and text, or bytes"
        )
    return plain()


def _has_nan(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(map(_has_nan, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_has_nan, value))
    return hasattr(value, "tolist") and _has_nan(value.tolist())


def _header_value(name: str, value: str) -> str:
    if not value or any(not " " <= c <= "~" for c in value):
        raise ValueError(f"{name} must be printable ASCII text")
    return value
