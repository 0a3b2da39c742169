"""What stands in a file MLmodel of MLflow."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ._errors import PackagingError

_FLAVOURS = ("onnx", "sklearn", "python_function")


class MLmodel(NamedTuple):
    """A model that MLflow saved."""

    flavour: str
    file: str
    code: Optional[str]
    python: Optional[str]


def read_mlmodel(path: str) -> MLmodel:
    """Reads the file.

    Raises:
        PackagingError: It has no flavour that can be served.
    """
    with open(path, encoding="utf-8") as file:
        flavours = _tree(file.read()).get("flavors")
    if not isinstance(flavours, dict):
        raise PackagingError(f"{path!r} names no flavors")
    flavour = next((name for name in _FLAVOURS if name in flavours), None)
    if flavour is None:
        raise PackagingError(f"{path!r} has the flavors {', '.join(flavours)}; one of {', '.join(_FLAVOURS)} can be served")
    details = flavours[flavour]
    general = flavours.get("python_function") or {}
    version = general.get("python_version")
    name = details.get("data" if flavour == "onnx" else "pickled_model") or ""
    python = ".".join(version.split(".")[:2]) if isinstance(version, str) else None
    return MLmodel(flavour, name, details.get("code"), python)


def _tree(text: str) -> Dict[str, Any]:
    """The mappings of a YAML file such as MLflow writes it; lists are left out."""
    root: Dict[str, Any] = {}
    open_: List[Tuple[int, Dict[str, Any]]] = [(-1, root)]
    for line in text.splitlines():
        name, colon, value = line.strip().partition(":")
        if not colon or line.lstrip().startswith(("#", "-")):
            continue
        indent = len(line) - len(line.lstrip())
        while open_[-1][0] >= indent:
            open_.pop()
        plain = value.strip().strip("'\"")
        if plain:
            open_[-1][1][name] = None if plain in ("null", "~") else plain
        else:
            inner: Dict[str, Any] = {}
            open_[-1][1][name] = inner
            open_.append((indent, inner))
    return root
