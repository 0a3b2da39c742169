"""Uploads and downloads: they go on where they broke off, and tell how far they are (rules C5 and C7)."""

from __future__ import annotations

import hashlib
import os
import pathlib
from typing import Callable, List, Tuple

import pytest
import servers
from faults import Fault, FaultProxy

from orleans_registry import Client
from orleans_registry.errors import ArtifactNotFound, ValidationFailed

PART = 8 * 1024 * 1024


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder with a model of three parts, and a little file."""
    made = tmp_path / "model"
    (made / "data").mkdir(parents=True)
    (made / "model.py").write_text(f"# {os.urandom(49).hex()}")
    (made / "data" / "weights.bin").write_bytes(os.urandom(2 * PART + 1000))
    return made


def bytes_sent(proxy: FaultProxy) -> int:
    """How many bytes of files the requests brought that got through."""
    return sum(
        int(line.split(":")[1])
        for seen in proxy.seen
        if seen.method == "PATCH" and seen.fault in (None, Fault.SWALLOWED, Fault.CUT_BODY)
        for line in seen.head.split("\r\n")
        if line.lower().startswith("content-length:")
    )


def test_C5_a_folder_comes_back_as_it_was(registry: Client, folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    artifact = registry.upload(folder)
    version = registry.register("back", artifact={"digest": artifact.digest})

    downloaded = registry.download(version.id, tmp_path / "to")

    assert downloaded.digest == artifact.digest
    assert [file.path for file in artifact.files] == ["data/weights.bin", "model.py"]
    for file in artifact.files:
        data = (tmp_path / "to" / file.path).read_bytes()
        assert data == (folder / file.path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file.sha256


def test_C5_the_same_files_are_not_sent_again(node: servers.Node, folder: pathlib.Path) -> None:
    with FaultProxy(node.port) as proxy:
        client = Client(proxy.url, node.key)
        first = client.upload(folder)
        assert bytes_sent(proxy) == 2 * PART + 1100
        proxy.seen.clear()

        assert client.upload(folder).digest == first.digest
        assert bytes_sent(proxy) == 0


@pytest.mark.parametrize("fault", [Fault.UNREAD, Fault.READ, Fault.SWALLOWED, Fault.CUT_BODY, Fault.UNAVAILABLE, Fault.LIMITED])
@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_C5_an_upload_goes_on_after_a_fault(
    node: servers.Node, folder: pathlib.Path, fault: Fault, place: int
) -> None:
    with FaultProxy(node.port) as proxy:
        client = Client(proxy.url, node.key)
        proxy.plan.extend([None] * place + [fault])
        artifact = client.upload(folder)
        assert len(artifact.files) == 2
        assert 2 * PART + 1100 <= bytes_sent(proxy) <= 3 * PART + 1100


def test_C5_a_download_goes_on_with_what_is_there(
    registry: Client, folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    artifact = registry.upload(folder)
    there = tmp_path / "to" / "data"
    there.mkdir(parents=True)
    (there / "weights.bin.part").write_bytes((folder / "data" / "weights.bin").read_bytes()[:PART])
    told: List[Tuple[int, int]] = []

    registry.download(artifact.digest, tmp_path / "to", progress=lambda done, total: told.append((done, total)))

    assert told[0] == (PART, 2 * PART + 1100)
    assert told[-1] == (2 * PART + 1100, 2 * PART + 1100)
    assert (there / "weights.bin").read_bytes() == (folder / "data" / "weights.bin").read_bytes()
    assert not (there / "weights.bin.part").exists()


def test_C5_progress_is_told(registry: Client, folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    told: List[Tuple[int, int]] = []
    registry.upload(folder, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (2 * PART + 1100, 2 * PART + 1100)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert capsys.readouterr().err == ""

    registry.upload(folder, progress=True)
    assert capsys.readouterr().err == f"upload: {2 * PART + 1100} of {2 * PART + 1100} bytes\n"


def test_C7_what_is_no_part_of_a_model_stays(registry: Client, tmp_path: pathlib.Path) -> None:
    for name in (
        "model.py", "lib/util.py", "lib/notes.txt", "tmp/cache.bin", ".env", "key.pem", "id_rsa", ".git/config", ".venv/x",
        ".env.local", ".netrc", "deploy.key", "KEY.PEM", "conf/.env/token", ".SSH/config", "venv/pyvenv.cfg", "venv/lib/x.py",
        "id_to_label.json",
        "data/out.csv", "data/in.csv",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / ".orkignore").write_text("# notes\n*.txt\n\ntmp/\ndata/out.*\n")

    artifact = registry.upload(tmp_path)

    assert [file.path for file in artifact.files] == ["data/in.csv", "id_to_label.json", "lib/util.py", "model.py"]


def test_C7_links_are_followed_and_what_cannot_be_uploaded_is_said(registry: Client, tmp_path: pathlib.Path) -> None:
    model, elsewhere = tmp_path / "model", tmp_path / "elsewhere" / "weights"
    model.mkdir()
    elsewhere.mkdir(parents=True)
    (model / "model.py").write_bytes(os.urandom(8))
    (elsewhere / "a.bin").write_bytes(b"a")
    (model / "data").symlink_to("../elsewhere")
    (model / "b.bin").symlink_to("../elsewhere/weights/a.bin")
    before = registry.upload(model)
    assert [file.path for file in before.files] == ["b.bin", "data/weights/a.bin", "model.py"]

    for name, to in (("up", ".."), ("self", "."), ("gone", "nowhere"), ("data/weights/back", "../../model")):
        (model / name).symlink_to(to)
        with pytest.raises(ValueError, match=r"a line in \.orkignore leaves it out"):
            registry.upload(model)
        (model / name).unlink()
    os.mkfifo(model / "pipe")
    with pytest.raises(ValueError, match="pipe' is neither a file nor a folder"):
        registry.upload(model)

    (model / ".orkignore").write_text("pipe\nself\n")
    (model / "self").symlink_to(".")
    assert registry.upload(model).digest == before.digest


@pytest.mark.parametrize(
    "path, said",
    [
        ("data/e\u0301.bin", "the path 'data/e\u0301.bin' must be in Unicode normalization form C"),
        ("data/Weights.bin", "the path 'data/weights.bin' must not differ in case only"),
        ("data/\udcff", "must be Unicode text"),
    ],
)
def test_C6_a_path_that_the_registry_refuses_is_refused_before_the_upload(
    node: servers.Node, folder: pathlib.Path, path: str, said: str
) -> None:
    (folder / path).write_bytes(os.urandom(10))
    with FaultProxy(node.port) as proxy:
        client = Client(proxy.url, node.key)
        ways: List[Callable[[], object]] = [
            lambda: client.upload(folder), lambda: client.deploy(folder, model_name="refused")
        ]
        for upload in ways:
            with pytest.raises(ValidationFailed) as caught:
                upload()
            assert said in str(caught.value)
            ((_, (message,)),) = caught.value.errors.items()
            assert message.startswith(("'data/e\u0301.bin' must", "'data/weights.bin' must", "'data/\\udcff' must"))
        assert bytes_sent(proxy) == 0


def test_C11_upload_takes_the_format_that_deploy_takes(registry: Client, folder: pathlib.Path) -> None:
    (folder / "model.onnx").write_bytes(os.urandom(10))
    assert registry.upload(folder).format == "python"
    assert registry.upload(folder, format="onnx").format == "onnx"
    (folder / "MLmodel").write_text("flavors:\n")
    with pytest.raises(ValueError, match="MLmodel is for deploy"):
        registry.upload(folder)


def test_C5_a_file_by_itself_is_an_artifact(registry: Client, tmp_path: pathlib.Path) -> None:
    (tmp_path / "iris.onnx").write_bytes(os.urandom(10))
    artifact = registry.upload(tmp_path / "iris.onnx")
    assert (artifact.format, [file.path for file in artifact.files]) == ("onnx", ["model.onnx"])


def test_C5_a_folder_without_a_model_is_said(registry: Client, tmp_path: pathlib.Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ValueError, match="model.onnx"):
        registry.upload(tmp_path)


def test_C3_a_version_without_files_has_nothing_to_download(registry: Client, tmp_path: pathlib.Path) -> None:
    version = registry.register("no files")
    with pytest.raises(ArtifactNotFound):
        registry.download(version.id, tmp_path)
