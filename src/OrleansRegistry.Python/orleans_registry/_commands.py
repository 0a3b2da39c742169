"""Arguments that several commands share."""

from __future__ import annotations

import enum
import re
from typing import Any, Dict, Iterable, List, Mapping, Optional, Union

from . import types


class Unset(enum.Enum):
    """The type of ``UNSET``."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset.UNSET
"""An argument that was left out, where ``None`` means something else."""

VersionRef = Union[str, types.Version]
"""A version's id, or the version."""


def given(**members: Any) -> Dict[str, Any]:
    """The members of a request's body that were given."""
    return {name.rstrip("_"): value for name, value in members.items() if value is not UNSET}


def present(**members: Any) -> Dict[str, Any]:
    """The members of a request's body that are not None."""
    return {name.rstrip("_"): value for name, value in members.items() if value is not None}


def id_of(version: VersionRef) -> str:
    """The id of a version."""
    return version if isinstance(version, str) else version.id


def listed(argument: str, texts: Optional[Iterable[str]]) -> Optional[List[str]]:
    """Texts as a body has them. One text is no list of letters."""
    if isinstance(texts, str):
        raise TypeError(f"{argument} is {texts!r}, and must be a list of texts")
    return None if texts is None else list(texts)


_ALIAS = re.compile(r"[a-z][a-z0-9_-]{0,30}[a-z0-9]")
_NO_ALIAS = re.compile(r"v(x|[0-9]+)|[0-9a-z]{10}-[1-9][0-9]{0,9}")


def behind_at(text: str) -> str:
    """The selector that stands behind the last ``@`` of a reference: what is no other one names an alias."""
    return f"@{text}" if _ALIAS.fullmatch(text) and not _NO_ALIAS.fullmatch(text) else text


def from_body(from_: Union[VersionRef, None, Unset]) -> Dict[str, Any]:
    """The member ``from``: the version that must be primary now, or null for none."""
    return given(from_=from_ if from_ is UNSET or from_ is None else id_of(from_))


def servers_body(servers: Iterable[Union[str, types.ServerSpec]]) -> List[types.ServerSpec]:
    """Servers, each by its address or with its health URL. One text is no list of letters."""
    if isinstance(servers, str):
        raise TypeError(f"servers is {servers!r}, and must be a list of servers")
    return [{"url": server} if isinstance(server, str) else server for server in servers]


def serving_body(
    serving_url: Optional[str],
    health_url: Optional[str],
    startup_timeout_seconds: Optional[int],
    served_name: Optional[str],
    openai_paths: Optional[Iterable[str]],
    servers: Optional[Iterable[Union[str, types.ServerSpec]]],
    min_ready: Optional[int],
    repeatable: Optional[bool],
    probe_seconds: Optional[int],
) -> Optional[Dict[str, Any]]:
    """Where a version answers.

    Raises:
        ValueError: Something about a server without a serving URL or servers.
    """
    where = present(url=serving_url, servers=None if servers is None else servers_body(servers))
    about = present(
        health_url=health_url,
        startup_timeout_seconds=startup_timeout_seconds,
        served_name=served_name,
        openai_paths=listed("openai_paths", openai_paths),
        min_ready=min_ready,
        repeatable=repeatable,
        probe_seconds=probe_seconds,
    )
    if where:
        return {**where, **about}
    if about:
        raise ValueError(f"without a serving_url there can't be {', '.join(about)}")
    return None


def label_filter(labels: Optional[Mapping[str, str]]) -> Optional[List[str]]:
    """Labels that the items of a list must have."""
    return None if labels is None else [f"{name}:{value}" for name, value in labels.items()]


def type_filter(of: Union[str, Iterable[str], None]) -> Optional[List[str]]:
    """Types of events: one or several."""
    return [of] if isinstance(of, str) else None if of is None else list(of)
