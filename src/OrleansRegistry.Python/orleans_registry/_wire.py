"""Connections: sockets whose every step ends in time, HTTP/1.1 over them, and a pool of them for many threads."""

from __future__ import annotations

import collections
import http.client
import io
import os
import socket
import ssl
import time
from typing import Any, Callable, Deque, Iterator, Mapping, Optional, Tuple, TypeVar, Union

from ._about import __version__
from ._errors import ConnectionFailed, InvalidAnswer, RegistryError, SettingsError, TimedOut
from ._settings import Origin, Secret, Settings

T = TypeVar("T")
Buffer = Union[bytes, bytearray, memoryview]

_BLOCK = 64 * 1024
_SMALL = 16 * 1024  # a body that is sent in one piece with the head
_MAX_IDLE = 32
_MAX_IDLE_SECONDS = 30.0  # less than servers and load balancers keep a connection
_MAX_PROXY_HEAD = 64 * 1024

USER_AGENT = f"orleans-registry-python/{__version__}"


class Clock:
    """Time, as far as a client depends on it; tests have their own."""

    def now(self) -> float:
        """Seconds since some instant; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)

    def random(self) -> float:
        """From 0 to 1. Of the system, so that no two processes have the same after a fork."""
        return int.from_bytes(os.urandom(4), "big") / 2**32


class Deadline:
    """When an operation ends, whatever it waits for (rule C2)."""

    def __init__(self, clock: Clock, seconds: Optional[float]) -> None:
        self._clock = clock
        self._seconds = seconds
        self._end = None if seconds is None else clock.now() + seconds

    def remaining(self) -> Optional[float]:
        """The seconds that are left; None for any number."""
        return None if self._end is None else self._end - self._clock.now()

    def limit(self, timeout: float) -> float:
        """How long the next step may take.

        Raises:
            TimedOut: The time is up.
        """
        remaining = self.remaining()
        if remaining is None:
            return timeout
        if remaining <= 0:
            raise TimedOut(f"the operation took longer than its {self._seconds:g} seconds")
        return min(timeout, remaining)


class Wire:
    """A connection. Each step of it takes at most ``timeout`` seconds, and all of them end by ``deadline``."""

    def __init__(self, sock: socket.socket, deadline: Deadline, timeout: float) -> None:
        self.deadline = deadline
        self.timeout = timeout
        self.idle_since = 0.0
        self.process = os.getpid()
        self.is_whole = True  # whether all that was to be sent was
        self.is_at_end = False  # whether the server sends no more
        self._sock = sock

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Makes the connection a secure one."""
        self._arm()
        self._sock = context.wrap_socket(self._sock, server_hostname=host)

    def send(self, data: Buffer) -> None:
        """Sends all of it."""
        rest = memoryview(data).cast("B")
        while rest:
            self._arm()
            rest = rest[self._sock.send(rest[: 4 * _BLOCK]) :]

    def receive_into(self, buffer: Any) -> int:
        """Receives what there is; 0 at the end."""
        self._arm()
        received = self._sock.recv_into(buffer)
        self.is_at_end = received == 0
        return received

    def makefile(self, mode: str, *_: Any) -> io.BufferedReader:
        """The stream that http.client reads an answer from."""
        return io.BufferedReader(_Reader(self), _BLOCK)

    def is_alive(self) -> bool:
        """Whether the server has neither closed the idle connection nor sent anything unasked."""
        try:
            self._sock.settimeout(0)
            # The plain socket's method: TLS knows no peeking, and any byte that waits is reason enough.
            socket.socket.recv(self._sock, 1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return True
        except (OSError, ValueError):
            pass
        return False

    def interrupt(self) -> None:
        """Ends whatever another thread waits for on this connection."""
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self) -> None:
        """Closes the connection. The one of a process that was forked stays open in the other one."""
        try:
            self._sock.close()
        except OSError:
            pass

    def _arm(self) -> None:
        self._sock.settimeout(self.deadline.limit(self.timeout))


class _Reader(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._wire.receive_into(buffer)


class Reply:
    """An answer whose body has not been read yet."""

    def __init__(self, wire: Wire, response: http.client.HTTPResponse, pool: Pool) -> None:
        self.status = response.status
        self._wire = wire
        self._response = response
        self._pool = pool
        self._left = response.length
        self._is_open = True
        if self._left == 0:
            self._finish()

    def header(self, name: str) -> Optional[str]:
        """A header of the answer, in any case."""
        return self._response.headers.get(name)

    @property
    def media_type(self) -> str:
        """The media type in lower case, without parameters."""
        return (self.header("Content-Type") or "").partition(";")[0].strip().lower()

    def chunks(self) -> Iterator[bytes]:
        """The body as it comes. The connection goes back to the pool at its end.

        Raises:
            ConnectionFailed: The body broke off.
            TimedOut: It stopped coming.
        """
        try:
            while self._is_open:
                if data := translated(self._receive):
                    yield data
                else:
                    self._finish()
        finally:
            self.close()

    def read(self, limit: Optional[int] = None) -> bytes:
        """The whole body, or its beginning; what is beyond the limit is not waited for."""
        parts, size = [], 0
        for data in self.chunks():
            parts.append(data)
            size += len(data)
            if limit is not None and size > limit:
                self.close()
                break
        return b"".join(parts)

    def interrupt(self) -> None:
        """Ends the body for whatever thread waits for it."""
        if self._is_open:
            self._wire.interrupt()

    def close(self) -> None:
        """Gives up what is left of the body."""
        if self._is_open:
            self._is_open = False
            self._response.close()
            self._wire.close()

    def _receive(self) -> bytes:
        if self._response.chunked:
            return self._response.read1(_BLOCK)
        # Not read1 of the response: some versions of Python wait there for more than the body's length.
        if self._left is None:
            return self._response.fp.read1(_BLOCK)
        if self._left == 0:
            return b""
        data = self._response.fp.read1(min(_BLOCK, self._left))
        if not data:
            raise http.client.IncompleteRead(b"", self._left)
        self._left -= len(data)
        return data

    def _finish(self) -> None:
        self._is_open = False
        may_stay = not self._response.will_close
        self._response.close()
        self._pool.give_back(self._wire, may_stay)


class Pool:
    """The connections to one registry. Without locks, so that a fork can't leave one locked (rule C9)."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._idle: Deque[Wire] = collections.deque(maxlen=_MAX_IDLE)
        self._context: Optional[ssl.SSLContext] = None

    def exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Optional[Buffer],
        deadline: Deadline,
        timeout: float,
    ) -> Reply:
        """Sends a request and reads the head of its answer.

        Raises:
            ConnectionFailed: There was no connection, or it broke.
            TimedOut: A step took too long.
            InvalidAnswer: The answer is no HTTP.
        """
        wire = translated(self._connect, deadline, timeout, sent=False)
        try:
            return translated(self._ask, wire, method, target, headers, body)
        except BaseException:
            wire.close()
            raise

    def give_back(self, wire: Wire, may_stay: bool) -> None:
        """Takes a connection whose answer was read to its end."""
        if not may_stay or not wire.is_whole or wire.process != os.getpid() or len(self._idle) >= _MAX_IDLE:
            wire.close()
            return
        wire.idle_since = self._clock.now()
        self._idle.append(wire)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Closes the idle connections. The pool can go on to be used."""
        while self._idle:
            try:
                self._idle.pop().close()
            except IndexError:
                return

    def _connect(self, deadline: Deadline, timeout: float) -> Wire:
        while self._idle:
            try:
                wire = self._idle.pop()
            except IndexError:
                break
            is_fresh = self._clock.now() - wire.idle_since < _MAX_IDLE_SECONDS
            if wire.process == os.getpid() and is_fresh and wire.is_alive():
                wire.deadline, wire.timeout = deadline, timeout
                return wire
            wire.close()

        origin, proxy = self._settings.origin, self._settings.proxy
        context = self._tls() if origin.is_tls else None
        wire = _dial((proxy.host, proxy.port) if proxy else (origin.host, origin.port), deadline, timeout)
        try:
            if proxy:
                _tunnel(wire, origin, proxy.authorization)
            if context is not None:
                wire.start_tls(context, origin.host)
        except BaseException:
            wire.close()
            raise
        return wire

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            try:
                context = ssl.create_default_context(cafile=self._settings.ca)
            except OSError as error:
                reason = "there is no certificate in it" if isinstance(error, ssl.SSLError) else error.strerror
                raise SettingsError(f"the authorities in {self._settings.ca} can't be read: {reason}") from None
            context.set_alpn_protocols(["http/1.1"])
            self._context = context
        return self._context

    def _ask(self, wire: Wire, method: str, target: str, headers: Mapping[str, str], body: Optional[Buffer]) -> Reply:
        origin = self._settings.origin
        lines = [f"{method} {origin.path}{target} HTTP/1.1", f"Host: {origin.authority}", f"User-Agent: {USER_AGENT}"]
        # Compressed answers are not asked for: an answer is what its length says.
        lines += ["Accept-Encoding: identity"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self._settings.api_key is not None:
            lines.append(f"Authorization: Bearer {self._settings.api_key.reveal()}")
        if body is not None or method not in ("GET", "HEAD", "DELETE"):
            lines.append(f"Content-Length: {memoryview(body).nbytes if body is not None else 0}")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        try:
            if body is None or memoryview(body).nbytes <= _SMALL:
                wire.send(head + bytes(body or b""))
            else:
                wire.send(head)
                wire.send(body)
        except (BrokenPipeError, ConnectionResetError):
            # A server may refuse a body before it has read all of it. Its answer is then already here.
            wire.is_whole = False
        # The wire has what http.client needs of a socket.
        response = http.client.HTTPResponse(wire, method=method)  # type: ignore[arg-type]
        try:
            response.begin()
        except http.client.HTTPException as error:
            # A status line that begins well has broken off; any other line is another protocol's.
            if wire.is_at_end and getattr(error, "line", "").startswith("H"):
                raise http.client.IncompleteRead(b"") from None
            raise
        if wire.is_at_end:
            # http.client takes the end of the connection for the end of the head.
            raise http.client.IncompleteRead(b"")
        return Reply(wire, response, self)


def _dial(address: Tuple[str, int], deadline: Deadline, timeout: float) -> Wire:
    """Tries all addresses of a name, one after the other."""
    failure: Optional[OSError] = None
    for family, kind, protocol, _, target in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        sock = None
        try:
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(deadline.limit(timeout))
            sock.connect(target)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return Wire(sock, deadline, timeout)
        except BaseException as error:
            if sock is not None:
                sock.close()
            if not isinstance(error, OSError) or isinstance(error, TimedOut):
                raise
            failure = error
    raise failure or OSError("the name has no address")


def _tunnel(wire: Wire, origin: Origin, authorization: Optional[Secret]) -> None:
    """Asks a proxy for a connection to the registry. What goes through it is encrypted."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    head = f"CONNECT {host}:{origin.port} HTTP/1.1\r\nHost: {host}:{origin.port}\r\nUser-Agent: {USER_AGENT}\r\n"
    if authorization is not None:
        head += f"Proxy-Authorization: {authorization.reveal()}\r\n"
    wire.send(head.encode("ascii") + b"\r\n")
    # Byte by byte: what comes behind the head belongs to TLS.
    answer, byte = bytearray(), bytearray(1)
    while not answer.endswith(b"\r\n\r\n") and len(answer) < _MAX_PROXY_HEAD and wire.receive_into(byte):
        answer += byte
    if not answer:
        raise ConnectionFailed("the proxy closed the connection", retryable=True)
    status = answer.split(None, 2)[1:2] if answer.startswith(b"HTTP/1.") else []
    if not status or not status[0].isdigit():
        raise ConnectionFailed("the proxy's answer is no HTTP", retryable=False)
    if not 200 <= int(status[0]) < 300:
        code = int(status[0])
        raise ConnectionFailed(f"the proxy refused the connection with status {code}", retryable=code >= 500)


def translated(action: Callable[..., T], *arguments: Any, sent: bool = True) -> T:
    """Does something with a connection, and says in this package's errors how it failed.

    The tracebacks below end here: there are frames among them that hold the head of the request, with the key in it
    (rule C10).
    """
    failure: RegistryError
    try:
        return action(*arguments)
    except RegistryError as error:
        failure = error
    except socket.timeout:
        failure = TimedOut(
            "the registry did not answer in time" if sent else "there was no connection in time", retryable=True
        )
    except ssl.SSLCertVerificationError as error:
        failure = ConnectionFailed(f"the certificate is not trusted: {error.verify_message}", retryable=False)
    except http.client.IncompleteRead:
        failure = ConnectionFailed("the answer broke off", retryable=True)
    except (http.client.RemoteDisconnected, ConnectionError) as error:
        failure = ConnectionFailed(
            f"the connection broke: {error.strerror or 'the server closed it without an answer'}"
            if sent
            else f"no connection: {error.strerror}",
            retryable=True,
        )
    except OSError as error:
        failure = ConnectionFailed(
            f"{'the connection broke' if sent else 'no connection'}: {error.strerror or error}", retryable=True
        )
    except (http.client.HTTPException, ValueError):
        failure = InvalidAnswer("the answer is no HTTP; is the URL the registry's?")
    except BaseException as error:
        # Ctrl-C, too: without the frames that it came through.
        raise error.with_traceback(None)
    if isinstance(failure, (ConnectionFailed, TimedOut)):
        failure.sent = sent
    failure.__context__ = None
    raise failure.with_traceback(None)
