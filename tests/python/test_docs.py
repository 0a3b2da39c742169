"""docs/python.md: every command and every snippet of it runs, in the order in which they stand there."""

from __future__ import annotations

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


def blocks() -> List[Block]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
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
    for block in blocks():
        assert block.language in ("bash", "python"), block
        code = block.code.replace("http://127.0.0.1:5080", node.url)
        code = code.replace("http://127.0.0.1:5090", serving_url.rpartition("/")[0])
        if block.language == "bash":
            script.append(code)
        elif code.startswith("# deploy.py"):
            (tmp_path / "deploy.py").write_text(code)
        else:
            # The snippets go on from each other: each runs behind all before it, in one program.
            programs += 1
            with open(tmp_path / "snippets.py", "a", encoding="utf-8") as file:
                file.write(code)
    first_job = next(index for index, line in enumerate(script) if "deploy.py" in line)
    script.insert(first_job, ".venv/bin/python snippets.py")
    done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert programs >= 5 and "versicolor 0.1.0" in done.stdout
    last = done.stdout.splitlines()[-2:]
    assert last == ["iris 0.3.0 is the primary"] * 2
    assert sum(1 for _ in registry.model("iris").versions()) == 3
    registry.model("iris").delete(confirm="iris")
