"""Pickles of objects, with what they need when they are loaded."""

from __future__ import annotations

import importlib
import os
import pickle
import re
import sys
import types
from typing import Any, BinaryIO, FrozenSet, cast

from ._errors import PackagingError
from ._needs import MAIN, Needs

_PROTOCOL = 5


class _Nowhere:
    def write(self, data: Any) -> int:
        return len(data)


class _Scan(pickle.Pickler):
    """Pickles nothing, and sees all."""

    def __init__(self, needs: Needs) -> None:
        # The bytes of large arrays go to the callback, and nowhere else.
        super().__init__(cast(BinaryIO, _Nowhere()), _PROTOCOL, buffer_callback=lambda _: None)
        self._needs = needs

    def persistent_id(self, value: Any) -> None:
        self._needs.see(value)


def save(value: Any, stem: str, *, may_use_joblib: bool) -> tuple[str, Needs]:
    """Pickles an object into ``{stem}.joblib`` or ``{stem}.pkl``; gives the path and what it needs.

    With joblib, if it may, when the object comes from a package that is built on it, such as scikit-learn. By value what
    only this program has.

    Raises:
        PackagingError: It can't be pickled.
    """
    needs = Needs()
    try:
        _Scan(needs).dump(value)
        reason = f"{needs.of_main} is defined in the program or notebook itself" if needs.of_main else ""
    except Exception as error:  # of any __reduce__ and __getstate__
        reason = str(error) or type(error).__name__
    if reason:
        return _save_by_value(value, f"{stem}.pkl", reason)
    if may_use_joblib and needs.modules & {"sklearn", "joblib"}:
        needs.modules.add("joblib")
        importlib.import_module("joblib").dump(value, f"{stem}.joblib")
        return f"{stem}.joblib", needs
    with open(f"{stem}.pkl", "wb") as file:
        pickle.dump(value, file, _PROTOCOL)
    return f"{stem}.pkl", needs


def _save_by_value(value: Any, path: str, reason: str) -> tuple[str, Needs]:
    try:
        cloudpickle = importlib.import_module("cloudpickle")
    except ImportError:
        raise PackagingError(
            f"the model can't be pickled: {reason}. Move its code into a module of its own (a .py file beside the"
            " program), which is uploaded with it; or install cloudpickle here and where models are served"
        ) from None
    needs = Needs()

    class _Pickler(cloudpickle.CloudPickler):  # type: ignore[misc,name-defined]
        def persistent_id(self, seen: Any) -> None:
            if isinstance(seen, _Sorted):
                return
            needs.see(seen)
            if isinstance(seen, types.FunctionType) and not is_importable(seen):
                needs.see_code(seen.__code__)

        def reducer_override(self, seen: Any) -> Any:
            if isinstance(seen, types.CodeType):
                return _steady(seen, self.dispatch_table[types.CodeType](seen))
            reduced = super().reducer_override(seen)
            if isinstance(seen, types.FunctionType) and isinstance(reduced, tuple):
                _forget_file(reduced[1])
            return _without_tracker(reduced)

    try:
        with open(path, "wb") as file:
            _Pickler(file, protocol=_PROTOCOL).dump(value)
    except Exception as error:  # of any __reduce__ and __getstate__
        raise PackagingError(f"the model can't be pickled: {error or type(error).__name__}") from error
    needs.modules.add("cloudpickle")
    needs.is_by_value = True
    return path, needs


def _without_tracker(reduced: Any) -> Any:
    """A class of ``__main__`` without the id that cloudpickle draws for it: the same code has the same bytes."""
    if isinstance(reduced, tuple) and getattr(reduced[0], "__name__", "").startswith("_make_skeleton"):
        made = tuple(
            None if isinstance(part, str) and re.fullmatch("[0-9a-f]{32}", part) else part for part in reduced[1]
        )
        return (reduced[0], made, *reduced[2:])
    return reduced


class _Sorted:
    """A frozenset that is pickled in the same order by every process."""

    def __init__(self, values: FrozenSet[Any]) -> None:
        self._values = values

    def __reduce__(self) -> Any:
        return frozenset, (sorted(self._values, key=lambda value: (type(value).__name__, repr(value))),)


def _steady(code: types.CodeType, reduced: Any) -> Any:
    """Code without the order of sets and the folder of its file: the same code has the same bytes."""
    make, arguments, *rest = reduced
    made = []
    for part in arguments:
        if part == code.co_filename:
            part = os.path.basename(part)
        elif isinstance(part, tuple):
            part = tuple(_Sorted(value) if isinstance(value, frozenset) else value for value in part)
        made.append(part)
    return (make, tuple(made), *rest)


def _forget_file(arguments: Any) -> None:
    """Takes the place of the program out of what a function is made of. Code that reads it brings it all the same."""
    for part in arguments:
        if isinstance(part, dict):
            part.pop("__file__", None)


def is_importable(value: Any) -> bool:
    """Whether another program finds a class or function by its name."""
    module = getattr(value, "__module__", None)
    found: Any = None if module in MAIN else sys.modules.get(module or "")
    for part in getattr(value, "__qualname__", "").split("."):
        found = getattr(found, part, None)
    return found is value
