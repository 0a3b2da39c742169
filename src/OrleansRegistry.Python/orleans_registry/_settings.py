"""Where the registry is and how a client shows who it is: arguments, environment, the context file of ork."""

from __future__ import annotations

import base64
import ipaddress
import json
import os
from typing import Any, Dict, NamedTuple, NoReturn, Optional, Tuple
from urllib.parse import unquote, urlsplit

from ._errors import SettingsError


class Secret:
    """A text that stands in no repr, log, traceback or pickle (rule C10)."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text.strip()

    def reveal(self) -> str:
        """The text, for the one place that sends it. Don't give it a name: names of locals are shown by some
        tracebacks.
        """
        return self.__text

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret can't be pickled or copied")


class Origin(NamedTuple):
    """A server: where its connections go, and what stands before every path."""

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as a header or CONNECT names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


class Proxy(NamedTuple):
    """A proxy for https, and what it is shown."""

    host: str
    port: int
    authorization: Optional[Secret]


class Settings(NamedTuple):
    """All that a client must know to connect."""

    origin: Origin
    api_key: Optional[Secret]
    ca: Optional[str]
    proxy: Optional[Proxy]


class Arguments(NamedTuple):
    """The arguments of a client, before the environment is looked at."""

    url: Optional[str]
    api_key: Optional[Secret]
    ca: Optional[str]
    proxy: Optional[Secret]
    insecure: bool


def parse_url(url: str, source: str, *, insecure: bool) -> Origin:
    """Reads the URL of a registry.

    Raises:
        SettingsError: It is not one, or it is plain http beyond this machine.
    """
    # What is no URL is not shown: it may be a key in the wrong place.
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise SettingsError(f"{source} is no valid URL") from None
    if parts.username is not None or parts.password is not None:
        raise SettingsError(f"{source} has a user or password in it; give the key as api_key or ORK_API_KEY")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"{source} must begin with http:// or https:// and name a host")
    if parts.query or parts.fragment or any(ord(c) <= 32 or ord(c) > 126 for c in parts.path):
        raise SettingsError(f"{source} must be the address of a registry, without a query and without blanks")
    is_tls = parts.scheme == "https"
    if not is_tls and not insecure and not _is_loopback(parts.hostname):
        raise SettingsError(
            f"{source} is plain http to {parts.hostname}, where everybody between can read the key;"
            " use https, or pass insecure=True"
        )
    return Origin(is_tls, _ascii_host(parts.hostname, source), port or (443 if is_tls else 80), parts.path.rstrip("/"))


def resolve(arguments: Arguments) -> Settings:
    """Finds the settings: arguments first, then the environment, then the context file.

    Raises:
        SettingsError: One is missing or not valid.
    """
    failure: SettingsError
    try:
        return _resolve(arguments)
    except SettingsError as error:
        failure = error
    # Here, and without its traceback: what was read stands in the frames below.
    failure.__context__ = None
    raise failure.with_traceback(None)


def _resolve(arguments: Arguments) -> Settings:
    environment_url = _environment("ORK_URL")
    if arguments.url is not None or environment_url:
        url, source = (arguments.url, "url") if arguments.url is not None else (environment_url, "ORK_URL")
        context: Dict[str, Any] = {}
    else:
        # Only here: the key of a context goes nowhere but to the context's own URL.
        context, source = _read_context()
        url = context.get("url")
        source = f"the url of {source}"
    if not isinstance(url, str) or not url:
        raise SettingsError("no registry is named: pass url=…, set ORK_URL, or run ork login")

    origin = parse_url(url, source, insecure=arguments.insecure)
    key = arguments.api_key or _environment_key() or _context_key(context)
    ca = arguments.ca or _environment("ORK_CA") or context.get("ca") or None
    return Settings(origin, key, ca, _proxy_for(origin, arguments.proxy))


def check_key(key: Secret, source: str) -> Secret:
    """Takes a key that can stand in a header.

    Raises:
        SettingsError: It can't.
    """
    if not key or any(not "!" <= character <= "~" for character in key.reveal()):
        raise SettingsError(f"{source} is no API key: it must be one word of ASCII characters")
    return key


def check_proxy(proxy: Secret, source: str) -> Proxy:
    """Reads the URL of a proxy, which may have a user and a password in it.

    Raises:
        SettingsError: It is not one.
    """
    try:
        parts = urlsplit(proxy.reveal() if "://" in proxy.reveal() else f"http://{proxy.reveal()}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme != "http":
        raise SettingsError(f"{source} must be the address of a proxy, such as http://proxy.example:3128")
    authorization = None
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        authorization = Secret("Basic " + base64.b64encode(login).decode("ascii"))
    return Proxy(_ascii_host(host, source), port or 80, authorization)


def _environment(name: str) -> Optional[str]:
    # Empty is as good as not set: that is how shells and CI systems leave a variable out.
    return os.environ.get(name, "").strip() or None


def _environment_key() -> Optional[Secret]:
    key, file = Secret(os.environ.get("ORK_API_KEY", "")), _environment("ORK_API_KEY_FILE")
    if key and file:
        raise SettingsError("ORK_API_KEY and ORK_API_KEY_FILE are both set; only one of them can be meant")
    if key:
        return check_key(key, "ORK_API_KEY")
    if not file:
        return None
    try:
        with open(file, encoding="utf-8") as stream:
            return check_key(Secret(stream.read()), f"the content of {file} (ORK_API_KEY_FILE)")
    except OSError as error:
        raise SettingsError(f"ORK_API_KEY_FILE is {file}, which can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"ORK_API_KEY_FILE is {file}, which is no text") from None


def _context_key(context: Dict[str, Any]) -> Optional[Secret]:
    key = context.get("api_key")
    return check_key(key, "the api_key of the context") if isinstance(key, Secret) and key else None


def _context_file() -> str:
    if path := _environment("ORK_CONFIG"):
        return path
    home = _environment("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(home, "ork", "config.json")


def _hide_keys(members: Dict[str, Any]) -> Dict[str, Any]:
    return {
        name: Secret(value) if name == "api_key" and isinstance(value, str) else value
        for name, value in members.items()
    }


def _read_context() -> Tuple[Dict[str, Any], str]:
    """The context that is chosen, and what to call it. An empty one when there is no file."""
    path, chosen = _context_file(), _environment("ORK_CONTEXT")
    try:
        with open(path, encoding="utf-8") as stream:
            # Of the open file, so that nobody puts another one in its place meanwhile.
            is_open = os.name == "posix" and os.fstat(stream.fileno()).st_mode & 0o077 != 0
            config: Any = None if is_open else json.load(stream, object_hook=_hide_keys)
    except FileNotFoundError:
        if chosen or _environment("ORK_CONFIG"):
            raise SettingsError(f"there is no context file {path}") from None
        return {}, path
    except OSError as error:
        raise SettingsError(f"the context file {path} can't be read: {error.strerror}") from None
    except ValueError:
        # The reader's own message could show what stands in the file.
        raise SettingsError(f"the context file {path} is no JSON") from None

    if is_open:
        raise SettingsError(f"others can read {path}, and there are keys in it: chmod 600 {path}")
    contexts = config.get("contexts") if isinstance(config, dict) else None
    if not isinstance(contexts, dict):
        raise SettingsError(f"the context file {path} has no contexts")
    name = chosen or config.get("current")
    if name is None:
        return {}, path
    context = contexts.get(name) if isinstance(name, str) else None
    if not isinstance(context, dict):
        raise SettingsError(f"the context file {path} has no context {name!r}")
    return context, f"the context {name!r} in {path}"


def _proxy_for(origin: Origin, argument: Optional[Secret]) -> Optional[Proxy]:
    if argument is not None:
        if not origin.is_tls:
            raise SettingsError("a proxy is used for https only; over plain http it could read the key")
        return check_proxy(argument, "proxy")
    proxy = Secret(os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY") or "")
    if not origin.is_tls or not proxy or _is_loopback(origin.host) or _is_exempt(origin):
        return None
    return check_proxy(proxy, "HTTPS_PROXY")


def _is_exempt(origin: Origin) -> bool:
    """Whether NO_PROXY names the host: exactly, as the end of its name, by port, as a network, or by ``*``."""
    for entry in (_environment("no_proxy") or _environment("NO_PROXY") or "").split(","):
        name = entry.strip().lower()
        if name == "*":
            return True
        try:
            if ipaddress.ip_address(origin.host) in ipaddress.ip_network(name.strip("[]"), strict=False):
                return True
            continue
        except ValueError:
            pass
        host, _, port = name.partition(":")
        host = host.lstrip(".")
        if (
            host
            and (not port or port == str(origin.port))
            and (origin.host == host or origin.host.endswith("." + host))
        ):
            return True
    return False


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _ascii_host(host: str, source: str) -> str:
    if ":" in host:
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise SettingsError(f"{source} has no valid host name") from None
