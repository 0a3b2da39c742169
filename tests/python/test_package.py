"""The package: what is generated, types, size, and the same bytes each time."""

from __future__ import annotations

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import zipfile
from typing import List

import pytest
import servers

import orleans_registry

PROJECT = servers.ROOT / "src/OrleansRegistry.Python"
PACKAGE = PROJECT / "orleans_registry"


def test_C8_generating_again_changes_nothing(tmp_path: pathlib.Path) -> None:
    subprocess.run([sys.executable, PROJECT / "tools/generate.py", tmp_path], check=True)
    generated = sorted(path.name for path in tmp_path.iterdir())
    assert generated == ["_operations.py", "aio.py", "errors.py", "types.py"]
    for name in generated:
        same = (tmp_path / name).read_text("utf-8") == (PACKAGE / name).read_text("utf-8")
        assert same, f"{name} is old: run python3 src/OrleansRegistry.Python/tools/generate.py"


def test_C3_mypy_strict_finds_nothing(tmp_path: pathlib.Path) -> None:
    parts = ["orleans_registry", "tools", str(servers.ROOT / "tests/python")]
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), *parts]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_C3_users_get_the_types(tmp_path: pathlib.Path) -> None:
    script = tmp_path / "user.py"
    script.write_text(
        "import asyncio\n"
        "from orleans_registry import AsyncClient, Client, Model, Version\n"
        "registry = Client()\n"
        "version: Version = registry.register('iris', serving_url='http://x/', version_bump='MINOR')\n"
        "models: list[Model] = list(registry.models())\n"
        "label: str = registry.predict('iris', {})['predictions'][0]['label']\n"
        "at: str = version.created_at.isoformat()\n"
        "async def main() -> None:\n"
        "    async for model in AsyncClient().models():\n"
        "        names: str = model.name\n"
        "version.publish(promote='yes')  # wrong\n"
        "registry.register('iris', version_bump='minor')  # wrong\n"
        "version.nothing  # wrong\n"
        "version.id = 'x'  # wrong\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(script)]
    environment = {**os.environ, "MYPYPATH": str(pathlib.Path(orleans_registry.__file__).parents[1])}
    if "site-packages" in orleans_registry.__file__:
        del environment["MYPYPATH"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    wrong = sorted({int(line) for line in re.findall(r"user\.py:(\d+): error", done.stdout)})
    assert wrong == [11, 12, 13, 14], done.stdout


def build(into: pathlib.Path) -> pathlib.Path:
    subprocess.run([servers.ROOT / "scripts/python-wheel.sh", into], check=True, capture_output=True)
    (wheel,) = into.glob("*.whl")
    return wheel


def test_C10_the_wheel_is_small_and_the_same_each_time(tmp_path: pathlib.Path) -> None:
    first = build(tmp_path / "first")
    for file in PACKAGE.glob("*.py"):
        os.utime(file)  # another time of change is no change
    second = build(tmp_path / "second")
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()
    print(f"\nthe wheel has {first.stat().st_size:,} bytes")
    assert first.stat().st_size <= 100_000
    names = zipfile.ZipFile(first).namelist()
    assert {name.partition("/")[0] for name in names} == {"orleans_registry", f"orleans_registry-{VERSION}.dist-info"}
    in_tree = {f"orleans_registry/{path.name}" for path in PACKAGE.iterdir() if path.suffix in (".py", ".typed")}
    assert {name for name in names if name.startswith("orleans_registry/")} == in_tree
    assert not shutil.which("git") or _changed() == []


def _changed() -> List[str]:
    done = subprocess.run(
        ["git", "status", "--porcelain", "--ignored", str(PROJECT)], cwd=servers.ROOT, capture_output=True, text=True
    )
    return [line for line in done.stdout.splitlines() if "egg-info" in line or "/build" in line]


VERSION = orleans_registry.__version__


def test_C8_the_version_is_the_registry_s() -> None:
    properties = (servers.ROOT / "Directory.Build.props").read_text("utf-8")
    assert f"<Version>{VERSION}</Version>" in properties


def test_C10_nothing_but_python_is_needed() -> None:
    assert "dependencies = []" in (PROJECT / "pyproject.toml").read_text("utf-8")
    script = (
        "import sys; before = set(sys.modules); import orleans_registry, orleans_registry.aio;"
        "print(*sorted({m.partition('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    path = {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, env=path, check=True)
    assert done.stdout.split() == ["orleans_registry"]


def test_C10_how_long_the_import_takes(capsys: pytest.CaptureFixture[str]) -> None:
    """A measure beside bare Python, not a bound: machines differ."""

    path = f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); "
    codes = [path + "pass", path + "import http.client, ssl, json", path + "import orleans_registry"]
    times: List[List[float]] = [[] for _ in codes]
    for _ in range(9):
        # One after the other, so that what else the machine does is in all of them.
        for code, taken in zip(codes, times):
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-I", "-c", code], check=True)
            taken.append((time.perf_counter() - begun) * 1000)
    bare, requests, ours = [min(taken) for taken in times]
    with capsys.disabled():
        print(
            f"\nimport: {ours - bare:.0f} ms over bare Python ({bare:.0f} ms);"
            f" http.client, ssl and json alone: {requests - bare:.0f} ms"
        )
