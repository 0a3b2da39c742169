"""The examples in the docstrings, on a real node."""

from __future__ import annotations

import doctest
import importlib
import pathlib
import pkgutil
from typing import List

import pytest

import orleans_registry
from orleans_registry import Client

MODULES = [f"orleans_registry.{module.name}" for module in pkgutil.iter_modules(orleans_registry.__path__)]


def examples() -> List[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [
        test for name in MODULES for test in finder.find(importlib.import_module(name), extraglobs={}) if test.examples
    ]


EXAMPLES = examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_C3_the_examples_of_the_docstrings_run(
    example: doctest.DocTest, registry: Client, serving_url: str, tmp_path: pathlib.Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.py").write_text("class Model:\n    def predict(self, inputs): return [sum(row) for row in inputs]\n")
    example.globs.update(registry=registry, serving_url=serving_url, model_folder=folder)
    said: List[str] = []
    failed, _ = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert failed == 0, "".join(said)


def test_C3_there_are_examples() -> None:
    assert len(EXAMPLES) >= 10
