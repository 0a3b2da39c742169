"""Rule C10: no surprise, no leak."""

from __future__ import annotations

import base64
import copy
import json
import logging
import os
import pathlib
import pickle
import signal
import socket
import subprocess
import sys
import threading
import traceback
from typing import Any, Callable, Dict, List

import pytest
import servers
from conftest import SleeplessClock
from faults import Fault, FaultProxy

from orleans_registry import AsyncClient, Client, OutcomeUnknown, errors
from orleans_registry._settings import Secret

KEY = "ork_veryverysecret"


def shown(error: BaseException) -> str:
    """All that tools show of an error: with its causes, and with the locals of each frame of this package."""
    parts = [repr(error), str(error)]
    seen: List[BaseException] = []
    links: List[Any] = [error]
    while links:
        link = links.pop()
        if link is None or link in seen:
            continue
        seen.append(link)
        links += [link.__cause__, link.__context__]
        parts.append(repr(link.args) + repr(vars(link)))
        frames = link.__traceback__
        while frames is not None:
            if "tests/python" not in frames.tb_frame.f_code.co_filename:
                parts.append(f"{frames.tb_frame.f_code}: {frames.tb_frame.f_locals!r}")
            frames = frames.tb_next
        parts += traceback.TracebackException.from_exception(link).format()
    return "\n".join(parts)


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize(
    "do", [lambda c: c.model("m"), lambda c: c.register("m", wait=False), lambda c: c.predict("m", {})]
)
def test_C10_the_key_is_in_no_error_or_traceback(
    fault: Fault, do: Callable[[Client], Any], node: servers.Node, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with FaultProxy(node.port) as proxy:
        proxy.plan.extend([fault] * 2)
        client = Client(proxy.url, KEY, timeout=0.2, retries=1)
        client._clock = SleeplessClock()
        with pytest.raises(errors.RegistryError) as caught:
            do(client)
        assert any(KEY in seen.head for seen in proxy.seen) or fault is Fault.UNREAD
    assert KEY not in shown(caught.value)
    assert KEY not in caplog.text


def test_C10_the_key_is_in_no_traceback_of_ctrl_c() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(f"http://127.0.0.1:{listener.getsockname()[1]}", KEY)

        def interrupt() -> None:
            connection, _ = listener.accept()
            connection.recv(65536)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(KeyboardInterrupt) as caught:
            client.model("m")
        assert KEY not in shown(caught.value)
        assert len(client._transport.pool._idle) == 0


def test_C10_a_request_that_can_t_be_sent_whole_shows_no_key() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client = Client(f"http://127.0.0.1:{listener.getsockname()[1]}", KEY, timeout=0.2)
        with pytest.raises(OutcomeUnknown) as caught:
            client.predict("m", bytes(8 * 1024 * 1024))
        assert KEY not in shown(caught.value)


@pytest.mark.parametrize("bad", [f"{KEY}\n{KEY}", f"{KEY} ", f"\t{KEY}ü", f"{KEY}\x00"])
@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_C10_a_key_that_is_not_valid_is_not_shown(make: Any, bad: str) -> None:
    if bad.strip() == KEY:
        make("http://127.0.0.1:1", bad)  # blanks around it are no harm
        return
    with pytest.raises(errors.SettingsError) as caught:
        make("http://127.0.0.1:1", bad)
    assert KEY not in shown(caught.value)


@pytest.mark.parametrize("make", [Client, AsyncClient])
@pytest.mark.parametrize("bad", [KEY, f"https://{KEY}@host", f"ftp://{KEY}", f"//{KEY}:99999999"])
def test_C10_a_key_in_the_place_of_the_url_is_not_shown(make: Any, bad: str) -> None:
    with pytest.raises(errors.SettingsError) as caught:
        make(bad)
    # The argument itself is a local, which no rule about keys is about.
    assert KEY not in str(caught.value)


def test_C10_the_key_is_in_no_repr_and_no_pickle(node: servers.Node) -> None:
    for client in (Client(node.url, KEY), AsyncClient(node.url, KEY)):
        inner: Any = getattr(client, "_sync", client)
        for shown_text in (repr(client), str(client), repr(vars(inner)), repr(inner._transport.pool._settings)):
            assert KEY not in shown_text
        clones: List[Callable[[object], object]] = [pickle.dumps, copy.copy, copy.deepcopy]
        for clone in clones:
            with pytest.raises(TypeError, match="make one in each process"):
                clone(client)
    with pytest.raises(TypeError):
        pickle.dumps(Secret(KEY))
    assert repr(Client(node.url)) == f"Client('{node.url}')" and repr(Client()) == "Client()"


def test_C10_what_the_registry_shows_once_is_not_shown_by_repr(registry: Client, name: str) -> None:
    key = registry.create_api_key(name, "viewer")
    hook = registry.create_webhook("http://127.0.0.1:9/")
    assert key.key not in repr(key) and hook.secret not in repr(hook)
    version = registry.register(name)
    for thing in (version, registry.model(name), next(iter(registry.api_keys()))):
        with pytest.raises(TypeError, match="belongs to its client"):
            pickle.dumps(thing)
    assert pickle.loads(pickle.dumps(key.api_key)) == key.api_key


def test_C10_importing_and_making_a_client_reads_prints_logs_and_connects_nothing(tmp_path: pathlib.Path) -> None:
    script = """
import sys
events = []
import orleans_registry                    # once, so that Python's own files are read
for name in [n for n in sys.modules if n.startswith("orleans_registry")]:
    del sys.modules[name]
sys.addaudithook(lambda event, arguments: events.append((event, str(arguments))))
import orleans_registry
client = orleans_registry.Client()
client = orleans_registry.Client("https://registry.example", "k", ca="/nowhere", proxy="http://p:1")
from orleans_registry import AsyncClient
AsyncClient("https://registry.example", "k")
opened = [e for e in events if e[0] == "open" and "orleans_registry" not in e[1] and ".py" not in e[1]]
print([e for e in events if e[0].startswith(("socket.", "subprocess", "os.system"))], opened, file=sys.stderr)
import logging
print(logging.getLogger("orleans_registry").handlers, logging.getLogger().handlers, file=sys.stderr)
"""
    environment = {**os.environ, "ORK_CONFIG": str(tmp_path / "none"), "ORK_API_KEY_FILE": "/nowhere"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert done.stdout == "" and done.stderr.splitlines() == ["[] []", "[] []"]


def test_C10_no_redirect_is_followed_with_a_key() -> None:
    with servers.ModelServer(lambda request: servers.Answer()) as other:
        headers = {"Location": other.url}
        for status in (301, 302, 303, 307, 308):
            with servers.ModelServer(lambda request: servers.Answer(b"", status, headers)) as fake:
                client = Client(f"http://127.0.0.1:{fake.port}", KEY)
                methods: List[Callable[[str], object]] = [client.model, client.register, client.predict]
                for do in methods:
                    with pytest.raises(errors.InvalidAnswer, match="redirects are not followed"):
                        do("m")
                assert len(fake.received) == 3
        assert other.received == []


@pytest.mark.parametrize(
    "url", ["http://registry.example", "http://10.0.0.1:5080", "http://[::2]:1", "http://localhost.evil.example"]
)
def test_C10_plain_http_goes_to_this_machine_only(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.SettingsError, match="insecure=True"):
        Client(url)
    monkeypatch.setenv("ORK_URL", url)
    with pytest.raises(errors.SettingsError, match="insecure=True"):
        Client().model("m")
    Client(url, insecure=True)


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.9.9.9", "http://[::1]", "https://registry.example"])
def test_C10_this_machine_and_https_need_no_leave(url: str) -> None:
    Client(url)


def test_C10_the_key_of_a_context_goes_nowhere_else(
    node: servers.Node, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"current": "a", "contexts": {"a": {"url": "http://127.0.0.1:1", "api_key": KEY}}}))
    file.chmod(0o600)
    monkeypatch.setenv("ORK_CONFIG", str(file))
    with FaultProxy(node.port) as proxy:
        with pytest.raises(errors.Unauthenticated):
            Client(proxy.url).model("m")
        monkeypatch.setenv("ORK_URL", proxy.url)
        with pytest.raises(errors.Unauthenticated):
            Client().model("m")
        assert len(proxy.seen) == 2 and all(KEY not in seen.head for seen in proxy.seen)


def test_C10_a_context_file_that_others_can_read_or_that_is_broken_shows_no_key(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.json"
    monkeypatch.setenv("ORK_CONFIG", str(file))
    contexts: Dict[str, Any] = {"url": "http://127.0.0.1:1", "api_key": KEY}
    for text, mode in [
        (json.dumps({"current": "a", "contexts": {"a": contexts}}), 0o644),
        (json.dumps({"current": "a", "contexts": {"a": contexts}})[:-1], 0o600),
        (json.dumps({"current": "b", "contexts": {"a": contexts}}), 0o600),
        (json.dumps({"current": "a", "contexts": {"a": {**contexts, "api_key": KEY + "\n\n" + KEY}}}), 0o600),
        (json.dumps({"current": "a", "contexts": {"a": {**contexts, "url": "http://far.example"}}}), 0o600),
    ]:
        file.write_text(text)
        file.chmod(mode)
        with pytest.raises(errors.SettingsError) as caught:
            Client().model("m")
        assert KEY not in shown(caught.value), text


def test_C10_a_proxy_s_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    basic = base64.b64encode(f"me:{KEY}".encode()).decode()
    for proxy in (f"http://me:{KEY}@127.0.0.1:{servers.free_port()}", f"https://me:{KEY}@127.0.0.1:1"):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with pytest.raises(errors.RegistryError) as caught:
            Client("https://registry.example", retries=0).model("m")
        assert KEY not in shown(caught.value) and basic not in shown(caught.value)


def test_C10_retries_are_logged_without_the_key(node: servers.Node, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "orleans_registry")
    with FaultProxy(node.port) as proxy:
        proxy.plan.append(Fault.UNAVAILABLE)
        client = Client(proxy.url, node.key)
        client._clock = SleeplessClock()
        list(client.models())
    (record,) = caplog.records
    assert "list_models is tried again in" in record.getMessage() and node.key not in record.getMessage()
