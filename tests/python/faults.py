"""A proxy between a client and a server that fails as a test says, at any point of a request or an answer."""

from __future__ import annotations

import enum
import random
import re
import socket
import struct
import threading
from collections import deque
from typing import Deque, List, NamedTuple, Optional, Tuple

_UNAVAILABLE = (
    b'{"type":"/problems/unavailable","title":"The registry is not available","status":503,'
    b'"detail":"The registry can\'t answer now.","code":"unavailable","trace_id":"0"}'
)
_LIMITED = (
    b'{"type":"/problems/rate_limited","title":"Too many requests","status":429,'
    b'"detail":"Slower.","code":"rate_limited","trace_id":"0"}'
)


class Fault(enum.Enum):
    """Where it fails. The names say whether the server has got the request."""

    UNREAD = "the connection is reset before anything is read"
    CUT_REQUEST = "the server gets the beginning of the request"
    READ = "the request is read, and the server does not get it"
    SWALLOWED = "the server gets the request, and its answer is swallowed"
    DELAYED = "the server gets the request, and its answer never comes"
    CUT_HEAD = "the answer breaks off within its head"
    CUT_BODY = "the answer breaks off within its body"
    RESET_BODY = "the answer is reset within its body"
    UNAVAILABLE = "503 instead of asking the server"
    UNAVAILABLE_AFTER = "503 instead of the server's answer"
    BAD_GATEWAY_AFTER = "502 of some proxy instead of the server's answer"
    TIMEOUT_AFTER = "504 of some proxy instead of the server's answer"
    LIMITED = "429 instead of asking the server"


FORWARDED = {
    Fault.SWALLOWED,
    Fault.DELAYED,
    Fault.CUT_HEAD,
    Fault.CUT_BODY,
    Fault.RESET_BODY,
    Fault.UNAVAILABLE_AFTER,
    Fault.BAD_GATEWAY_AFTER,
    Fault.TIMEOUT_AFTER,
}
"""With these the server does what the request says."""


class Seen(NamedTuple):
    """A request that came to the proxy."""

    method: str
    target: str
    fault: Optional[Fault]
    head: str


class FaultProxy:
    """A proxy on a port of its own. Each request takes the next fault of the plan; without one it goes through.

    Args:
        port: The server's port.
        seed: Says where exactly answers break off.
    """

    def __init__(self, port: int, seed: int = 0) -> None:
        self.plan: Deque[Optional[Fault]] = deque()
        self.seen: List[Seen] = []
        self._port = port
        self._dice = random.Random(seed)
        self._released = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                self._one(client)
            except OSError:
                pass

    def _one(self, client: socket.socket) -> None:
        fault = self.plan[0] if self.plan else None
        if fault is Fault.UNREAD:
            self.plan.popleft()
            self.seen.append(Seen("", "", fault, ""))
            # Not before something has come: until then the client knows that nothing was sent.
            client.recv(1, socket.MSG_PEEK)
            return _reset(client)
        head, body = _read_request(client)
        if not head:
            return
        fault = self.plan.popleft() if self.plan else None
        method, target = head.split(" ", 2)[:2]
        self.seen.append(Seen(method, target, fault, head))
        if fault is Fault.READ:
            return _reset(client)
        if fault is Fault.UNAVAILABLE:
            return _answer(client, b"503 Service Unavailable", _UNAVAILABLE)
        if fault is Fault.LIMITED:
            return _answer(client, b"429 Too Many Requests", _LIMITED)

        request = re.sub("\r\n\r\n$", "\r\nConnection: close\r\n\r\n", head).encode("latin-1") + body
        with socket.create_connection(("127.0.0.1", self._port)) as server:
            if fault is Fault.CUT_REQUEST:
                server.sendall(request[: self._dice.randrange(1, len(request))])
                return _reset(client)
            server.sendall(request)
            if fault is None:
                while data := server.recv(65536):
                    client.sendall(data)
                return
            answer = b"".join(iter(lambda: server.recv(65536), b""))
        self._break(client, fault, answer)

    def _break(self, client: socket.socket, fault: Fault, answer: bytes) -> None:
        end_of_head = answer.index(b"\r\n\r\n") + 4
        if fault is Fault.SWALLOWED:
            _reset(client)
        elif fault is Fault.DELAYED:
            self._released.wait()
        elif fault is Fault.CUT_HEAD:
            client.sendall(answer[: self._dice.randrange(1, end_of_head)])
        elif fault in (Fault.CUT_BODY, Fault.RESET_BODY):
            client.sendall(answer[: self._dice.randrange(end_of_head, len(answer) - 1)])
            if fault is Fault.RESET_BODY:
                _reset(client)
        elif fault is Fault.UNAVAILABLE_AFTER:
            _answer(client, b"503 Service Unavailable", _UNAVAILABLE)
        elif fault is Fault.BAD_GATEWAY_AFTER:
            _answer(client, b"502 Bad Gateway", b"<html>Bad Gateway</html>", b"text/html")
        else:
            _answer(client, b"504 Gateway Timeout", b"<html>Gateway Timeout</html>", b"text/html")


def _read_request(client: socket.socket) -> Tuple[str, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(65536)
        if not more:
            return "", b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    while len(body) < (int(length.group(1)) if length else 0):
        body += client.recv(65536)
    return head.decode("latin-1") + "\r\n\r\n", body


def _answer(client: socket.socket, status: bytes, body: bytes, kind: bytes = b"application/problem+json") -> None:
    head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    client.sendall(head % (status, kind, len(body)) + body)


def _reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
