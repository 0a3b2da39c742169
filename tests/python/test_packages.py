"""What is made of a model: files, a format and what it needs (rules F10 and C7). Needs nothing but Python."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import pathlib
import subprocess
import sys
import textwrap
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest

from orleans_registry import PackagingError
from orleans_registry._mlmodel import read_mlmodel
from orleans_registry._needs import required
from orleans_registry._packages import Package, packaged

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"




def pack(model: Any, **options: Any) -> contextlib.AbstractContextManager[Package]:
    """Packages as deploy does when nothing is said."""
    given: Dict[str, Any] = {"format": "auto", "requirements": None, "example_input": None, **options}
    return packaged(model, **given)


def paths(package: Package) -> List[str]:
    return [file.path for file in package.files]


def content(package: Package, path: str) -> str:
    (source,) = (file.source for file in package.files if file.path == path)
    return pathlib.Path(source).read_text("utf-8")


@pytest.fixture
def project(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    """A folder of a user's own modules, on the path of modules."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(folder: pathlib.Path, files: Dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(textwrap.dedent(text), "utf-8")


OWN = {
    "doubling.py": """
        import helpers.sums

        class Doubler:
            def predict(self, inputs):
                return [helpers.sums.double(x) for x in inputs]

        class Outer:
            class Model:
                def predict(self, inputs):
                    return inputs

        def double(inputs):
            return [helpers.sums.double(x) for x in inputs]
        """,
    "helpers/__init__.py": "",
    "helpers/sums.py": "import json\nfrom . import more\ndef double(x):\n    return more.twice(x)\n",
    "helpers/more.py": "def twice(x):\n    return 2 * x\n",
    "helpers/.env": "SECRET=1",
    "helpers/key.pem": "secret",
}


def test_F10_an_object_brings_the_modules_of_its_own(project: pathlib.Path) -> None:
    write(project, OWN)
    doubling = importlib.import_module("doubling")
    with pack(doubling.Doubler(), example_input=[1, 2]) as package:
        assert package.format == "python-pickle" and package.requires == {"python": PYTHON}
        assert paths(package) == [
            "doubling.py", "helpers/__init__.py", "helpers/more.py", "helpers/sums.py", "model.pkl",
        ]


def test_C7_a_module_of_its_own_brings_no_data_and_nothing_that_is_left_out(project: pathlib.Path) -> None:
    write(project, {
        "reading.py": """
            import config
            import tables.names
            class Reader:
                def predict(self, inputs):
                    return [tables.names.NAMES for _ in inputs]
            """,
        "config.py": "KEY = 'secret'\n",
        "tables/names.py": "NAMES = 1\n",
        "tables/raw.csv": "1,2",
        ".orkignore": "config.py\n",
    })
    with pack(importlib.import_module("reading").Reader()) as package:
        assert paths(package) == ["model.pkl", "reading.py", "tables/names.py"]


def test_C6_the_example_runs_with_the_variables_of_the_version(project: pathlib.Path) -> None:
    write(project, {"moody.py": """
        import os
        class Moody:
            def predict(self, inputs):
                return [os.environ["ORKMODE"] for _ in inputs]
        """})
    moody = importlib.import_module("moody").Moody()
    with pytest.raises(PackagingError, match="ORKMODE"), pack(moody, example_input=[1]):
        pass
    with pack(moody, example_input=[1], env={"ORKMODE": "fast"}) as package:
        assert "moody.py" in paths(package)


def test_F10_a_list_that_can_not_be_read_is_said(project: pathlib.Path) -> None:
    (project / "requirements.txt").write_bytes("numpy\n".encode("utf-16"))
    write(project, OWN)
    doubling = importlib.import_module("doubling")
    for path in ("requirements.txt", "nowhere.txt"):
        with pytest.raises(PackagingError, match="UTF-8, or a list"), pack(doubling.Doubler(), requirements=path):
            pass


def test_F10_a_folder_that_lists_its_requirements_may_have_files_that_are_no_python(project: pathlib.Path) -> None:
    write(project, {"model.py": "class Model: ...\n", "old.py": "print 1\n", "requirements.txt": "numpy==1.0\n"})
    with pack(project) as package:
        assert package.requires == {"python": PYTHON, "packages": {"numpy": "1.0"}}


@pytest.mark.parametrize("name, lead", [("Doubler", "served = Doubler"), ("double", "served = double")])
def test_F10_a_class_and_a_function_become_model_py(project: pathlib.Path, name: str, lead: str) -> None:
    write(project, OWN)
    doubling = importlib.import_module("doubling")
    with pack(getattr(doubling, name), example_input=[1, 2]) as package:
        assert package.format == "python"
        assert "model.py" in paths(package) and "doubling.py" in paths(package)
        assert lead in content(package, "model.py")


def test_F10_a_method_and_a_partial_function_are_functions(project: pathlib.Path) -> None:
    write(project, OWN)
    doubling = importlib.import_module("doubling")
    for function in (doubling.Doubler().predict, functools.partial(doubling.double)):
        with pack(function, example_input=[1, 2]) as package:
            assert package.format == "python" and package.requires == {"python": PYTHON}
            assert {"doubling.py", "model.py", "served.pkl"} < set(paths(package))


def test_F10_a_class_within_a_class_is_found_by_its_whole_name(project: pathlib.Path) -> None:
    write(project, OWN)
    doubling = importlib.import_module("doubling")
    with pack(doubling.Outer.Model, example_input={"a": 1}) as package:
        assert "served = Outer.Model\nModel = served" in content(package, "model.py")


def test_F10_class_model_of_a_module_model_is_taken_as_it_is(project: pathlib.Path) -> None:
    write(project, {"model.py": "class Model:\n    def predict(self, inputs):\n        return inputs\nclass Other(Model): ...\n"})
    model = importlib.import_module("model")
    with pack(model.Model, example_input=[1]) as package:
        assert paths(package) == ["model.py"] and content(package, "model.py").startswith("class Model")
    with pytest.raises(PackagingError, match="rename"), pack(model.Other):
        pass


def test_F10_a_pickle_may_need_a_module_model_and_generated_code_may_not(project: pathlib.Path) -> None:
    write(project, {
        "model.py": "class Net:\n    def predict(self, inputs):\n        return [1]\n",
        "using.py": "import model\ndef use(inputs):\n    return model.Net().predict(inputs)\n",
    })
    with pack(importlib.import_module("model").Net(), example_input=[2]) as package:
        assert paths(package) == ["model.pkl", "model.py"]
    with pytest.raises(PackagingError, match="rename"), pack(importlib.import_module("using").use):
        pass


def test_F10_the_same_object_has_the_same_digest_and_another_one_another(project: pathlib.Path) -> None:
    write(project, OWN)
    doubling = importlib.import_module("doubling")

    def digest(model: Any) -> str:
        with pack(model) as package:
            return package.digest

    model = doubling.Doubler()
    assert digest(model) == digest(model) == digest(doubling.Doubler())
    model.factor = 3
    assert digest(model) != digest(doubling.Doubler())


def test_F10_what_only_the_program_has_needs_cloudpickle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)  # type: ignore[misc]

    class Local:
        def predict(self, inputs: Any) -> Any:
            return inputs

    for model in (Local(), Local, lambda inputs: inputs):
        with pytest.raises(PackagingError, match="a .py file beside the program.*or install cloudpickle"), pack(model):
            pass


@pytest.mark.parametrize("model", [3, None, object(), [1], "nowhere", pathlib.Path("nowhere.onnx"), __file__, type("X", (), {})])
def test_F10_what_is_no_model_is_said(model: Any) -> None:
    with pytest.raises(PackagingError, match="predict|there is no file|is no .onnx file"), pack(model):
        pass


def test_F10_an_object_that_can_t_be_pickled_says_why(project: pathlib.Path) -> None:
    write(project, {"locked.py": "import threading\nclass Locked:\n    def __init__(self): self.lock = threading.Lock()\n"
                                 "    def predict(self, inputs): return inputs\n"})
    locked = importlib.import_module("locked")
    with pytest.raises(PackagingError, match="lock"), pack(locked.Locked()):
        pass


@pytest.mark.parametrize(
    "example, said",
    [([1, 2], "ValueError: two is too many"), ([[1]], "TypeError: a prediction has a set"), ({"a": 1}, "AttributeError")],
)
def test_F10_an_example_is_tried_before_anything_is_sent(project: pathlib.Path, example: Any, said: str) -> None:
    write(project, {"picky.py": """
        class Picky:
            def predict(self, inputs):
                if isinstance(inputs, dict):
                    return inputs.nothing
                if len(inputs) == 2:
                    raise ValueError("two is too many")
                return {1}
        """})
    picky = importlib.import_module("picky")
    with pytest.raises(PackagingError, match=said) as caught, pack(picky.Picky, example_input=example):
        pass
    assert "Traceback" in caught.value.detail


@pytest.fixture
def installed(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package whose module has another name."""
    write(tmp_path / "site-packages", {
        "flowers/__init__.py": "",
        "Wild_Flowers-1.5.dist-info/METADATA": "Metadata-Version: 2.1\nName: Wild.Flowers\nVersion: 1.5\n",
        "Wild_Flowers-1.5.dist-info/RECORD": "flowers/__init__.py,,\n",
    })
    monkeypatch.syspath_prepend(str(tmp_path / "site-packages"))


def folder_with(tmp_path: pathlib.Path, files: Dict[str, str]) -> pathlib.Path:
    folder = tmp_path / "folder"
    write(folder, files)
    return folder


MODEL_PY = "import flowers, json, below\nclass Model:\n    def load(self): self.y = 1\n    def predict(self, inputs): return [self.y]\n"


def test_F10_a_folder_is_taken_as_it_is(tmp_path: pathlib.Path, installed: None) -> None:
    folder = folder_with(tmp_path, {
        "model.py": MODEL_PY, "below.py": "", "data/weights.csv": "1", ".env": "S", ".git/config": "", "notes.txt": "",
        "__pycache__/model.cpython-311.pyc": "", "flowers.csv": "", ".orkignore": "*.txt\n",
    })
    with pack(folder) as package:
        assert package.format == "python" and paths(package) == ["below.py", "data/weights.csv", "flowers.csv", "model.py"]
        assert package.requires == {"python": PYTHON, "packages": {"wild-flowers": "1.5"}}


def test_F10_the_requirements_of_a_folder_come_first(tmp_path: pathlib.Path, installed: None) -> None:
    folder = folder_with(tmp_path, {"model.py": MODEL_PY, "requirements.txt": "# ours\nScikit_Learn==1.2.1  # pinned\nwild-flowers\n"})
    needs = {"scikit-learn": "1.2.1", "wild-flowers": "1.5"}
    with pack(str(folder)) as package:
        assert package.requires == {"python": PYTHON, "packages": needs}
    with pack(folder, requirements=["numpy[extra]==1.24.2 ; python_version > '3'"]) as package:
        assert package.requires == {"python": PYTHON, "packages": {"numpy": "1.24.2"}}
    with pack(folder, requirements=[]) as package:
        assert package.requires == {"python": PYTHON}


@pytest.mark.parametrize("line", ["numpy>=1.2", "numpy==1.*", "-r other.txt", "git+https://x/y", "not-installed-anywhere", "python==three"])
def test_F10_a_requirement_without_one_version_is_refused(line: str) -> None:
    with pytest.raises(PackagingError, match="requirement"):
        required([line])


@pytest.mark.parametrize("line", ["python==3.11", "Python == 3.11.7", "python==3.11 ; sys_platform == 'linux'"])
def test_F10_the_requirements_may_name_a_python(tmp_path: pathlib.Path, line: str) -> None:
    """Alone it leaves the packages as they are found: what they lack is said next."""
    folder = folder_with(tmp_path, {"model.py": MODEL_PY, "requirements.txt": "numpy==1.0\n"})
    with pack(folder, requirements=[line]) as package:
        assert package.requires == {"python": "3.11", "packages": {"numpy": "1.0"}}
    with pack(folder, requirements=[line, "scipy==1.1"]) as package:
        assert package.requires == {"python": "3.11", "packages": {"scipy": "1.1"}}
    (folder / "requirements.txt").write_text(f"{line}\nnumpy==1.0\n")
    with pack(folder) as package:
        assert package.requires == {"python": "3.11", "packages": {"numpy": "1.0"}}


def test_F10_the_python_of_a_folder_is_the_first_that_is_said(tmp_path: pathlib.Path) -> None:
    folder = folder_with(tmp_path, {"model.py": "class Model: ...\n", ".python-version": "3.12.4\n"})
    with pack(folder) as package:
        assert package.requires == {"python": "3.12"}
    (folder / "requirements.txt").write_text("python==3.10\n")
    with pack(folder) as package:
        assert package.requires == {"python": "3.10"}
    with pack(folder, requirements=["python"]) as package:
        assert package.requires == {"python": PYTHON}
    (folder / "requirements.txt").write_text("")
    (folder / ".python-version").write_text("pypy3.10-7.3\n")
    with pack(folder) as package:
        assert package.requires == {"python": PYTHON}


def test_F10_code_by_value_runs_with_no_other_python() -> None:
    factor = 3
    with pack(lambda inputs: [factor * x for x in inputs], requirements=["python"]) as package:
        assert package.requires is not None and package.requires["python"] == PYTHON
    with pytest.raises(PackagingError, match="with Python .* only, and not with 2.7"), pack(
        lambda inputs: [factor * x for x in inputs], requirements=["python==2.7"]
    ):
        pass


def test_F10_an_onnx_file_requires_nothing(tmp_path: pathlib.Path) -> None:
    (tmp_path / "iris.onnx").write_bytes(b"x")
    with pack(tmp_path / "iris.onnx", example_input=[1]) as package:
        assert (package.format, paths(package), package.requires) == ("onnx", ["model.onnx"], None)
    wrong: List[Dict[str, Any]] = [{"format": "python"}, {"requirements": ["numpy==1"]}]
    for options in wrong:
        with pytest.raises(PackagingError), pack(tmp_path / "iris.onnx", **options):
            pass
    with pytest.raises(ValueError, match="must be one of"), pack(tmp_path / "iris.onnx", format="zip"):
        pass


@pytest.mark.parametrize("names, format", [
    (["model.py", "model.onnx", "model.pkl"], "python"),
    (["model.onnx", "model.joblib"], "onnx"),
    (["model.joblib", "model.pkl"], "python-pickle"),
    (["MLmodel", "model.py"], "onnx"),
])
def test_C11_a_folder_has_one_format(tmp_path: pathlib.Path, names: List[str], format: str) -> None:
    folder = folder_with(tmp_path, {name: "" for name in names})
    if "MLmodel" in names:
        write(folder, {"MLmodel": MLMODEL.format(more=ONNX), "net.onnx": ""})
    with pack(folder) as package:
        assert package.format == format


def test_C11_a_format_that_is_asked_for_must_be_there(tmp_path: pathlib.Path) -> None:
    folder = folder_with(tmp_path, {"model.py": MODEL_PY, "model.onnx": ""})
    with pack(folder, format="onnx") as package:
        assert (package.format, package.requires) == ("onnx", None)
    with pytest.raises(PackagingError, match="has no model.joblib or model.pkl"), pack(folder, format="python-pickle"):
        pass


def test_F10_a_folder_without_a_model_is_said(tmp_path: pathlib.Path) -> None:
    with pytest.raises(PackagingError, match="MLmodel"), pack(folder_with(tmp_path, {"notes.txt": ""})):
        pass
    with pytest.raises(PackagingError, match="can't be read as Python"), pack(folder_with(tmp_path, {"model.py": "class"})):
        pass


MLMODEL = """
artifact_path: model
flavors:
  python_function:
    env:
      conda: conda.yaml
    loader_module: mlflow.sklearn
    model_path: model.pkl
    python_version: 3.10.4
{more}
mlflow_version: 2.9.2
signature:
  inputs: '[{{"type": "double"}}]'
"""
SKLEARN = "  sklearn:\n    code: code\n    pickled_model: model.pkl\n    serialization_format: pickle\n"
ONNX = "  onnx:\n    code: null\n    data: net.onnx\n    onnx_version: '1.14'\n"


@pytest.mark.parametrize(
    "more, format, files, requires",
    [
        (SKLEARN, "python-pickle", {"model.pkl": "", "code/own.py": "", "requirements.txt": "mlflow<3,>=2.9\nscikit-learn==1.2.1\n"},
         {"python": "3.10", "packages": {"scikit-learn": "1.2.1"}}),
        (ONNX + SKLEARN, "onnx", {"net.onnx": "", "net.onnx.data": "", "requirements.txt": "onnx==1\n"}, None),
        ("", "python", {"python_model.pkl": "", "requirements.txt": "mlflow==2.9.2\n"},
         {"python": "3.10", "packages": {"mlflow": "2.9.2"}}),
    ],
)
def test_F10_a_folder_of_mlflow_becomes_one_of_the_formats(
    tmp_path: pathlib.Path, more: str, format: str, files: Dict[str, str], requires: Optional[Dict[str, Any]]
) -> None:
    folder = folder_with(tmp_path, {"MLmodel": MLMODEL.format(more=more), **files})
    with pack(folder) as package:
        assert (package.format, package.requires) == (format, requires)
        root = {"python-pickle": "model.pkl", "onnx": "model.onnx", "python": "model.py"}[format]
        assert root in paths(package) and ("code/own.py" in files) == ("own.py" in paths(package))


def test_F10_a_folder_of_mlflow_that_can_t_be_served_is_said(tmp_path: pathlib.Path) -> None:
    for text, said in [("flavors:\n  spark:\n    a: b\n", "spark"), ("x: y\n", "no flavors"), (MLMODEL.format(more=ONNX), "net.onnx")]:
        with pytest.raises(PackagingError, match=said), pack(folder_with(tmp_path, {"MLmodel": text})):
            pass


def test_F10_a_model_of_pyfunc_is_called_by_mlflow(tmp_path: pathlib.Path) -> None:
    folder = folder_with(tmp_path, {
        "MLmodel": MLMODEL.format(more=""),
        # MLflow's own loader, as far as model.py uses it.
        "mlflow/__init__.py": "",
        "mlflow/pyfunc.py": "import os\nclass Loaded:\n    def predict(self, inputs): return {'sum': sum(inputs['x'])}\n"
                            "def load_model(path):\n    assert os.path.exists(os.path.join(path, 'MLmodel'))\n    return Loaded()\n",
    })
    with pack(folder, example_input={"x": [1, 2]}) as package:
        assert package.format == "python"
    assert read_mlmodel(str(folder / "MLmodel")).python == "3.10"


def test_F10_a_notebook_s_code_is_the_program_s(tmp_path: pathlib.Path) -> None:
    """In a program of its own, since __main__ is pytest's here."""
    (tmp_path / "beside.py").write_text("def add(x):\n    return x + 1\n")
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent("""
        import json, sys
        import beside
        from orleans_registry import PackagingError
        from orleans_registry._packages import packaged
        class Mine:
            def predict(self, inputs):
                import sqlite3
                return [beside.add(x) for x in inputs]
        try:
            with packaged(Mine, format="auto", requirements=None, example_input=[1]) as package:
                print(json.dumps([package.digest, [file.path for file in package.files], package.requires]))
        except PackagingError as error:
            print(json.dumps(str(error)))
        """))
    said = [json.loads(subprocess.run([sys.executable, str(script)], check=True, capture_output=True, text=True).stdout) for _ in range(2)]
    assert said[0] == said[1]
    if isinstance(said[0], str):
        assert "install cloudpickle" in said[0]
        return
    assert said[0][1] == ["beside.py", "model.py", "served.pkl"] and set(said[0][2]["packages"]) == {"cloudpickle"}
