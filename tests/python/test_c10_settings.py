"""Rule C10, and where settings come from."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any, Dict, Optional

import pytest
import servers

from orleans_registry import Client, errors
from orleans_registry._settings import Settings

HERE = "http://127.0.0.1:5080"


def settings_of(*arguments: Any, **named: Any) -> Settings:
    return Client(*arguments, **named)._transport.pool._settings


def key_of(settings: Settings) -> Optional[str]:
    return settings.api_key.reveal() if settings.api_key is not None else None


@pytest.fixture
def contexts(tmp_path: pathlib.Path) -> Any:
    """Writes the context file of ork."""

    def write(path: str = "ork/config.json", **contents: Any) -> pathlib.Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(contents))
        file.chmod(0o600)
        return file

    return write


PROD = {"url": "https://prod.example", "api_key": "p", "ca": "/ca.pem"}
TEST = {"url": HERE, "api_key": "t"}


def test_C10_arguments_come_before_the_environment_before_the_context(
    contexts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts(current="prod", contexts={"prod": PROD})
    assert (
        settings_of().origin.host == "prod.example" and key_of(settings_of()) == "p" and settings_of().ca == "/ca.pem"
    )
    monkeypatch.setenv("ORK_API_KEY", "e")
    monkeypatch.setenv("ORK_CA", "/env.pem")
    assert settings_of().origin.host == "prod.example" and key_of(settings_of()) == "e"
    assert settings_of().ca == "/env.pem"
    monkeypatch.setenv("ORK_URL", "https://env.example")
    assert settings_of().origin.host == "env.example" and key_of(settings_of()) == "e"
    told = settings_of("https://argument.example", "a", ca=pathlib.Path("/arg.pem"))
    assert (told.origin.host, key_of(told), told.ca) == ("argument.example", "a", "/arg.pem")


def test_C10_contexts_are_found_where_ork_keeps_them(
    contexts: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts(current="test", contexts={"test": TEST, "prod": PROD})
    assert key_of(settings_of()) == "t"
    monkeypatch.setenv("ORK_CONTEXT", "prod")
    assert key_of(settings_of()) == "p"
    other = contexts("other.json", contexts={"prod": {**PROD, "api_key": "o"}})
    monkeypatch.setenv("ORK_CONFIG", str(other))
    assert key_of(settings_of()) == "o"
    monkeypatch.delenv("ORK_CONFIG")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    contexts(".config/ork/config.json", contexts={"prod": {**PROD, "api_key": "h"}})
    assert key_of(settings_of()) == "h"


@pytest.mark.parametrize(
    "contents, message",
    [
        ({}, "has no contexts"),
        ({"contexts": []}, "has no contexts"),
        ({"current": "x", "contexts": {}}, "has no context 'x'"),
        ({"current": ["x"], "contexts": {"x": TEST}}, "has no context"),
        ({"contexts": {"x": TEST}}, "no registry is named"),
        ({"current": "x", "contexts": {"x": {"api_key": "k"}}}, "no registry is named"),
        ({"current": "x", "contexts": {"x": {"url": 7}}}, "no registry is named"),
        ({"current": "x", "contexts": {"x": {"url": "ftp://h"}}}, "must begin with http"),
    ],
)
def test_C10_a_context_file_that_says_nothing_is_told(contexts: Any, contents: Dict[str, Any], message: str) -> None:
    contexts(**contents)
    with pytest.raises(errors.SettingsError, match=message):
        settings_of()


def test_C10_without_anything_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.SettingsError, match="pass url=…, set ORK_URL, or run ork login"):
        settings_of()
    monkeypatch.setenv("ORK_CONTEXT", "prod")
    with pytest.raises(errors.SettingsError, match="there is no context file"):
        settings_of()


def test_C10_a_key_comes_from_a_file_with_or_without_a_line_end(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    monkeypatch.setenv("ORK_API_KEY_FILE", str(file))
    for text in ("k", "k\n", " k\r\n"):
        file.write_text(text)
        assert key_of(settings_of(HERE)) == "k"
    for bad in (b"", b"a b", b"\xff"):
        file.write_bytes(bad)
        with pytest.raises(errors.SettingsError, match="ORK_API_KEY_FILE"):
            settings_of(HERE)
    file.unlink()
    with pytest.raises(errors.SettingsError, match="can't be read: No such file"):
        settings_of(HERE)
    monkeypatch.setenv("ORK_API_KEY", "e")
    with pytest.raises(errors.SettingsError, match="both set"):
        settings_of(HERE)
    assert key_of(settings_of(HERE, "argument")) == "argument"


def test_C10_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ORK_API_KEY", "ORK_API_KEY_FILE", "ORK_CA", "ORK_CONFIG", "ORK_CONTEXT", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "")
    told = settings_of(HERE)
    assert (told.api_key, told.ca, told.proxy) == (None, None, None)


@pytest.mark.parametrize(
    "url, authority, path",
    [
        ("http://127.0.0.1:5080", "127.0.0.1:5080", ""),
        ("http://127.0.0.1:5080/", "127.0.0.1:5080", ""),
        (" https://registry.example/team/ork/ ", "registry.example", "/team/ork"),
        ("https://registry.example:443", "registry.example", ""),
        ("https://REGISTRY.example:8443", "registry.example:8443", ""),
        ("http://[::1]:5080", "[::1]:5080", ""),
        ("https://bücher.example", "xn--bcher-kva.example", ""),
    ],
)
def test_C10_urls_are_read(url: str, authority: str, path: str) -> None:
    origin = settings_of(url).origin
    assert (origin.authority, origin.path) == (authority, path)


@pytest.mark.parametrize(
    "url",
    ["", "registry.example", "registry.example:5080", "file:///etc/passwd", "https://", "https://h?x=1", "https://h#x",
     "https://h/ü", "https://h:99999", "https://[::1", "https://a..b", "https://" + "a" * 64 + ".example"],
)  # fmt: skip
def test_C10_what_is_no_url_is_refused_at_once(url: str) -> None:
    with pytest.raises(errors.SettingsError):
        Client(url)


@pytest.mark.parametrize(
    "no_proxy, url, through",
    [
        ("", "https://registry.example", True),
        ("*", "https://registry.example", False),
        ("other.example, .registry.example", "https://registry.example", False),
        ("example", "https://registry.example", False),
        ("gistry.example", "https://registry.example", True),
        ("registry.example:8443", "https://registry.example:8443", False),
        ("registry.example:8443", "https://registry.example", True),
        ("10.0.0.0/8", "https://10.1.2.3", False),
        ("10.1.2.3", "https://10.1.2.3", False),
        ("10.1.2.0/24", "https://10.1.3.3", True),
        ("fd00::/8", "https://[fd00::1]", False),
        ("", "https://localhost:8443", False),
        ("", "http://127.0.0.1:5080", False),
    ],
)
def test_C10_a_proxy_is_used_for_https_and_not_for_what_no_proxy_names(
    no_proxy: str, url: str, through: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:p%40ss@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    proxy = settings_of(url).proxy
    assert (proxy is not None) == through
    if proxy is not None:
        assert (proxy.host, proxy.port) == ("proxy.example", 3128)
        assert proxy.authorization is not None and proxy.authorization.reveal() == "Basic bWU6cEBzcw=="


def test_C10_a_proxy_given_as_argument_is_for_https_only() -> None:
    assert settings_of("https://h.example", proxy="proxy.example:3128").proxy is not None
    with pytest.raises(errors.SettingsError, match="for https only"):
        settings_of(HERE, proxy="http://proxy.example:3128")
    for bad in ("https://proxy.example", "socks5://proxy.example", "http://", "http://h:x"):
        with pytest.raises(errors.SettingsError, match="address of a proxy"):
            Client("https://h.example", proxy=bad)


def test_C10_settings_are_looked_up_with_the_first_request(
    node: servers.Node, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    client = Client()
    monkeypatch.setenv("ORK_URL", node.url)
    monkeypatch.setenv("ORK_API_KEY_FILE", str(node.data / "admin-key"))
    assert client.register(name).version == "0.1.0"
    assert os.environ["ORK_URL"] == node.url
