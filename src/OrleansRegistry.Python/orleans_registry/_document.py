"""Documents of the registry: a JSON object with typed, read-only members (rule C8)."""

from __future__ import annotations

import datetime
from typing import Any, Callable, ClassVar, Dict, List, Mapping, Optional, Tuple, TypeVar, cast

T = TypeVar("T")

_LONGEST_SHOWN = 60


class Document:
    """A JSON object that the registry answered.

    Known members are attributes. All members, also those that this package does not know, are in ``raw``.
    """

    __slots__ = ("_raw",)

    _shown: ClassVar[Tuple[str, ...]] = ()
    """The members that ``repr`` shows. Secrets are never among them (rule C10)."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = dict(raw)

    @property
    def raw(self) -> Dict[str, Any]:
        """The JSON object as it was answered."""
        return self._raw

    def _read(self, name: str, kind: Callable[[Any], T]) -> T:
        try:
            value = self.raw[name]
        except KeyError:
            raise AttributeError(f"the registry's answer has no member '{name}'") from None
        return kind(value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Document) and type(self) is type(other) and self.raw == other.raw

    __hash__ = None  # type: ignore[assignment]  # a document may change: use its id

    def __repr__(self) -> str:
        shown = (f"{name}={_short(self.raw[name])}" for name in self._shown if self.raw.get(name) is not None)
        return f"{type(self).__name__}({', '.join(shown)})"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def text(value: Any) -> str:
    """A member that is text."""
    return cast(str, value)


def whole(value: Any) -> int:
    """A member that is a whole number."""
    return cast(int, value)


def number(value: Any) -> float:
    """A member that is a number."""
    return cast(float, value)


def flag(value: Any) -> bool:
    """A member that is true or false."""
    return cast(bool, value)


def anything(value: Any) -> Any:
    """A member of any kind."""
    return value


def instant(value: Any) -> datetime.datetime:
    """A member that is an instant, RFC 3339 in UTC."""
    head, point, fraction = cast(str, value).rstrip("Zz").partition(".")
    # Python 3.9 and 3.10 read fractions of three or six digits only.
    exact = f"{head}.{fraction:0<6.6}" if point else head
    return datetime.datetime.fromisoformat(exact).replace(tzinfo=datetime.timezone.utc)


def optional(kind: Callable[[Any], T]) -> Callable[[Any], Optional[T]]:
    """A member that may be null."""
    return lambda value: None if value is None else kind(value)


def many(kind: Callable[[Any], T]) -> Callable[[Any], List[T]]:
    """A member that is a list."""
    return lambda value: [kind(item) for item in value]


def table(kind: Callable[[Any], T]) -> Callable[[Any], Dict[str, T]]:
    """A member that maps names to values."""
    return lambda value: {name: kind(item) for name, item in value.items()}
