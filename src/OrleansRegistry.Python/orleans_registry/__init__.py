"""The client of OrleansRegistry: deploy, publish and call versions of machine-learning models.

>>> from orleans_registry import deploy
>>> version = deploy(model, model_name="iris", publish=True)  # url, key: ORK_URL, ORK_API_KEY  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors, types
from ._about import __version__
from ._access import ApiKey, MonthlyStatement, Rates, Usage, Webhook
from ._calls import Prediction, PredictionStream, Stream
from ._client import Client
from ._commands import UNSET
from ._deploy import deploy
from ._errors import OutcomeUnknown, PackagingError, RegistryError, StartFailed
from ._models import Model, Version

if TYPE_CHECKING:
    from .aio import AsyncClient
else:

    def __getattr__(name: str) -> Any:
        # asyncio takes longer to import than all the rest.
        if name == "AsyncClient":
            from .aio import AsyncClient

            return AsyncClient
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "UNSET",
    "ApiKey",
    "AsyncClient",
    "Client",
    "Model",
    "MonthlyStatement",
    "OutcomeUnknown",
    "PackagingError",
    "Prediction",
    "PredictionStream",
    "Rates",
    "RegistryError",
    "StartFailed",
    "Stream",
    "Usage",
    "Version",
    "Webhook",
    "__version__",
    "deploy",
    "errors",
    "types",
]
