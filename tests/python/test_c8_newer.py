"""Rule C8: a newer registry is no error."""

from __future__ import annotations

import datetime
import json
from typing import Any, Dict

import pytest
import servers

from orleans_registry import Client, types

FROM_A_NEWER_ONE: Dict[str, Any] = {
    "id": "0123456789-1",
    "model_name": "iris",
    "version": "1.0.0",
    "state": "hibernating",
    "serving": {"url": "http://x/", "status": "idle", "since": "2026-11-30T03:34:31.5Z", "warmth": 3},
    "labels": {},
    "created_at": "2026-11-30T03:34:31.492Z",
    "published_at": None,
    "etag": '"7"',
    "colour": ["red"],
}


def test_C8_unknown_members_stay_in_raw_and_unknown_values_are_text() -> None:
    with servers.ModelServer(lambda request: servers.Answer(json.dumps(FROM_A_NEWER_ONE).encode())) as fake:
        version = Client(f"http://127.0.0.1:{fake.port}", "k").version("0123456789-1")
    assert version.state == "hibernating" and version.raw["colour"] == ["red"]
    assert version.serving is not None
    assert version.serving.status == "idle" and version.serving.raw["warmth"] == 3


def test_C8_a_member_that_an_older_registry_lacks_is_an_attribute_error() -> None:
    version = types.Version(FROM_A_NEWER_ONE)
    with pytest.raises(AttributeError, match="revision"):
        version.revision
    assert not hasattr(version, "revision") and hasattr(version, "state")


def test_C8_an_event_of_an_unknown_type_passes() -> None:
    event = {"id": "1", "type": "version.melted", "at": "2026-11-30T03:34:31.492Z", "data": {"degrees": 3}}
    page = json.dumps({"items": [event], "next_page_token": None}).encode()
    with servers.ModelServer(lambda request: servers.Answer(page)) as fake:
        (seen,) = Client(f"http://127.0.0.1:{fake.port}", "k").events()
    assert seen.type == "version.melted" and seen.data == {"degrees": 3}


@pytest.mark.parametrize(
    "told, microseconds",
    [("2026-11-30T03:34:31.492Z", 492000), ("2026-11-30T03:34:31Z", 0), ("2026-11-30T03:34:31.1234567Z", 123456)],
)
def test_C8_instants_are_aware_whatever_their_precision(told: str, microseconds: int) -> None:
    at = types.Version({**FROM_A_NEWER_ONE, "created_at": told}).created_at
    assert at == datetime.datetime(2026, 11, 30, 3, 34, 31, microseconds, datetime.timezone.utc)


def test_C8_documents_are_equal_by_what_they_say_and_show_it() -> None:
    serving = types.Serving(FROM_A_NEWER_ONE["serving"])
    assert serving == types.Serving(dict(FROM_A_NEWER_ONE["serving"])) != types.Serving({})
    assert repr(serving) == "Serving(url='http://x/', status='idle', since='2026-11-30T03:34:31.5Z')"
    with pytest.raises(TypeError):
        hash(serving)
    change = types.PrimaryChange({"from": "a", "to": None})
    assert change.from_ == "a" and change.to is None
