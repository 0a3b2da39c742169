"""Files of artifacts: uploads and downloads that go on where they broke off (rules C5, C7)."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import re
import sys
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Tuple, Union

from . import _operations as operations
from ._commands import present
from ._errors import ConnectionFailed, InvalidAnswer, RegistryError, TimedOut
from ._transport import Operation, Request, Transport
from ._wire import Reply
from .errors import FileMissing, OffsetMismatch, UploadInProgress, ValidationFailed
from .types import StoredArtifact

Progress = Union[bool, Callable[[int, int], None], None]
PathLike = Union[str, "os.PathLike[str]"]

_IGNORE_FILE = ".orkignore"
# Never uploaded (rule C7): what is no part of a model, and what is secret.
_NEVER_FOLDERS = (
    ".git", ".hg", ".svn", ".venv", "__pycache__", ".ipynb_checkpoints", ".env", ".ssh", ".aws", ".gnupg",
)
_NEVER_FILES = (
    ".env", ".env.*", ".netrc", ".pypirc", "*.pem", "*.key", "*.p12", "*.pfx",
    "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".ds_store", _IGNORE_FILE,
)
_LEAVE_OUT = f"a line in {_IGNORE_FILE} leaves it out"
# What makes a folder one of Python's virtual environments.
_OF_ENVIRONMENT = "pyvenv.cfg"
# In this order (rule C11).
_FORMATS = (
    ("model.py", "python"),
    ("model.onnx", "onnx"),
    ("model.joblib", "python-pickle"),
    ("model.pkl", "python-pickle"),
)
OF_MLFLOW = "MLmodel"
_OF_FILE = re.compile(r"files\[([0-9]+)\]\.path")
_BLOCK = 1024 * 1024
_RANGE = 64 * 1024 * 1024
_MAX_FILES_AT_ONCE = 10_000
_MAX_FRUITLESS = 5
# Longer than a writer that is lost keeps others out.
_MAX_BUSY_SECONDS = 60.0
_LINE_SECONDS = 10.0
_BAR_WIDTH = 30


class File:
    """A file on this machine, and its path in an artifact."""

    def __init__(self, source: str, path: str) -> None:
        self.source = source
        self.path = path
        self.size = os.stat(source).st_size
        self.sha256 = _hash(source)

    def entry(self) -> Dict[str, Any]:
        """What the registry is told of it."""
        return {"path": self.path, "sha256": self.sha256, "size": self.size}


class _Source(NamedTuple):
    """Where a file is downloaded from, but for its path."""

    operation: Operation
    path: Dict[str, str]


class _Meter:
    """Tells how many bytes are done (rule C5): a bar on a terminal, else a line now and then; or calls somebody."""

    def __init__(self, transport: Transport, what: str, total: int, progress: Progress) -> None:
        self._transport = transport
        self._what = what
        self._total = total
        self._call = progress if callable(progress) else None
        self._shows = progress is True
        self._told_at = transport.clock.now()
        self.done = 0

    def add(self, count: int) -> None:
        self.done += count
        if self._call is not None:
            self._call(self.done, self._total)
        if self._shows:
            self._show()

    def _show(self) -> None:
        now = self._transport.clock.now()
        is_done = self.done >= self._total
        share = self.done / self._total if self._total else 1.0
        if sys.stderr.isatty():
            filled = int(share * _BAR_WIDTH)
            bar = "#" * filled + "." * (_BAR_WIDTH - filled)
            sys.stderr.write(f"\r{self._what} [{bar}] {share:4.0%}" + ("\n" if is_done else ""))
            sys.stderr.flush()
        elif is_done or now - self._told_at >= _LINE_SECONDS:
            self._told_at = now
            sys.stderr.write(f"{self._what}: {self.done} of {self._total} bytes\n")


def find(path: PathLike) -> List[File]:
    """What is uploaded of a file or folder.

    Raises:
        ValueError: It is nothing.
    """
    files = [File(source, name) for source, name in walk(os.fspath(path))]
    if not files:
        raise ValueError(f"there is no file to upload in {os.fspath(path)!r}")
    return files


def format_of(paths: Iterable[str], wanted: str = "auto") -> Optional[str]:
    """The format that the files at the root say, or the wanted one if they have it; None for none (rule C11)."""
    at_root = set(paths)
    return next((kind for name, kind in _FORMATS if name in at_root and wanted in ("auto", kind)), None)


def digest_of(files: List[File], format: str, requires: Optional[Mapping[str, Any]]) -> str:
    """The digest that the artifact will have (rule F3)."""
    needs = {name: value for name, value in (requires or {}).items() if value}
    text = f"{format}\n{json.dumps(needs, sort_keys=True, separators=(',', ':'), ensure_ascii=False)}"
    for file in sorted(files, key=lambda file: _bytes(file.path)):
        text += f"{file.sha256} {file.size} {file.path}\n"
    return hashlib.sha256(_bytes(text)).hexdigest()


def _bytes(text: str) -> bytes:
    # A name that is no text has lone surrogates. The registry refuses it, and says why.
    return text.encode("utf-8", "surrogatepass")


def upload(
    transport: Transport,
    files: List[File],
    format: str,
    requires: Optional[Mapping[str, Any]],
    progress: Progress,
    comment: Optional[str],
) -> StoredArtifact:
    """Uploads what is missing of some files, and makes the artifact."""
    body = present(
        format=format,
        files=[file.entry() for file in files],
        requires=dict(requires) if requires else None,
        comment=comment,
    )
    meter = _Meter(transport, "upload", sum(file.size for file in files), progress)
    # Asked for before the first byte: a manifest that can't be taken is refused at once (rule C6).
    made = _artifact(transport, body)
    if made is not None:
        meter.add(meter._total)
        return made
    by_sha256 = {file.sha256: file for file in files}
    missing, part_size = _missing(transport, list(by_sha256.values()))
    meter.add(meter._total - sum(by_sha256[name].size - offset for name, offset in missing.items()))
    for name, offset in missing.items():
        _send(transport, by_sha256[name], offset, part_size, meter)
    return StoredArtifact(transport.send(Request(operations.CREATE_ARTIFACT, body=body)).document)


def _artifact(transport: Transport, body: Dict[str, Any]) -> Optional[StoredArtifact]:
    """Makes an artifact; None when files of it are missing."""
    try:
        # No command in that respect: whether a request that got lost has made it doesn't matter.
        return StoredArtifact(transport.send(Request(operations.CREATE_ARTIFACT, body=body, is_command=False)).document)
    except FileMissing:
        return None
    except ValidationFailed as refused:
        # The registry counts the files; people know their names.
        paths = [file["path"] for file in body["files"]]
        refused.detail = _OF_FILE.sub(lambda match: f"the path {paths[int(match[1])]!r}", refused.detail)
        refused.args = (refused.detail,)
        for field, messages in refused.errors.items():
            if match := _OF_FILE.fullmatch(field):
                refused.errors[field] = [f"{paths[int(match[1])]!r} {message}" for message in messages]
        raise


def download(
    transport: Transport, artifact: StoredArtifact, version_id: Optional[str], to: PathLike, progress: Progress
) -> None:
    """Downloads the files that are not there yet, of a version or by the artifact's digest."""
    root = os.fspath(to)
    source = _Source(operations.DOWNLOAD_FILE, {"digest": artifact.digest})
    if version_id is not None:
        source = _Source(operations.DOWNLOAD_VERSION_FILE, {"id": version_id})
    meter = _Meter(transport, "download", sum(file.size for file in artifact.files), progress)
    for file in artifact.files:
        target = _target(root, file.path)
        os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
        if os.path.exists(target) and os.stat(target).st_size == file.size and _hash(target) == file.sha256:
            meter.add(file.size)
        else:
            _receive(transport, source, file.path, file.sha256, file.size, target, meter)


def walk(path: str) -> Iterator[Tuple[str, str]]:
    """The files of a folder, in order, with their paths in the artifact. A file by itself is the root of one."""
    if not os.path.isdir(path):
        yield path, "model.onnx" if path.endswith(".onnx") else os.path.basename(path)
        return
    yield from _inside(path, "", _patterns(path), (os.path.realpath(path),))


def _inside(folder: str, prefix: str, patterns: List[str], above: Tuple[str, ...]) -> Iterator[Tuple[str, str]]:
    """The files of a folder, through links as well. ``above`` is the way to it, for links that lead back."""
    for name in sorted(os.listdir(folder)):
        source, path = os.path.join(folder, name), prefix + name
        if _matches(path, patterns):
            continue
        if os.path.isdir(source):
            if name.lower() in _NEVER_FOLDERS or os.path.exists(os.path.join(source, _OF_ENVIRONMENT)):
                continue
            real = os.path.realpath(source)
            if real in above:
                raise ValueError(f"{source!r} is a link that leads back to {real!r}; {_LEAVE_OUT}")
            yield from _inside(source, path + "/", patterns, (*above, real))
        elif not is_never_uploaded(name):
            if not os.path.isfile(source):
                raise ValueError(f"{source!r} is neither a file nor a folder; {_LEAVE_OUT}")
            yield source, path


def is_left_out(path: str) -> bool:
    """Whether a file or folder stays here: by its name, or by what its folder says is left out."""
    folder, name = os.path.split(path)
    return is_never_uploaded(name) or _matches(name, _patterns(folder))


def is_never_uploaded(name: str) -> bool:
    """Whether a file of this name stays here (rule C7), in whatever case it is written."""
    return any(fnmatch.fnmatchcase(name.lower(), never) for never in _NEVER_FILES)


def _patterns(path: str) -> List[str]:
    """The lines of the file that says what is left out: patterns of paths or names, and # for comments."""
    try:
        with open(os.path.join(path, _IGNORE_FILE), encoding="utf-8") as lines:
            stripped = [line.strip().rstrip("/") for line in lines]
    except FileNotFoundError:
        return []
    return [line for line in stripped if line and not line.startswith("#")]


def _matches(path: str, patterns: List[str]) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatch.fnmatchcase(path if "/" in pattern else name, pattern.lstrip("/")) for pattern in patterns)


def _hash(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _missing(transport: Transport, files: List[File]) -> Tuple[Dict[str, int], int]:
    """The files that have to be uploaded, each with the first byte that is missing, and the size of a part."""
    missing: Dict[str, int] = {}
    part_size = _BLOCK
    for start in range(0, len(files), _MAX_FILES_AT_ONCE):
        some = [{"sha256": file.sha256, "size": file.size} for file in files[start : start + _MAX_FILES_AT_ONCE]]
        request = Request(operations.FIND_MISSING_FILES, body={"files": some}, is_command=False)
        answer = transport.send(request).document
        part_size = int(answer["part_size"])
        missing.update({str(file["sha256"]): int(file["offset"]) for file in answer["missing"]})
    return missing, part_size


def _send(transport: Transport, file: File, offset: int, part_size: int, meter: _Meter) -> None:
    """Sends a file from an offset on, part by part. What was stored of a part that got lost is not sent again."""
    fruitless, busy_since = 0, None
    with open(file.source, "rb") as source:
        while True:
            source.seek(offset)
            request = Request(
                operations.UPLOAD_FILE,
                {"sha256": file.sha256},
                headers={"Upload-Offset": str(offset), "Upload-Length": str(file.size)},
                body=source.read(part_size),
                is_command=False,
                is_repeatable=False,
            )
            try:
                answer = transport.send(request).document
                stored, is_complete = int(answer["offset"]), bool(answer["complete"])
                fruitless, busy_since = 0, None
            except UploadInProgress:
                # Another one uploads the file, or the request before this one still does.
                now = transport.clock.now()
                busy_since = now if busy_since is None else busy_since
                if now - busy_since > _MAX_BUSY_SECONDS:
                    raise
                transport.clock.sleep(1.0)
                stored, is_complete = _stored(transport, file)
            except (OffsetMismatch, ConnectionFailed, TimedOut, RegistryError) as error:
                is_lost = isinstance(error, (OffsetMismatch, ConnectionFailed, TimedOut)) or error.retryable
                fruitless += 1
                if not is_lost or fruitless > _MAX_FRUITLESS:
                    raise
                stored, is_complete = _stored(transport, file)
            meter.add(stored - offset)
            offset = stored
            if is_complete:
                return


def _stored(transport: Transport, file: File) -> Tuple[int, bool]:
    missing, _ = _missing(transport, [file])
    return missing.get(file.sha256, file.size), file.sha256 not in missing


def _target(root: str, path: str) -> str:
    """Where a file goes. The registry has no other paths, but this is not the registry."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or "\\" in part or ":" in part[1:2] for part in parts):
        raise InvalidAnswer(f"the path {path!r} of a file leads elsewhere")
    return os.path.join(root, *parts)


def _receive(
    transport: Transport, source: _Source, path: str, sha256: str, size: int, target: str, meter: _Meter
) -> None:
    """Downloads a file into a part beside it, range by range, and renames it once its digest is right."""
    part = f"{target}.part"
    begun = os.stat(part).st_size if os.path.exists(part) else 0
    if begun > size:
        os.remove(part)
        begun = 0
    meter.add(begun)
    with open(part, "ab") as file:
        file.truncate(begun)
        while (offset := file.tell()) < size:
            headers = {"Range": f"bytes={offset}-{min(offset + _RANGE, size) - 1}", "If-Range": f'"{sha256}"'}

            def store(reply: Reply, offset: int = offset) -> None:
                if reply.status != 206:
                    raise InvalidAnswer(f"a range was answered with status {reply.status}")
                # When the same range is asked for once more, it begins where it began.
                meter.add(offset - file.tell())
                file.truncate(offset)
                file.seek(offset)
                for data in reply.chunks():
                    file.write(data)
                    meter.add(len(data))

            transport.read(Request(source.operation, {**source.path, "path": path}, headers=headers), store)
    if _hash(part) != sha256:
        os.remove(part)
        raise InvalidAnswer(f"the bytes of {path!r} have another digest")
    os.replace(part, target)
