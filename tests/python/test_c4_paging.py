"""Rule C4: lists page by themselves."""

from __future__ import annotations

import itertools
from typing import Callable, List

import servers
from faults import FaultProxy

from orleans_registry import Client


def test_C4_every_version_comes_once_over_several_pages(registry: Client, long_list: List[str]) -> None:
    assert [version.id for version in registry.model("long-list").versions()] == long_list


def test_C4_a_page_is_asked_for_when_it_is_needed(long_list: List[str], node: servers.Node) -> None:
    with FaultProxy(node.port) as proxy:
        versions = Client(proxy.url, node.key).model("long-list").versions()
        assert len(proxy.seen) == 1
        next(versions)
        assert len(proxy.seen) == 2
        assert len(list(itertools.islice(versions, 199))) == 199
        assert len(proxy.seen) == 2
        assert len(list(versions)) == 5
        assert len(proxy.seen) == 3
        assert list(versions) == [] and len(proxy.seen) == 3


def test_C4_a_list_is_narrowed_by_labels_and_states(registry: Client, long_list: List[str]) -> None:
    versions = registry.model("long-list").versions
    assert [version.id for version in versions(labels={"parity: of it": "odd"}, state="draft")] == long_list[1::2]
    assert list(versions(state="inactive")) == []


def test_C4_an_empty_page_in_the_middle_is_not_the_end(clocked: Callable[..., Client]) -> None:
    pages = iter(
        [
            b'{"items":[],"next_page_token":"a"}',
            b'{"items":[{"name":"x"}],"next_page_token":"b"}',
            b'{"items":[],"next_page_token":null}',
        ]
    )
    with servers.ModelServer(lambda request: servers.Answer(next(pages))) as fake:
        assert [model.name for model in clocked(f"http://127.0.0.1:{fake.port}", "k").models()] == ["x"]


def test_C4_the_lines_of_a_statement_page_by_themselves(clocked: Callable[..., Client]) -> None:
    pages = iter(
        [
            b'{"month":"2026-01","lines":[{"version":"1.0.0"}],"next_page_token":"a"}',
            b'{"month":"2026-01","lines":[{"version":"2.0.0"}],"next_page_token":null}',
        ]
    )
    with servers.ModelServer(lambda request: servers.Answer(next(pages))) as fake:
        bill = clocked(f"http://127.0.0.1:{fake.port}", "k").statement("2026-01")
        assert [line.version for line in bill] == ["1.0.0", "2.0.0"]
        assert fake.received[1].path.endswith("page_token=a")


def test_C4_models_workspaces_keys_webhooks_events_and_lines_of_usage_are_lists(registry: Client, name: str) -> None:
    registry.register(name, serving_url="http://127.0.0.1:9/")
    registry.create_api_key(name, "viewer")
    webhook = registry.create_webhook("http://127.0.0.1:9/", description=name).webhook
    assert [model.name for model in registry.models(q=name.upper(), order_by="-created_at")][-1].startswith(name)
    assert [model.name for model in registry.models(name=name)] == [name]
    assert "default" in [workspace.name for workspace in registry.workspaces()]
    assert name in [key.name for key in registry.api_keys()]
    assert webhook.id in [hook.id for hook in registry.webhooks()]
    assert [event.type for event in registry.events(model=name)][0] == "model.created"
    usage = registry.usage(group_by="version")
    assert name in [line.model_name for line in usage] and len(usage.items) == len(list(usage))
    registry.webhook(webhook.id).delete()
