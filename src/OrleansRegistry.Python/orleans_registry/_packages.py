"""Packages: the files that are made of a model, and what they need (rule F10)."""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Set, Union

from . import _needs, _pickles
from ._errors import PackagingError, TimedOut
from ._files import OF_MLFLOW, File, PathLike, digest_of, format_of, walk
from ._mlmodel import read_mlmodel
from ._transport import to_json

Requirements = Union[PathLike, Iterable[str]]

_FORMATS = ("auto", "onnx", "python", "python-pickle")
_WHAT = {
    "auto": "model.py, model.onnx, model.joblib, model.pkl or MLmodel",
    "onnx": "model.onnx",
    "python": "model.py",
    "python-pickle": "model.joblib or model.pkl",
}
_SERVABLE = (
    "an object with predict, a class with predict, a function, a model of ONNX, the path of an .onnx file, or of a folder"
    " with model.py, model.onnx or MLmodel"
)
_OF_FUNCTION = '''class Model:
    """Calls the function that was deployed."""

    def predict(self, inputs):
        return served(inputs)
'''
_OF_PICKLE = '''import os
import pickle

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "served.pkl"), "rb") as file:
    served = pickle.load(file)
'''
_OF_PYFUNC = '''import os

import mlflow.pyfunc


class Model:
    """Calls a model of MLflow."""

    def load(self):
        self._model = mlflow.pyfunc.load_model(os.path.dirname(os.path.abspath(__file__)))

    def predict(self, inputs):
        if isinstance(inputs, list) and inputs and isinstance(inputs[0], dict):
            import pandas

            inputs = pandas.DataFrame(inputs)
        elif isinstance(inputs, list):
            import numpy

            inputs = numpy.asarray(inputs)
        answer = self._model.predict(inputs)
        return answer.to_dict("records") if hasattr(answer, "to_dict") else answer
'''
# As the registry's serve.py does it, in a process that has nothing but the package.
_TRY = """import json, os, pickle, sys
kind = sys.argv[1]
if kind == "python":
    import model
    served = model.Model()
    getattr(served, "load", lambda: None)()
elif os.path.exists("model.joblib"):
    import joblib
    served = joblib.load("model.joblib")
else:
    with open("model.pkl", "rb") as file:
        served = pickle.load(file)
body = json.load(sys.stdin)
inputs = body.get("instances", body.get("inputs"))
columns = getattr(served, "feature_names_in_", None)
if kind == "python-pickle" and isinstance(inputs, list):
    try:
        if columns is None:
            raise ImportError
        import pandas
        inputs = pandas.DataFrame(inputs, columns=list(columns))
    except ImportError:
        try:
            import numpy
            inputs = numpy.asarray(inputs)
        except ImportError:
            pass
answer = served.predict(inputs)
def plain(value):
    if not hasattr(value, "tolist"):
        raise TypeError(f"a prediction has a {type(value).__name__}, which JSON can't hold")
    return value.tolist()
if not hasattr(answer, "__next__"):
    json.dumps(answer, allow_nan=False, default=plain)
"""


class Package(NamedTuple):
    """The files of a model, ready to be uploaded."""

    format: str
    files: List[File]
    requires: Optional[Dict[str, Any]]

    @property
    def digest(self) -> str:
        """The digest that the registry will give it."""
        return digest_of(self.files, self.format, self.requires)


@contextlib.contextmanager
def packaged(
    model: Any,
    *,
    format: str,
    requirements: Optional[Requirements],
    example_input: Any,
    env: Optional[Mapping[str, str]] = None,
    limit: Callable[[], Optional[float]] = lambda: None,
) -> Iterator[Package]:
    """Makes the files of a model, which are there until the end of the block.

    Args:
        limit: Says how many seconds are left; None for any number.

    Raises:
        PackagingError: They can't be made, or the model fails with the example.
        TimedOut: The time is up.
    """
    if format not in _FORMATS:
        raise ValueError(f"format is {format!r}, and must be one of {', '.join(_FORMATS)}")
    with tempfile.TemporaryDirectory(prefix="orleans-registry-") as work:
        maker = _Maker(work, format, example_input)
        maker.make(model)
        requires = maker.requires(requirements)
        if example_input is not None and maker.format != "onnx":
            _try(maker, example_input, env or {}, limit)
        limit()
        yield Package(maker.format, [File(source, path) for path, source in sorted(maker.files.items())], requires)


class _Maker:
    def __init__(self, work: str, wanted: str, example_input: Any) -> None:
        self._work = work
        self._wanted = wanted
        self._example = example_input
        self._needs = _needs.Needs()
        self._python: Optional[str] = None
        self._listed: Optional[str] = None  # the folder's requirements.txt
        self._left_out = ""  # a package in it that isn't needed
        self.format = ""
        self.files: Dict[str, str] = {}

    def make(self, model: Any) -> None:
        if isinstance(model, (str, os.PathLike)):
            self._path(os.fspath(model))
        elif _is_onnx(model):
            self._become("onnx")
            self._write("model.onnx", _bytes_of(model))
        elif isinstance(model, type) or _is_function(model):
            self._become("python")
            self._code(model)
        elif not self._is_converted(model):
            self._pickle(model)

    def requires(self, requirements: Optional[Requirements]) -> Optional[Dict[str, Any]]:
        if self.format == "onnx":
            if requirements is not None:
                raise PackagingError("a model of ONNX requires nothing; leave requirements out")
            return None
        stated = None if requirements is None else _needs.required(requirements)
        if stated is None or (stated.python is not None and not stated.packages):
            # Who names a Python alone says nothing of packages.
            found = self._found()
            stated = found if stated is None else found._replace(python=stated.python)
        if self._needs.is_by_value and stated.python not in (None, _needs.this_python()):
            raise PackagingError(
                f"code of the program itself runs with Python {_needs.this_python()} only, and not with"
                f" {stated.python}; move it into a module, a .py file beside the program"
            )
        return _needs.requires(stated.packages, stated.python)

    def _found(self) -> _needs.Stated:
        """What the folder says, else what the model uses."""
        if self._listed is None:
            return _needs.Stated(_needs.installed(self._needs), self._python)
        listed = _needs.required(self._listed, self._left_out)
        return listed if listed.python is not None else listed._replace(python=self._python)

    def _become(self, format: str) -> None:
        if self._wanted not in ("auto", format):
            raise PackagingError(f"format is {self._wanted!r}, but this model is packaged as {format!r}")
        self.format = format

    def _write(self, path: str, content: bytes) -> None:
        source = os.path.join(self._work, path.replace("/", "_"))
        with open(source, "wb") as file:
            file.write(content)
        self.files[path] = source

    def _add_own(self) -> None:
        """Adds the modules of the user's own that are needed."""
        own = _needs.own_files(self._needs)
        if "model.py" in own and "model.py" in self.files:
            raise PackagingError("your module model has the name that the package's own has; rename it, or its class to Model")
        self.files.update(own)

    # Paths

    def _path(self, path: str) -> None:
        if not os.path.exists(path):
            raise PackagingError(f"there is no file or folder {path!r}")
        if not os.path.isdir(path):
            if not path.endswith(".onnx"):
                raise PackagingError(f"{path!r} is no .onnx file; pass the model itself, or a folder")
            self._become("onnx")
            self.files["model.onnx"] = path
            return
        self.files = {name: source for source, name in walk(path)}
        self._python = _python_of_folder(self.files)
        if OF_MLFLOW in self.files:
            self._mlmodel(path)
            return
        self.format = format_of(self.files, self._wanted) or ""
        if not self.format:
            raise PackagingError(f"the folder {path!r} has no {_WHAT[self._wanted]}")
        if self.format != "onnx":
            self._folder_needs()

    def _folder_needs(self) -> None:
        """What is in requirements.txt, else what the folder's modules import."""
        self._listed = self.files.get("requirements.txt")
        if self._listed is not None:
            return
        own = {name: source for name, source in self.files.items() if name.endswith(".py")}
        for name, source in own.items():
            with open(source, "rb") as file:
                self._needs.see_source(file.read(), name)
        self._needs.modules -= {name.partition("/")[0].partition(".")[0] for name in own}

    def _mlmodel(self, path: str) -> None:
        model = read_mlmodel(self.files[OF_MLFLOW])
        self._python = model.python or self._python
        self._listed = self.files.get("requirements.txt")
        self._left_out = "mlflow" if model.flavour == "sklearn" else ""
        if model.flavour == "python_function":
            self._become("python")
            self._write("model.py", _OF_PYFUNC.encode())
            return
        self._become("onnx" if model.flavour == "onnx" else "python-pickle")
        if model.file not in self.files:
            raise PackagingError(f"MLmodel in {path!r} names {model.file!r}, which is not there")
        self.files["model.onnx" if model.flavour == "onnx" else "model.pkl"] = self.files.pop(model.file)
        if model.code:
            # MLflow puts this folder on the path of modules; here that is the root.
            prefix = model.code.rstrip("/") + "/"
            for name in [name for name in self.files if name.startswith(prefix)]:
                self.files[name[len(prefix) :]] = self.files.pop(name)

    # Objects

    def _code(self, value: Any) -> None:
        """A class or a function: model.py leads to it."""
        if isinstance(value, type) and not callable(getattr(value, "predict", None)):
            raise PackagingError(f"the class {value.__qualname__} has no method predict")
        is_package_s = False
        if _pickles.is_importable(value):
            name, module = value.__qualname__, value.__module__
            self._needs.see(value)
            lead = f"from {module} import {name.partition('.')[0]}\n\nserved = {name}\n"
            is_package_s = (module, name) == ("model", "Model")
        else:
            stem = os.path.join(self._work, "served")
            self.files["served.pkl"], self._needs = _pickles.save(value, stem, may_use_joblib=False)
            lead = _OF_PICKLE
        if not is_package_s:
            rest = "Model = served\n" if isinstance(value, type) else f"\n\n{_OF_FUNCTION}"
            self._write("model.py", (lead + rest).encode())
        self._add_own()

    def _pickle(self, model: Any) -> None:
        if not callable(getattr(model, "predict", None)):
            raise PackagingError(f"an object of type {type(model).__name__} has no predict; deploy takes {_SERVABLE}")
        self._become("python-pickle")
        source, self._needs = _pickles.save(model, os.path.join(self._work, "model"), may_use_joblib=True)
        if self._needs.has_columns and hasattr(model, "feature_names_in_"):
            self._needs.modules.add("pandas")
        self.files[os.path.basename(source)] = source
        self._add_own()

    def _is_converted(self, model: Any) -> bool:
        """Makes ONNX of it, where something here can (no code of others runs then)."""
        if self._wanted not in ("auto", "onnx"):
            return False
        if not _is_torch(model) and not ("sklearn" in _roots(model) and _needs.has_module("skl2onnx")):
            reason = "nothing here converts it: install skl2onnx, or torch for its own models"
        else:
            try:
                self._convert(model)
                self.format = "onnx"
                return True
            except Exception as error:  # a converter's own, of any kind
                reason = getattr(error, "detail", "") or str(error) or type(error).__name__
                logging.getLogger("orleans_registry").info("the model can't become ONNX: %s", reason)
        if self._wanted == "onnx" or (_is_torch(model) and not callable(getattr(model, "predict", None))):
            raise PackagingError(f"an object of type {type(model).__name__} can't become ONNX: {reason}")
        return False

    def _convert(self, model: Any) -> None:
        if not _is_torch(model):
            self._write("model.onnx", _bytes_of(_from_sklearn(model, self._example)))
            return
        if self._example is None:
            raise PackagingError(
                "torch calls a model to export it: pass example_input, an input of the shape that it takes"
            )
        folder = os.path.join(self._work, "exported")
        os.mkdir(folder)
        _from_torch(model, self._example, folder)
        self.files = {name: source for source, name in walk(folder)}


def _python_of_folder(files: Mapping[str, str]) -> Optional[str]:
    """What .python-version says, as pyenv and uv write it; None for nothing, and for another kind of Python."""
    source = files.get(".python-version")
    if source is None:
        return None
    with open(source, encoding="utf-8", errors="replace") as file:
        return _needs.python_of(file.readline())


def _is_function(value: Any) -> bool:
    is_named = hasattr(value, "__qualname__") or isinstance(value, functools.partial)
    return is_named and callable(value) and not hasattr(value, "predict")


def _is_onnx(value: Any) -> bool:
    return type(value).__name__ == "ModelProto" and hasattr(value, "SerializeToString")


def _bytes_of(model: Any) -> bytes:
    if any(tensor.data_location == 1 for tensor in model.graph.initializer):
        raise PackagingError("the model has data in other files; save it into a folder as model.onnx, and pass the folder")
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _is_torch(model: Any) -> bool:
    return "torch" in _roots(model) and hasattr(model, "forward")


def _roots(model: Any) -> Set[str]:
    return {kind.__module__.partition(".")[0] for kind in type(model).__mro__}


def _from_sklearn(model: Any, example: Any) -> Any:
    """The converter's model, with the one output that predict has, in the shape that it has there."""
    numpy = importlib.import_module("numpy")
    rows = numpy.zeros((1, model.n_features_in_)) if example is None else numpy.asarray(_rows(example))
    options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
    made = importlib.import_module("skl2onnx").to_onnx(model, rows[:1].astype(numpy.float32), options=options)
    if not callable(getattr(model, "predict", None)):
        return made
    # Behind the answer of a classifier come the probabilities, which predict doesn't say.
    del made.graph.output[1:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of arrays without the names of columns
        answer = numpy.asarray(model.predict(rows[:1]))
    if answer.ndim == 1 and len(made.graph.output[0].type.tensor_type.shape.dim) != 1:
        _flatten(made)
    return made


def _flatten(made: Any) -> None:
    """Lets the output be a list of values, where it is a list of rows of one value."""
    helper = importlib.import_module("onnx.helper")
    graph = made.graph
    last = graph.output.pop(0)
    kind = last.type.tensor_type.elem_type
    graph.initializer.append(helper.make_tensor("served_shape", 7, [1], [-1]))  # 7: of whole numbers
    graph.node.append(helper.make_node("Reshape", [last.name, "served_shape"], ["served"]))
    graph.output.append(helper.make_tensor_value_info("served", kind, [None]))
    if not any(opset.domain in ("", "ai.onnx") for opset in made.opset_import):
        made.opset_import.append(helper.make_opsetid("", 13))


def _from_torch(model: Any, example: Any, folder: str) -> None:
    """Writes the model into a folder; a large one with its data in other files."""
    torch = importlib.import_module("torch")
    rows = _rows(example)
    rows = rows if hasattr(rows, "dim") else torch.as_tensor(rows)
    axes = {"input": {0: "batch"}, "output": {0: "batch"}}
    path = os.path.join(folder, "model.onnx")
    torch.onnx.export(model, (rows,), path, input_names=["input"], output_names=["output"], dynamic_axes=axes)


def _body(example: Any) -> Dict[str, Any]:
    """The body of a call: the example itself, if it is one."""
    if isinstance(example, dict):
        return example if set(example) in ({"instances"}, {"inputs"}) else {"inputs": example}
    return {"instances": example}


def _rows(example: Any) -> Any:
    return _body(example).get("instances", example) if isinstance(example, dict) else example


def _link(source: str, target: str) -> None:
    try:
        os.symlink(source, target)
    except OSError:  # not everybody may make links on Windows
        shutil.copyfile(source, target)


def _try(maker: _Maker, example: Any, env: Mapping[str, str], limit: Callable[[], Optional[float]]) -> None:
    """Loads the package in a process of its own, and calls it once."""
    body = to_json(_body(example))
    with tempfile.TemporaryDirectory(prefix="orleans-registry-") as folder:
        for path, source in maker.files.items():
            target = os.path.join(folder, *path.split("/"))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            _link(os.path.abspath(source), target)
        environment = {**{name: value for name, value in os.environ.items() if name != "PYTHONPATH"}, **env}
        command = [sys.executable, "-B", "-c", _TRY, maker.format]
        try:
            done = subprocess.run(
                command, cwd=folder, env=environment, input=body, capture_output=True, timeout=limit()
            )
        except subprocess.TimeoutExpired:
            raise TimedOut("the packaged model did not answer the example within total_timeout") from None
    if done.returncode != 0:
        log = done.stderr.decode("utf-8", "replace").strip()
        raise PackagingError(f"the packaged model fails with the example: {log.splitlines()[-1] if log else done.returncode}\n{log}")
