"""``deploy``: from a model in a program to a version that answers."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import os
import pathlib
import random
import signal
import subprocess
import sys
import textwrap
from typing import Any, Callable, Dict, Iterator, List

import pytest
import servers
from faults import Fault, FaultProxy

import orleans_registry
from orleans_registry import AsyncClient, Client, OutcomeUnknown, PackagingError, StartFailed, _needs, errors

SEEDS = int(os.environ.get("REGISTRY_TEST_FAULT_SEEDS", "20"))
PART = 8 * 1024 * 1024
MODEL = "class Model:\n    def predict(self, inputs):\n        return [sum(row) for row in inputs]\n"


@pytest.fixture
def name(name: str, registry: Client) -> Iterator[str]:
    """The name of a model whose processes end with the test: a node has room for few."""
    yield name
    with contextlib.suppress(errors.ModelNotFound, errors.ModelDeleted):
        registry.model(name).delete(confirm=name)


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """A model that no other test has uploaded."""
    made = tmp_path / "model"
    made.mkdir()
    (made / "model.py").write_text(f"# {os.urandom(8).hex()}\n{MODEL}")
    return made


def bytes_sent(proxy: FaultProxy) -> int:
    """How many bytes of files the requests brought."""
    lines = (line for seen in proxy.seen if seen.method == "PATCH" for line in seen.head.split("\r\n"))
    return sum(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:"))


SEED = """
from sklearn.linear_model import LogisticRegression
from orleans_registry import Client, deploy

model = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], ["low", "low", "high", "high"])
print(deploy(model, model_name="My wonderful model").version)
print(deploy(model, model_name="My wonderful model", version_bump="MAJOR").version)
version = deploy(model, model_name="My wonderful model", publish=True)
print(version.version, version.wait("primary").is_primary)

registry = Client()
body = {"instances": [[0.2], [2.7]]}
for answer in (
    registry.predict("My wonderful model", body),
    registry.predict("My wonderful model", body, version="1.0.0"),
    registry.predict("My wonderful model", body, version="^1"),
    registry.predict("My wonderful model", body, version=registry.version("My wonderful model@0.1.0").id),
):
    print(answer["predictions"], answer.version, answer.resolved_by)
"""


def test_the_first_three_deployments_of_a_model_of_scikit_learn(node: servers.Node, registry: Client) -> None:
    environment = {**os.environ, "ORK_URL": node.url, "ORK_API_KEY": node.key}
    done = subprocess.run([sys.executable, "-c", SEED], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answer = "['low', 'high']"
    assert done.stdout.splitlines() == [
        "0.1.0", "1.0.0", "1.1.0 True",
        f"{answer} 1.1.0 primary", f"{answer} 1.0.0 exact", f"{answer} 1.1.0 range", f"{answer} 0.1.0 id",
    ]
    registry.model("My wonderful model").delete(confirm="My wonderful model")


def test_deploy_of_the_module_takes_what_that_of_the_client_takes() -> None:
    of_module = inspect.signature(orleans_registry.deploy).parameters
    of_client = inspect.signature(Client.deploy).parameters
    assert [parameter for name, parameter in of_module.items() if name != "client"] == [
        parameter for name, parameter in of_client.items() if name != "self"
    ]


def test_C5_the_same_model_again_uploads_nothing(node: servers.Node, folder: pathlib.Path, name: str) -> None:
    with FaultProxy(node.port) as proxy:
        client = Client(proxy.url, node.key)
        first = client.deploy(folder, model_name=name)
        assert bytes_sent(proxy) == (folder / "model.py").stat().st_size
        proxy.seen.clear()

        second = client.deploy(folder, model_name=name, publish=True)

        assert bytes_sent(proxy) == 0
        assert (first.version, second.version) == ("0.1.0", "0.2.0")
        assert first.artifact.digest == second.artifact.digest  # type: ignore[union-attr]


def test_C6_what_does_not_fit_is_said_before_the_upload(node: servers.Node, folder: pathlib.Path, name: str) -> None:
    with FaultProxy(node.port) as proxy:
        client = Client(proxy.url, node.key)
        with pytest.raises(errors.NoEnvironment, match="default.*pytest.*0.0.1") as caught:
            client.deploy(folder, model_name=name, requirements=["pytest==0.0.1"])
        assert caught.value.code == "no_environment"
        assert str(caught.value).endswith("or ask the operator for an environment (no_environment)")
        with pytest.raises(errors.NoEnvironment, match="the environment onnx does not fit"):
            client.deploy(folder, model_name=name, environment="onnx")
        with pytest.raises(errors.NoEnvironment, match="there is none"):
            client.deploy(folder, model_name=name, environment="nowhere")
        with pytest.raises(errors.ValidationFailed):
            client.deploy(folder, model_name=name, version="one")
        assert client.deploy(folder, model_name=name, dry_run=True).version == "0.1.0"
        assert bytes_sent(proxy) == 0
    with pytest.raises(errors.ModelNotFound):
        client.model(name)


def test_C6_a_model_of_another_python_has_a_way_out(
    registry: Client, folder: pathlib.Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program has a newer Python than the registry: what its refusal says leads on."""
    here = _needs.this_python()
    monkeypatch.setattr(_needs, "this_python", lambda: "3.99")
    with pytest.raises(errors.NoEnvironment, match="python 3.99 is needed") as caught:
        registry.deploy(folder, model_name=name)
    assert 'requirements=["python==' in caught.value.detail
    version = registry.deploy(folder, model_name=name, requirements=[f"python=={here}"])
    assert version.predict({"instances": [[1, 2]]}) == {"predictions": [3]}

    # The registry says it by itself once it knows the files.
    artifact = registry.upload(folder, requires={"python": "3.99"})
    with pytest.raises(errors.NoEnvironment, match="3.99 is needed.* or ask the operator for an environment .no_environment"):
        registry.deploy(folder, model_name=name)
    assert artifact.digest != version.artifact.digest  # type: ignore[union-attr]


def test_C3_a_start_that_fails_has_the_last_lines_of_the_log(
    node: servers.Node, registry: Client, folder: pathlib.Path, name: str
) -> None:
    (folder / "model.py").write_text(f"{MODEL}    def load(self):\n        raise RuntimeError('no weights today')\n")
    with pytest.raises(StartFailed, match="exit code 1") as caught:
        registry.deploy(folder, model_name=name, startup_timeout_seconds=20)
    assert "RuntimeError: no weights today" in (caught.value.log_tail or "")
    assert str(caught.value).endswith(caught.value.log_tail or "?")
    assert caught.value.version is not None and caught.value.version.version == "0.1.0"

    viewer = Client(node.url, registry.create_api_key(name, "viewer").key)
    with pytest.raises(StartFailed) as caught:
        viewer.version(f"{name}@0.1.0").wait()
    assert caught.value.log_tail is None


def test_an_example_is_tried_before_anything_is_sent(node: servers.Node, folder: pathlib.Path, name: str) -> None:
    with FaultProxy(node.port) as proxy:
        client = Client(proxy.url, node.key)
        with pytest.raises(PackagingError, match="TypeError"):
            client.deploy(folder, model_name=name, example_input=["no row"])
        assert proxy.seen == []
        assert client.deploy(folder, model_name=name, example_input=[[1, 2]], env={"LEVEL": "1"}).predict(
            {"instances": [[1, 2]]}
        ) == {"predictions": [3]}


def test_C9_the_client_for_asyncio_deploys(node: servers.Node, folder: pathlib.Path, name: str) -> None:
    async def main() -> Any:
        async with AsyncClient(node.url, node.key) as registry:
            version = await registry.deploy(folder, model_name=name, publish=True)
            await version.wait("primary")
            return await registry.predict(name, {"instances": [[1.5, 2]]})

    assert asyncio.run(main()) == {"predictions": [3.5]}


def test_F10_a_model_of_onnx_is_deployed(registry: Client, name: str) -> None:
    path = servers.SAMPLE / "Models/iris-1.0.onnx"
    version = registry.deploy(path, model_name=name, publish=True)
    assert version.wait("primary").artifact.digest  # type: ignore[union-attr]
    assert registry.predict(name, {"instances": [[6.3, 3.3, 4.7, 1.6]]})["predictions"]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_C1_deploy_makes_exactly_one_version(
    seed: int, node: servers.Node, registry: Client, folder: pathlib.Path, name: str, clocked: Callable[..., Client]
) -> None:
    dice = random.Random(seed)
    with FaultProxy(node.port, seed) as proxy:
        client = clocked(proxy.url, node.key, timeout=1.0)
        # Dry run, match, missing, part, artifact, deployment: whatever fails, and however often.
        proxy.plan.extend(dice.choice([None, *Fault]) for _ in range(dice.randrange(1, 12)))
        options: Dict[str, Any] = {}
        while True:
            try:
                made = client.deploy(folder, model_name=name, wait=False, **options)
                break
            except OutcomeUnknown as unknown:
                options = {"idempotency_key": unknown.idempotency_key} if unknown.idempotency_key else {}
            except errors.RegistryError as error:
                assert error.retryable or isinstance(error, errors.UploadInProgress), error
    assert [version.id for version in registry.model(name).versions()] == [made.id]


def test_C1_a_key_that_was_used_answers_the_version_that_it_made(
    registry: Client, folder: pathlib.Path, name: str
) -> None:
    first = registry.deploy(folder, model_name=name, version="1.0.0", idempotency_key=f"{name}-commit")
    again = registry.deploy(folder, model_name=name, version="1.0.0", idempotency_key=f"{name}-commit")
    assert again.id == first.id
    with pytest.raises(errors.VersionExists):
        registry.deploy(folder, model_name=name, version="1.0.0")
    (folder / "model.py").write_text(f"{MODEL}# changed {name}\n")
    with pytest.raises(errors.VersionExists):
        registry.deploy(folder, model_name=name, version="1.0.0", idempotency_key="another")


def test_C1_a_key_whose_version_has_failed_starts_it_again(
    registry: Client, folder: pathlib.Path, name: str
) -> None:
    (folder / "model.py").write_text(f"# {name}\n{MODEL}    def load(self):\n        raise RuntimeError('no weights today')\n")
    for _ in range(2):
        with pytest.raises(StartFailed, match="exit code 1"):
            registry.deploy(folder, model_name=name, idempotency_key=f"{name}-commit", comment="the job")
    told = [event.type for event in registry.events(model=name) if event.type != "version.crashed"]
    assert told == ["model.created", "version.deployed", "version.failed", "version.activated", "version.failed"]


def test_C1_a_job_that_runs_again_when_the_cause_is_gone_succeeds(registry: Client, name: str) -> None:
    is_up: List[bool] = []
    with servers.ModelServer(lambda _: servers.Answer(status=200 if is_up else 503)) as server:
        arguments: Dict[str, Any] = {
            "serving_url": server.url, "health_url": server.url, "startup_timeout_seconds": 8, "idempotency_key": f"{name}-job",
        }
        with pytest.raises(StartFailed):
            registry.register(name, publish=True, **arguments)
        is_up.append(True)
        version = registry.register(name, publish=True, **arguments)
        assert version.version == "0.1.0" and version.wait("primary").is_primary


def test_C2_total_timeout_bounds_the_whole_of_deploy(
    node: servers.Node, registry: Client, folder: pathlib.Path, name: str, clock: Any, clocked: Callable[..., Client]
) -> None:
    (folder / "weights.bin").write_bytes(os.urandom(3 * PART))

    def slow(done: int, total: int) -> None:
        clock.time += 40.0

    with pytest.raises(errors.TimedOut, match="longer than its 100 seconds"):
        clocked(node.url, node.key, total_timeout=100.0).deploy(folder, model_name=name, progress=slow)
    with pytest.raises(errors.ModelNotFound):
        registry.model(name)
    assert clocked(node.url, node.key, total_timeout=600.0).deploy(folder, model_name=name, progress=slow, wait=False).id


def test_C2_total_timeout_bounds_the_example(node: servers.Node, folder: pathlib.Path, name: str) -> None:
    (folder / "model.py").write_text("class Model:\n    def predict(self, inputs):\n        while True: pass\n")
    with pytest.raises(errors.TimedOut, match="within total_timeout|longer than its"):
        Client(node.url, node.key, total_timeout=1.0).deploy(folder, model_name=name, example_input=[1])


def test_C5_an_upload_that_was_interrupted_goes_on(
    node: servers.Node, registry: Client, folder: pathlib.Path, name: str
) -> None:
    (folder / "weights.bin").write_bytes(os.urandom(3 * PART))
    script = textwrap.dedent(f"""
        import os, sys, time
        from orleans_registry import Client
        def progress(done, total):
            print(done, flush=True)
            if sys.argv[1:] and done >= {PART}:
                time.sleep(60)
        version = Client(os.environ["URL"], os.environ["KEY"]).deploy({str(folder)!r}, model_name={name!r}, progress=progress)
        print(version.version)
        """)
    with FaultProxy(node.port) as proxy:
        environment = {**os.environ, "URL": proxy.url, "KEY": node.key}
        with subprocess.Popen(
            [sys.executable, "-c", script, "stop"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as running:
            assert running.stdout is not None and running.stderr is not None
            while int(running.stdout.readline()) < PART:
                pass
            running.send_signal(signal.SIGINT)
            assert "KeyboardInterrupt" in running.stderr.read()
        assert running.returncode != 0
        with pytest.raises(errors.ModelNotFound):
            registry.model(name)

        again = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)

        assert again.returncode == 0, again.stderr
        assert again.stdout.splitlines()[-1] == "0.1.0"
        assert bytes_sent(proxy) <= 3 * PART + (folder / "model.py").stat().st_size + PART
    assert sum(1 for _ in registry.model(name).versions()) == 1


def test_F10_what_the_program_defines_is_served(node: servers.Node, name: str) -> None:
    """By value, where both sides have cloudpickle."""
    importlib.import_module("cloudpickle")
    script = textwrap.dedent(f"""
        import os
        from orleans_registry import Client
        factor = 3
        def scaled(inputs):
            return [factor * x for x in inputs]
        class Scaled:
            def predict(self, inputs):
                return [factor * x for x in inputs["x"]]
        registry = Client(os.environ["URL"], os.environ["KEY"])
        print(registry.deploy(scaled, model_name={name!r}).predict({{"instances": [1, 2]}}))
        print(registry.deploy(Scaled, model_name={name!r}).predict({{"inputs": {{"x": [4]}}}}))
        """)
    environment = {**os.environ, "URL": node.url, "KEY": node.key}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["{'predictions': [3, 6]}", "{'predictions': [12]}"]
