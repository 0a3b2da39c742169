"""Rule C3: one error, one class."""

from __future__ import annotations

import pickle
import re
from typing import Any, Callable, Iterator

import pytest
import servers

from orleans_registry import Client, RegistryError, errors


@pytest.fixture
def answering(clocked: Callable[..., Client]) -> Iterator[Callable[..., Client]]:
    """Makes clients of a server that always gives one answer."""
    running = []

    def make(answer: servers.Answer) -> Client:
        running.append(servers.ModelServer(lambda request: answer))
        return clocked(f"http://127.0.0.1:{running[-1].port}", "k", retries=0)

    yield make
    for server in running:
        server.__exit__()


def test_C3_each_code_of_the_interface_has_a_class() -> None:
    page = (servers.ROOT / "docs/api.md").read_text("utf-8").partition("## Codes")[2]
    codes = set(re.findall(r"`([a-z0-9_]+)`", page))
    assert codes == set(errors.BY_CODE)
    assert len(set(errors.BY_CODE.values())) == len(codes)
    for code, kind in errors.BY_CODE.items():
        assert issubclass(kind, RegistryError) and kind.default_code == code
        assert kind.__name__ == "".join(part.capitalize() for part in code.split("_"))
        assert code in (kind.__doc__ or "")


def test_C3_a_refusal_has_all_that_the_problem_says(registry: Client) -> None:
    with pytest.raises(errors.ValidationFailed) as caught:
        registry.register("a\\b", labels={"": "x"})
    error = caught.value
    assert (error.status, error.code, error.retryable) == (400, "validation_failed", False)
    assert error.errors["model_name"] and error.request_id == error.raw["trace_id"]
    assert str(error) == f"{error.detail} (validation_failed, request {error.request_id})"


@pytest.mark.parametrize(
    "provoke, code",
    [
        (lambda r, n: r.model(n), "model_not_found"),
        (lambda r, n: r.version(f"{n}@1.0.0"), "model_not_found"),
        (lambda r, n: r.version("0123456789-1"), "version_not_found"),
        (lambda r, n: r.webhook("nope"), "webhook_not_found"),
        (lambda r, n: r.revoke_api_key("abcdefgh"), "api_key_not_found"),
        (lambda r, n: r.create_api_key(n, "viewer", workspace="nowhere"), "workspace_not_found"),
        (lambda r, n: r.create_workspace("default"), "workspace_exists"),
        (lambda r, n: r.close_month("2199-01"), "month_open"),
        (lambda r, n: r.predict(r.register(n).model_name), "no_primary"),
        (lambda r, n: r.register(n, publish=True).predict({}), "not_servable"),
        (lambda r, n: [r.register(n, version="1.0.0") for _ in range(2)], "version_exists"),
        (lambda r, n: r.register(n).update(description="x", if_match='"99"'), "revision_mismatch"),
        (lambda r, n: r.register(n, publish=True).deactivate(refuse_if_primary=True), "is_primary"),
        (lambda r, n: r.model(r.register(n).model_name).rollback(), "no_previous_primary"),
        (lambda r, n: r.version(f"{r.register(n).model_name}@>1 <"), "invalid_selector"),
        (lambda r, n: r.version(f"{r.register(n).model_name}@^7"), "no_matching_version"),
        (lambda r, n: list(r.events(after=10**9)), "validation_failed"),
    ],
)
def test_C3_a_refusal_is_of_the_class_of_its_code(
    provoke: Callable[[Client, str], Any], code: str, registry: Client, name: str
) -> None:
    with pytest.raises(RegistryError) as caught:
        provoke(registry, name)
    assert caught.value.code == code and type(caught.value) is errors.BY_CODE[code]


def test_C3_a_role_that_is_not_enough_is_forbidden(registry: Client, node: servers.Node, name: str) -> None:
    viewer = Client(node.url, registry.create_api_key(name, "viewer").key)
    with pytest.raises(errors.Forbidden):
        viewer.register(name)


def test_C3_without_a_key_the_error_says_how_to_give_one(node: servers.Node) -> None:
    with pytest.raises(errors.Unauthenticated, match="ORK_API_KEY"):
        Client(node.url).model("m")
    with pytest.raises(errors.Unauthenticated) as caught:
        Client(node.url, "ork_wrong").model("m")
    assert "ORK_API_KEY" not in str(caught.value)


def test_C3_an_unknown_code_is_a_registry_error(answering: Callable[..., Client]) -> None:
    body = b'{"status":418,"code":"teapot","detail":"short and stout","trace_id":"t","spout":1}'
    with pytest.raises(RegistryError) as caught:
        answering(servers.Answer(body, 418, {"Content-Type": "application/problem+json"})).model("m")
    assert type(caught.value) is RegistryError
    assert (caught.value.code, caught.value.status, caught.value.raw["spout"]) == ("teapot", 418, 1)


@pytest.mark.parametrize(
    "body, kind",
    [
        (b"<html>\x1b[31mno\x00</html>", "text/html"),
        (b"", "text/plain"),
        (b"{", "application/problem+json"),
        (b"[1]", "application/problem+json"),
        (b"[" * 100_000, "application/problem+json"),
    ],
)
@pytest.mark.parametrize("status", [400, 404, 500, 599])
def test_C3_what_is_no_problem_is_an_error_with_its_status(
    status: int, body: bytes, kind: str, answering: Callable[..., Client]
) -> None:
    with pytest.raises(RegistryError) as caught:
        answering(servers.Answer(body, status, {"Content-Type": kind})).model("m")
    assert caught.value.status == status and caught.value.code == f"status_{status}"
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("body", [b"", b"no", b"[]", b"null", b'{"a":', b"[" * 100_000, b"\xff\xfe"])
def test_C3_a_success_that_is_no_document_is_an_invalid_answer(body: bytes, answering: Callable[..., Client]) -> None:
    with pytest.raises(errors.InvalidAnswer):
        answering(servers.Answer(body)).model("m")


@pytest.mark.parametrize("kind", ["application/json", "text/html", "text/event-stream"])
def test_C3_a_list_or_stream_of_something_else_is_an_invalid_answer(
    kind: str, answering: Callable[..., Client]
) -> None:
    client = answering(servers.Answer(b'data: "hello"\n\n', headers={"Content-Type": kind}))
    with pytest.raises(errors.InvalidAnswer):
        next(client.events(follow=True))
    with pytest.raises(errors.InvalidAnswer, match="no list"):
        next(answering(servers.Answer(b'{"message":"hello"}')).models())


def test_C3_a_models_own_error_is_a_model_error(registry: Client, name: str) -> None:
    # Also when the model's server claims that it is the registry's.
    problem = b'{"status":404,"code":"model_not_found","detail":"no","trace_id":"x"}'
    kind = {"Content-Type": "application/problem+json"}
    with servers.ModelServer(lambda request: servers.Answer(problem, 404, kind)) as model:
        version = registry.register(name, serving_url=model.url, publish=True)
        with pytest.raises(errors.ModelError) as caught:
            registry.predict(name, {})
    assert (caught.value.status, caught.value.code, caught.value.body) == (404, "model_error", problem)
    assert (caught.value.version, caught.value.version_id) == ("0.1.0", version.id)


def test_C3_a_refusal_of_a_call_may_name_the_version_too(answering: Callable[..., Client]) -> None:
    body = b'{"status":409,"code":"version_inactive","detail":"it is inactive"}'
    headers = {"Content-Type": "application/problem+json", "Model-Version-Id": "x-1"}
    with pytest.raises(errors.ModelError):
        answering(servers.Answer(body, 409, headers)).predict("m", {})
    with pytest.raises(errors.VersionInactive):
        answering(servers.Answer(body, 409, {**headers, "Registry-Problem": "version_inactive"})).predict("m", {})


@pytest.mark.parametrize("status", [301, 304, 307, 400, 429, 500, 503])
def test_C3_a_model_error_is_never_repeated(status: int, registry: Client, name: str) -> None:
    headers = {"Content-Type": "text/plain", "Location": "http://127.0.0.1:9/", "Retry-After": "1"}
    with servers.ModelServer(lambda request: servers.Answer(b"", status, headers)) as model:
        registry.register(name, serving_url=model.url, publish=True)
        with pytest.raises(errors.ModelError):
            registry.predict(name, {})
        assert len(model.received) == 1


def test_C3_errors_can_be_pickled() -> None:
    error = errors.ModelNotFound("gone", status=404, request_id="r", errors={"a": ["b"]})
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is errors.ModelNotFound and str(again) == str(error) and again.errors == {"a": ["b"]}
    failed = errors.ConnectionFailed("no")
    failed.sent = True
    again = pickle.loads(pickle.dumps(failed))
    assert again.sent and str(again) == str(failed)


def test_C3_errors_are_also_what_python_calls_them() -> None:
    assert issubclass(errors.TimedOut, TimeoutError) and issubclass(errors.ConnectionFailed, ConnectionError)
    assert issubclass(errors.SettingsError, ValueError)


def test_C3_start_failed_carries_the_version_and_the_reason(registry: Client, name: str) -> None:
    with servers.ModelServer(lambda request: servers.Answer(status=500)) as model:
        with pytest.raises(errors.StartFailed) as caught:
            registry.register(name, serving_url=model.url, health_url=model.url, startup_timeout_seconds=1)
    assert caught.value.version is not None and caught.value.version.serving is not None
    assert (caught.value.version.serving.message or "?") in str(caught.value)
