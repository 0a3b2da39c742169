"""docs/python.md: every command and every snippet of it runs, in the order in which they stand there."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
from typing import List, NamedTuple

import pytest
import servers

from orleans_registry import Client

PAGE = servers.ROOT / "docs/python.md"


class Block(NamedTuple):
    """A block of code of the page."""

    language: str
    code: str


def blocks(page: pathlib.Path = PAGE) -> List[Block]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [Block(language, code) for language, code in found]


def test_C1_the_page_runs_from_its_first_line_to_its_last(
    node: servers.Node, serving_url: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, registry: Client
) -> None:
    for name in ("scripts", "src", "LICENSE"):
        (tmp_path / name).symlink_to(servers.ROOT / name)
    (tmp_path / "data").symlink_to(node.data)
    (tmp_path / "bin").mkdir()
    # The interpreter of the tests, and without what else it knows: the page installs what it needs.
    (tmp_path / "bin/python3").symlink_to(sys.executable)
    monkeypatch.delenv("PYTHONPATH", raising=False)

    script = ["set -euo pipefail", f'export PATH="{tmp_path}/bin:$PATH"']
    programs = 0
    jobs = 0
    for block in blocks():
        assert block.language in ("bash", "python", "yaml"), block
        code = block.code.replace("http://127.0.0.1:5080", node.url)
        code = code.replace("http://127.0.0.1:5090", serving_url.rpartition("/")[0])
        if block.language == "bash":
            script.append(code)
        elif block.language == "yaml":
            # What the job runs, and what it finds in its environment beside the key.
            jobs += 1
            assert {"COMMIT", "ORK_URL"} <= set(re.findall(r"^ +(\w+): ", code, re.MULTILINE))
            script += ["rm -rf job", "export COMMIT=4f1d2ab", *steps_of(code)]
        elif code.startswith("# deploy.py"):
            (tmp_path / "deploy.py").write_text(code)
        else:
            # The snippets go on from each other: each runs behind all before it, in one program.
            programs += 1
            with open(tmp_path / "snippets.py", "a", encoding="utf-8") as file:
                file.write(code)
    first_job = script.index("rm -rf job")
    script.insert(first_job, ".venv/bin/python snippets.py")
    done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert programs >= 7 and jobs == 2
    said = done.stdout.splitlines()
    assert {"versicolor 0.1.0", "versicolor 0.2.0"} <= set(said)
    assert any("fails with the example: TypeError" in line for line in said)
    assert said[-1] == "iris 0.4.0 is the primary" and said.count(said[-1]) == 2
    assert sum(1 for _ in registry.model("iris").versions()) == 4
    registry.model("iris").delete(confirm="iris")


def steps_of(job: str) -> List[str]:
    """The commands of a job of GitHub or GitLab."""
    ran = re.findall(r"^ +- run: (.+)$", job, re.MULTILINE)
    return ran or re.findall(r"^ +- (.+)$", job.partition("  script:\n")[2], re.MULTILINE)


def test_the_first_model_of_the_readme_runs(node: servers.Node, registry: Client) -> None:
    (snippet,) = (block.code for block in blocks(servers.ROOT / "README.md") if block.language == "python")
    environment = {**os.environ, "ORK_URL": node.url, "ORK_API_KEY_FILE": str(node.data / "admin-key")}
    done = subprocess.run([sys.executable, "-c", snippet], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "0.1.0 {'predictions': ['versicolor']}\n1.0.0 True\n"
    registry.model("iris").delete(confirm="iris")
