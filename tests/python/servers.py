"""Real servers for the tests: a node of the registry, the sample model server, and model servers that answer as a
test says.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests/OrleansRegistry.SampleModelServer"
START_TIMEOUT = 60.0


class Node(NamedTuple):
    """A running registry."""

    url: str
    port: int
    key: str
    data: pathlib.Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def node() -> Iterator[Node]:
    """A node on SQLite, with data of its own."""
    with tempfile.TemporaryDirectory() as home:
        data = pathlib.Path(home, "data")

        def command(port: int) -> List[str]:
            return [
                _assembly("src/OrleansRegistry.Host"),
                f"--urls=http://127.0.0.1:{port};http://[::1]:{port}",
                f"--Registry:DataDirectory={data}",
                f"--Registry:SiloPort={free_port()}",
                "--ConnectionStrings:Registry=",
            ]

        with _running(command, "/health/ready", pathlib.Path(home, "log")) as port:
            yield Node(f"http://127.0.0.1:{port}", port, (data / "admin-key").read_text().strip(), data)


@contextlib.contextmanager
def sample_model() -> Iterator[str]:
    """The URL at which a real model is served."""
    with tempfile.TemporaryDirectory() as home:
        assembly, model = _assembly(str(SAMPLE.relative_to(ROOT))), SAMPLE / "Models/iris-1.0.onnx"

        def command(port: int) -> List[str]:
            return [assembly, f"--urls=http://127.0.0.1:{port}", f"--Model={model}"]

        with _running(command, "/health", pathlib.Path(home, "log")) as port:
            yield f"http://127.0.0.1:{port}/predict"


def _assembly(project: str) -> str:
    path = ROOT / project / "bin/Release/net10.0" / (pathlib.Path(project).name + ".dll")
    assert path.exists(), f"{path} is missing: build it, or run scripts/python-tests.sh"
    return str(path)


@contextlib.contextmanager
def _running(command: Callable[[int], List[str]], health: str, log: pathlib.Path) -> Iterator[int]:
    """Starts a server on a free port. Somebody else may take the port meanwhile: then it is tried on another one."""
    for _ in range(5):
        port = free_port()
        with open(log, "wb") as output:
            process = subprocess.Popen(["dotnet", *command(port)], stdout=output, stderr=subprocess.STDOUT, cwd=ROOT)
        try:
            end = time.monotonic() + START_TIMEOUT
            while process.poll() is None and time.monotonic() < end:
                # It must have said so itself: something else may answer on its port.
                if b"Now listening on" in log.read_bytes() and _is_up(port, health):
                    yield port
                    return
                time.sleep(0.1)  # there is nothing else to wait for: it tells the log and this port only
        finally:
            process.terminate()
            process.wait(30)
    raise AssertionError(log.read_text("utf-8", "replace"))


def _is_up(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


class Received(NamedTuple):
    """A request that a model server got."""

    method: str
    path: str
    headers: Dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """What a model server answers."""

    body: bytes = b"{}"
    status: int = 200
    headers: Dict[str, str] = {"Content-Type": "application/json"}
    chunks: Optional[Iterator[Optional[bytes]]] = None  # instead of the body, as they come; None breaks off


class ModelServer:
    """A model server that answers as a function says, and keeps what it received."""

    def __init__(self, answer: Callable[[Received], Answer]) -> None:
        self.received: List[Received] = []
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler(answer))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/predict"

    def __enter__(self) -> ModelServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self, answer: Callable[[Received], Answer]) -> type:
        received = self.received

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self) -> None:
                length = self.headers.get("Content-Length")
                if length is not None:
                    body = self.rfile.read(int(length))
                elif "chunked" in self.headers.get("Transfer-Encoding", ""):
                    body = b"".join(self._chunks())
                else:
                    body = b""
                request = Received(self.command, self.path, dict(self.headers), body)
                received.append(request)
                told = answer(request)
                self.send_response(told.status)
                for name, value in told.headers.items():
                    self.send_header(name, value)
                if told.chunks is None:
                    self.send_header("Content-Length", str(len(told.body)))
                    self.end_headers()
                    self.wfile.write(told.body)
                    return
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    for chunk in told.chunks:
                        if chunk is None:
                            self.close_connection = True
                            return
                        self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
                        self.wfile.flush()
                    self.wfile.write(b"0\r\n\r\n")
                except OSError:
                    self.close_connection = True

            def _chunks(self) -> Iterator[bytes]:
                while size := int(self.rfile.readline().strip(), 16):
                    yield self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        return Handler
