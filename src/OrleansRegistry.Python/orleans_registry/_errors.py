"""The errors (rule C3). The classes of the single codes are generated: see errors.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Mapping, Optional

if TYPE_CHECKING:
    from .types import Version

_BUSY = (429, 502, 503, 504)
"""The statuses after which the same request may succeed."""


class RegistryError(Exception):
    """A refusal of the registry, or a failure on the way to it.

    Attributes:
        status: The HTTP status, or None when there was no answer.
        code: The kind of problem, as programs read it. It never changes its meaning.
        detail: What is wrong, for people.
        errors: What is wrong by JSON field, query parameter or header.
        request_id: Finds the request in the registry's logs and traces, or None.
        retryable: Whether the same request may succeed later.
        raw: The whole problem document; empty when there was none.
    """

    default_code: ClassVar[str] = "error"

    def __init__(
        self,
        detail: str,
        *,
        status: Optional[int] = None,
        code: Optional[str] = None,
        errors: Optional[Mapping[str, List[str]]] = None,
        request_id: Optional[str] = None,
        retryable: Optional[bool] = None,
        raw: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code or self.default_code
        self.detail = detail
        self.errors: Dict[str, List[str]] = dict(errors or {})
        self.request_id = request_id
        self.retryable = status in _BUSY if retryable is None else retryable
        self.raw: Dict[str, Any] = dict(raw or {})

    def __str__(self) -> str:
        request = f", request {self.request_id}" if self.request_id else ""
        return f"{self.detail} ({self.code}{request})"

    def __reduce__(self) -> Any:
        # Errors cross processes, and keyword arguments are not among args.
        return _restore, (type(self), self.detail, self.__dict__)


def _restore(kind: Any, detail: str, state: Dict[str, Any]) -> RegistryError:
    error: RegistryError = kind.__new__(kind)
    Exception.__init__(error, detail)
    error.__dict__.update(state)
    return error


class SettingsError(RegistryError, ValueError):
    """A setting is missing or not valid. Nothing was sent."""

    default_code = "settings"


class PackagingError(RegistryError, ValueError):
    """The model can't be made into files, or its environment can't be told. Nothing was sent."""

    default_code = "packaging"


class ConnectionFailed(RegistryError, ConnectionError):
    """There was no connection, or it broke before the answer was whole.

    ``sent`` says whether the registry may have got the request.
    """

    default_code = "connection_failed"
    sent = False


class TimedOut(RegistryError, TimeoutError):
    """The answer took longer than ``timeout``, or the operation longer than ``total_timeout``, or a wait longer than
    its own timeout.

    ``sent`` says whether the registry may have got the request.
    """

    default_code = "timed_out"
    sent = False


class OutcomeUnknown(RegistryError):
    """A command or a call was sent, and nobody knows whether it was done.

    A command may take effect until 30 seconds after it was sent. Look at the model or version before you repeat it. A
    deployment can always be repeated with ``idempotency_key``: it then answers the version that it has made before.
    """

    default_code = "outcome_unknown"
    idempotency_key: Optional[str] = None


class InvalidAnswer(RegistryError):
    """The answer is not what the registry sends: there is perhaps a proxy between, or the URL is another server's."""

    default_code = "invalid_answer"


class ModelError(RegistryError):
    """The model's own server answered with a status that says no success. The registry has passed it on as it was.

    Attributes:
        body: What the model's server sent, its first MiB.
        version: The number of the version that answered.
        version_id: Its id.
    """

    default_code = "model_error"
    body: bytes = b""
    version: Optional[str] = None
    version_id: Optional[str] = None


class StartFailed(RegistryError):
    """The version will not become ready: its start failed, or it was stopped.

    Attributes:
        version: The version as it is now.
        log_tail: The last lines that its process wrote, where the registry runs it; None where there are none.
    """

    default_code = "start_failed"
    version: Optional[Version] = None
    log_tail: Optional[str] = None

    def __str__(self) -> str:
        return super().__str__() + (f"\n{self.log_tail}" if self.log_tail else "")
