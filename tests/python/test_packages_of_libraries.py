"""What is made of models of scikit-learn, ONNX and torch (rule F10)."""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import pathlib
import subprocess
import sys
import types
from importlib.metadata import version
from typing import Any, Dict, Iterator, List, cast

import pytest
from test_packages import PYTHON, content, pack, paths

from orleans_registry import Client, PackagingError, errors

numpy = importlib.import_module("numpy")
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


def test_F10_code_by_value_is_the_same_in_each_process(tmp_path: pathlib.Path) -> None:
    """Whatever the order of sets there, and wherever the program is."""
    made = []
    for seed in ("1", "2", "3"):
        folder = tmp_path / seed
        folder.mkdir()
        (folder / "program.py").write_text(
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            "from test_packages import pack\n"
            "def known(inputs):\n"
            "    return [x in {'setosa', 'versicolor', 'virginica', 3, None} for x in inputs]\n"
            "with pack(known, example_input=['setosa', 'rose']) as package:\n"
            "    print(package.digest, *[file.path for file in package.files], *package.requires['packages'])\n"
        )
        done = subprocess.run(
            [sys.executable, folder / "program.py", pathlib.Path(__file__).parent], check=True, capture_output=True, text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        made.append(done.stdout.split())
    assert made[0] == made[1] == made[2] and made[0][1:] == ["model.py", "served.pkl", "cloudpickle"]


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


def as_skl2onnx(model: Any, X: Any, options: Any) -> Any:
    """What skl2onnx makes: a classifier with labels and probabilities, a regressor with rows of one value."""
    helper, kinds = onnx.helper, onnx.TensorProto
    given = [helper.make_tensor_value_info("X", kinds.FLOAT, [None, model.n_features_in_])]
    weights = {"coefficients": model.coef_.ravel().tolist(), "intercepts": numpy.atleast_1d(model.intercept_).tolist()}
    if hasattr(model, "classes_"):
        node = helper.make_node(
            "LinearClassifier", ["X"], ["label", "probabilities"], domain="ai.onnx.ml",
            classlabels_strings=model.classes_.tolist(), post_transform="SOFTMAX", **weights,
        )
        told = [("label", kinds.STRING, [None]), ("probabilities", kinds.FLOAT, [None, len(model.classes_)])]
    else:
        node = helper.make_node("LinearRegressor", ["X"], ["variable"], domain="ai.onnx.ml", targets=1, **weights)
        told = [("variable", kinds.FLOAT, [None, 1])]
    graph = helper.make_graph([node], "made", given, [helper.make_tensor_value_info(*output) for output in told])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("ai.onnx.ml", 1)], ir_version=8)


@pytest.fixture
def skl2onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package skl2onnx, which this machine lacks, for linear models."""
    spec = importlib.machinery.ModuleSpec("skl2onnx", None)
    monkeypatch.setitem(sys.modules, "skl2onnx", cast(types.ModuleType, types.SimpleNamespace(to_onnx=as_skl2onnx, __spec__=spec)))


FLOWERS = [[5.1, 3.5], [7.0, 3.2], [6.3, 3.3], [4.9, 3.0], [6.4, 3.2], [5.8, 2.7]]


@pytest.mark.parametrize("kind, target", [
    ("LogisticRegression", ["setosa", "versicolor", "virginica"] * 2), ("LinearRegression", [0.2, 1.4, 2.5] * 2),
])
def test_F10_a_converted_model_answers_as_the_pickled_one(
    registry: Client, name: str, skl2onnx: None, kind: str, target: List[Any]
) -> None:
    model = getattr(sklearn_linear, kind)().fit(FLOWERS, target)
    try:
        pickled, converted = (
            registry.deploy(model, model_name=name, format=format).predict({"instances": FLOWERS})["predictions"]
            for format in ("python-pickle", "auto")
        )
    finally:
        registry.model(name).delete(confirm=name)
    assert pickled == model.predict(FLOWERS).tolist()
    assert converted == (pickled if kind == "LogisticRegression" else pytest.approx(pickled, rel=1e-5))


def test_F10_an_example_may_be_the_body_of_a_call(model: Any, skl2onnx: None) -> None:
    assert [paths_of(model, example) for example in ([[1.0]], {"instances": [[1.0]]})] == [["model.joblib"]] * 2
    with pytest.raises(PackagingError, match="fails with the example"):
        paths_of(model, {"instances": [["a"]]})


def paths_of(model: Any, example: Any) -> List[str]:
    with pack(model, example_input=example, format="python-pickle") as package:
        return paths(package)


TABLES = """
class DataFrame:
    def __init__(self, rows, columns):
        self.rows = [[row[name] for name in columns] if isinstance(row, dict) else row for row in rows]
        if any(len(row) != len(columns) for row in self.rows):
            raise ValueError("2 columns passed, passed data had another number")
        self.columns = columns
"""
NAMED = """
class ColumnTransformer:
    pass

class Named:
    def __init__(self):
        self.feature_names_in_ = ["width", "length"]
        self.inner = ColumnTransformer()
    def predict(self, table):
        return [f"{table.columns[0]}={row[0]}" for row in table.rows]
"""


def test_F10_a_model_of_named_columns_gets_a_table(
    registry: Client, name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a module pandas beside the model, as far as it is called: this machine lacks pandas."""
    (tmp_path / "pandas.py").write_text(TABLES)
    (tmp_path / "named.py").write_text(NAMED)
    monkeypatch.syspath_prepend(str(tmp_path))
    model = importlib.import_module("named").Named()
    objects = {"instances": [{"length": 3, "width": 1}, {"width": 2, "length": 4, "more": 5}]}
    try:
        version = registry.deploy(model, model_name=name, example_input=objects)
        answer = {"predictions": ["width=1", "width=2"]}
        assert version.predict(objects) == version.predict({"instances": [[1, 3], [2, 4]]}) == answer
        for wrong, said in ([{"width": 1}], "instances\\[0\\] lacks length"), ([[1]], "is no table: 2 columns"):
            with pytest.raises(errors.ModelError, match=said) as caught:
                version.predict({"instances": wrong})
            assert caught.value.status == 400
    finally:
        registry.model(name).delete(confirm=name)
        for module in ("pandas", "named"):
            sys.modules.pop(module, None)


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
        "import pathlib\nfrom test_packages_of_libraries import linear\n"
        "def export(model, arguments, file, input_names, output_names, dynamic_axes):\n"
        "    assert arguments == (('tensor', [[1.0]]),) and dynamic_axes == {'input': {0: 'batch'}, 'output': {0: 'batch'}}\n"
        "    folder = pathlib.Path(file).parent\n"
        "    folder.joinpath('model.onnx').write_bytes(linear(4.0).SerializeToString())\n"
        "    folder.joinpath('weights').write_bytes(b'large')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    network = importlib.import_module("torch").Module()
    try:
        for example in ([[1.0]], {"instances": [[1.0]]}):
            with pack(network, example_input=example) as package:
                assert (package.format, paths(package)) == ("onnx", ["model.onnx", "weights"])
                assert onnx.load(package.files[0].source) == linear(4.0)
        for format in ("auto", "onnx"):
            with pytest.raises(PackagingError, match="pass example_input, an input of the shape"), pack(network, format=format):
                pass
        with pytest.raises(PackagingError, match="can't become ONNX: AssertionError"), pack(network, example_input=[[2.0]]):
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
