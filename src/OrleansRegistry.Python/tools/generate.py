"""Writes the parts of the package that follow from others.

types.py, errors.py and _operations.py follow from docs/openapi.json, and aio.py from the package's own classes.

    python3 tools/generate.py [DIRECTORY]

DIRECTORY is the package by default. A test compares the files with what this script writes.
"""

from __future__ import annotations

import json
import keyword
import re
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple, Union

import generate_async
from generate_async import docstring

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "src/OrleansRegistry.Python/orleans_registry"
DOCUMENT = ROOT / "docs/openapi.json"
CODES = ROOT / "src/OrleansRegistry.Abstractions/ErrorCode.cs"

WIDTH = 120
HEAD = (
    '"""{about}\n\nGenerated from docs/openapi.json by tools/generate.py; don\'t change it by hand.\n"""\n\n'
    "from __future__ import annotations\n\n"
)

# Members that repr leaves out: what is secret, and what is long.
UNSHOWN = {"key", "secret", "description", "message", "detail"}
# Parameters whose own name says too little, or whose values are others elsewhere: those by their first value too.
CHOICE_NAMES: Dict[Union[str, Tuple[str, str]], str] = {
    "type": "EventType",
    ("order_by", "id"): "EventOrder",
    ("order_by", "-created_at"): "VersionOrder",
}
# Objects within bodies that are not called as their member is.
INPUT_NAMES: Dict[Tuple[str, Tuple[str, ...]], str] = {("files", ("sha256", "size")): "WantedFileSpec"}

# Errors without a code of the registry; they are written by hand.
OWN_ERRORS = [
    "ConnectionFailed",
    "InvalidAnswer",
    "ModelError",
    "OutcomeUnknown",
    "PackagingError",
    "RegistryError",
    "SettingsError",
    "StartFailed",
    "TimedOut",
]

Schema = Dict[str, Any]


class Generator:
    def __init__(self, document: Schema) -> None:
        self.document = document
        self.schemas: Dict[str, Schema] = document["components"]["schemas"]
        self.choices: Dict[str, List[str]] = {
            name: schema["enum"]
            for name, schema in self.schemas.items()
            if schema.get("type") == "string" and "enum" in schema
        }
        self.inputs: Dict[str, Schema] = {}

    def operations(self) -> Iterator[Any]:
        for path, methods in self.document["paths"].items():
            if not path.startswith(("/v1/", "/v2")):
                continue  # for OpenAI's own clients, and for those that know models by their short routes
            for method, operation in methods.items():
                if method in ("get", "put", "post", "patch", "delete"):
                    yield path, method.upper(), operation

    # types.py

    def types(self) -> str:
        answers = self._answers()
        classes = [self._answer(name, answers[name]) for name in sorted(answers)]
        for _, _, operation in self.operations():
            for parameter in operation.get("parameters", []):
                schema = parameter["schema"].get("items", parameter["schema"])
                self._choice(parameter["name"], schema)
            for media in operation.get("requestBody", {}).get("content", {}).values():
                if "$ref" in media.get("schema", {}):
                    self._collect_inputs(self._resolved(media["schema"]))
        choices = [
            f"{name} = Literal[{', '.join(map(json.dumps, self.choices[name]))}]" for name in sorted(self.choices)
        ]
        inputs = [self._input(name, self.inputs[name]) for name in sorted(self.inputs)]
        imports = (
            "import datetime\nfrom typing import Any, Dict, List, Literal, Optional, TypedDict\n\n"
            "from ._document import Document, anything, flag, instant, many, number, optional, table, text, whole\n"
        )
        about = (
            "The documents of the registry, with a class each, and the parts of requests.\n\n"
            "Members of a closed list are text here: a newer registry may have further values (rule C8)."
        )
        parts = [HEAD.format(about=about) + imports, "\n".join(map(wrapped_code, choices)) + "\n", *inputs, *classes]
        return "\n\n".join(part.rstrip("\n") + "\n" for part in parts)

    def _answers(self) -> Dict[str, Schema]:
        """The objects that answers are made of, by the name of their class."""
        found: Dict[str, Schema] = {}

        def visit(schema: Schema, name: Optional[str] = None) -> None:
            if "$ref" in schema:
                referred = schema["$ref"].rpartition("/")[2]
                if referred not in found:
                    visit(self.schemas[referred], referred)
                return
            if "properties" not in schema:
                for choice in schema.get("oneOf", []):
                    visit(choice, name)
            if "items" in schema:
                visit(schema["items"], name)
            if "properties" not in schema:
                return
            if is_page(schema):
                visit(schema["properties"]["items"]["items"], (name or "").replace("PageOf", "").replace("Page", ""))
                return
            assert name, schema
            found[name] = schema
            for member, part in schema["properties"].items():
                visit(part, camel(member))

        for _, _, operation in self.operations():
            for status, response in operation["responses"].items():
                if not status.startswith("2"):
                    continue  # a problem becomes an exception, see errors.py
                for media in response.get("content", {}).values():
                    visit(media.get("schema", {}))
        return found

    def _answer(self, name: str, schema: Schema) -> str:
        shown = [member for member, part in schema["properties"].items() if self._is_shown(member, part)]
        lines = [f"class {name}(Document):", *docstring(schema.get("description", name), 4), "", "    __slots__ = ()"]
        if shown:
            comma = "," if len(shown) == 1 else ""
            lines.append(wrapped_code(f"    _shown = ({', '.join(map(json.dumps, shown))}{comma})"))
        for member, part in schema["properties"].items():
            python, kind = self._kind(member, part)
            told = [told["description"] for told in [part, *part.get("oneOf", [])] if "description" in told]
            about = told[0] if told else member.replace("_", " ").capitalize() + "."
            values = self._values(part)
            if values:
                about += " One of " + ", ".join(f"`{value}`" for value in values) + "."
            lines += ["", "    @property", f"    def {identifier(member)}(self) -> {python}:", *docstring(about, 8)]
            lines.append(f'        return self._read("{member}", {kind})')
        return "\n".join(lines) + "\n"

    def _is_shown(self, member: str, part: Schema) -> bool:
        kind = self._kind(member, part)[1].replace("optional(", "").rstrip(")")
        return member not in UNSHOWN and kind in ("text", "whole", "number", "flag", "instant")

    def _values(self, part: Schema) -> List[str]:
        resolved = self._resolved(part)
        values: List[str] = resolved.get("enum", [])
        return values

    def _kind(self, member: str, part: Schema) -> Any:
        """The type of a member as an annotation, and the function that reads it."""
        if "oneOf" in part:
            choices = [choice for choice in part["oneOf"] if choice.get("type") != "null"]
            assert len(choices) == 1, part
            python, kind = self._kind(member, choices[0])
            return f"Optional[{python}]", f"optional({kind})"
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            target = self.schemas[name]
            return ("str", "text") if "enum" in target else (name, name)
        kinds = part.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        single = [kind for kind in kinds if kind != "null"]
        python, kind = self._plain_kind(member, part, single[0] if len(single) == 1 else None)
        return (f"Optional[{python}]", f"optional({kind})") if "null" in kinds else (python, kind)

    def _plain_kind(self, member: str, part: Schema, kind: Optional[str]) -> Any:
        if kind == "string":
            return ("datetime.datetime", "instant") if part.get("format") == "date-time" else ("str", "text")
        if kind == "array":
            python, inner = self._kind(member, part["items"])
            return f"List[{python}]", f"many({inner})"
        if kind == "object" and "properties" in part:
            return camel(member), camel(member)
        if kind == "object" and isinstance(part.get("additionalProperties"), dict):
            python, inner = self._kind(member, part["additionalProperties"])
            return f"Dict[str, {python}]", f"table({inner})"
        if kind == "object":
            return "Dict[str, Any]", "anything"
        return {
            "integer": ("int", "whole"),
            "number": ("float", "number"),
            "boolean": ("bool", "flag"),
            None: ("Any", "anything"),
        }[kind]

    def _resolved(self, schema: Schema) -> Schema:
        return self.schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema

    def _choice(self, name: str, schema: Schema) -> None:
        """Names the list of values of a parameter, unless a schema has it already."""
        values = schema.get("enum")
        if values and values not in self.choices.values():
            choice = CHOICE_NAMES.get((name, values[0])) or CHOICE_NAMES.get(name) or camel(name)
            assert self.choices.setdefault(choice, values) == values, choice

    def _choice_name(self, schema: Schema) -> Optional[str]:
        values = self._resolved(schema).get("enum")
        return next((name for name, known in self.choices.items() if known == values), None)

    def _collect_inputs(self, body: Schema) -> None:
        """Names the objects within the body of a request."""
        for member, part in body.get("properties", {}).items():
            self._choice(member, part)
            inner = self._resolved(part.get("items", part))
            if "properties" not in inner:
                continue
            name = self._input_name(member, part)
            assert self.inputs.setdefault(name, inner)["properties"].keys() == inner["properties"].keys(), name
            self._collect_inputs(inner)

    def _input_name(self, member: str, part: Schema) -> str:
        """The name of an object within a body: its member's, but where two that differ would have one name."""
        members = tuple(sorted(self._resolved(part.get("items", part)).get("properties", {})))
        return INPUT_NAMES.get((member, members)) or camel(member[:-1] if "items" in part else member) + "Spec"

    def _input(self, name: str, schema: Schema) -> str:
        required: Set[str] = set(schema.get("required", []))

        def fields(names: List[str]) -> List[str]:
            lines = []
            for member in names:
                part = schema["properties"][member]
                choice = self._choice_name(part)
                python = choice or self._kind(member, part)[0].replace("datetime.datetime", "str")
                if "properties" in self._resolved(part.get("items", {})):
                    python = python.replace(f"List[{camel(member)}]", f"List[{self._input_name(member, part)}]")
                lines += [f"    {member}: {python}", *docstring(part.get("description", member), 4)]
            return lines

        first = [
            f"class _{name}Required(TypedDict):",
            *fields([m for m in schema["properties"] if m in required]),
            "",
            "",
        ]
        rest = [m for m in schema["properties"] if m not in required]
        about = docstring(schema.get("description", name), 4)
        if not required:
            return "\n".join([f"class {name}(TypedDict, total=False):", *about, "", *fields(rest)]) + "\n"
        return "\n".join([*first, f"class {name}(_{name}Required, total=False):", *about, "", *fields(rest)]) + "\n"

    # errors.py

    def errors(self, source: str) -> str:
        told = re.findall(r"<summary>(\d+): (.*?)</summary>\s*public const string \w+ = \"(\w+)\";", source, re.DOTALL)
        codes = {code: (int(status), plain_comment(about)) for status, about, code in told}
        closed = self._resolved(self.schemas["Problem"]["properties"]["code"]).get("enum")
        missing = set(closed or codes) ^ set(codes)
        assert not missing, f"ErrorCode.cs and the OpenAPI document differ in {missing}"
        named = {code: camel(code) for code in sorted(codes)}
        parts = [
            HEAD.format(about="Every error, with a class for each code (rule C3).")
            + "from typing import Dict, Type\n\nfrom ._errors import (\n"
            + "".join(f"    {name},\n" for name in OWN_ERRORS)
            + ")\n"
        ]
        for code, name in named.items():
            status, about = codes[code]
            about = about[0].upper() + about[1:]
            lines = docstring(f"{status} `{code}`. {about}", 4)
            parts.append(
                "\n".join([f"class {name}(RegistryError):", *lines, "", f'    default_code = "{code}"']) + "\n"
            )
        table = [
            "BY_CODE: Dict[str, Type[RegistryError]] = {",
            "    kind.default_code: kind for kind in RegistryError.__subclasses__() if kind.__module__ == __name__",
            "}",
        ]
        parts.append("\n".join(table) + '\n"""The class of each code."""\n')
        parts.append(
            "__all__ = [\n"
            + "".join(f'    "{name}",\n' for name in sorted([*OWN_ERRORS, *named.values(), "BY_CODE"]))
            + "]\n"
        )
        return "\n\n".join(part.rstrip("\n") + "\n" for part in parts)

    # _operations.py

    def routes(self) -> str:
        lines = [HEAD.format(about="The routes of the registry.") + "from ._transport import Operation", ""]
        for path, method, operation in self.operations():
            name = operation["operationId"]
            lines.append(f'{name.upper()} = Operation("{name}", "{method}", "{path}")')
        return "\n".join(lines) + "\n"


def is_page(schema: Schema) -> bool:
    return set(schema.get("properties", {})) == {"items", "next_page_token"}


def camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def identifier(name: str) -> str:
    return name + "_" if keyword.iskeyword(name) else name


def plain_comment(comment: str) -> str:
    """The text of a comment of C#."""
    text = re.sub(r"<see cref=\"([^\"]*)\"\s*/>", r"\1", comment.replace("///", ""))
    return " ".join(re.sub("</?c>", "`", text).split())


def wrapped_code(line: str) -> str:
    """Breaks a long line of values between brackets."""
    if len(line) <= WIDTH:
        return line
    opening = min(i for i in (line.find("["), line.find("(")) if i >= 0)
    blanks = " " * (len(line) - len(line.lstrip()))
    items = line[opening + 1 : -1].rstrip(",").split(", ")
    return line[: opening + 1] + "\n" + "".join(f"{blanks}    {item},\n" for item in items) + blanks + line[-1]


def main() -> None:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGE
    generator = Generator(json.loads(DOCUMENT.read_text("utf-8")))
    (directory / "types.py").write_text(generator.types(), "utf-8")
    (directory / "errors.py").write_text(generator.errors(CODES.read_text("utf-8")), "utf-8")
    (directory / "_operations.py").write_text(generator.routes(), "utf-8")
    (directory / "aio.py").write_text(generate_async.generate(PACKAGE), "utf-8")


if __name__ == "__main__":
    main()
