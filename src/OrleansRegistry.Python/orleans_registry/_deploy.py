"""Deploying without a client at hand."""

from __future__ import annotations

import os
from typing import Any, Iterable, Mapping, Optional, Union

from . import types
from ._client import Client
from ._files import Progress
from ._models import Version


def deploy(
    model: Any,
    *,
    model_name: str,
    version_bump: Optional[types.VersionBump] = None,
    publish: bool = False,
    version: Optional[str] = None,
    base: Optional[str] = None,
    promote: Optional[bool] = None,
    aliases: Optional[Iterable[str]] = None,
    description: Optional[str] = None,
    labels: Optional[Mapping[str, str]] = None,
    external_id: Optional[str] = None,
    instance_type: Optional[str] = None,
    comment: Optional[str] = None,
    environment: Optional[str] = None,
    env: Optional[Mapping[str, str]] = None,
    startup_timeout_seconds: Optional[int] = None,
    requirements: Union[str, os.PathLike[str], Iterable[str], None] = None,
    example_input: Any = None,
    format: str = "auto",
    wait: bool = True,
    progress: Progress = None,
    dry_run: bool = False,
    idempotency_key: Optional[str] = None,
    client: Optional[Client] = None,
) -> Version:
    """Makes a new version of a model that the registry runs. See ``Client.deploy``.

    Args:
        client: The registry; by default the one of ``ORK_URL`` and ``ORK_API_KEY``, or of the context of ``ork``.
    """
    return (Client() if client is None else client).deploy(
        model,
        model_name=model_name,
        version_bump=version_bump,
        publish=publish,
        version=version,
        base=base,
        promote=promote,
        aliases=aliases,
        description=description,
        labels=labels,
        external_id=external_id,
        instance_type=instance_type,
        comment=comment,
        environment=environment,
        env=env,
        startup_timeout_seconds=startup_timeout_seconds,
        requirements=requirements,
        example_input=example_input,
        format=format,
        wait=wait,
        progress=progress,
        dry_run=dry_run,
        idempotency_key=idempotency_key,
    )
