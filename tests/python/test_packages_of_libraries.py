"""What is made of models of scikit-learn, ONNX and torch (rule F10)."""

from __future__ import annotations

import importlib
import pathlib
import subprocess
import sys
from importlib.metadata import version
from typing import Any, Dict, Iterator, List

import pytest
from test_packages import PYTHON, content, pack, paths

from orleans_registry import PackagingError

sklearn_linear = importlib.import_module("sklearn.linear_model")
onnx = importlib.import_module("onnx")


def needs(*names: str) -> Dict[str, Any]:
    return {"python": PYTHON, "packages": {name: version(name) for name in sorted(names)}}


@pytest.fixture
def model() -> Any:
    return sklearn_linear.LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])


def test_F10_a_model_of_scikit_learn_becomes_a_file_of_joblib(model: Any) -> None:
    with pack(model, example_input=[[1.0]]) as package:
        assert (package.format, paths(package)) == ("python-pickle", ["model.joblib"])
        assert package.requires == needs("joblib", "numpy", "scikit-learn")
        loaded = importlib.import_module("joblib").load(package.files[0].source)
        assert loaded.predict([[3.0]]).tolist() == [1]


def test_F10_another_program_makes_the_same_bytes() -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests/python')\n"
        "from sklearn.ensemble import RandomForestClassifier\n"
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import FunctionTransformer\n"
        "from test_packages import pack\n"
        "def half(x):\n    return [[value / 2 for value in row] for row in x]\n"
        "forest = RandomForestClassifier(5, random_state=0)\n"
        "for model in forest, make_pipeline(FunctionTransformer(half), forest):\n"
        "    with pack(model.fit([[0.0], [1.0], [2.0]], [0, 1, 1])) as package:\n"
        "        print(package.digest, package.files[0].path)\n"
    )
    root = pathlib.Path(__file__).parents[2]
    said = [subprocess.run([sys.executable, "-c", script], cwd=root, check=True, capture_output=True, text=True).stdout for _ in range(2)]
    assert said[0] == said[1] and [line.split()[1] for line in said[0].splitlines()] == ["model.joblib", "model.pkl"]


def test_F10_what_the_program_adds_to_a_model_is_pickled_by_value(tmp_path: pathlib.Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from sklearn.linear_model import LinearRegression\n"
        "from test_packages import pack\n"
        "class Mine(LinearRegression):\n"
        "    def predict(self, X):\n        import scipy\n        return super().predict(X) + 1\n"
        "with pack(Mine().fit([[0.0], [1.0]], [0, 1]), example_input=[[2.0]]) as package:\n"
        "    print(package.format, *[file.path for file in package.files], *sorted(package.requires['packages']))\n"
    )
    done = subprocess.run([sys.executable, script, pathlib.Path(__file__).parent], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["python-pickle", "model.pkl", "cloudpickle", "numpy", "scikit-learn", "scipy"]


def linear(weight: float) -> Any:
    """A model of ONNX: y = weight * x."""
    helper = onnx.helper
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "w"], ["y"])], "linear",
        [helper.make_tensor_value_info("x", kind, [None, 1])], [helper.make_tensor_value_info("y", kind, [None, 1])],
        [helper.make_tensor("w", kind, [1], [weight])],
    )
    return helper.make_model(graph)


def test_F10_a_model_of_onnx_is_its_bytes() -> None:
    with pack(linear(2.0)) as package:
        assert (package.format, paths(package), package.requires) == ("onnx", ["model.onnx"], None)
        assert onnx.load(package.files[0].source) == linear(2.0)
    outside = linear(2.0)
    outside.graph.initializer[0].data_location = 1
    with pytest.raises(PackagingError, match="pass the folder"), pack(outside):
        pass


@pytest.fixture
def converter(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    """A package skl2onnx, which this machine lacks: with its function, as far as it is called."""
    folder = tmp_path / "converter"
    folder.mkdir()
    (folder / "skl2onnx.py").write_text(
        "from test_packages_of_libraries import linear\n"
        "def to_onnx(model, X, options):\n"
        "    assert X.dtype == 'float32' and X.shape == (1, 1) and options == {id(model): {'zipmap': False}}, (X, options)\n"
        "    if model.C != 1.0: raise RuntimeError('no converter for this one')\n"
        "    return linear(3.0)\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    sys.modules.pop("skl2onnx", None)


def test_F10_a_converter_that_is_there_makes_onnx(model: Any, converter: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    for example in (None, [[1.0], [2.0]]):
        with pack(model, example_input=example) as package:
            assert (package.format, paths(package), package.requires) == ("onnx", ["model.onnx"], None)
    with pack(model, format="python-pickle") as package:
        assert package.format == "python-pickle"
    model.C = 2.0
    with caplog.at_level("INFO", "orleans_registry"), pack(model) as package:
        assert package.format == "python-pickle" and "no converter for this one" in caplog.text
    with pytest.raises(PackagingError, match="no converter for this one"), pack(model, format="onnx"):
        pass


def test_F10_without_a_converter_onnx_is_refused(model: Any) -> None:
    with pytest.raises(PackagingError, match="install skl2onnx"), pack(model, format="onnx"):
        pass


def test_F10_a_model_of_torch_becomes_onnx(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a module torch that has what is called of it: this machine lacks torch."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch/__init__.py").write_text(
        "from . import onnx\nclass Module:\n    def forward(self, x): return x\ndef as_tensor(value): return ('tensor', value)\n"
    )
    (tmp_path / "torch/onnx.py").write_text(
        "from test_packages_of_libraries import linear\n"
        "def export(model, arguments, file, input_names, output_names, dynamic_axes):\n"
        "    assert arguments == (('tensor', [[1.0]]),) and dynamic_axes == {'input': {0: 'batch'}, 'output': {0: 'batch'}}\n"
        "    file.write(linear(4.0).SerializeToString())\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    network = importlib.import_module("torch").Module()
    try:
        with pack(network, example_input=[[1.0]]) as package:
            assert (package.format, paths(package)) == ("onnx", ["model.onnx"])
            assert onnx.load(package.files[0].source) == linear(4.0)
        with pytest.raises(PackagingError, match="needs example_input"), pack(network, format="onnx"):
            pass
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "torch"]:
            del sys.modules[name]


def test_F10_a_pickle_of_a_folder_says_what_it_needs(model: Any, tmp_path: pathlib.Path) -> None:
    importlib.import_module("joblib").dump(model, tmp_path / "model.joblib")
    (tmp_path / "requirements.txt").write_text("scikit-learn\nnumpy==1.2.3\n")
    with pack(tmp_path) as package:
        assert paths(package) == ["model.joblib", "requirements.txt"]
        assert package.requires == {"python": PYTHON, "packages": {"scikit-learn": version("scikit-learn"), "numpy": "1.2.3"}}
        assert "scikit-learn" in content(package, "requirements.txt")


def test_F10_a_function_that_uses_a_library_needs_it(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scaling.py").write_text(
        "import numpy as np\nfrom sklearn.preprocessing import scale\ndef scaled(inputs):\n    return scale(np.array(inputs))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    function = importlib.import_module("scaling").scaled
    examples: List[Any] = [[1.0], [2.0]]
    with pack(function, example_input=examples) as package:
        assert paths(package) == ["model.py", "scaling.py"] and package.requires == needs("numpy", "scikit-learn")
