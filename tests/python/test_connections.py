"""Connections: IPv6, TLS, proxies, long bodies, early answers, broken ones."""

from __future__ import annotations

import pathlib
import shutil
import socket
import ssl
import subprocess
import threading
from typing import List

import pytest
import servers
from conftest import SleeplessClock

from orleans_registry import Client, OutcomeUnknown, errors


def test_C10_ipv6(node: servers.Node, name: str) -> None:
    assert Client(f"http://[::1]:{node.port}", node.key).register(name).version == "0.1.0"


def test_C2_every_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch, node: servers.Node, name: str) -> None:
    lookup = socket.getaddrinfo
    dead = ("127.0.0.1", servers.free_port())
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *a, **n: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", dead), *lookup("127.0.0.1", node.port, **n)],
    )
    assert Client(node.url, node.key, retries=0).register(name).version == "0.1.0"


class Piped:
    """A server that plays one answer for each connection, whatever it is asked."""

    def __init__(self, *answers: bytes, read: bool = True) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(answers, read), daemon=True).start()

    def _serve(self, answers: List[bytes], read: bool) -> None:
        for answer in answers:
            client, _ = self._listener.accept()
            with client:
                if read:
                    client.recv(65536)
                client.sendall(answer)
                client.shutdown(socket.SHUT_WR)
                # What comes is read to the end: else the answer could be lost with a reset.
                while client.recv(65536):
                    pass


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70000 + b"\r\n\r\n",
    ],
)
def test_C3_what_is_no_http_is_an_invalid_answer(answer: bytes) -> None:
    with pytest.raises(errors.InvalidAnswer):
        Client(f"http://127.0.0.1:{Piped(answer).port}", "k").model("m")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-",
        HEAD + b'Content-Length: 20\r\n\r\n{"name":"m"}',
        HEAD + b"Content-Length: 5\r\n\r\n",
        HEAD + b'Transfer-Encoding: chunked\r\n\r\nc\r\n{"name":"m"}\r\n',
        HEAD + b'Transfer-Encoding: chunked\r\n\r\nff\r\n{"name":"m"}\r\n',
        HEAD + b'Transfer-Encoding: chunked\r\n\r\nzz\r\n{"name":"m"}\r\n0\r\n\r\n',
    ],
)
def test_C1_an_answer_that_is_not_whole_is_never_taken_for_one(answer: bytes) -> None:
    server = Piped(answer, HEAD + b'Content-Length: 12\r\n\r\n{"name":"m"}')
    client = Client(f"http://127.0.0.1:{server.port}", "k")
    client._clock = SleeplessClock()
    assert client.model("m").name == "m"


def test_C1_a_model_s_answer_that_is_not_whole_leaves_the_outcome_open() -> None:
    server = Piped(HEAD + b'Content-Length: 20\r\n\r\n{"name":"m"}')
    with pytest.raises(OutcomeUnknown):
        Client(f"http://127.0.0.1:{server.port}", "k").predict("m", {})


def test_C1_an_answer_without_a_length_ends_with_the_connection() -> None:
    server = Piped(b'HTTP/1.0 200 OK\r\n\r\n{"name":"m"}')
    assert Client(f"http://127.0.0.1:{server.port}", "k").model("m").name == "m"


def test_C3_a_server_that_refuses_before_it_has_read_the_body_is_heard(registry: Client) -> None:
    with pytest.raises(errors.ModelNotFound):
        registry.predict("nobody", bytes(20 * 1024 * 1024))


def test_C3_a_document_beyond_all_bounds_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orleans_registry._transport._LONGEST_DOCUMENT", 100_000)
    with servers.ModelServer(lambda request: servers.Answer(b" " * 1_000_000)) as fake:
        with pytest.raises(errors.InvalidAnswer, match="more than 100000 bytes"):
            Client(f"http://127.0.0.1:{fake.port}", "k").model("m")


def test_C3_a_name_that_has_no_address_is_a_failed_connection() -> None:
    with pytest.raises(errors.ConnectionFailed, match="no connection") as caught:
        Client("https://registry.invalid", "k", retries=0).model("m")
    assert not caught.value.sent


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A certificate for localhost that is its own authority, with its key in the same file."""
    home = tmp_path_factory.mktemp("tls")
    made = home / "both.pem"
    assert shutil.which("openssl"), "openssl is missing"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
         "-keyout", str(home / "key.pem"), "-out", str(home / "certificate.pem")],
        check=True,
        capture_output=True,
    )  # fmt: skip
    made.write_text((home / "key.pem").read_text() + (home / "certificate.pem").read_text())
    return made


class TlsFront:
    """TLS before the node, as a load balancer is."""

    def __init__(self, port: int, certificate: pathlib.Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._to = port
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with self._context.wrap_socket(client, server_side=True) as inside:
                with socket.create_connection(("127.0.0.1", self._to)) as server:
                    join(inside, server)
        except OSError:
            client.close()


def join(one: socket.socket, other: socket.socket) -> None:
    """Passes on what comes, in both directions."""

    def pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        finally:
            try:
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    back = threading.Thread(target=pump, args=(other, one), daemon=True)
    back.start()
    pump(one, other)
    back.join()


@pytest.fixture
def tls(node: servers.Node, certificate: pathlib.Path) -> TlsFront:
    return TlsFront(node.port, certificate)


def test_C10_tls_with_an_authority_of_one_s_own(
    tls: TlsFront, node: servers.Node, certificate: pathlib.Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(f"https://localhost:{tls.port}", node.key, ca=certificate)
    assert [client.register(name).version for _ in range(3)] == ["0.1.0", "0.2.0", "0.3.0"]
    assert tls.connections == 1
    monkeypatch.setenv("ORK_CA", str(certificate))
    assert Client(f"https://127.0.0.1:{tls.port}", node.key).model(name).name == name


def test_C10_a_certificate_that_is_not_trusted_gets_no_key(
    tls: TlsFront, node: servers.Node, certificate: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(errors.ConnectionFailed, match="certificate is not trusted") as caught:
        Client(f"https://localhost:{tls.port}", node.key).model("m")
    assert not caught.value.retryable and not caught.value.sent and tls.connections == 1
    lookup = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **n: lookup("127.0.0.1", *a, **n))
    with pytest.raises(errors.ConnectionFailed, match="certificate is not trusted"):
        Client(f"https://registry.example:{tls.port}", node.key, ca=certificate).model("m")


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_C10_an_authority_that_can_t_be_read_is_said(content: bytes, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(errors.SettingsError, match="ca.pem can't be read"):
        Client("https://127.0.0.1:1", "k", ca=file).model("m")


class Proxy:
    """A proxy for CONNECT. Whatever name is asked for, the connection goes to one port."""

    def __init__(self, to: int, answer: bytes = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n") -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._to, self._answer = to, answer
        self.port = self._listener.getsockname()[1]
        self.heads: List[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(65536)
            self.heads.append(head.decode())
            client.sendall(self._answer)
            if b" 200 " in self._answer:
                with socket.create_connection(("127.0.0.1", self._to)) as server:
                    join(client, server)


def test_C10_a_proxy_sees_where_the_connection_goes_and_no_key(
    tls: TlsFront, node: servers.Node, certificate: pathlib.Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Proxy(tls.port)
    client = Client(
        "https://localhost:8443", node.key, ca=certificate, proxy=f"http://me:secret@127.0.0.1:{proxy.port}"
    )
    assert client.register(name).version == "0.1.0"
    (head,) = proxy.heads
    assert head.startswith("CONNECT localhost:8443 HTTP/1.1\r\nHost: localhost:8443\r\n") and node.key not in head
    assert "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n" in head
    ipv6 = Client("https://[::1]:8443", node.key, ca=certificate, proxy=f"http://127.0.0.1:{proxy.port}")
    assert ipv6.model(name).name == name and proxy.heads[-1].startswith("CONNECT [::1]:8443 HTTP/1.1")
    assert "Authorization" not in proxy.heads[-1]


@pytest.mark.parametrize(
    "answer, retried",
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", False),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", False),
        (b"HTTP/1.1 503 Busy\r\n\r\n", True),
        (b"no http\r\n\r\n", False),
        (b"", True),
    ],
)
def test_C1_a_proxy_that_refuses_has_passed_on_nothing(answer: bytes, retried: bool) -> None:
    proxy = Proxy(1, answer)
    client = Client("https://registry.example", "k", proxy=f"http://127.0.0.1:{proxy.port}", retries=1)
    client._clock = SleeplessClock()
    with pytest.raises(errors.ConnectionFailed) as caught:
        client.create_workspace("w")
    assert not caught.value.sent and len(proxy.heads) == (2 if retried else 1)
