"""Rule C1: retries never do a thing twice."""

from __future__ import annotations

import os
import random
import threading
from typing import Callable, Iterator

import pytest
import servers
from conftest import SleeplessClock, TestClock
from faults import FORWARDED, Fault, FaultProxy

from orleans_registry import Client, OutcomeUnknown, errors

SEEDS = int(os.environ.get("REGISTRY_TEST_FAULT_SEEDS", "20"))
PATIENT, IMPATIENT = 10.0, 0.4  # seconds; a fault that never answers takes as long

ANY_FAULT = list(Fault)


@pytest.fixture
def proxy(node: servers.Node) -> Iterator[FaultProxy]:
    with FaultProxy(node.port) as running:
        yield running


@pytest.fixture
def client(node: servers.Node, proxy: FaultProxy, clocked: Callable[..., Client]) -> Client:
    """A client whose requests go through the proxy."""
    made = clocked(proxy.url, node.key, timeout=PATIENT)
    return made


def arm(client: Client, proxy: FaultProxy, *faults: Fault) -> None:
    """The next requests fail so. Only what never answers is waited for in vain."""
    proxy.plan.extend(faults)
    client._transport._timeout = IMPATIENT if Fault.DELAYED in faults else PATIENT


@pytest.mark.parametrize("seed", range(SEEDS))
def test_C1_register_makes_exactly_one_version(
    seed: int, node: servers.Node, registry: Client, name: str, clocked: Callable[..., Client]
) -> None:
    dice = random.Random(seed)
    with FaultProxy(node.port, seed) as proxy:
        client = clocked(proxy.url, node.key, timeout=0.3)
        for number in range(1, 5):
            faults = dice.choices(ANY_FAULT, k=dice.randrange(0, 7))
            proxy.plan.extend(faults)
            key = None
            while True:
                try:
                    made = client.register(name, wait=False, idempotency_key=key)
                    break
                except OutcomeUnknown as unknown:
                    key = unknown.idempotency_key
                    assert key
                except errors.RegistryError as error:
                    # Nothing has been done, whatever was tried: a new key is as good.
                    assert not any(fault in FORWARDED for fault in faults), (error, faults)
                    key = None
            assert made.version == f"0.{number}.0", faults
            assert [version.id for version in registry.model(name).versions()][0] == made.id
            assert sum(1 for _ in registry.model(name).versions()) == number
            proxy.plan.clear()


@pytest.mark.parametrize("fault", ANY_FAULT)
def test_C1_a_read_is_repeated_after_every_fault(
    fault: Fault, client: Client, proxy: FaultProxy, registry: Client, name: str
) -> None:
    registry.register(name)
    arm(client, proxy, fault, fault)
    assert client.model(name).name == name
    assert len(proxy.seen) == 3


@pytest.mark.parametrize("fault", ANY_FAULT)
def test_C1_publish_is_repeated_since_a_second_time_changes_nothing(
    fault: Fault, client: Client, proxy: FaultProxy, registry: Client, name: str
) -> None:
    version = client.version(registry.register(name).id)
    arm(client, proxy, fault)
    receipt = version.publish()
    assert version.state == "published" and version.is_primary
    assert receipt.changed == (fault not in FORWARDED)


@pytest.mark.parametrize("fault", ANY_FAULT)
def test_C1_promote_without_from_is_sent_once(
    fault: Fault, client: Client, proxy: FaultProxy, registry: Client, name: str
) -> None:
    version = client.version(registry.register(name).id)
    proxy.seen.clear()
    arm(client, proxy, fault)
    if fault is Fault.LIMITED:
        assert version.promote().changed
        return
    with pytest.raises(OutcomeUnknown) as caught:
        version.promote()
    assert len(proxy.seen) == 1
    assert not caught.value.retryable
    assert version.refresh().is_primary == (fault in FORWARDED)


@pytest.mark.parametrize("fault", ANY_FAULT)
def test_C1_promote_with_from_succeeds_also_when_its_answer_was_lost(
    fault: Fault, client: Client, proxy: FaultProxy, registry: Client, name: str
) -> None:
    old = registry.register(name, publish=True)
    version = client.version(registry.register(name).id)
    arm(client, proxy, fault)
    receipt = version.promote(from_=old)
    assert receipt.changed == (fault not in FORWARDED)
    assert version.is_primary and registry.version(version.id).is_primary


def test_C1_promote_with_from_says_that_it_does_not_know_when_somebody_else_was_first(
    client: Client, proxy: FaultProxy, registry: Client, name: str
) -> None:
    old = registry.register(name, publish=True)
    other = registry.register(name)
    version = client.version(registry.register(name).id)
    other.promote()
    proxy.plan.append(Fault.READ)
    with pytest.raises(OutcomeUnknown) as caught:
        version.promote(from_=old)
    assert isinstance(caught.value.__cause__, errors.PrimaryMoved)


def test_C1_a_refusal_without_a_doubt_is_the_refusal(
    client: Client, proxy: FaultProxy, registry: Client, name: str
) -> None:
    version = client.version(registry.register(name).id)
    proxy.plan.append(Fault.LIMITED)
    with pytest.raises(errors.PrimaryMoved):
        version.promote(from_=version)


@pytest.mark.parametrize("fault", ANY_FAULT)
def test_C1_delete_succeeds_also_when_its_answer_was_lost(
    fault: Fault, client: Client, proxy: FaultProxy, registry: Client, name: str
) -> None:
    registry.register(name)
    version = client.version(registry.register(name).id)
    arm(client, proxy, fault)
    receipt = version.delete()
    assert receipt.version.state == "deleted" and version.state == "deleted" and not receipt.model_deleted

    model = client.model(name)
    last = next(iter(model.versions()))
    arm(client, proxy, fault)
    assert last.delete().model_deleted


@pytest.mark.parametrize("fault", ANY_FAULT)
def test_C1_deleting_a_model_succeeds_also_when_its_answer_was_lost(
    fault: Fault, client: Client, proxy: FaultProxy, registry: Client, name: str
) -> None:
    registry.register(name)
    model = client.model(name)
    arm(client, proxy, fault)
    assert model.delete(confirm=name).deleted


@pytest.mark.parametrize("fault", ANY_FAULT)
def test_C1_deactivate_and_activate_are_repeated(
    fault: Fault, client: Client, proxy: FaultProxy, registry: Client, name: str
) -> None:
    version = client.version(registry.register(name, publish=True).id)
    arm(client, proxy, fault)
    version.deactivate()
    assert version.state == "inactive"
    arm(client, proxy, fault)
    version.activate(serving_url="http://127.0.0.1:9/predict")
    assert version.state == "published"


@pytest.mark.parametrize("fault", ANY_FAULT)
def test_C1_what_draws_a_secret_is_sent_once(
    fault: Fault, client: Client, proxy: FaultProxy, registry: Client, name: str
) -> None:
    arm(client, proxy, fault)
    if fault is Fault.LIMITED:
        client.create_api_key(name, "viewer")
    else:
        with pytest.raises(OutcomeUnknown):
            client.create_api_key(name, "viewer")
        assert len(proxy.seen) == 1
    made = [key for key in registry.api_keys() if key.name == name]
    assert len(made) == (fault in FORWARDED or fault is Fault.LIMITED)


@pytest.mark.parametrize("fault", ANY_FAULT)
def test_C1_a_call_reaches_the_model_at_most_once(
    fault: Fault, client: Client, proxy: FaultProxy, registry: Client, name: str
) -> None:
    with servers.ModelServer(lambda request: servers.Answer(b'{"label":"a model"}')) as model:
        registry.register(name, serving_url=model.url, publish=True)
        arm(client, proxy, fault)
        if fault is Fault.LIMITED:
            assert client.predict(name, {"x": 1}) == {"label": "a model"}
        else:
            with pytest.raises(errors.RegistryError) as caught:
                client.predict(name, {"x": 1})
            lost = fault in (
                Fault.UNREAD,
                Fault.CUT_REQUEST,
                Fault.READ,
                Fault.SWALLOWED,
                Fault.DELAYED,
                Fault.CUT_HEAD,
                Fault.CUT_BODY,
                Fault.RESET_BODY,
            )
            assert isinstance(caught.value, OutcomeUnknown) == lost
            assert len(proxy.seen) == 1
        assert len(model.received) == (fault in FORWARDED or fault is Fault.LIMITED)


def test_C1_a_call_is_repeated_while_its_version_starts(client: Client, registry: Client, name: str) -> None:
    is_up = threading.Event()

    def answer(request: servers.Received) -> servers.Answer:
        if request.path == "/health":
            is_up.wait()
        return servers.Answer(b'"ready"')

    with servers.ModelServer(answer) as model:
        health = model.url.replace("/predict", "/health")
        version = registry.register(name, serving_url=model.url, health_url=health, publish=True, wait=False)
        with pytest.raises(errors.VersionStarting) as caught:
            version.predict({})
        assert caught.value.retryable

        # While the client waits, the version comes up.
        def come_up() -> None:
            is_up.set()
            version.wait()

        client._transport.clock = SleeplessClock(come_up)
        assert client.predict(version.model_name, version=version.id) == "ready"


def test_C1_a_call_is_repeated_when_the_problem_says_that_it_was_not_sent(clocked: Callable[..., Client]) -> None:
    problems = iter(
        [
            b'{"status":502,"code":"backend_unreachable","detail":"no","sent":false}',
            b'{"status":502,"code":"backend_unreachable","detail":"no","sent":true}',
        ]
    )

    def answer(request: servers.Received) -> servers.Answer:
        return servers.Answer(next(problems), 502, {"Content-Type": "application/problem+json"})

    with servers.ModelServer(answer) as fake:
        client = clocked(f"http://127.0.0.1:{fake.port}", "k")
        with pytest.raises(errors.BackendUnreachable):
            client.predict("m", {})
        assert len(fake.received) == 2


def test_C1_nothing_is_repeated_beyond_the_number_of_retries(
    node: servers.Node, proxy: FaultProxy, clocked: Callable[..., Client]
) -> None:
    client = clocked(proxy.url, node.key, retries=2)
    proxy.plan.extend([Fault.UNAVAILABLE] * 9)
    with pytest.raises(errors.Unavailable):
        list(client.models())
    assert len(proxy.seen) == 3


def test_C1_unsent_requests_are_repeated_whatever_they_are(clocked: Callable[..., Client], clock: TestClock) -> None:
    client = clocked(f"http://127.0.0.1:{servers.free_port()}", "k")
    with pytest.raises(errors.ConnectionFailed) as caught:
        client.create_webhook("http://127.0.0.1:9/")
    assert not caught.value.sent and len(clock.slept) == 3


def test_C1_register_that_can_t_wait_says_how_to_go_on(
    client: Client, proxy: FaultProxy, registry: Client, name: str
) -> None:
    proxy.plan.extend([None, *[Fault.UNAVAILABLE] * 4])
    with pytest.raises(OutcomeUnknown, match="was made, but waiting for it failed") as caught:
        client.register(name)
    assert client.register(name, idempotency_key=caught.value.idempotency_key).version == "0.1.0"
    assert sum(1 for _ in registry.model(name).versions()) == 1


@pytest.mark.parametrize("fault", ANY_FAULT)
def test_C1_what_is_asked_about_a_model_is_repeated(
    fault: Fault, client: Client, proxy: FaultProxy, registry: Client, name: str
) -> None:
    with servers.ModelServer(lambda request: servers.Answer(b'{"name":"x"}')) as model:
        registry.register(name, serving_url=model.url, publish=True)
        arm(client, proxy, fault)
        assert client.inference.model(name)["name"] == name


def test_C1_the_key_of_a_deployment_stays_the_same_over_its_retries(
    client: Client, proxy: FaultProxy, name: str
) -> None:
    proxy.plan.extend([Fault.SWALLOWED, Fault.READ])
    client.register(name, wait=False)
    client.register(name, wait=False)
    keys = [line for seen in proxy.seen for line in seen.head.split("\r\n") if line.startswith("Idempotency-Key")]
    assert len(keys) == 4 and len(set(keys)) == 2 and keys[0] == keys[1] == keys[2]
