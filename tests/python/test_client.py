"""The lifecycle of models and versions through the client, on a real node."""

from __future__ import annotations

import datetime
import json
import threading
import unicodedata
from typing import Callable, List

import pytest
import servers
from conftest import SleeplessClock
from faults import FaultProxy

from orleans_registry import Client, _commands, errors, types


DRAFT: types.Stage = "draft"
PUBLISHED: types.Stage = "published"


def test_C1_register_sends_every_argument(registry: Client, name: str) -> None:
    registry.register(name, publish=True)
    version = registry.register(
        name,
        serving_url="http://127.0.0.1:9/predict",
        startup_timeout_seconds=7,
        version="2.0.0-rc.1",
        publish=True,
        promote=False,
        description="a b",
        labels={"team": "x"},
        artifact={"uri": "s3://bucket/model", "sha256": "0" * 64, "size_bytes": 3},
        instance_type="cpu-1",
        external_id="run-7",
    )
    assert (version.version, version.state, version.is_primary) == ("2.0.0-rc.1", "published", False)
    assert version.serving is not None and version.serving.startup_timeout_seconds == 7
    assert version.artifact is not None and version.artifact.size_bytes == 3
    assert (version.description, version.labels, version.instance_type) == ("a b", {"team": "x"}, "cpu-1")
    assert version.external_id == "run-7" and version.created_at.tzinfo is datetime.timezone.utc
    assert registry.register(name, base="2.0", version_bump="PATCH").version == "2.0.1"
    assert registry.register(name, version_bump="MAJOR").version == "3.0.0"


def test_C1_register_twice_with_one_key_makes_one_version(registry: Client, name: str) -> None:
    made = [registry.register(name, idempotency_key="run-7").id for _ in range(2)]
    assert made[0] == made[1]
    with pytest.raises(errors.IdempotencyKeyReused):
        registry.register(name, idempotency_key="run-7", description="another one")


def test_C1_a_dry_run_changes_nothing_anywhere(registry: Client, name: str) -> None:
    assert registry.register(name, dry_run=True).version == "0.1.0"
    with pytest.raises(errors.ModelNotFound):
        registry.model(name)
    first = registry.register(name, publish=True)
    version = registry.register(name)
    model = registry.model(name)
    before = (version.raw, model.raw)
    assert version.publish(dry_run=True).changed and version.promote(dry_run=True, from_=first).changed
    assert version.deactivate(dry_run=True).traffic is not None and version.delete(dry_run=True).changed
    assert version.update(description="x", dry_run=True).description == "x"
    assert model.update(description="x", dry_run=True).description == "x"
    assert model.delete(confirm=name, dry_run=True).deleted and first.activate(dry_run=True).changed is False
    assert before == (version.raw, model.raw) == (version.refresh().raw, model.refresh().raw)


def test_C1_commands_bring_the_object_up_to_date(registry: Client, name: str) -> None:
    old = registry.register(name, publish=True)
    new = registry.register(name)
    receipt = new.publish(promote=True, from_=old)
    assert new.state == "published" and new.is_primary
    assert receipt.primary_change is not None and receipt.primary_change.from_ == old.id
    assert isinstance(receipt.version, types.Version) and receipt.version.id == new.id
    model = registry.model(name)
    assert model.rollback(from_=new.id).version.id == old.id
    assert not new.is_primary or new.refresh().is_primary is False
    assert old.refresh().deactivate(promote_to=new, drain=0).primary_change is not None and old.state == "inactive"
    old.activate()
    assert old.state == "published"
    assert old.delete(promote_to=new).version.state == "deleted" == old.state
    with pytest.raises(errors.VersionDeleted):
        old.publish()
    assert new.delete().model_deleted
    with pytest.raises(errors.ModelDeleted):
        model.refresh()


def test_AL3_AL4_AL7_aliases_are_set_claimed_rolled_back_and_removed(registry: Client, name: str) -> None:
    first = registry.register(name, aliases=["staging"])
    second = registry.register(name)
    model = registry.model(name)
    (staging,) = model.aliases
    assert (staging.name, staging.version_id, staging.reason) == ("staging", first.id, "claimed")
    assert registry.version(f"{name}@staging").id == first.id == model.version("@staging").id
    assert model.resolve("@staging").alias == "staging"
    moved = model.set_alias("staging", second, from_=first, comment="to try it")
    assert moved.alias_change is not None and moved.alias_change.to == second.id
    with pytest.raises(errors.AliasMoved):
        model.set_alias("staging", "0.1.0", from_=first)
    assert model.set_alias("production", "@staging", from_=None, dry_run=True).changed
    with pytest.raises(errors.AliasNotFound):
        model.alias("production")
    assert model.rollback_alias("staging", from_=second).alias.version_id == first.id
    assert [change.alias for change in second.publish(aliases=["staging"]).alias_changes] == ["staging"]
    assert second.deactivate(dry_run=True).references == ["primary", "alias:staging"]
    with pytest.raises(errors.VersionReferenced):
        second.delete(refuse_if_referenced=True)
    assert [alias.name for alias in model.list_aliases()] == ["staging"]
    assert model.remove_alias("staging", from_=second).changed and model.refresh().aliases == []
    with pytest.raises(TypeError):
        registry.register(name, aliases="staging")


@pytest.mark.parametrize(
    ("text", "selector"),
    [("staging", "@staging"), ("1.2.0", "1.2.0"), ("^1", "^1"), ("v1", "v1"), ("vx", "vx"), ("x", "x"), ("a-", "a-")],
)
def test_AL2_what_stands_behind_a_name_and_is_no_other_selector_is_an_alias(text: str, selector: str) -> None:
    assert _commands.behind_at(text) == selector


def test_C1_a_publish_that_expects_no_primary(registry: Client, name: str) -> None:
    first, second = registry.register(name), registry.register(name)
    assert first.publish(promote=True, from_=None).changed
    with pytest.raises(errors.PrimaryMoved):
        second.publish(promote=True, from_=None)


def test_C3_updates_merge_and_remove(registry: Client, name: str) -> None:
    version = registry.register(name, description="a", labels={"x": "1", "y": "2"})
    assert version.update(labels={"x": None, "z": "3"}).labels == {"y": "2", "z": "3"}
    assert version.description == "a" and version.update(description=None).description is None
    assert version.update(labels=None).labels == {}
    model = registry.model(name).update(description="m", labels={"a": "b"}, primary_policy="manual", protected=True)
    assert (model.description, model.labels, model.primary_policy, model.protected) == ("m", {"a": "b"}, "manual", True)
    assert (model.on_unhealthy, model.fall_back_seconds) == ("stay", 60)
    model = model.update(on_unhealthy="fall_back", fall_back_seconds=30)
    assert (model.on_unhealthy, model.fall_back_seconds) == ("fall_back", 30)


def test_C3_entity_tags_guard_a_change(registry: Client, name: str) -> None:
    registry.register(name)
    model = registry.model(name)
    tag = model.etag
    assert tag and model.update(description="1", if_match=tag).etag != tag
    with pytest.raises(errors.RevisionMismatch):
        model.update(description="2", if_match=tag)
    listed = next(iter(model.versions()))
    assert listed.refresh().etag
    rates = registry.rates()
    assert rates.etag and registry.put_rates(rates.rates, if_match=rates.etag, dry_run=True).rates == rates.rates


def test_C3_a_model_is_deleted_by_its_name_only(registry: Client, name: str) -> None:
    registry.register(name)
    model = registry.model(name)
    with pytest.raises(ValueError, match="the model's name is"):
        model.delete(confirm=name + "x")
    assert model.delete(confirm=name).id == model.id


@pytest.mark.parametrize(
    "odd",
    "modèle|モデル|a b|a@b|a?b=c&d#e|a+b|a;b|😀|..a|a.b|^|a:b|(a)|~|'".split("|"),
)
def test_C10_names_of_any_script_and_sign(odd: str, registry: Client) -> None:
    version = registry.register(odd, publish=True)
    assert version.model_name == unicodedata.normalize("NFC", odd)
    assert registry.model(odd).id == version.model_id
    assert registry.version(f"{odd}@0.1.0").id == version.id == registry.version(f"{odd}@^0").id
    assert [model.name for model in registry.models(name=odd)] == [version.model_name]
    assert [event.type for event in registry.events(model=odd)][:2] == ["model.created", "version.deployed"]
    with pytest.raises(errors.NotServable):
        registry.predict(odd, {})
    registry.model(odd).delete(confirm=version.model_name)


@pytest.mark.parametrize("path", ["", ".", ".."])
def test_C10_a_name_never_leads_to_another_route(path: str, node: servers.Node) -> None:
    with FaultProxy(node.port) as proxy:
        client = Client(proxy.url, node.key)
        methods: List[Callable[[str], object]] = [
            client.model,
            client.predict,
            client.statement,
            client.webhook,
            client.revoke_api_key,
        ]
        for do in methods:
            with pytest.raises(ValueError, match="must be a name or an id"):
                do(path)
        assert proxy.seen == []


def test_C10_a_slash_in_a_name_stays_in_its_place(registry: Client, node: servers.Node) -> None:
    with FaultProxy(node.port) as proxy:
        with pytest.raises(errors.RegistryError):
            Client(proxy.url, node.key).model("a/../b%2Fc\\d")
        assert proxy.seen[0].target == "/v1/models/a%2F..%2Fb%252Fc%5Cd"


@pytest.mark.parametrize("ref", ["@1.0.0", "iris@", "@"])
def test_C3_a_reference_must_name_model_and_version(ref: str) -> None:
    with pytest.raises(ValueError, match="must be name@number, name@range, name@alias or a version's id"):
        Client("http://127.0.0.1:1").version(ref)


def test_C3_a_number_finds_a_version_whatever_its_state(registry: Client, name: str) -> None:
    registry.register(name)
    gone = registry.register(name, version="1.0.0-rc.1")
    gone.delete()
    assert registry.version(f"{name}@1.0.0-rc.1").state == "deleted"
    model = registry.model(name)
    assert model.version("1.0.0-rc.1").id == gone.id == model.version("1.0.0-rc.1").id
    assert [version.id for version in model.versions(state="deleted")] == [gone.id]
    with pytest.raises(errors.NoPrimary):
        model.version()
    kept = model.version("0.1.0")
    kept.publish()
    assert model.version().id == kept.id == model.resolve().version_id == model.version("0.x").id
    assert model.version(kept.id).id == kept.id


def test_C3_serving_arguments_go_together(registry: Client, name: str) -> None:
    with pytest.raises(ValueError, match="without a serving_url there can't be health_url, served_name"):
        registry.register(name, health_url="http://127.0.0.1:9/", served_name="a/b")
    with pytest.raises(ValueError, match="there can't be startup_timeout_seconds"):
        registry.register(name).activate(startup_timeout_seconds=3)
    with pytest.raises(TypeError, match="openai_paths is 'classify', and must be a list of texts"):
        registry.register(name, serving_url="http://127.0.0.1:9/", openai_paths="classify")


def test_C1_a_server_is_called_by_the_name_that_it_knows(registry: Client, name: str) -> None:
    with servers.ModelServer(lambda request: servers.Answer()) as model:
        url = f"http://127.0.0.1:{model.port}/"
        version = registry.register(
            name, serving_url=url, served_name="Qwen/Qwen2.5-7B", openai_paths=["classify"], publish=True
        )
        assert version.serving is not None
        assert (version.serving.served_name, version.serving.openai_paths) == ("Qwen/Qwen2.5-7B", ["classify"])
        registry.openai.chat_completions(name, messages=[])
        version.deactivate()
        version.activate(serving_url=url, served_name="other")
        version.wait()
        registry.openai.chat_completions(name + "@0.1.0", messages=[])
    asked = [(request.path, json.loads(request.body)["model"]) for request in model.received]
    assert asked == [("/v1/chat/completions", "Qwen/Qwen2.5-7B"), ("/v1/chat/completions", "other")]


def test_C1_a_failed_version_is_started_again_elsewhere(registry: Client, name: str, serving_url: str) -> None:
    with servers.ModelServer(lambda request: servers.Answer(status=500)) as broken:
        with pytest.raises(errors.StartFailed) as caught:
            registry.register(name, serving_url=broken.url, health_url=broken.url, startup_timeout_seconds=1)
    assert isinstance(caught.value.version, types.Version)
    version = registry.version(caught.value.version.id)
    version.activate(serving_url=serving_url, health_url=serving_url.replace("/predict", "/health"))
    assert version.wait().raw["serving"]["status"] == "ready"
    assert version.traffic().raw["errors"] == 0 and version.usage().version_id == version.id


# Events


def test_C4_events_are_narrowed_by_type_and_position(registry: Client, name: str) -> None:
    version = registry.register(name, publish=True)
    everything = list(registry.events(model=name))
    assert [event.type for event in everything][:3] == ["model.created", "version.deployed", "version.published"]
    assert [event.type for event in version.events(types="version.published")] == ["version.published"]
    only = registry.model(name).events(types=["model.created", "version.deployed"], after=int(everything[0].id))
    assert [event.type for event in only] == ["version.deployed"]
    assert everything[1].version_id == version.id and everything[1].at.tzinfo is datetime.timezone.utc


def test_C4_events_are_followed_over_broken_connections(node: servers.Node, registry: Client, name: str) -> None:
    registry.register(name)
    with FaultProxy(node.port) as proxy:
        client = Client(proxy.url, node.key)
        client._clock = SleeplessClock()
        seen: List[str] = []
        with client.events(model=name, follow=True) as events:
            for event in events:
                seen.append(event.id)
                if len(seen) == 5:
                    break
                if len(seen) >= 2:
                    # The connection breaks, and what happens meanwhile is not lost.
                    events._interrupt.__self__._reply._wire.interrupt()  # type: ignore[attr-defined]
                    registry.register(name)
        assert len(proxy.seen) >= 3
        assert "Last-Event-ID" not in proxy.seen[0].head and f"Last-Event-ID: {seen[1]}\r" in proxy.seen[1].head
    assert seen == [event.id for event in registry.events(model=name)][:5]


def test_C4_a_follower_is_told_when_events_can_t_be_read(registry: Client, name: str) -> None:
    with pytest.raises(errors.ModelNotFound):
        next(registry.events(model=name, follow=True))
    with pytest.raises(errors.ValidationFailed):
        next(registry.events(after=10**9, follow=True))


def test_C9_a_follower_is_closed_by_another_thread(registry: Client, name: str) -> None:
    registry.register(name)
    events, seen = registry.model(name).events(follow=True), threading.Event()

    def read() -> None:
        for event in events:
            if event.type == "version.deployed":
                seen.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert seen.wait(30)
    events.close()
    reader.join(30)
    assert not reader.is_alive()


# What is around models


def test_C3_webhooks_keys_workspaces_rates_and_bills(registry: Client, name: str) -> None:
    made = registry.create_webhook("http://127.0.0.1:9/", types=["version.ready"], description=name)
    hook = registry.webhook(made.webhook.id)
    assert hook.update(state="disabled", types=None).state == "disabled" and hook.types is None
    assert hook.rotate_secret().secret != made.secret and hook.deliveries() == []
    assert hook.update(state="enabled").redeliver(1).id == hook.refresh().id
    hook.delete()
    with pytest.raises(errors.WebhookNotFound):
        hook.refresh()

    key = registry.create_api_key(name, "invoker", expires_at="2099-01-01")
    assert key.api_key.expires_at == datetime.datetime(2099, 1, 1, tzinfo=datetime.timezone.utc)
    assert registry.create_api_key(name, "viewer", expires_at=None).api_key.expires_at is None
    (listed,) = [k for k in registry.api_keys() if k.prefix == key.api_key.prefix]
    successor = listed.rotate(overlap_seconds=0)
    assert registry.rotate_api_key(successor.api_key.prefix).key != successor.key
    assert registry.revoke_api_key(successor.api_key.prefix).revoked_at is not None
    assert listed.revoke().prefix == listed.prefix

    workspace = f"w-{name}"
    assert registry.create_workspace(workspace, description="d").name == workspace
    assert [k.name for k in registry.api_keys(workspace=workspace)] == []

    rates: List[types.RateSpec] = [
        {"stage": stage, "instance_type": kind, "price_per_minute": "0.5", "effective_from": "2026-01-01"}
        for stage in (DRAFT, PUBLISHED)
        for kind in (None, "cpu-1")
    ]
    assert [rate.price_per_minute for rate in registry.put_rates(rates).rates] == ["0.5"] * 4
    month = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")
    assert registry.statement(month).month == month and not registry.statement(month).closed
    bill = registry.statement(month)
    assert [line.raw for line in bill] == [line.raw for line in bill.lines] != []
    assert sum(line.active_milliseconds for line in bill) == bill.total_milliseconds
    assert "BilledCost" in registry.statement_csv(month)
    assert all(isinstance(summary.month, str) for summary in registry.statements())
    assert registry.usage(from_="2026-01-01", group_by="day").currency == "USD"
    registry.put_rates([])
