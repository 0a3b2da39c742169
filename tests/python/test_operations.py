"""Every operation of the OpenAPI document has a method, and every argument of an operation reaches it."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import tempfile
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

import pytest
import servers
from faults import FaultProxy

from orleans_registry import ApiKey, Client, Model, RegistryError, Version, Webhook, aio
from orleans_registry._protocols import Inference, OpenAI

DOCUMENT: Dict[str, Any] = json.loads((servers.ROOT / "docs/openapi.json").read_text("utf-8"))


class Things(NamedTuple):
    """What the methods are called on."""

    client: Client
    model: Model
    version: Version
    webhook: Webhook
    key: ApiKey


def new_folder() -> str:
    """A folder with a file that no other test has."""
    folder = tempfile.mkdtemp()
    with open(os.path.join(folder, "model.py"), "wb") as file:
        file.write(os.urandom(100))
    return folder


def download(things: Things, *, by_version: bool) -> None:
    """Uploads a file, and downloads it again."""
    artifact = things.client.upload(new_folder())
    version = things.client.register(things.model.name, artifact={"digest": artifact.digest})
    things.client.download(version.id if by_version else artifact.digest, tempfile.mkdtemp())


METHODS: Dict[str, Tuple[Callable[..., Any], Callable[[Things], Any]]] = {
    "deploy": (Client.register, lambda t: t.client.register(t.model.name, wait=False)),
    "list_models": (Client.models, lambda t: list(t.client.models())),
    "list_versions": (Model.versions, lambda t: list(t.model.versions())),
    "resolve": (Model.resolve, lambda t: t.model.resolve("0.1.0")),
    "get_model": (Client.model, lambda t: t.client.model(t.model.name)),
    "patch_model": (Model.update, lambda t: t.model.update(description="x")),
    "delete_model": (Model.delete, lambda t: t.model.delete(confirm=t.model.name, dry_run=True)),
    "list_primaries": (Model.primary_history, lambda t: list(t.model.primary_history())),
    "rollback": (Model.rollback, lambda t: t.model.rollback()),
    "list_aliases": (Model.list_aliases, lambda t: t.model.list_aliases()),
    "get_alias": (Model.alias, lambda t: t.model.alias("staging")),
    "set_alias": (Model.set_alias, lambda t: t.model.set_alias("staging", "0.1.0")),
    "rollback_alias": (Model.rollback_alias, lambda t: t.model.rollback_alias("staging")),
    "remove_alias": (Model.remove_alias, lambda t: t.model.remove_alias("staging")),
    "get_version": (Version.refresh, lambda t: t.version.refresh()),
    "patch_version": (Version.update, lambda t: t.version.update(labels={"a": "b"})),
    "delete_version": (Version.delete, lambda t: t.version.delete(dry_run=True)),
    "get_version_by_number": (Client.version, lambda t: t.client.version(f"{t.model.name}@0.1.0")),
    "get_model_traffic": (Model.traffic, lambda t: list(t.model.traffic())),
    "get_version_traffic": (Version.traffic, lambda t: t.version.traffic()),
    "get_version_log": (Version.logs, lambda t: list(t.version.logs())),
    "publish": (Version.publish, lambda t: t.version.publish()),
    "promote": (Version.promote, lambda t: t.version.promote()),
    "activate": (Version.activate, lambda t: t.version.activate()),
    "get_servers": (Version.servers, lambda t: t.version.servers()),
    "put_servers": (Version.put_servers, lambda t: t.version.put_servers(["http://127.0.0.1:9"], dry_run=True)),
    "deactivate": (Version.deactivate, lambda t: t.version.deactivate(dry_run=True)),
    "find_missing_files": (Client.upload, lambda t: t.client.upload(new_folder())),
    "upload_file": (Client.upload, lambda t: t.client.upload(new_folder())),
    "create_artifact": (Client.upload, lambda t: t.client.upload(new_folder())),
    "get_artifact": (Client.download, lambda t: download(t, by_version=False)),
    "download_file": (Client.download, lambda t: download(t, by_version=False)),
    "get_version_artifact": (Client.download, lambda t: download(t, by_version=True)),
    "download_version_file": (Client.download, lambda t: download(t, by_version=True)),
    "list_events": (Client.events, lambda t: next(t.client.events())),
    "list_model_events": (Model.events, lambda t: list(t.model.events())),
    "list_version_events": (Version.events, lambda t: list(t.version.events())),
    "get_version_usage": (Version.usage, lambda t: t.version.usage()),
    "get_usage": (Client.usage, lambda t: t.client.usage()),
    "list_statements": (Client.statements, lambda t: list(t.client.statements())),
    "get_statement": (Client.statement, lambda t: t.client.statement("2026-01")),
    "close_month": (Client.close_month, lambda t: t.client.close_month("2026-01", dry_run=True)),
    "get_rates": (Client.rates, lambda t: t.client.rates()),
    "put_rates": (Client.put_rates, lambda t: t.client.put_rates([], dry_run=True)),
    "list_webhooks": (Client.webhooks, lambda t: list(t.client.webhooks())),
    "create_webhook": (Client.create_webhook, lambda t: t.client.create_webhook("http://127.0.0.1:9/")),
    "get_webhook": (Client.webhook, lambda t: t.client.webhook(t.webhook.id)),
    "patch_webhook": (Webhook.update, lambda t: t.webhook.update(description="x")),
    "delete_webhook": (Webhook.delete, lambda t: t.webhook.delete()),
    "rotate_webhook_secret": (Webhook.rotate_secret, lambda t: t.webhook.rotate_secret()),
    "redeliver": (Webhook.redeliver, lambda t: t.webhook.redeliver(1)),
    "list_deliveries": (Webhook.deliveries, lambda t: t.webhook.deliveries()),
    "list_api_keys": (Client.api_keys, lambda t: list(t.client.api_keys())),
    "create_api_key": (Client.create_api_key, lambda t: t.client.create_api_key("x", "viewer")),
    "rotate_api_key": (ApiKey.rotate, lambda t: t.key.rotate()),
    "revoke_api_key": (ApiKey.revoke, lambda t: t.key.revoke()),
    "list_workspaces": (Client.workspaces, lambda t: list(t.client.workspaces())),
    "create_workspace": (Client.create_workspace, lambda t: t.client.create_workspace(f"o-{t.model.name}")),
    "get_me": (Client.me, lambda t: t.client.me()),
    "list_environments": (Client.environments, lambda t: t.client.environments()),
    "match_environments": (Client.match_environments, lambda t: t.client.match_environments("onnx")),
    "get_server": (Client.server, lambda t: t.client.server()),
    "predict": (Client.predict, lambda t: t.client.predict(t.model.name, {})),
    "predict_version": (Version.predict, lambda t: t.version.predict({})),
    "v2_server": (Inference.server, lambda t: t.client.inference.server()),
    "v2_live": (Inference.live, lambda t: t.client.inference.live()),
    "v2_ready": (Inference.ready, lambda t: t.client.inference.ready()),
    "v2_infer": (Inference.infer, lambda t: t.client.inference.infer(t.model.name, {})),
    "v2_model_ready": (Inference.model_ready, lambda t: t.client.inference.model_ready(t.model.name)),
    "v2_infer_version": (Inference.infer, lambda t: t.client.inference.infer(t.model.name, {}, version="0.1.0")),
    "v2_version_ready": (Inference.model_ready, lambda t: t.client.inference.model_ready(t.model.name, version="^0")),
    "v2_model": (Inference.model, lambda t: t.client.inference.model(t.model.name)),
    "v2_version": (Inference.model, lambda t: t.client.inference.model(t.model.name, version="0.1.0")),
    "chat_completions": (OpenAI.chat_completions, lambda t: t.client.openai.chat_completions(t.model.name)),
    "completions": (OpenAI.completions, lambda t: t.client.openai.completions(t.model.name)),
    "embeddings": (OpenAI.embeddings, lambda t: t.client.openai.embeddings(t.model.name)),
}
"""The method of each operation, and a call of it. It may be refused: it is about what is sent."""

ARGUMENTS = {
    "type": "types",
    "label": "labels",
    "from": "from_",
    "drain_seconds": "drain",
    "serving": "serving_url",
    "Idempotency-Key": "idempotency_key",
    "If-Match": "if_match",
    "Model-Version": "version",
    "timeout_seconds": "timeout",
}
"""Arguments that have another name than in the document."""

# Pages and streams go on by themselves (C4); documents are read anew; wait() waits, for calls as well.
# A folder is all that an upload or a download needs.
NOT_ARGUMENTS = {"page_size", "page_token", "Last-Event-ID", "If-None-Match", "wait", "timeout_seconds"} | {
    "Model-Wait", "files", "Upload-Offset", "Upload-Length", "Range", "If-Range"
}


def operations() -> Iterator[Tuple[str, str, str, Dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        if not path.startswith(("/v1/", "/v2")):
            continue  # other clients' own
        for method, operation in methods.items():
            if "operationId" in operation:
                yield operation["operationId"], method.upper(), path, operation


OPERATIONS = list(operations())


@pytest.mark.parametrize(
    "operation, method, path", [found[:3] for found in OPERATIONS], ids=[found[0] for found in OPERATIONS]
)
def test_C8_every_operation_has_a_method(
    operation: str, method: str, path: str, node: servers.Node, registry: Client, name: str
) -> None:
    assert operation in METHODS, f"{operation} has no method yet: write one, and name it here"
    with FaultProxy(node.port) as proxy, servers.ModelServer(lambda request: servers.Answer()) as model:
        client = Client(proxy.url, node.key)
        version = client.register(name, serving_url=model.url, publish=True)
        webhook = client.webhook(registry.create_webhook("http://127.0.0.1:9/").webhook.id)
        prefix = registry.create_api_key(name, "viewer").api_key.prefix
        key = next(key for key in client.api_keys() if key.prefix == prefix)
        things = Things(client, client.model(name), version, webhook, key)
        proxy.seen.clear()
        try:
            METHODS[operation][1](things)
        except RegistryError as error:
            assert error.code not in ("not_found", "method_not_allowed", "validation_failed"), error
    pattern = re.sub(r"\\{\w+\\}", "[^/?]+", re.escape(path)) + r"(\?.*)?"
    sent = [(seen.method, seen.target) for seen in proxy.seen]
    assert any(verb == method and re.fullmatch(pattern, target) for verb, target in sent), sent


def test_C8_there_is_no_method_of_an_operation_that_is_gone() -> None:
    assert set(METHODS) == {operation for operation, *_ in OPERATIONS}


def arguments_of(operation: Dict[str, Any]) -> List[str]:
    """The names of all that an operation takes beside what is in its path."""
    names = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] != "path"]
    for media in operation.get("requestBody", {}).get("content", {}).values():
        reference = media.get("schema", {}).get("$ref", "")
        if reference:
            names += DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]["properties"]
    return sorted(set(names) - NOT_ARGUMENTS)


@pytest.mark.parametrize("operation, details", [(f[0], f[3]) for f in OPERATIONS], ids=[f[0] for f in OPERATIONS])
def test_C8_every_argument_of_an_operation_is_one_of_its_method(operation: str, details: Dict[str, Any]) -> None:
    taken = inspect.signature(METHODS[operation][0]).parameters
    for argument in arguments_of(details):
        if argument == "Model-Version" and operation.startswith("v2_"):
            argument = "version"
        if operation in ("chat_completions", "completions", "embeddings") and argument == "Model-Version":
            continue  # the body's model names the version
        if operation == "resolve" and argument == "version":
            argument = "selector"
        assert ARGUMENTS.get(argument, argument) in taken, argument


def test_C9_the_client_for_asyncio_has_every_method_of_the_client() -> None:
    for kind in (Client, Model, Version, Webhook, ApiKey, Inference, OpenAI):
        twin = getattr(aio, f"Async{kind.__name__}")
        for method, function in vars(kind).items():
            if not method.startswith("_"):
                other = inspect.getattr_static(twin, method)
                if callable(function):
                    assert list(inspect.signature(other).parameters) == list(inspect.signature(function).parameters)


def test_C3_every_public_thing_says_what_it_is() -> None:
    package = servers.ROOT / "src/OrleansRegistry.Python/orleans_registry"
    silent: List[str] = []
    for file in package.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, (ast.ClassDef, ast.Module)):
                for member in [node, *node.body]:
                    if not isinstance(member, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                        continue
                    label = getattr(member, "name", file.name)
                    if not label.startswith("_") and not getattr(node, "name", "").startswith("_"):
                        if ast.get_docstring(member) is None and "TYPE_CHECKING" not in label:
                            silent.append(f"{file.name}: {label}")
    assert silent == []
