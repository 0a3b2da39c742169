"""What code needs of the Python that runs it: installed packages, and modules of the user's own (rule F10)."""

from __future__ import annotations

import ast
import dis
import importlib.metadata
import importlib.util
import os
import re
import sys
import sysconfig
import types
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Set, Tuple, Union

from ._errors import PackagingError
from ._files import PathLike, is_left_out, walk

MAIN = ("__main__", "__mp_main__")
_MAX_PACKAGES = 200
_INSTALLED = ("site-packages", "dist-packages")
_PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])? *(?:===? *([^ ,;]+))?")
_PYTHON = re.compile(r"([1-9][0-9]*\.[0-9]+)(\.[0-9]+)?")


class Stated(NamedTuple):
    """What a list of requirements says."""

    packages: Dict[str, str]
    python: Optional[str]


class Needs:
    """Collects what an object or a file needs."""

    def __init__(self) -> None:
        self.modules: Set[str] = set()
        """Modules that have to be there, by their first name."""
        self.of_main = ""
        """Something that only this program has: the name of a class or function of ``__main__``; empty for nothing."""
        self.is_by_value = False
        """Whether code is pickled by value: only the Python that made it runs it."""
        self.has_columns = False
        """Whether a part of a pipeline takes columns, which may have names."""
        self._kinds: Set[type] = set()

    def see(self, value: Any) -> None:
        """Takes in an object that is about to be pickled."""
        kind = type(value)
        if kind not in self._kinds:
            self._kinds.add(kind)
            self._add(kind.__module__, kind.__qualname__)
            self.has_columns = self.has_columns or kind.__name__ == "ColumnTransformer"
        if isinstance(value, types.ModuleType):
            self._add(value.__name__, "")
        elif isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
            self._add(getattr(value, "__module__", None), value.__qualname__)

    def see_code(self, code: types.CodeType) -> None:
        """Takes in what the code of a function imports when it runs."""
        for instruction in dis.get_instructions(code):
            if instruction.opname == "IMPORT_NAME":
                self._add(instruction.argval, "")
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                self.see_code(constant)

    def see_source(self, text: bytes, path: str) -> None:
        """Takes in what a file imports.

        Raises:
            PackagingError: It is no Python.
        """
        try:
            tree = ast.parse(text, path)
        except (SyntaxError, ValueError) as error:
            raise PackagingError(f"{path} can't be read as Python: {error}") from None
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._add(alias.name, "")
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                self._add(node.module, "")

    def _add(self, module: Optional[str], name: str) -> None:
        if not isinstance(module, str) or not module:
            return
        if module in MAIN:
            self.of_main = self.of_main or name
        else:
            self.modules.add(module.partition(".")[0])


def own_files(needs: Needs) -> Dict[str, str]:
    """The files of modules that are not installed, by their paths beside the model; adds what these need in turn."""
    files: Dict[str, str] = {}
    seen: Set[str] = set()
    while names := sorted(needs.modules - seen):
        for name in names:
            seen.add(name)
            for source, path in _own(name):
                files[path] = source
                if path.endswith(".py"):
                    with open(source, "rb") as file:
                        needs.see_source(file.read(), source)
    return files


def _own(name: str) -> Iterator[Tuple[str, str]]:
    """The files of a module of the user's own; nothing for one that is installed, or part of Python."""
    spec = _spec(name)
    if spec is None:
        return
    if spec.submodule_search_locations is not None:
        for folder in spec.submodule_search_locations:
            if not _is_elsewhere(folder) and not is_left_out(folder):
                for source, path in walk(folder):
                    # A folder that is no package may hold anything.
                    if spec.origin is not None or path.endswith(".py"):
                        yield source, f"{name}/{path}"
    elif (
        spec.origin is not None
        and os.path.isfile(spec.origin)
        and not _is_elsewhere(spec.origin)
        and not is_left_out(spec.origin)
    ):
        yield spec.origin, os.path.basename(spec.origin)


def has_module(name: str) -> bool:
    """Whether a module can be imported here."""
    return _spec(name) is not None


def _spec(name: str) -> Any:
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None


def _is_elsewhere(path: str) -> bool:
    """Whether every Python of this kind has it, or an installed package brings it."""
    real = os.path.realpath(path)
    if any(part in _INSTALLED for part in real.split(os.sep)):
        return True
    standard = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
    return any(real.startswith(os.path.realpath(folder) + os.sep) for folder in standard if folder)


def installed(needs: Needs) -> Dict[str, str]:
    """The installed packages that modules come from, with their versions, by their names as PEP 503 has them."""
    by_module: Dict[str, List[importlib.metadata.Distribution]] = {}
    for distribution in importlib.metadata.distributions():
        for module in _modules_of(distribution):
            by_module.setdefault(module, []).append(distribution)
    found: Dict[str, str] = {}
    for name in sorted(needs.modules):
        spec = _spec(name)
        places = list(getattr(spec, "submodule_search_locations", None) or [getattr(spec, "origin", None) or ""])
        if any(_is_own(place) for place in places):
            continue
        for distribution in _owners(by_module.get(name, []), name):
            # The first one of the path is the one that is imported.
            found.setdefault(normal(distribution.metadata["Name"]), distribution.version)
    return found


def _is_own(place: str) -> bool:
    return os.path.exists(place) and not _is_elsewhere(place)


def _modules_of(distribution: importlib.metadata.Distribution) -> Set[str]:
    told = (distribution.read_text("top_level.txt") or "").split()
    if told:
        return set(told)
    return {path.parts[0].partition(".")[0] for path in distribution.files or [] if path.suffix in (".py", ".so")}


def _owners(
    candidates: List[importlib.metadata.Distribution], name: str
) -> List[importlib.metadata.Distribution]:
    """Those of which a module is loaded, when several share its first name."""
    if len({normal(candidate.metadata["Name"]) for candidate in candidates}) <= 1:
        return candidates[:1]
    loaded = {
        os.path.realpath(file)
        for module, value in list(sys.modules.items())
        if module.partition(".")[0] == name and isinstance(file := getattr(value, "__file__", None), str)
    }
    return [
        candidate
        for candidate in candidates
        if any(os.path.realpath(str(path.locate())) in loaded for path in candidate.files or [])
    ]


def normal(name: str) -> str:
    """The name of a package as PEP 503 normalizes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required(requirements: Union[PathLike, Iterable[str]], left_out: str = "") -> Stated:
    """The packages that a list of requirements names, or a file of them, but for one, and the Python; one without a
    version has the one that is here.

    Raises:
        PackagingError: A line says neither ``name`` nor ``name==version``, or the package isn't installed.
    """
    if isinstance(requirements, (str, os.PathLike)):
        path = os.fspath(requirements)
        try:
            with open(path, encoding="utf-8-sig") as file:
                requirements = file.read().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise PackagingError(
                f"the requirements in {path!r} can't be read: {error}; pass a file in UTF-8, or a list of lines"
            ) from error
    found: Dict[str, str] = {}
    python: Optional[str] = None
    for line in requirements:
        text = re.sub(r"(^|\s)#.*$", "", line).partition(";")[0].strip()
        name = re.match(r"[A-Za-z0-9._-]*", text)
        if not text or (left_out and name and normal(name.group()) == left_out):
            continue
        match = _PINNED.fullmatch(text)
        if match is None or "*" in text:
            raise PackagingError(f"the requirement {text!r} must be name or name==version: a model is served as it was made")
        package, version = normal(match.group(1)), match.group(2)
        if package != "python":
            found[package] = version or _version(match.group(1))
        elif version is None:
            python = this_python()
        else:
            python = python_of(version)
            if python is None:
                raise PackagingError(f"the requirement {text!r} must name a Python such as python=={this_python()}")
    return Stated(found, python)


def this_python() -> str:
    """The Python that runs this, as an environment is asked for it."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def python_of(text: str) -> Optional[str]:
    """The major and minor version of a Python; None where the text is no version."""
    match = _PYTHON.fullmatch(text.strip())
    return match.group(1) if match else None


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        raise PackagingError(f"the requirement {name!r} is not installed here; name its version: {name}==…") from None


def requires(packages: Mapping[str, str], python: Optional[str] = None) -> Dict[str, Any]:
    """What an environment must have.

    Raises:
        PackagingError: It is more than an artifact may name.
    """
    if len(packages) > _MAX_PACKAGES:
        raise PackagingError(f"the model needs {len(packages)} packages; name the {_MAX_PACKAGES} that matter in requirements=[…]")
    return {"python": python or this_python(), **({"packages": dict(packages)} if packages else {})}
