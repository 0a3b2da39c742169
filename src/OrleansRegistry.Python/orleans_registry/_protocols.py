"""The same models in other protocols: the Open Inference Protocol, and OpenAI's routes."""

from __future__ import annotations

from typing import Any, Literal, Mapping, Optional

from . import _operations as operations
from ._calls import Prediction, PredictionStream, read_prediction
from ._errors import ModelError, RegistryError
from ._models import call, call_stream
from ._transport import Operation, Request, Transport
from .types import InferenceServer

_ROUTES = {
    "chat/completions": operations.CHAT_COMPLETIONS,
    "completions": operations.COMPLETIONS,
    "embeddings": operations.EMBEDDINGS,
}


class Inference:
    """The Open Inference Protocol v2 over the models of the registry."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def server(self) -> InferenceServer:
        """The server's name and version."""
        return InferenceServer(self._transport.send(Request(operations.V2_SERVER)).document)

    def live(self) -> bool:
        """Whether the registry runs. It is asked once.

        Raises:
            ConnectionFailed: It can't be reached.
        """
        return self._is_well(Request(operations.V2_LIVE, is_repeatable=False))

    def ready(self) -> bool:
        """Whether the registry takes requests. It is asked once.

        Raises:
            ConnectionFailed: It can't be reached.
        """
        return self._is_well(Request(operations.V2_READY, is_repeatable=False))

    def model(self, model: str, *, version: Optional[str] = None) -> Prediction:
        """The metadata that the model's server tells of it.

        Args:
            model: The model's name or id.
            version: A number, a range or a version id; the primary by default.
        """
        request = self._of_model(operations.V2_MODEL, operations.V2_VERSION, model, version)
        return self._transport.read(request, read_prediction)

    def model_ready(self, model: str, *, version: Optional[str] = None) -> bool:
        """Whether the model, or one of its versions, takes calls. It is asked once.

        Args:
            model: The model's name or id.
            version: A number, a range or a version id; the primary by default.

        Raises:
            RegistryError: There is no such model or version.
        """
        return self._is_well(self._of_model(operations.V2_MODEL_READY, operations.V2_VERSION_READY, model, version))

    def infer(
        self, model: str, inputs: Any = None, *, version: Optional[str] = None, timeout: Optional[float] = None
    ) -> Prediction:
        """Calls a model.

        >>> tensor = {"name": "measurements", "shape": [1, 4], "datatype": "FP32", "data": [6.3, 3.3, 4.7, 1.6]}
        >>> _ = registry.register("iris-v2", serving_url=serving_url, publish=True)
        >>> registry.inference.infer("iris-v2", {"inputs": [tensor]})["model_name"]
        'iris-v2'

        Args:
            model: The model's name or id.
            inputs: The body as the protocol says: an object with ``inputs``.
            version: A number, a range or a version id; the primary by default.
            timeout: How many seconds the connection may be silent; by default the client's own timeout.
        """
        path = {"model": model} if version is None else {"model": model, "version": version}
        operation = operations.V2_INFER if version is None else operations.V2_INFER_VERSION
        return call(self._transport, operation, path, inputs, None, timeout)

    def _of_model(self, whole: Operation, single: Operation, model: str, version: Optional[str]) -> Request:
        if version is None:
            return Request(whole, {"model": model}, is_call=True)
        return Request(single, {"model": model, "version": version}, is_call=True)

    def _is_well(self, request: Request) -> bool:
        try:
            self._transport.once(request)
            return True
        except ModelError:
            return False
        except RegistryError as error:
            if error.status is not None and (error.status >= 500 or error.status == 409):
                return False
            raise


class OpenAI:
    """OpenAI's routes over the models of the registry. ``model`` is ``name``, ``name@1.2.0`` or ``name@^1.2``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def chat_completions(self, model: str, *, timeout: Optional[float] = None, **fields: Any) -> Prediction:
        """Calls ``/v1/chat/completions`` of the model's server with these fields, ``messages`` among them."""
        return self._call(operations.CHAT_COMPLETIONS, model, fields, timeout)

    def completions(self, model: str, *, timeout: Optional[float] = None, **fields: Any) -> Prediction:
        """Calls ``/v1/completions`` of the model's server with these fields, ``prompt`` among them."""
        return self._call(operations.COMPLETIONS, model, fields, timeout)

    def embeddings(self, model: str, *, timeout: Optional[float] = None, **fields: Any) -> Prediction:
        """Calls ``/v1/embeddings`` of the model's server with these fields, ``input`` among them."""
        return self._call(operations.EMBEDDINGS, model, fields, timeout)

    def stream(
        self,
        route: Literal["chat/completions", "completions", "embeddings"],
        model: str,
        *,
        timeout: Optional[float] = None,
        **fields: Any,
    ) -> PredictionStream:
        """Calls a route with ``stream: true``, and gives the parts of its answer.

        Args:
            route: ``chat/completions``, ``completions`` or ``embeddings``.
            model: The model, and perhaps its version.
            timeout: How many seconds the connection may be silent; by default the client's own timeout.
            fields: The other fields of the body.
        """
        if route not in _ROUTES:
            raise ValueError(f"route is {route!r}, and must be one of {', '.join(_ROUTES)}")
        body = _body(model, {**fields, "stream": True})
        return call_stream(self._transport, _ROUTES[route], {}, body, None, timeout)

    def _call(
        self, operation: Operation, model: str, fields: Mapping[str, Any], timeout: Optional[float]
    ) -> Prediction:
        return call(self._transport, operation, {}, _body(model, fields), None, timeout)


def _body(model: str, fields: Mapping[str, Any]) -> Any:
    # The model first: the registry reads the body only up to it.
    return {"model": model, **fields}
