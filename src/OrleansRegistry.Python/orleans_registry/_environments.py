"""Whether there is an environment that fits a model (rule C6)."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator, Mapping, Optional

from . import _operations as operations
from ._commands import present
from ._transport import Request, Transport
from .errors import NoEnvironment
from .types import EnvironmentFit, EnvironmentMatch


_WAYS_OUT = (
    "make the model with what an environment has; if it also runs with that, say so:"
    ' requirements=["python==3.11", "numpy==1.24.2"]; deploy it as ONNX; or ask the operator for an environment'
)


@contextlib.contextmanager
def ways_out() -> Iterator[None]:
    """Lets a refusal because of environments end with what can be done."""
    try:
        yield
    except NoEnvironment as error:
        error.detail = f"{error.detail.rstrip('.')}. Ways out: {_WAYS_OUT}"
        error.args = (error.detail,)
        raise


def match_environments(
    transport: Transport, format: str, requires: Optional[Mapping[str, Any]], instance_type: Optional[str]
) -> EnvironmentMatch:
    """Asks which environments fit."""
    body = present(format=format, requires=requires, instance_type=instance_type)
    request = Request(operations.MATCH_ENVIRONMENTS, body=body, is_command=False)
    return EnvironmentMatch(transport.send(request).document)


def require_environment(match: EnvironmentMatch, name: Optional[str]) -> None:
    """Looks whether a model can run.

    Args:
        match: What fits it.
        name: The only environment to look at; None for any.

    Raises:
        NoEnvironment: None fits.
    """
    looked_at = [found for found in match.environments if name in (None, found.name)]
    if any(found.fits for found in looked_at):
        return
    head = "no environment fits" if name is None else f"the environment {name} does not fit"
    said = "; ".join(f"{found.name}: {found.off or _lacks(found)}" for found in looked_at)
    raise NoEnvironment(f"{head}: {match.off or said or 'there is none'}", status=409, raw=match.raw)


def _lacks(found: EnvironmentFit) -> str:
    return ", ".join(
        f"{difference.name} {difference.needs} is needed, and {difference.has or 'none'} is there"
        for difference in found.differences
    )
