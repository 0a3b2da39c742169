"""Writes aio.py: for each class whose methods ask the registry the same class with coroutines. Used by generate.py."""

from __future__ import annotations

import ast
import json
import textwrap
from pathlib import Path
from typing import Any, Iterator, List, Optional, Union

WIDTH = 120

CLASSES = {
    "_client.py": ["Client"],
    "_models.py": ["Model", "Version"],
    "_access.py": ["ApiKey", "Webhook"],
    "_protocols.py": ["Inference", "OpenAI"],
}
RESOURCES = {"Model", "Version", "ApiKey", "Webhook"}
FACADES = {"Inference", "OpenAI"}
WRAPPED = RESOURCES | FACADES | {"MonthlyStatement", "Usage", "PredictionStream"}

HEAD = '''"""AsyncClient: the client for asyncio. It runs ``Client`` in at most 32 threads.

Generated from the classes of this package by tools/generate_async.py; don't change it by hand.
"""

from __future__ import annotations

import os
from typing import Any, AsyncIterator, Iterable, List, Literal, Mapping, NoReturn, Optional, Union

from . import types
from ._access import ApiKey, Rates, Webhook
from ._aio import AsyncMonthlyStatement, AsyncPages, AsyncPredictionStream, AsyncStream, AsyncUsage, Threads
from ._calls import Prediction
from ._client import Client
from ._commands import UNSET, Unset, VersionRef
from ._files import Progress
from ._models import Model, Version
from ._protocols import Inference, OpenAI
from .types import Event, InferenceServer, Statement, StatementSummary, WebhookSecret, Workspace
'''

OF_CLIENT = '''
    async def close(self) -> None:
        """Closes the idle connections and ends the idle threads."""
        self._sync.close()
        self._threads.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"Async{getattr(self, '_sync', 'Client()')!s}"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client can't be pickled or copied, because of its key; make one in each process")
'''

OF_RESOURCE = '''
    def __init__(self, threads: Threads, sync: {name}) -> None:
        self._threads = threads
        self._sync = sync

    @property
    def raw(self) -> Any:
        """The JSON object as it was answered last."""
        return self._sync.raw

    @property
    def etag(self) -> Optional[str]:
        """The entity tag, for ``if_match``. None where the registry has not told it."""
        return self._sync.etag

    def __reduce__(self) -> NoReturn:
        raise TypeError("it belongs to its client and can't be pickled or copied; take its id or raw")
'''

OF_FACADE = """
    def __init__(self, threads: Threads, sync: {name}) -> None:
        self._threads = threads
        self._sync = sync
"""


def generate(package: Path) -> str:
    """The text of aio.py."""
    parts = [HEAD]
    for file, names in CLASSES.items():
        tree = ast.parse((package / file).read_text("utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name in names:
                parts.append("\n\n" + "\n".join(_class(node)))
    return "".join(parts).rstrip("\n") + "\n"


def _class(node: ast.ClassDef) -> Iterator[str]:
    name = node.name
    base = f"(types.{name})" if name in RESOURCES else ""
    yield f"class Async{name}{base}:"
    yield from docstring(f"{_summary(node)} See ``{name}``, whose methods say more.", 4)
    yield ""
    yield '    __slots__ = ("_threads", "_sync")'
    if name in RESOURCES:
        yield OF_RESOURCE.format(name=name).rstrip("\n")
    elif name in FACADES:
        yield OF_FACADE.format(name=name).rstrip("\n")
    for member in node.body:
        if not isinstance(member, ast.FunctionDef):
            continue
        if name == "Client" and member.name == "__init__":
            yield from _constructor(member)
        elif not member.name.startswith("_") and member.name != "close":
            yield from _method(member)
    if name == "Client":
        yield OF_CLIENT.rstrip("\n")


def _constructor(member: ast.FunctionDef) -> Iterator[str]:
    yield _wrapped("\n    def __init__(", _arguments(member), ") -> None:")
    yield "        self._threads = Threads()"
    yield "        try:"
    yield _wrapped("            self._sync = Client(", _passed(member), ")")
    yield "        finally:"
    yield "            del api_key, proxy  # some tracebacks show locals"


def _method(member: ast.FunctionDef) -> Iterator[str]:
    assert member.returns is not None, member.name
    sync = ast.unparse(member.returns)
    is_property = any(isinstance(d, ast.Name) and d.id == "property" for d in member.decorator_list)
    call = f"self._sync.{member.name}"
    arguments, passed = _arguments(member), _passed(member)
    item = _item(member.returns)
    result: List[Any]
    kind, made = "def", sync
    if is_property:
        made, result = f"Async{sync}", ["return ", f"Async{sync}(", ["self._threads", call], ")"]
        yield "\n    @property"
    elif sync.startswith("Iterator["):
        inner = f"Async{item}" if item in WRAPPED else item
        made = f"AsyncIterator[{inner}]"
        make = f"lambda raw: {inner}(self._threads, raw)" if item in WRAPPED else "lambda item: item"
        yield ""
        result = ["pages = ", f"{call}(", passed, ")", f"return AsyncPages(self._threads, pages, {make})"]
    elif sync.startswith("Stream["):
        made = f"AsyncStream[{item}]"
        yield ""
        result = ["stream = ", f"{call}(", passed, ")", "return AsyncStream(self._threads, stream)"]
    else:
        kind = "async def"
        yield ""
        run = ["await self._threads.run(", [call, *passed], ")"]
        if sync in WRAPPED:
            made = f"Async{sync}"
            result = ["answer = ", *run, f"return Async{sync}(self._threads, answer)"]
        else:
            result = ["return ", *run]
    yield _wrapped(f"    {kind} {member.name}(", arguments, f") -> {made}:")
    yield from docstring(_summary(member), 8)
    yield _wrapped(f"        {result[0]}{result[1]}", result[2], str(result[3]))
    yield from (f"        {line}" for line in result[4:])


def _item(returns: ast.expr) -> Optional[str]:
    return ast.unparse(returns.slice) if isinstance(returns, ast.Subscript) else None


def _summary(node: Union[ast.ClassDef, ast.FunctionDef]) -> str:
    """The first sentence of a docstring."""
    text = " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())
    return text.partition(" See ``")[0]


def _arguments(member: ast.FunctionDef) -> List[str]:
    arguments = member.args
    parts: List[str] = []
    defaults: List[Optional[ast.expr]] = [None] * (len(arguments.args) - len(arguments.defaults)) + [
        *arguments.defaults
    ]
    for argument, default in zip(arguments.args, defaults):
        parts.append(_argument(argument, default))
    if arguments.kwonlyargs:
        parts.append("*")
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        parts.append(_argument(argument, default))
    if arguments.kwarg is not None:
        parts.append("**" + _argument(arguments.kwarg, None))
    return parts


def _argument(argument: ast.arg, default: Optional[ast.expr]) -> str:
    annotation = ": " + ast.unparse(argument.annotation).replace("'", '"') if argument.annotation is not None else ""
    if default is None:
        return argument.arg + annotation
    is_text = isinstance(default, ast.Constant) and isinstance(default.value, str)
    return f"{argument.arg}{annotation} = {json.dumps(ast.literal_eval(default)) if is_text else ast.unparse(default)}"


def _passed(member: ast.FunctionDef) -> List[str]:
    arguments = member.args
    passed = [argument.arg for argument in arguments.args[1:]]
    passed += [f"{argument.arg}={argument.arg}" for argument in arguments.kwonlyargs]
    return passed + ([f"**{arguments.kwarg.arg}"] if arguments.kwarg is not None else [])


def _wrapped(head: str, parts: List[str], tail: str) -> str:
    """A list in brackets, on one line where it fits, else a line for each."""
    line = f"{head}{', '.join(parts)}{tail}"
    if len(line.lstrip("\n")) <= WIDTH:
        return line
    blanks = " " * (len(head.lstrip("\n")) - len(head.lstrip()))
    return head + "\n" + "".join(f"{blanks}    {part},\n" for part in parts) + blanks + tail


def docstring(text: str, indent: int) -> List[str]:
    text = " ".join(text.split()).replace("\\", "\\\\")
    blanks = " " * indent
    if len(text) + indent + 6 <= WIDTH:
        return [f'{blanks}"""{text}"""']
    lines = textwrap.wrap(text, WIDTH - indent - 3, break_on_hyphens=False, break_long_words=False)
    return [f'{blanks}"""{lines[0]}', *(blanks + line for line in lines[1:]), f'{blanks}"""']
