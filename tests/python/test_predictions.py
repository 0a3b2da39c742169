"""Calls of models: what goes there, and what comes back."""

from __future__ import annotations

import copy
import importlib
import itertools
import json
import pickle
import threading
from typing import Any, Callable, Dict, Iterator, List, Tuple

import pytest
import servers

from orleans_registry import Client, OutcomeUnknown, Prediction, errors

IRIS = {"instances": [[6.3, 3.3, 4.7, 1.6]]}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def answering(registry: Client, name: str) -> Iterator[Callable[..., servers.ModelServer]]:
    """Makes a model server with one answer, and a version of the test's model that it serves."""
    running: List[servers.ModelServer] = []

    def make(body: bytes = b"{}", content_type: str = "application/json", **more: Any) -> servers.ModelServer:
        headers = {"Content-Type": content_type} if content_type else {}
        answer = servers.Answer(body, headers=headers, **more)
        running.append(servers.ModelServer(lambda request: answer))
        registry.register(name, serving_url=running[-1].url, publish=True)
        return running[-1]

    yield make
    for server in running:
        server.__exit__()


def test_C1_a_real_model_answers(registry: Client, name: str, serving_url: str) -> None:
    version = registry.register(name, serving_url=serving_url, publish=True)
    answer = registry.predict(name, IRIS)
    assert answer["predictions"][0]["label"] == "versicolor"
    assert (answer.version, answer.version_id, answer.model_id) == ("0.1.0", version.id, version.model_id)
    assert answer.resolved_by == "primary" and answer.content_type == "application/json; charset=utf-8"
    calls: List[Tuple[Callable[[], Prediction], str]] = [
        (lambda: registry.predict(name, IRIS, version="0.1.0"), "exact"),
        (lambda: registry.predict(name, IRIS, version="^0.1"), "range"),
        (lambda: registry.predict(version.model_id, IRIS, version=version.id), "id"),
        (lambda: registry.model(name).predict(IRIS), "primary"),
        (lambda: version.predict(IRIS), "id"),
    ]
    for ask, by in calls:
        assert ask().resolved_by == by and ask() == answer


@pytest.mark.parametrize(
    "value", [{"a": 1}, {}, [1, 2], [], "text", "", 7, 0, 1.5, True, False, None, {"deep": [[{"x": None}]]}]
)
def test_C3_a_prediction_behaves_like_its_json(
    value: Any, answering: Callable[..., Any], registry: Client, name: str
) -> None:
    answering(json.dumps(value).encode())
    answer = registry.predict(name, {})
    assert isinstance(answer, Prediction) and answer.version == "0.1.0"
    assert answer == value and bool(answer) == bool(value) and answer.value == value and repr(answer) == repr(value)
    assert type(answer.value) is type(value)
    if value is not None and not isinstance(value, bool):
        assert isinstance(answer, type(value)) and json.dumps(answer) == json.dumps(value)
    for again in (pickle.loads(pickle.dumps(answer)), copy.copy(answer), copy.deepcopy(answer)):
        assert again == value and again.version == "0.1.0"


def test_C3_a_prediction_that_is_no_json_is_bytes(answering: Callable[..., Any], registry: Client, name: str) -> None:
    answering(b"\x89PNG", "image/png")
    answer = registry.predict(name, {})
    assert answer == b"\x89PNG" and isinstance(answer, bytes) and answer.content_type == "image/png"


def test_C3_a_prediction_without_a_body_is_none(answering: Callable[..., Any], registry: Client, name: str) -> None:
    answering(b"", status=204)
    assert registry.predict(name, {}).value is None


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
def test_C3_json_that_is_none_is_an_invalid_answer(
    body: bytes, answering: Callable[..., Any], registry: Client, name: str
) -> None:
    server = answering(body)
    with pytest.raises(errors.InvalidAnswer, match="not the JSON that it says"):
        registry.predict(name, {})
    assert len(server.received) == 1


def test_C8_nan_of_a_model_is_read_and_nan_for_a_model_is_refused(
    answering: Callable[..., Any], registry: Client, name: str
) -> None:
    server = answering(b"[NaN, Infinity]")
    answer = registry.predict(name, {"x": [1.0]})
    assert answer[0] != answer[0] and answer[1] == float("inf")
    for bad in (float("nan"), {"x": [[float("-inf")]]}):
        with pytest.raises(ValueError, match="NaN or an infinity"):
            registry.predict(name, bad)
    assert len(server.received) == 1


def test_C8_arrays_of_numpy_are_lists(answering: Callable[..., Any], registry: Client, name: str) -> None:
    numpy: Any = importlib.import_module("numpy")
    server = answering()
    registry.predict(name, {"instances": numpy.array([[1.5, 2.0]]), "n": numpy.int64(3), "f": numpy.float32(0.5)})
    assert json.loads(server.received[0].body) == {"instances": [[1.5, 2.0]], "n": 3, "f": 0.5}
    with pytest.raises(ValueError, match="NaN"):
        registry.predict(name, numpy.array([float("nan")]))


@pytest.mark.parametrize(
    "inputs, body, content_type",
    [
        ({"ü": "\ud83d\ude00\u2028"}, rb'{"\u00fc":"\ud83d\ude00\u2028"}', "application/json"),
        (b"raw", b"raw", "application/octet-stream"),
        (bytearray(b"raw"), b"raw", "application/octet-stream"),
        (memoryview(b"xrawx")[1:4], b"raw", "application/octet-stream"),
        ("text", b'"text"', "application/json"),
        ([], b"[]", "application/json"),
        (False, b"false", "application/json"),
        (2**70, b"1180591620717411303424", "application/json"),
    ],
)
def test_C8_inputs_go_there_as_they_are(
    inputs: Any, body: bytes, content_type: str, answering: Callable[..., Any], registry: Client, name: str
) -> None:
    server = answering()
    registry.predict(name, inputs)
    assert (server.received[0].body, server.received[0].headers["Content-Type"]) == (body, content_type)
    registry.predict(name, b"a,b\n", content_type="text/csv")
    assert server.received[1].headers["Content-Type"] == "text/csv"
    registry.predict(name)
    assert server.received[2].body == b"" and "Content-Type" not in server.received[2].headers


@pytest.mark.parametrize("bad", [object(), {1, 2}, {"x": object()}, {(1, 2): 3}])
def test_C8_what_json_can_t_hold_is_refused_before_it_is_sent(bad: Any) -> None:
    with pytest.raises(TypeError):
        Client("http://127.0.0.1:1").predict("m", bad)


@pytest.mark.parametrize("bad", ["1.0.0\r\nX: y", "ü", "", "a\x00"])
def test_C10_nothing_slips_into_the_head_of_a_request(bad: str) -> None:
    client = Client("http://127.0.0.1:1", "k")
    attempts: List[Callable[[], object]] = [
        lambda: client.predict("m", {}, version=bad),
        lambda: client.predict("m", b"", content_type=bad or "\n"),
        lambda: client.register("m", idempotency_key=bad),
    ]
    for do in attempts:
        with pytest.raises(ValueError, match="printable ASCII"):
            do()


def test_C3_the_key_does_not_reach_the_model(answering: Callable[..., Any], registry: Client, name: str) -> None:
    server = answering()
    registry.predict(name, {})
    assert "Authorization" not in server.received[0].headers


def test_C3_long_answers_and_inputs_pass(answering: Callable[..., Any], registry: Client, name: str) -> None:
    server = answering(b"[" + b"1," * 5_000_000 + b"1]")
    answer = registry.predict(name, b"x" * 20_000_000)
    assert len(answer) == 5_000_001 and len(server.received[0].body) == 20_000_000


def test_C2_a_call_may_have_a_timeout_of_its_own(registry: Client, name: str) -> None:
    released = threading.Event()

    def answer(request: servers.Received) -> servers.Answer:
        released.wait()
        return servers.Answer()

    with servers.ModelServer(answer) as model:
        registry.register(name, serving_url=model.url, publish=True)
        with pytest.raises(OutcomeUnknown) as caught:
            registry.predict(name, {}, timeout=0.2)
        assert isinstance(caught.value.__cause__, errors.TimedOut)
        released.set()


# Streams


def sse(*events: str) -> Dict[str, Any]:
    return {"content_type": "text/event-stream", "chunks": [event.encode() for event in events]}


def test_C3_server_sent_events_come_as_their_data(answering: Callable[..., Any], registry: Client, name: str) -> None:
    answering(
        **sse(
            ': hello\n\ndata: {"x": 1}\n\nda',
            "ta: a\r\ndata: b\r",
            "\n\r\n",
            "event: e\nid\n\ndata:[1]\n\n",
            "data: [DONE]\n\ndata: 9\n\n",
        )
    )
    with registry.stream(name, {}) as stream:
        assert stream.version == "0.1.0" and stream.resolved_by == "primary"
        assert list(stream) == [{"x": 1}, "a\nb", [1]]


@pytest.mark.parametrize(
    "media_type", ["application/x-ndjson; charset=utf-8", "application/jsonl", "application/stream+json"]
)
def test_C3_lines_of_json_come_one_by_one(
    media_type: str, answering: Callable[..., Any], registry: Client, name: str
) -> None:
    answering(content_type=media_type, chunks=[b'{"a":', b"1}\n\n[2]\n", b'"last"'])
    assert list(registry.stream(name)) == [{"a": 1}, [2], "last"]


def test_C3_anything_else_comes_as_bytes(answering: Callable[..., Any], registry: Client, name: str) -> None:
    answering(content_type="audio/wav", chunks=[b"RIFF", b"x" * 100_000])
    assert b"".join(registry.version(f"{name}@0.1.0").stream()) == b"RIFF" + b"x" * 100_000


def test_C1_parts_come_when_they_are_sent(registry: Client, name: str) -> None:
    go_on = threading.Event()

    def chunks() -> Iterator[bytes]:
        yield b"data: 1\n\n"
        assert go_on.wait(30)
        yield b"data: 2\n\n"

    def answer(request: servers.Received) -> servers.Answer:
        return servers.Answer(headers={"Content-Type": "text/event-stream"}, chunks=chunks())

    with servers.ModelServer(answer) as model:
        registry.register(name, serving_url=model.url, publish=True)
        with registry.model(name).stream({}) as stream:
            assert next(stream) == 1
            go_on.set()
            assert next(stream) == 2


def test_C1_a_stream_that_breaks_off_says_so_and_is_not_called_again(
    answering: Callable[..., Any], registry: Client, name: str
) -> None:
    read = threading.Event()

    def chunks() -> Iterator[Any]:
        yield b"data: 1\n\n"
        assert read.wait(30)
        yield None

    server = answering(content_type="text/event-stream", chunks=chunks())
    stream = registry.stream(name)
    assert next(stream) == 1
    read.set()
    with pytest.raises(errors.ConnectionFailed):
        next(stream)
    assert len(server.received) == 1


def test_C9_a_stream_can_be_closed_by_another_thread(registry: Client, name: str) -> None:
    first = threading.Event()

    def chunks() -> Iterator[bytes]:
        for number in itertools.count():
            yield f"data: {number}\n\n".encode()
            if number == 3:
                threading.Event().wait(60)

    def answer(request: servers.Received) -> servers.Answer:
        return servers.Answer(headers={"Content-Type": "text/event-stream"}, chunks=chunks())

    with servers.ModelServer(answer) as model:
        registry.register(name, serving_url=model.url, publish=True)
        stream = registry.stream(name)

        def read() -> None:
            for part in stream:
                if part == 3:
                    first.set()

        reader = threading.Thread(target=read)
        reader.start()
        assert first.wait(30)
        stream.close()
        reader.join(30)
        assert not reader.is_alive()
        assert list(stream) == []


def test_C3_an_error_before_the_stream_is_an_error_at_once(registry: Client, name: str) -> None:
    with pytest.raises(errors.ModelNotFound):
        registry.stream(name)


# Other protocols


def test_C3_the_open_inference_protocol(registry: Client, name: str, serving_url: str) -> None:
    registry.register(name, serving_url=serving_url, publish=True)
    tensor = {"name": "measurements", "shape": [1, 4], "datatype": "FP32", "data": [6.3, 3.3, 4.7, 1.6]}
    inference = registry.inference
    for version in (None, "0.1.0", "^0.1"):
        assert inference.infer(name, {"inputs": [tensor]}, version=version)["outputs"][0]["data"] == [1]
        assert inference.model(name, version=version)["name"] == name
        assert inference.model_ready(name, version=version)
    assert inference.server().name == "orleans-registry" and inference.live() and inference.ready()
    registry.version(f"{name}@0.1.0").deactivate()
    assert not inference.model_ready(name) and not inference.model_ready(name, version="0.1.0")
    with pytest.raises(errors.ModelNotFound):
        inference.model_ready(name + "-2")


def test_C3_openai_s_routes(registry: Client, name: str) -> None:
    def answer(request: servers.Received) -> servers.Answer:
        if b'"stream":true' in request.body:
            parts = [b'data: {"delta":"a"}\n\n', b"data: [DONE]\n\n"]
            return servers.Answer(headers={"Content-Type": "text/event-stream"}, chunks=iter(parts))
        return servers.Answer(json.dumps({"path": request.path, "got": json.loads(request.body)}).encode())

    with servers.ModelServer(answer) as model:
        registry.register(name, serving_url=f"http://127.0.0.1:{model.port}/", publish=True)
        api = registry.openai
        said = api.chat_completions(name, messages=[{"role": "user", "content": "hi"}], temperature=0)
        assert said["path"] == "/v1/chat/completions" and said["got"]["temperature"] == 0
        assert model.received[0].body.startswith(b'{"model":')
        assert api.completions(f"{name}@0.1.0", prompt="x")["path"] == "/v1/completions"
        assert api.embeddings(f"{name}@^0", input=["x"]).version == "0.1.0"
        assert list(api.stream("chat/completions", name, messages=[])) == [{"delta": "a"}]
        with pytest.raises(ValueError, match="must be one of chat/completions"):
            api.stream("audio", name)  # type: ignore[arg-type]
