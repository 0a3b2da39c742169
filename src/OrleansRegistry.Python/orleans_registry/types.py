"""The documents of the registry, with a class each, and the parts of requests.

Members of a closed list are text here: a newer registry may have further values (rule C8).

Generated from docs/openapi.json by tools/generate.py; don't change it by hand.
"""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Literal, Optional, TypedDict

from ._document import Document, anything, flag, instant, many, number, optional, table, text, whole


AliasReason = Literal["set", "claimed", "promoted", "rolled_back", "emptied", "removed"]
ArtifactFormat = Literal["onnx", "python", "python-pickle"]
EventOrder = Literal["id", "-id"]
EventType = Literal[
    "model.created",
    "model.updated",
    "model.deleted",
    "version.deployed",
    "version.published",
    "version.ready",
    "version.failed",
    "version.crashed",
    "version.deactivated",
    "version.activated",
    "version.updated",
    "version.servers_changed",
    "version.unhealthy",
    "version.healthy",
    "version.deleted",
    "primary.changed",
    "alias.changed",
    "usage.recorded",
    "workspace.created",
    "api_key.created",
    "api_key.rotated",
    "api_key.revoked",
    "rates.updated",
    "month.closed",
    "webhook.created",
    "webhook.updated",
    "webhook.deleted",
    "artifact.created",
    "artifact.removed",
    "clock.accepted",
]
GroupBy = Literal["model", "version", "instance_type", "day"]
NotTakenBecause = Literal[
    "outside_range",
    "prerelease",
    "deleted",
    "inactive",
    "draft",
    "starting",
    "failed",
    "lower_number",
    "not_named",
    "not_primary",
    "left",
    "unhealthy",
]
OnUnhealthy = Literal["stay", "fall_back"]
OrderBy = Literal["name", "-created_at"]
PrimaryPolicy = Literal["latest_published", "manual"]
PrimaryReason = Literal["published", "promoted", "fallback", "rollback", "activated"]
ResolvedBy = Literal["primary", "exact", "range", "id", "alias"]
Role = Literal["viewer", "invoker", "deployer", "admin", "operator"]
ServerStatus = Literal["starting", "up", "down"]
ServingStatus = Literal["starting", "ready", "failed", "stopped", "restarting", "idle"]
Stage = Literal["draft", "published"]
VersionBump = Literal["MAJOR", "MINOR", "PATCH"]
VersionHealth = Literal["healthy", "unhealthy"]
VersionOrder = Literal["-created_at", "-number"]
VersionState = Literal["draft", "published", "inactive", "deleted"]
Wait = Literal["ready", "primary", "stopped"]
WebhookState = Literal["enabled", "disabled"]


class ArtifactSpec(TypedDict, total=False):
    """The model's files: either an address, which the registry keeps and never opens, or the digest of an artifact that
    the registry has.
    """

    uri: Optional[str]
    """The address of the artifact: 1 to 2,048 characters without control characters. Empty with `digest`."""
    sha256: Optional[str]
    """With an address: SHA-256 of its bytes, 64 lower-case hexadecimal digits."""
    size_bytes: Optional[int]
    """With an address: its size in bytes."""
    digest: Optional[str]
    """The digest of an artifact in the workspace, 64 lower-case hexadecimal digits; null with an address."""


class _FileSpecRequired(TypedDict):
    path: str
    """path"""
    sha256: str
    """sha256"""
    size: int
    """size"""


class FileSpec(_FileSpecRequired, total=False):
    """FileSpec"""


class _RateSpecRequired(TypedDict):
    stage: Stage
    """Which resources an active version runs on. An inactive version remembers it."""
    price_per_minute: str
    """The price of a minute: a decimal number as text, at most nine digits before and nine behind the point."""
    effective_from: str
    """From when on it holds: a date, which is its midnight in UTC, or an RFC 3339 time with at most milliseconds."""


class RateSpec(_RateSpecRequired, total=False):
    """The price of a minute of active time, from an instant on until the next rate of the same instance type and stage.
    """

    instance_type: Optional[str]
    """The instance type it is for; null or left out for versions whose deployment named none. It stands in for no
    other.
    """


class RequiresSpec(TypedDict, total=False):
    """RequiresSpec"""

    python: Optional[str]
    """python"""
    packages: Optional[Dict[str, str]]
    """packages"""


class RuntimeSpec(TypedDict, total=False):
    """How the registry itself runs a version, from the artifact that the version is deployed with."""

    environment: Optional[str]
    """The environment to run in: `onnx`, or a Python that the operator has named. Null takes the first that fits what
    the artifact requires.
    """
    command: Optional[List[str]]
    """The package's own command, at most 64 texts of 32 KiB together; it keeps the contract of processes. Null takes
    the environment's.
    """
    env: Optional[Dict[str, str]]
    """Variables for the process, at most 64, of 32 KiB together, none beginning with `REGISTRY_`. Viewers see them:
    they are no place for secrets.
    """
    startup_timeout_seconds: int
    """The longest time until a process answers `GET /health`, in seconds: 1 to 86,400."""


class _ServerSpecRequired(TypedDict):
    url: str
    """Its base address: absolute http or https, at most 2,048 characters, without user information and fragment."""


class ServerSpec(_ServerSpecRequired, total=False):
    """One server of a version."""

    health_url: Optional[str]
    """An address that answers 2xx once it is up. Without one it is up at once."""


class ServingSpec(TypedDict, total=False):
    """The place where a version answers, and its start."""

    url: str
    """Base address of the model's server: absolute http or https, at most 2,048 characters, without user information
    and fragment. With `servers` it may be left out: it is that of the first.
    """
    health_url: Optional[str]
    """An address that answers 2xx once the version is up. Without one the version is ready at once (rule L3)."""
    startup_timeout_seconds: int
    """The longest time of a start, in seconds: 1 to 86,400."""
    served_name: Optional[str]
    """The name by which the server knows its model, at most 256 characters: it stands in place of the field `model` of
    a call by OpenAI's routes. Without it the field stays as the caller wrote it.
    """
    openai_paths: Optional[List[str]]
    """Paths below `/openai/v1` that lead to the server besides OpenAI's own, such as `classify`: at most 16."""
    servers: Optional[List[ServerSpec]]
    """The servers of the version, which all answer the same: 1 to 64, none twice. It stands in place of `url` and
    `health_url`, which are the first server's (rule SV1).
    """
    min_ready: Optional[int]
    """How many servers must be up before the version is ready: 1 to 64, and 1 by default. A list with fewer needs all
    of them (rule SV2).
    """
    repeatable: bool
    """Whether a call may be made twice: with several servers, one that a server has not answered may be given to
    another (rule SV6).
    """
    probe_seconds: Optional[int]
    """Seconds between two health probes of a server once the version is ready: 1 to 3,600, or 0 for none (rule HV1). By
    default 10 with a health URL.
    """


class _WantedFileSpecRequired(TypedDict):
    sha256: str
    """SHA-256 of its bytes, 64 lower-case hexadecimal digits."""
    size: int
    """Its size in bytes."""


class WantedFileSpec(_WantedFileSpecRequired, total=False):
    """A file that a caller has."""


class Alias(Document):
    """An alias of a model, `@staging`: a named pointer to a version (rules AL1 to AL10)."""

    __slots__ = ()
    _shown = ("name", "version_id", "version", "since", "reason", "by", "by_name", "comment", "protected")

    @property
    def name(self) -> str:
        """The name, without `@`."""
        return self._read("name", text)

    @property
    def version_id(self) -> Optional[str]:
        """The id of the version that it points to, or null while it is empty."""
        return self._read("version_id", optional(text))

    @property
    def version(self) -> Optional[str]:
        """The number of that version, or null while it is empty."""
        return self._read("version", optional(text))

    @property
    def since(self) -> datetime.datetime:
        """Since when it points there, or is empty."""
        return self._read("since", instant)

    @property
    def reason(self) -> str:
        """The reason of its last move. One of `set`, `claimed`, `promoted`, `rolled_back`, `emptied`, `removed`."""
        return self._read("reason", text)

    @property
    def by(self) -> str:
        """Whose command moved it."""
        return self._read("by", text)

    @property
    def by_name(self) -> Optional[str]:
        """The name of their key, or null for a caller who has none."""
        return self._read("by_name", optional(text))

    @property
    def comment(self) -> Optional[str]:
        """Why, in their own words, or null when they said nothing."""
        return self._read("comment", optional(text))

    @property
    def protected(self) -> bool:
        """Whether only an admin moves and removes it (rule AL6)."""
        return self._read("protected", flag)

    @property
    def pending(self) -> Optional[AliasVersion]:
        """The version that takes it when it is ready, or null."""
        return self._read("pending", optional(AliasVersion))

    @property
    def history(self) -> List[AliasVersion]:
        """The last five versions that it has pointed to, oldest first, without deleted ones (rule AL7)."""
        return self._read("history", many(AliasVersion))


class AliasAnswer(Document):
    """The answer of a command on an alias."""

    __slots__ = ()
    _shown = ("changed", "revision")

    @property
    def alias(self) -> Alias:
        """The alias after the command; one that was removed as it was before."""
        return self._read("alias", Alias)

    @property
    def changed(self) -> bool:
        """Whether the command changed anything that a caller can see."""
        return self._read("changed", flag)

    @property
    def alias_change(self) -> Optional[AliasChange]:
        """The move of the alias, or null when it stayed."""
        return self._read("alias_change", optional(AliasChange))

    @property
    def revision(self) -> int:
        """The model's revision after the command."""
        return self._read("revision", whole)


class AliasChange(Document):
    """A move of an alias."""

    __slots__ = ()
    _shown = ("alias", "from", "to")

    @property
    def alias(self) -> str:
        """The name of the alias."""
        return self._read("alias", text)

    @property
    def from_(self) -> Optional[str]:
        """The id of the version that it pointed to, or null."""
        return self._read("from", optional(text))

    @property
    def to(self) -> Optional[str]:
        """The id of the version that it points to now, or null."""
        return self._read("to", optional(text))


class AliasList(Document):
    """The aliases of a model."""

    __slots__ = ()

    @property
    def items(self) -> List[Alias]:
        """All of them, in the order of their names."""
        return self._read("items", many(Alias))


class AliasVersion(Document):
    """A version that an alias points to, has pointed to, or is about to."""

    __slots__ = ()
    _shown = ("version_id", "version")

    @property
    def version_id(self) -> str:
        """The version's id."""
        return self._read("version_id", text)

    @property
    def version(self) -> str:
        """The version's number."""
        return self._read("version", text)


class ApiKey(Document):
    """An API key, without its secret."""

    __slots__ = ()
    _shown = (
        "prefix",
        "name",
        "workspace",
        "role",
        "expires_at",
        "created_at",
        "created_by",
        "revoked_at",
        "revoked_by",
        "last_used_at",
        "created_by_name",
        "revoked_by_name",
    )

    @property
    def prefix(self) -> str:
        """Names the key; the part behind `ork_`."""
        return self._read("prefix", text)

    @property
    def name(self) -> str:
        """Its purpose."""
        return self._read("name", text)

    @property
    def workspace(self) -> str:
        """The workspace it acts in."""
        return self._read("workspace", text)

    @property
    def role(self) -> str:
        """Its role. One of `viewer`, `invoker`, `deployer`, `admin`, `operator`."""
        return self._read("role", text)

    @property
    def models(self) -> Optional[List[str]]:
        """The only models it may call, by id; empty for all. Only keys of role invoker are limited."""
        return self._read("models", optional(many(text)))

    @property
    def expires_at(self) -> Optional[datetime.datetime]:
        """From when on it is not taken any more, or null."""
        return self._read("expires_at", optional(instant))

    @property
    def created_at(self) -> datetime.datetime:
        """The instant at which it was made."""
        return self._read("created_at", instant)

    @property
    def created_by(self) -> str:
        """The caller who made it."""
        return self._read("created_by", text)

    @property
    def revoked_at(self) -> Optional[datetime.datetime]:
        """The instant at which it was revoked, or null."""
        return self._read("revoked_at", optional(instant))

    @property
    def revoked_by(self) -> Optional[str]:
        """The caller who revoked it, or null."""
        return self._read("revoked_by", optional(text))

    @property
    def last_used_at(self) -> Optional[datetime.datetime]:
        """The hour in which it was last used, or null when it never was."""
        return self._read("last_used_at", optional(instant))

    @property
    def created_by_name(self) -> Optional[str]:
        """The name of the key of who made it, or null for a caller who has none."""
        return self._read("created_by_name", optional(text))

    @property
    def revoked_by_name(self) -> Optional[str]:
        """The name of the key of who revoked it, or null."""
        return self._read("revoked_by_name", optional(text))


class Artifact(Document):
    """The model's files: either an address, which the registry keeps and never opens, or the digest of an artifact that
    the registry has.
    """

    __slots__ = ()
    _shown = ("uri", "sha256", "size_bytes", "digest")

    @property
    def uri(self) -> Optional[str]:
        """The address of the artifact: 1 to 2,048 characters without control characters. Empty with `digest`."""
        return self._read("uri", optional(text))

    @property
    def sha256(self) -> Optional[str]:
        """With an address: SHA-256 of its bytes, 64 lower-case hexadecimal digits."""
        return self._read("sha256", optional(text))

    @property
    def size_bytes(self) -> Optional[int]:
        """With an address: its size in bytes."""
        return self._read("size_bytes", optional(whole))

    @property
    def digest(self) -> Optional[str]:
        """The digest of an artifact in the workspace, 64 lower-case hexadecimal digits; null with an address."""
        return self._read("digest", optional(text))


class ArtifactFile(Document):
    """ArtifactFile"""

    __slots__ = ()
    _shown = ("path", "sha256", "size")

    @property
    def path(self) -> str:
        """Path."""
        return self._read("path", text)

    @property
    def sha256(self) -> str:
        """Sha256."""
        return self._read("sha256", text)

    @property
    def size(self) -> int:
        """Size."""
        return self._read("size", whole)


class ArtifactRequirements(Document):
    """ArtifactRequirements"""

    __slots__ = ()
    _shown = ("python",)

    @property
    def python(self) -> Optional[str]:
        """Python."""
        return self._read("python", optional(text))

    @property
    def packages(self) -> Optional[Dict[str, str]]:
        """Packages."""
        return self._read("packages", optional(table(text)))


class CallerAnswer(Document):
    """The caller: who they are, and what they may do."""

    __slots__ = ()
    _shown = ("subject", "key_prefix", "key_name", "role", "workspace", "expires_at")

    @property
    def subject(self) -> str:
        """The caller, as events and views name them: `key:{prefix}` or `token:{subject}`."""
        return self._read("subject", text)

    @property
    def key_prefix(self) -> Optional[str]:
        """The prefix of the API key, or null for a token."""
        return self._read("key_prefix", optional(text))

    @property
    def key_name(self) -> Optional[str]:
        """The name of the API key, or null for a token."""
        return self._read("key_name", optional(text))

    @property
    def role(self) -> str:
        """Their role. One of `viewer`, `invoker`, `deployer`, `admin`, `operator`."""
        return self._read("role", text)

    @property
    def workspace(self) -> str:
        """The workspace they act in."""
        return self._read("workspace", text)

    @property
    def models(self) -> Optional[List[str]]:
        """The only models they may call, by id, or null for all."""
        return self._read("models", optional(many(text)))

    @property
    def expires_at(self) -> Optional[datetime.datetime]:
        """From when on the key or token is not taken any more, or null for never."""
        return self._read("expires_at", optional(instant))

    @property
    def permissions(self) -> List[str]:
        """Their permissions."""
        return self._read("permissions", many(text))


class CommandAnswer(Document):
    """The answer of a command on a version."""

    __slots__ = ()
    _shown = ("changed", "model_deleted")

    @property
    def version(self) -> Version:
        """The version after the command."""
        return self._read("version", Version)

    @property
    def changed(self) -> bool:
        """Whether the command changed anything that a caller can see."""
        return self._read("changed", flag)

    @property
    def primary_change(self) -> Optional[PrimaryChange]:
        """The move of the primary pointer, or null when it stayed."""
        return self._read("primary_change", optional(PrimaryChange))

    @property
    def model_deleted(self) -> bool:
        """Whether the version was the model's last, so that the model is deleted too."""
        return self._read("model_deleted", flag)

    @property
    def alias_changes(self) -> List[AliasChange]:
        """The moves of aliases, in the order of their names."""
        return self._read("alias_changes", many(AliasChange))

    @property
    def references(self) -> Optional[List[str]]:
        """Of a dry run that would stop the version: what refers to it, `primary` and `alias:staging` (rule AL9). Else
        null.
        """
        return self._read("references", optional(many(text)))


class CreatedApiKey(Document):
    """An API key that was just made. The key itself is shown only this once."""

    __slots__ = ()

    @property
    def key(self) -> str:
        """The key, to be sent as `Authorization: Bearer …`."""
        return self._read("key", text)

    @property
    def api_key(self) -> ApiKey:
        """The key as lists show it: without its secret."""
        return self._read("api_key", ApiKey)


class DeletedModel(Document):
    """A model that was deleted."""

    __slots__ = ()
    _shown = ("id", "deleted")

    @property
    def id(self) -> str:
        """Its id."""
        return self._read("id", text)

    @property
    def deleted(self) -> bool:
        """True."""
        return self._read("deleted", flag)


class Delivery(Document):
    """One attempt to deliver an event."""

    __slots__ = ()
    _shown = ("event_id", "event_type", "at", "duration_milliseconds", "status", "error")

    @property
    def event_id(self) -> str:
        """The event's id."""
        return self._read("event_id", text)

    @property
    def event_type(self) -> str:
        """The event's type."""
        return self._read("event_type", text)

    @property
    def at(self) -> datetime.datetime:
        """The instant of the attempt."""
        return self._read("at", instant)

    @property
    def duration_milliseconds(self) -> int:
        """The time until the answer, in milliseconds."""
        return self._read("duration_milliseconds", whole)

    @property
    def status(self) -> Optional[int]:
        """The status of the answer, or null when there was none."""
        return self._read("status", optional(whole))

    @property
    def error(self) -> Optional[str]:
        """The reason why it failed, or null when it did not."""
        return self._read("error", optional(text))


class DeliveryList(Document):
    """The last attempts of a webhook."""

    __slots__ = ()

    @property
    def deliveries(self) -> List[Delivery]:
        """Newest first."""
        return self._read("deliveries", many(Delivery))


class EnvironmentDifference(Document):
    """Something that an environment lacks."""

    __slots__ = ()
    _shown = ("name", "needs", "has")

    @property
    def name(self) -> str:
        """`format`, `python`, or the name of a package."""
        return self._read("name", text)

    @property
    def needs(self) -> str:
        """The format or the version that the artifact needs."""
        return self._read("needs", text)

    @property
    def has(self) -> Optional[str]:
        """The format or the version that the environment has, or null when it has none."""
        return self._read("has", optional(text))


class EnvironmentFit(Document):
    """Whether an environment fits an artifact."""

    __slots__ = ()
    _shown = ("name", "fits", "off")

    @property
    def name(self) -> str:
        """The environment's name."""
        return self._read("name", text)

    @property
    def fits(self) -> bool:
        """Whether the artifact would run in it."""
        return self._read("fits", flag)

    @property
    def differences(self) -> List[EnvironmentDifference]:
        """The things that the artifact needs and the environment lacks."""
        return self._read("differences", many(EnvironmentDifference))

    @property
    def off(self) -> Optional[str]:
        """Why nothing runs in it, and what to do about it; null when it runs."""
        return self._read("off", optional(text))


class EnvironmentList(Document):
    """The environments in which this registry runs versions."""

    __slots__ = ()
    _shown = ("off",)

    @property
    def off(self) -> Optional[str]:
        """Why this registry runs no versions, and what to do about it; null when it does."""
        return self._read("off", optional(text))

    @property
    def environments(self) -> List[ServingEnvironment]:
        """The environments, in the order in which they are tried."""
        return self._read("environments", many(ServingEnvironment))

    @property
    def instance_types(self) -> List[InstanceType]:
        """The instance types that versions with a process may have, by name."""
        return self._read("instance_types", many(InstanceType))


class EnvironmentMatch(Document):
    """Whether an artifact would run."""

    __slots__ = ()
    _shown = ("environment", "off")

    @property
    def environment(self) -> Optional[str]:
        """The environment in which it would run: the first that fits. Null for none."""
        return self._read("environment", optional(text))

    @property
    def off(self) -> Optional[str]:
        """Why this registry runs no versions, and what to do about it; null when it does."""
        return self._read("off", optional(text))

    @property
    def environments(self) -> List[EnvironmentFit]:
        """The environments, in the order in which they are tried."""
        return self._read("environments", many(EnvironmentFit))


class Event(Document):
    """Something that happened, stored by the statement that made it happen. Ids are positions: gapless, in order of
    commit, so that a reader who follows them misses none.
    """

    __slots__ = ()
    _shown = (
        "id",
        "type",
        "at",
        "workspace",
        "model_id",
        "model_name",
        "version_id",
        "version",
        "actor",
        "actor_name",
        "comment",
    )

    @property
    def id(self) -> str:
        """The position, as decimal text."""
        return self._read("id", text)

    @property
    def type(self) -> str:
        """One of EventType. A later release may have more of them: pass over those that you don't know."""
        return self._read("type", text)

    @property
    def at(self) -> datetime.datetime:
        """The instant of the command."""
        return self._read("at", instant)

    @property
    def workspace(self) -> str:
        """The workspace."""
        return self._read("workspace", text)

    @property
    def model_id(self) -> Optional[str]:
        """The model, or null for an event of the workspace."""
        return self._read("model_id", optional(text))

    @property
    def model_name(self) -> Optional[str]:
        """The name of the model, or null for an event of the workspace."""
        return self._read("model_name", optional(text))

    @property
    def version_id(self) -> Optional[str]:
        """The version, or null for an event of the model or the workspace."""
        return self._read("version_id", optional(text))

    @property
    def version(self) -> Optional[str]:
        """The number of the version, or null for an event of the model or the workspace."""
        return self._read("version", optional(text))

    @property
    def actor(self) -> str:
        """Whose command it was."""
        return self._read("actor", text)

    @property
    def actor_name(self) -> Optional[str]:
        """The name of the actor's key, or null for an actor who has none."""
        return self._read("actor_name", optional(text))

    @property
    def comment(self) -> Optional[str]:
        """Why, in the actor's own words, or null when they said nothing."""
        return self._read("comment", optional(text))

    @property
    def data(self) -> Dict[str, Any]:
        """Data."""
        return self._read("data", anything)


class InferenceLive(Document):
    """The answer of `GET /v2/health/live`."""

    __slots__ = ()
    _shown = ("live",)

    @property
    def live(self) -> bool:
        """True."""
        return self._read("live", flag)


class InferenceReady(Document):
    """The answer of `GET /v2/health/ready`."""

    __slots__ = ()
    _shown = ("ready",)

    @property
    def ready(self) -> bool:
        """True."""
        return self._read("ready", flag)


class InferenceServer(Document):
    """The answer of `GET /v2`."""

    __slots__ = ()
    _shown = ("name", "version")

    @property
    def name(self) -> str:
        """The server's name."""
        return self._read("name", text)

    @property
    def version(self) -> str:
        """Its version."""
        return self._read("version", text)

    @property
    def extensions(self) -> List[str]:
        """The extensions of the protocol that it knows: none."""
        return self._read("extensions", many(text))


class InstanceType(Document):
    """What an instance type gives a process."""

    __slots__ = ()
    _shown = ("name", "memory_mib", "cpus", "processes")

    @property
    def name(self) -> str:
        """Its name."""
        return self._read("name", text)

    @property
    def memory_mib(self) -> int:
        """The memory of all its processes together, in MiB."""
        return self._read("memory_mib", whole)

    @property
    def cpus(self) -> int:
        """Its processors."""
        return self._read("cpus", whole)

    @property
    def processes(self) -> int:
        """How many processes and threads it may have."""
        return self._read("processes", whole)


class LogLine(Document):
    """A line of a log."""

    __slots__ = ()
    _shown = ("number", "at", "text")

    @property
    def number(self) -> int:
        """One more than that of the line before; in a log that began anew, higher than all before."""
        return self._read("number", whole)

    @property
    def at(self) -> datetime.datetime:
        """When it was written."""
        return self._read("at", instant)

    @property
    def text(self) -> str:
        """The text. Control characters are escaped."""
        return self._read("text", text)


class MissingFile(Document):
    """A file that has to be uploaded."""

    __slots__ = ()
    _shown = ("sha256", "offset")

    @property
    def sha256(self) -> str:
        """Its SHA-256."""
        return self._read("sha256", text)

    @property
    def offset(self) -> int:
        """The first byte that is missing. A request without bytes is needed even where none is."""
        return self._read("offset", whole)


class MissingFiles(Document):
    """The files that have to be uploaded."""

    __slots__ = ()
    _shown = ("part_size",)

    @property
    def missing(self) -> List[MissingFile]:
        """Each of them once."""
        return self._read("missing", many(MissingFile))

    @property
    def part_size(self) -> int:
        """As many bytes as a request should bring, unless it is the last one of a file."""
        return self._read("part_size", whole)


class Model(Document):
    """A model as callers see it."""

    __slots__ = ()
    _shown = (
        "id",
        "name",
        "primary_policy",
        "protected",
        "latest_version",
        "version_count",
        "active_version_count",
        "created_at",
        "created_by",
        "revision",
        "created_by_name",
        "etag",
        "on_unhealthy",
        "fall_back_seconds",
    )

    @property
    def id(self) -> str:
        """The model's id, see ModelId."""
        return self._read("id", text)

    @property
    def name(self) -> str:
        """The name, unique among the workspace's living models."""
        return self._read("name", text)

    @property
    def description(self) -> Optional[str]:
        """Free text, or null."""
        return self._read("description", optional(text))

    @property
    def labels(self) -> Dict[str, str]:
        """Labels by key."""
        return self._read("labels", table(text))

    @property
    def primary(self) -> Optional[Primary]:
        """The version that answers calls that name none, or null."""
        return self._read("primary", optional(Primary))

    @property
    def pending_primary(self) -> Optional[PendingPrimary]:
        """The version that takes the pointer when it is ready, or null."""
        return self._read("pending_primary", optional(PendingPrimary))

    @property
    def primary_policy(self) -> str:
        """The policy by which the pointer moves when no command names the version. One of `latest_published`, `manual`.
        """
        return self._read("primary_policy", text)

    @property
    def protected(self) -> bool:
        """Whether only an admin moves the primary, and changes the policy."""
        return self._read("protected", flag)

    @property
    def latest_version(self) -> str:
        """The highest number ever given, deleted versions included."""
        return self._read("latest_version", text)

    @property
    def version_count(self) -> int:
        """The number of versions that are not deleted."""
        return self._read("version_count", whole)

    @property
    def active_version_count(self) -> int:
        """The number of versions that are draft or published."""
        return self._read("active_version_count", whole)

    @property
    def created_at(self) -> datetime.datetime:
        """The instant of the first deployment."""
        return self._read("created_at", instant)

    @property
    def created_by(self) -> str:
        """The caller who deployed it."""
        return self._read("created_by", text)

    @property
    def revision(self) -> int:
        """Raised by every command on the model or its versions."""
        return self._read("revision", whole)

    @property
    def created_by_name(self) -> Optional[str]:
        """The name of the deployer's key, or null for a caller who has none."""
        return self._read("created_by_name", optional(text))

    @property
    def etag(self) -> Optional[str]:
        """The entity tag that `If-Match` takes: the model's header `ETag`."""
        return self._read("etag", optional(text))

    @property
    def counts(self) -> VersionCounts:
        """The number of versions in each state."""
        return self._read("counts", VersionCounts)

    @property
    def aliases(self) -> List[Alias]:
        """The aliases, in the order of their names."""
        return self._read("aliases", many(Alias))

    @property
    def on_unhealthy(self) -> str:
        """What happens to the pointer while the primary is unhealthy (rule HV4). One of `stay`, `fall_back`."""
        return self._read("on_unhealthy", text)

    @property
    def fall_back_seconds(self) -> int:
        """After how many seconds without a break the pointer then moves, with `fall_back`."""
        return self._read("fall_back_seconds", whole)


class NearVersion(Document):
    """A version that a selector could have led to, and didn't."""

    __slots__ = ()
    _shown = ("version_id", "version", "state", "reason")

    @property
    def version_id(self) -> str:
        """The version's id."""
        return self._read("version_id", text)

    @property
    def version(self) -> str:
        """The version's number."""
        return self._read("version", text)

    @property
    def state(self) -> str:
        """The version's state. One of `draft`, `published`, `inactive`, `deleted`."""
        return self._read("state", text)

    @property
    def reason(self) -> str:
        """The reason. One of `outside_range`, `prerelease`, `deleted`, `inactive`, `draft`, `starting`, `failed`,
        `lower_number`, `not_named`, `not_primary`, `left`, `unhealthy`.
        """
        return self._read("reason", text)


class PendingPrimary(Document):
    """A version that takes the primary pointer when it is ready."""

    __slots__ = ()
    _shown = ("version_id", "version")

    @property
    def version_id(self) -> str:
        """The version's id."""
        return self._read("version_id", text)

    @property
    def version(self) -> str:
        """The version's number."""
        return self._read("version", text)


class Primary(Document):
    """The primary of a model."""

    __slots__ = ()
    _shown = ("version_id", "version", "since", "reason", "by", "by_name", "comment")

    @property
    def version_id(self) -> str:
        """The version's id."""
        return self._read("version_id", text)

    @property
    def version(self) -> str:
        """The version's number."""
        return self._read("version", text)

    @property
    def since(self) -> datetime.datetime:
        """Since when it is primary."""
        return self._read("since", instant)

    @property
    def reason(self) -> str:
        """The reason why it is. One of `published`, `promoted`, `fallback`, `rollback`, `activated`."""
        return self._read("reason", text)

    @property
    def by(self) -> str:
        """Whose command made it so."""
        return self._read("by", text)

    @property
    def by_name(self) -> Optional[str]:
        """The name of their key, or null for a caller who has none."""
        return self._read("by_name", optional(text))

    @property
    def comment(self) -> Optional[str]:
        """Why, in their own words, or null when they said nothing."""
        return self._read("comment", optional(text))


class PrimaryChange(Document):
    """A move of the primary pointer."""

    __slots__ = ()
    _shown = ("from", "to")

    @property
    def from_(self) -> Optional[str]:
        """The id of the version that was primary, or null."""
        return self._read("from", optional(text))

    @property
    def to(self) -> Optional[str]:
        """The id of the version that is primary now, or null."""
        return self._read("to", optional(text))


class PrimaryPeriod(Document):
    """A time during which a version was primary, or none was."""

    __slots__ = ()
    _shown = ("from", "until", "version_id", "version", "actor", "actor_name", "comment", "reason", "event_id")

    @property
    def from_(self) -> Optional[datetime.datetime]:
        """The instant at which it began, or null before the first primary, and where its event was removed."""
        return self._read("from", optional(instant))

    @property
    def until(self) -> Optional[datetime.datetime]:
        """The instant at which the next one began, or null while it lasts."""
        return self._read("until", optional(instant))

    @property
    def version_id(self) -> Optional[str]:
        """The id of the version that was primary, or null for none."""
        return self._read("version_id", optional(text))

    @property
    def version(self) -> Optional[str]:
        """The number of the version that was primary, or null for none."""
        return self._read("version", optional(text))

    @property
    def actor(self) -> Optional[str]:
        """Whose command began it, or null where that is not known."""
        return self._read("actor", optional(text))

    @property
    def actor_name(self) -> Optional[str]:
        """The name of the actor's key, or null for an actor who has none."""
        return self._read("actor_name", optional(text))

    @property
    def comment(self) -> Optional[str]:
        """Why, in the actor's own words, or null when they said nothing."""
        return self._read("comment", optional(text))

    @property
    def reason(self) -> Optional[str]:
        """The reason of the move that began it, or null where that is not known."""
        return self._read("reason", optional(text))

    @property
    def event_id(self) -> Optional[str]:
        """The id of the event that began it, or null where that is not known."""
        return self._read("event_id", optional(text))


class PutServersAnswer(Document):
    """The answer of replacing the servers of a version."""

    __slots__ = ()
    _shown = ("changed", "in_flight_left")

    @property
    def version(self) -> Version:
        """The version after the command, with its servers."""
        return self._read("version", Version)

    @property
    def changed(self) -> bool:
        """Whether the list has changed."""
        return self._read("changed", flag)

    @property
    def in_flight_left(self) -> Optional[int]:
        """With `drain_seconds`: how many calls that were admitted before still ran when the time was up. On several
        nodes it counts later calls of the other nodes too. Else null.
        """
        return self._read("in_flight_left", optional(whole))


class Rate(Document):
    """The price of a minute of active time, from an instant on until the next rate of the same instance type and stage.
    """

    __slots__ = ()
    _shown = ("instance_type", "stage", "price_per_minute", "effective_from")

    @property
    def instance_type(self) -> Optional[str]:
        """The instance type of the rate; null for versions whose deployment named none. It stands in for no other."""
        return self._read("instance_type", optional(text))

    @property
    def stage(self) -> str:
        """The stage it is for. One of `draft`, `published`."""
        return self._read("stage", text)

    @property
    def price_per_minute(self) -> str:
        """The price of a minute, as decimal text."""
        return self._read("price_per_minute", text)

    @property
    def effective_from(self) -> datetime.datetime:
        """From when on it holds; whole milliseconds."""
        return self._read("effective_from", instant)


class Rates(Document):
    """The rates of a workspace."""

    __slots__ = ()
    _shown = ("currency", "updated_at", "updated_by", "revision", "updated_by_name")

    @property
    def currency(self) -> str:
        """The currency of the prices: the one that was set when they were put."""
        return self._read("currency", text)

    @property
    def rates(self) -> List[Rate]:
        """All rates, by instance type, stage and instant."""
        return self._read("rates", many(Rate))

    @property
    def updated_at(self) -> Optional[datetime.datetime]:
        """The instant at which they were put, or null when none ever were."""
        return self._read("updated_at", optional(instant))

    @property
    def updated_by(self) -> Optional[str]:
        """The caller who put them, or null."""
        return self._read("updated_by", optional(text))

    @property
    def revision(self) -> int:
        """Raised by every change; 0 when none ever were put."""
        return self._read("revision", whole)

    @property
    def updated_by_name(self) -> Optional[str]:
        """The name of the key of who put them, or null."""
        return self._read("updated_by_name", optional(text))


class ResolveAnswer(Document):
    """The version that a selector leads to now."""

    __slots__ = ()
    _shown = ("version_id", "version", "resolved_by", "alias", "serving_url", "revision")

    @property
    def version_id(self) -> str:
        """The version's id."""
        return self._read("version_id", text)

    @property
    def version(self) -> str:
        """The version's number."""
        return self._read("version", text)

    @property
    def resolved_by(self) -> str:
        """How the selector led to it. One of `primary`, `exact`, `range`, `id`, `alias`."""
        return self._read("resolved_by", text)

    @property
    def alias(self) -> Optional[str]:
        """The name of the alias that led to it, or null."""
        return self._read("alias", optional(text))

    @property
    def serving_url(self) -> Optional[str]:
        """Where it answers, or null for a version that is only registered."""
        return self._read("serving_url", optional(text))

    @property
    def artifact(self) -> Optional[Artifact]:
        """The artifact that was deployed, or null."""
        return self._read("artifact", optional(Artifact))

    @property
    def revision(self) -> int:
        """The revision of the model that the answer is true of."""
        return self._read("revision", whole)

    @property
    def nearest(self) -> Optional[List[NearVersion]]:
        """With `explain=true`: the versions nearest to it, highest number first, and why each was not taken."""
        return self._read("nearest", optional(many(NearVersion)))


class Runtime(Document):
    """How the registry itself runs a version, from the artifact that the version is deployed with."""

    __slots__ = ()
    _shown = ("environment", "startup_timeout_seconds")

    @property
    def environment(self) -> Optional[str]:
        """The environment to run in: `onnx`, or a Python that the operator has named. Null takes the first that fits
        what the artifact requires.
        """
        return self._read("environment", optional(text))

    @property
    def command(self) -> Optional[List[str]]:
        """The package's own command, at most 64 texts of 32 KiB together; it keeps the contract of processes. Null
        takes the environment's.
        """
        return self._read("command", optional(many(text)))

    @property
    def env(self) -> Optional[Dict[str, str]]:
        """Variables for the process, at most 64, of 32 KiB together, none beginning with `REGISTRY_`. Viewers see them:
        they are no place for secrets.
        """
        return self._read("env", optional(table(text)))

    @property
    def startup_timeout_seconds(self) -> int:
        """The longest time until a process answers `GET /health`, in seconds: 1 to 86,400."""
        return self._read("startup_timeout_seconds", whole)


class Server(Document):
    """One server of a version, and whether it is up."""

    __slots__ = ()
    _shown = ("url", "health_url", "state", "since")

    @property
    def url(self) -> str:
        """Its base address."""
        return self._read("url", text)

    @property
    def health_url(self) -> Optional[str]:
        """The address that answers 2xx once it is up, or null."""
        return self._read("health_url", optional(text))

    @property
    def state(self) -> Optional[str]:
        """Whether it is up; null while the version is inactive or deleted, when nobody asks it."""
        return self._read("state", optional(text))

    @property
    def since(self) -> datetime.datetime:
        """Since when that is so."""
        return self._read("since", instant)


class ServerAnswer(Document):
    """The server that answers: its version, its optional parts, and how much it takes."""

    __slots__ = ()
    _shown = ("version", "api")

    @property
    def version(self) -> str:
        """The version of the registry, a semantic version."""
        return self._read("version", text)

    @property
    def api(self) -> str:
        """The version of this interface: what the paths begin with."""
        return self._read("api", text)

    @property
    def features(self) -> List[str]:
        """The optional parts that it has, by name: `artifacts`, `dashboard`, `oidc`, `runtime`. A later release may
        have more.
        """
        return self._read("features", many(text))

    @property
    def off(self) -> Dict[str, str]:
        """The optional parts that are off here, by name, and why."""
        return self._read("off", table(text))

    @property
    def limits(self) -> ServerLimits:
        """How much a request may ask for."""
        return self._read("limits", ServerLimits)


class ServerLimits(Document):
    """How much a request may ask for."""

    __slots__ = ()
    _shown = ("max_body_bytes", "max_call_body_bytes", "part_size", "max_page_size")

    @property
    def max_body_bytes(self) -> int:
        """The longest body of a command, in bytes."""
        return self._read("max_body_bytes", whole)

    @property
    def max_call_body_bytes(self) -> int:
        """The longest body of a call, in bytes."""
        return self._read("max_call_body_bytes", whole)

    @property
    def part_size(self) -> int:
        """The best size of the body of a request that uploads a part of a file, in bytes."""
        return self._read("part_size", whole)

    @property
    def max_page_size(self) -> int:
        """The most items of a page."""
        return self._read("max_page_size", whole)


class ServerList(Document):
    """The servers of a version."""

    __slots__ = ()
    _shown = ("health",)

    @property
    def servers(self) -> List[Server]:
        """All of them, the first one first."""
        return self._read("servers", many(Server))

    @property
    def health(self) -> Optional[str]:
        """Whether the version answers; null while nobody asks."""
        return self._read("health", optional(text))


class Serving(Document):
    """The serving of a version: where it answers, and whether it is up."""

    __slots__ = ()
    _shown = (
        "url",
        "health_url",
        "startup_timeout_seconds",
        "status",
        "since",
        "served_name",
        "min_ready",
        "repeatable",
        "probe_seconds",
        "health",
    )

    @property
    def url(self) -> str:
        """Base address of the model's server. Empty for a version that the registry runs."""
        return self._read("url", text)

    @property
    def health_url(self) -> Optional[str]:
        """The address that answers 2xx once the version is up, or null."""
        return self._read("health_url", optional(text))

    @property
    def startup_timeout_seconds(self) -> int:
        """The longest time of a start, in seconds."""
        return self._read("startup_timeout_seconds", whole)

    @property
    def status(self) -> str:
        """Whether it is up. One of `starting`, `ready`, `failed`, `stopped`, `restarting`, `idle`."""
        return self._read("status", text)

    @property
    def since(self) -> datetime.datetime:
        """Since when it has that status."""
        return self._read("since", instant)

    @property
    def message(self) -> Optional[str]:
        """The reason why the last start failed or the last process died, or null."""
        return self._read("message", optional(text))

    @property
    def served_name(self) -> Optional[str]:
        """The name by which the server knows its model, or null where that is the caller's."""
        return self._read("served_name", optional(text))

    @property
    def openai_paths(self) -> Optional[List[str]]:
        """Paths below `/openai/v1` that lead to the server besides OpenAI's own, or null for none."""
        return self._read("openai_paths", optional(many(text)))

    @property
    def servers(self) -> Optional[List[Server]]:
        """Its servers, at least one; null for a version that the registry runs."""
        return self._read("servers", optional(many(Server)))

    @property
    def min_ready(self) -> int:
        """How many servers must be up before the version is ready; all, of a list that has fewer."""
        return self._read("min_ready", whole)

    @property
    def repeatable(self) -> bool:
        """Whether a call may be made twice, as its deployer says."""
        return self._read("repeatable", flag)

    @property
    def probe_seconds(self) -> int:
        """Seconds between two health probes of a server once it is ready; 0 for none."""
        return self._read("probe_seconds", whole)

    @property
    def health(self) -> Optional[str]:
        """Whether it answers; null while nobody asks. A list of versions says `unhealthy` or null."""
        return self._read("health", optional(text))


class ServingEnvironment(Document):
    """An environment."""

    __slots__ = ()
    _shown = ("name", "python", "off")

    @property
    def name(self) -> str:
        """Its name."""
        return self._read("name", text)

    @property
    def formats(self) -> List[str]:
        """The formats of the artifacts that it serves."""
        return self._read("formats", many(text))

    @property
    def python(self) -> Optional[str]:
        """The version of its Python, or null when it has none."""
        return self._read("python", optional(text))

    @property
    def packages(self) -> Dict[str, str]:
        """The versions of its packages, by names as PEP 503 normalizes them."""
        return self._read("packages", table(text))

    @property
    def off(self) -> Optional[str]:
        """Why nothing runs in it, and what to do about it; null when it runs."""
        return self._read("off", optional(text))


class Statement(Document):
    """Statement"""

    __slots__ = ()
    _shown = (
        "month",
        "closed",
        "closed_at",
        "closed_by",
        "as_of",
        "currency",
        "total_milliseconds",
        "total_amount",
        "closed_by_name",
    )

    @property
    def month(self) -> str:
        """Month."""
        return self._read("month", text)

    @property
    def closed(self) -> bool:
        """Closed."""
        return self._read("closed", flag)

    @property
    def closed_at(self) -> Optional[datetime.datetime]:
        """Closed at."""
        return self._read("closed_at", optional(instant))

    @property
    def closed_by(self) -> Optional[str]:
        """Closed by."""
        return self._read("closed_by", optional(text))

    @property
    def as_of(self) -> datetime.datetime:
        """As of."""
        return self._read("as_of", instant)

    @property
    def currency(self) -> str:
        """Currency."""
        return self._read("currency", text)

    @property
    def total_milliseconds(self) -> int:
        """Total milliseconds."""
        return self._read("total_milliseconds", whole)

    @property
    def total_amount(self) -> Optional[str]:
        """Total amount."""
        return self._read("total_amount", optional(text))

    @property
    def closed_by_name(self) -> Optional[str]:
        """Closed by name."""
        return self._read("closed_by_name", optional(text))


class StatementCharge(Document):
    """StatementCharge"""

    __slots__ = ()
    _shown = ("from", "to", "price_per_minute", "active_milliseconds")

    @property
    def from_(self) -> datetime.datetime:
        """From."""
        return self._read("from", instant)

    @property
    def to(self) -> datetime.datetime:
        """To."""
        return self._read("to", instant)

    @property
    def price_per_minute(self) -> Optional[str]:
        """Price per minute."""
        return self._read("price_per_minute", optional(text))

    @property
    def active_milliseconds(self) -> int:
        """Active milliseconds."""
        return self._read("active_milliseconds", whole)


class StatementLine(Document):
    """StatementLine"""

    __slots__ = ()
    _shown = (
        "model_id",
        "model_name",
        "version_id",
        "version",
        "stage",
        "instance_type",
        "active_milliseconds",
        "amount",
    )

    @property
    def model_id(self) -> str:
        """Model id."""
        return self._read("model_id", text)

    @property
    def model_name(self) -> str:
        """Model name."""
        return self._read("model_name", text)

    @property
    def version_id(self) -> str:
        """Version id."""
        return self._read("version_id", text)

    @property
    def version(self) -> str:
        """Version."""
        return self._read("version", text)

    @property
    def stage(self) -> str:
        """Stage. One of `draft`, `published`."""
        return self._read("stage", text)

    @property
    def instance_type(self) -> Optional[str]:
        """Instance type."""
        return self._read("instance_type", optional(text))

    @property
    def active_milliseconds(self) -> int:
        """Active milliseconds."""
        return self._read("active_milliseconds", whole)

    @property
    def amount(self) -> Optional[str]:
        """Amount."""
        return self._read("amount", optional(text))

    @property
    def charges(self) -> List[StatementCharge]:
        """Charges."""
        return self._read("charges", many(StatementCharge))


class StatementPage(Document):
    """The bill of a month, with a page of its lines."""

    __slots__ = ()
    _shown = (
        "month",
        "closed",
        "closed_at",
        "closed_by",
        "closed_by_name",
        "as_of",
        "currency",
        "next_page_token",
        "total_milliseconds",
        "total_amount",
    )

    @property
    def month(self) -> str:
        """The month, `2026-03`; it begins and ends in UTC."""
        return self._read("month", text)

    @property
    def closed(self) -> bool:
        """Whether it is closed, and will never change."""
        return self._read("closed", flag)

    @property
    def closed_at(self) -> Optional[datetime.datetime]:
        """When it was closed, or null."""
        return self._read("closed_at", optional(instant))

    @property
    def closed_by(self) -> Optional[str]:
        """Who closed it, or null."""
        return self._read("closed_by", optional(text))

    @property
    def closed_by_name(self) -> Optional[str]:
        """The name of the key of who closed it, or null."""
        return self._read("closed_by_name", optional(text))

    @property
    def as_of(self) -> datetime.datetime:
        """Up to when time is counted; the month's end, once that is over."""
        return self._read("as_of", instant)

    @property
    def currency(self) -> str:
        """The currency, by its ISO 4217 code."""
        return self._read("currency", text)

    @property
    def lines(self) -> List[StatementLine]:
        """A line for each version, stage and instance type, page by page; the totals are those of all pages."""
        return self._read("lines", many(StatementLine))

    @property
    def next_page_token(self) -> Optional[str]:
        """Leads to the next page; null on the last one."""
        return self._read("next_page_token", optional(text))

    @property
    def total_milliseconds(self) -> int:
        """The active time of all lines, in milliseconds."""
        return self._read("total_milliseconds", whole)

    @property
    def total_amount(self) -> Optional[str]:
        """The sum of the lines' amounts; null when one has none."""
        return self._read("total_amount", optional(text))


class StatementSummary(Document):
    """A month in the list of statements."""

    __slots__ = ()
    _shown = ("month", "closed", "closed_at", "currency", "total_amount")

    @property
    def month(self) -> str:
        """The month, `2026-03`."""
        return self._read("month", text)

    @property
    def closed(self) -> bool:
        """Whether it is closed, and will never change."""
        return self._read("closed", flag)

    @property
    def closed_at(self) -> Optional[datetime.datetime]:
        """When it was closed, or null."""
        return self._read("closed_at", optional(instant))

    @property
    def currency(self) -> Optional[str]:
        """The currency of a closed month, or null."""
        return self._read("currency", optional(text))

    @property
    def total_amount(self) -> Optional[str]:
        """The total of a closed month, or null."""
        return self._read("total_amount", optional(text))


class StopAnswer(Document):
    """The answer of deactivating or deleting a version: either stops it."""

    __slots__ = ()
    _shown = ("changed", "model_deleted", "in_flight_left")

    @property
    def version(self) -> Version:
        """The version after the command."""
        return self._read("version", Version)

    @property
    def changed(self) -> bool:
        """Whether the command changed anything that a caller can see."""
        return self._read("changed", flag)

    @property
    def primary_change(self) -> Optional[PrimaryChange]:
        """Where the primary pointer went, or null when it stayed."""
        return self._read("primary_change", optional(PrimaryChange))

    @property
    def model_deleted(self) -> bool:
        """Whether the version was the model's last, so that the model is deleted too."""
        return self._read("model_deleted", flag)

    @property
    def alias_changes(self) -> List[AliasChange]:
        """The moves of aliases, in the order of their names."""
        return self._read("alias_changes", many(AliasChange))

    @property
    def references(self) -> Optional[List[str]]:
        """With `dry_run`: what refers to the version, `primary` and `alias:staging`. Else null."""
        return self._read("references", optional(many(text)))

    @property
    def traffic(self) -> Optional[Traffic]:
        """With `dry_run`: whether the version is in use. Else null."""
        return self._read("traffic", optional(Traffic))

    @property
    def in_flight_left(self) -> Optional[int]:
        """With `drain_seconds`: how many calls that were admitted before still ran when the time was up. Else null."""
        return self._read("in_flight_left", optional(whole))


class StoredArtifact(Document):
    """StoredArtifact"""

    __slots__ = ()
    _shown = ("digest", "format", "size_bytes", "created_at", "created_by")

    @property
    def digest(self) -> str:
        """Digest."""
        return self._read("digest", text)

    @property
    def format(self) -> str:
        """Format. One of `onnx`, `python`, `python-pickle`."""
        return self._read("format", text)

    @property
    def requires(self) -> ArtifactRequirements:
        """Requires."""
        return self._read("requires", ArtifactRequirements)

    @property
    def files(self) -> List[ArtifactFile]:
        """Files."""
        return self._read("files", many(ArtifactFile))

    @property
    def size_bytes(self) -> int:
        """Size bytes."""
        return self._read("size_bytes", whole)

    @property
    def created_at(self) -> datetime.datetime:
        """Created at."""
        return self._read("created_at", instant)

    @property
    def created_by(self) -> str:
        """Created by."""
        return self._read("created_by", text)


class Traffic(Document):
    """Whether a version is in use."""

    __slots__ = ()
    _shown = ("calls", "errors", "last_call_at", "last_minute", "in_flight")

    @property
    def calls(self) -> int:
        """The number of calls that were admitted to it."""
        return self._read("calls", whole)

    @property
    def errors(self) -> int:
        """The number of calls that failed: the model's server answered 5xx, or could not be asked."""
        return self._read("errors", whole)

    @property
    def last_call_at(self) -> Optional[datetime.datetime]:
        """The instant at which the last one was admitted, or null when there was none."""
        return self._read("last_call_at", optional(instant))

    @property
    def last_minute(self) -> int:
        """The number of calls that were admitted in the last minute."""
        return self._read("last_minute", whole)

    @property
    def in_flight(self) -> int:
        """The number of in-flight calls."""
        return self._read("in_flight", whole)

    @property
    def minutes(self) -> List[TrafficSlot]:
        """The last 60 minutes, oldest first. Minutes without traffic are left out."""
        return self._read("minutes", many(TrafficSlot))

    @property
    def hours(self) -> List[TrafficSlot]:
        """The last 168 hours, oldest first. Hours without traffic are left out."""
        return self._read("hours", many(TrafficSlot))


class TrafficSlot(Document):
    """The traffic of one minute or hour."""

    __slots__ = ()
    _shown = ("at", "calls", "errors", "p50", "p95")

    @property
    def at(self) -> datetime.datetime:
        """The instant at which the minute or hour begins."""
        return self._read("at", instant)

    @property
    def calls(self) -> int:
        """The number of calls that were admitted in it."""
        return self._read("calls", whole)

    @property
    def errors(self) -> int:
        """The number of calls that failed in it."""
        return self._read("errors", whole)

    @property
    def p50(self) -> Optional[float]:
        """The median time in milliseconds from admission to the end of the answer, of the calls that ended in it; null
        when none did. It is told from fixed classes of durations, and at most a fifth off.
        """
        return self._read("p50", optional(number))

    @property
    def p95(self) -> Optional[float]:
        """The 95th percentile of the same."""
        return self._read("p95", optional(number))


class Upload(Document):
    """How far an upload is."""

    __slots__ = ()
    _shown = ("offset", "complete")

    @property
    def offset(self) -> int:
        """The bytes that are stored: the next request begins here."""
        return self._read("offset", whole)

    @property
    def complete(self) -> bool:
        """Whether the file is there, whole and verified."""
        return self._read("complete", flag)


class UsageAnswer(Document):
    """Active time of a workspace within a window."""

    __slots__ = ()
    _shown = ("from", "to", "as_of", "currency", "next_page_token", "total_seconds", "total_amount")

    @property
    def from_(self) -> datetime.datetime:
        """Time before it doesn't count."""
        return self._read("from", instant)

    @property
    def to(self) -> datetime.datetime:
        """Time from it on doesn't count."""
        return self._read("to", instant)

    @property
    def as_of(self) -> datetime.datetime:
        """Until when intervals count that still run."""
        return self._read("as_of", instant)

    @property
    def currency(self) -> str:
        """The currency, by its ISO 4217 code."""
        return self._read("currency", text)

    @property
    def items(self) -> List[UsageItem]:
        """The time by what was asked for, page by page; the totals are those of all pages."""
        return self._read("items", many(UsageItem))

    @property
    def next_page_token(self) -> Optional[str]:
        """Leads to the next page; null on the last one."""
        return self._read("next_page_token", optional(text))

    @property
    def total_seconds(self) -> float:
        """The active time of all items, in seconds, exact to the millisecond."""
        return self._read("total_seconds", number)

    @property
    def total_amount(self) -> Optional[str]:
        """Its cost; null when some of it has no rate."""
        return self._read("total_amount", optional(text))


class UsageItem(Document):
    """Active time of one model, version, instance type or day; what it isn't about is null."""

    __slots__ = ()
    _shown = ("model_id", "model_name", "version_id", "version", "instance_type", "day", "active_seconds", "amount")

    @property
    def model_id(self) -> Optional[str]:
        """The model's id."""
        return self._read("model_id", optional(text))

    @property
    def model_name(self) -> Optional[str]:
        """The model's name."""
        return self._read("model_name", optional(text))

    @property
    def version_id(self) -> Optional[str]:
        """The version's id."""
        return self._read("version_id", optional(text))

    @property
    def version(self) -> Optional[str]:
        """The version's number."""
        return self._read("version", optional(text))

    @property
    def instance_type(self) -> Optional[str]:
        """The instance type; also null for versions whose deployment named none."""
        return self._read("instance_type", optional(text))

    @property
    def day(self) -> Optional[str]:
        """The day in UTC, `2026-03-01`."""
        return self._read("day", optional(text))

    @property
    def active_seconds(self) -> float:
        """The active time in seconds, exact to the millisecond."""
        return self._read("active_seconds", number)

    @property
    def amount(self) -> Optional[str]:
        """Its cost, with nine decimals: money is rounded on statements only. Null when some of it has no rate."""
        return self._read("amount", optional(text))


class Version(Document):
    """A version as callers see it."""

    __slots__ = ()
    _shown = (
        "id",
        "model_id",
        "model_name",
        "version",
        "state",
        "stage",
        "is_primary",
        "instance_type",
        "external_id",
        "created_at",
        "created_by",
        "published_at",
        "activated_at",
        "deactivated_at",
        "deleted_at",
        "revision",
        "created_by_name",
        "etag",
        "artifact_missing",
    )

    @property
    def id(self) -> str:
        """The version's id, see VersionId."""
        return self._read("id", text)

    @property
    def model_id(self) -> str:
        """The id of its model."""
        return self._read("model_id", text)

    @property
    def model_name(self) -> str:
        """The name of its model."""
        return self._read("model_name", text)

    @property
    def version(self) -> str:
        """The number: a semantic version, unique in the model."""
        return self._read("version", text)

    @property
    def state(self) -> str:
        """The state; every version of a deleted model is deleted. One of `draft`, `published`, `inactive`, `deleted`.
        """
        return self._read("state", text)

    @property
    def stage(self) -> str:
        """The stage it runs on, or ran on last. One of `draft`, `published`."""
        return self._read("stage", text)

    @property
    def is_primary(self) -> bool:
        """Whether it answers calls that name no version."""
        return self._read("is_primary", flag)

    @property
    def serving(self) -> Optional[Serving]:
        """Its serving, or null for a version that is only registered."""
        return self._read("serving", optional(Serving))

    @property
    def artifact(self) -> Optional[Artifact]:
        """The artifact that was deployed, or null."""
        return self._read("artifact", optional(Artifact))

    @property
    def instance_type(self) -> Optional[str]:
        """The instance type that it runs on, for billing, or null."""
        return self._read("instance_type", optional(text))

    @property
    def description(self) -> Optional[str]:
        """Free text, or null."""
        return self._read("description", optional(text))

    @property
    def labels(self) -> Dict[str, str]:
        """Labels by key."""
        return self._read("labels", table(text))

    @property
    def external_id(self) -> Optional[str]:
        """The deployer's own id for it, or null."""
        return self._read("external_id", optional(text))

    @property
    def created_at(self) -> datetime.datetime:
        """The instant of its deployment."""
        return self._read("created_at", instant)

    @property
    def created_by(self) -> str:
        """The caller who deployed it."""
        return self._read("created_by", text)

    @property
    def published_at(self) -> Optional[datetime.datetime]:
        """The instant of its publication, or null."""
        return self._read("published_at", optional(instant))

    @property
    def activated_at(self) -> Optional[datetime.datetime]:
        """The instant at which it last became active: deployed or activated."""
        return self._read("activated_at", optional(instant))

    @property
    def deactivated_at(self) -> Optional[datetime.datetime]:
        """The instant of its last deactivation, or null."""
        return self._read("deactivated_at", optional(instant))

    @property
    def deleted_at(self) -> Optional[datetime.datetime]:
        """The instant at which it or its model was deleted, or null."""
        return self._read("deleted_at", optional(instant))

    @property
    def revision(self) -> int:
        """Raised by every change of this version's own row; a move of the pointer does not raise it."""
        return self._read("revision", whole)

    @property
    def created_by_name(self) -> Optional[str]:
        """The name of the deployer's key, or null for a caller who has none."""
        return self._read("created_by_name", optional(text))

    @property
    def etag(self) -> Optional[str]:
        """The entity tag that `If-Match` takes: the version's header `ETag`."""
        return self._read("etag", optional(text))

    @property
    def artifact_missing(self) -> bool:
        """In the answer of a dry run: the artifact that `artifact.digest` names isn't in the workspace. A deployment
        would be refused with `artifact_not_found`.
        """
        return self._read("artifact_missing", flag)

    @property
    def runtime(self) -> Optional[Runtime]:
        """How the registry runs it, or null for a version that it doesn't run."""
        return self._read("runtime", optional(Runtime))


class VersionCounts(Document):
    """How many versions of a model are in each state. The first four add up to all that were ever deployed."""

    __slots__ = ()
    _shown = ("draft", "published", "inactive", "deleted", "starting", "failed")

    @property
    def draft(self) -> int:
        """The number of drafts."""
        return self._read("draft", whole)

    @property
    def published(self) -> int:
        """The number of published versions."""
        return self._read("published", whole)

    @property
    def inactive(self) -> int:
        """The number of inactive versions."""
        return self._read("inactive", whole)

    @property
    def deleted(self) -> int:
        """The number of deleted versions."""
        return self._read("deleted", whole)

    @property
    def starting(self) -> int:
        """The number of drafts and published versions whose serving is starting."""
        return self._read("starting", whole)

    @property
    def failed(self) -> int:
        """The number of drafts and published versions whose serving failed to start."""
        return self._read("failed", whole)


class VersionLog(Document):
    """Lines that the processes of a version wrote."""

    __slots__ = ()

    @property
    def lines(self) -> List[LogLine]:
        """The lines, oldest first."""
        return self._read("lines", many(LogLine))


class VersionTraffic(Document):
    """The traffic of one active version of a model."""

    __slots__ = ()
    _shown = ("version_id", "version", "is_primary")

    @property
    def version_id(self) -> str:
        """The version's id."""
        return self._read("version_id", text)

    @property
    def version(self) -> str:
        """The version's number."""
        return self._read("version", text)

    @property
    def is_primary(self) -> bool:
        """Whether the version is primary."""
        return self._read("is_primary", flag)

    @property
    def traffic(self) -> Traffic:
        """Its traffic."""
        return self._read("traffic", Traffic)


class VersionUsage(Document):
    """The active time of one version so far."""

    __slots__ = ()
    _shown = (
        "version_id",
        "instance_type",
        "draft_seconds",
        "published_seconds",
        "total_seconds",
        "running_since",
        "as_of",
    )

    @property
    def version_id(self) -> str:
        """The version's id."""
        return self._read("version_id", text)

    @property
    def instance_type(self) -> Optional[str]:
        """The instance type that it runs on, for billing, or null."""
        return self._read("instance_type", optional(text))

    @property
    def draft_seconds(self) -> float:
        """Active time on the draft stage."""
        return self._read("draft_seconds", number)

    @property
    def published_seconds(self) -> float:
        """Active time on the published stage."""
        return self._read("published_seconds", number)

    @property
    def total_seconds(self) -> float:
        """Both."""
        return self._read("total_seconds", number)

    @property
    def running_since(self) -> Optional[datetime.datetime]:
        """Since when the interval runs that is counted up to now, or null when none runs."""
        return self._read("running_since", optional(instant))

    @property
    def as_of(self) -> datetime.datetime:
        """Up to when time is counted."""
        return self._read("as_of", instant)


class Webhook(Document):
    """A webhook: where the events of a workspace are sent to."""

    __slots__ = ()
    _shown = (
        "id",
        "url",
        "model_id",
        "state",
        "disabled_reason",
        "last_event_id",
        "failing_since",
        "next_attempt_at",
        "created_at",
        "created_by",
        "created_by_name",
    )

    @property
    def id(self) -> str:
        """Its id, of the form of string? WebhookView.ModelId."""
        return self._read("id", text)

    @property
    def url(self) -> str:
        """The URL that events are posted to."""
        return self._read("url", text)

    @property
    def types(self) -> Optional[List[str]]:
        """The types of events that it gets (EventType); empty for all."""
        return self._read("types", optional(many(text)))

    @property
    def model_id(self) -> Optional[str]:
        """The only model whose events it gets, or null for all."""
        return self._read("model_id", optional(text))

    @property
    def description(self) -> Optional[str]:
        """Free text, or null."""
        return self._read("description", optional(text))

    @property
    def state(self) -> str:
        """Whether it gets events. One of `enabled`, `disabled`."""
        return self._read("state", text)

    @property
    def disabled_reason(self) -> Optional[str]:
        """The reason why the registry disabled it, or null when it did not."""
        return self._read("disabled_reason", optional(text))

    @property
    def last_event_id(self) -> str:
        """It has got all of its events up to this event's id; decimal text."""
        return self._read("last_event_id", text)

    @property
    def failing_since(self) -> Optional[datetime.datetime]:
        """Since when deliveries have failed, or null when the last one did not."""
        return self._read("failing_since", optional(instant))

    @property
    def next_attempt_at(self) -> Optional[datetime.datetime]:
        """The instant of the next attempt, or null when nothing failed."""
        return self._read("next_attempt_at", optional(instant))

    @property
    def created_at(self) -> datetime.datetime:
        """The instant at which it was made."""
        return self._read("created_at", instant)

    @property
    def created_by(self) -> str:
        """The caller who made it."""
        return self._read("created_by", text)

    @property
    def created_by_name(self) -> Optional[str]:
        """The name of the key of who made it, or null for a caller who has none."""
        return self._read("created_by_name", optional(text))


class WebhookSecret(Document):
    """A webhook with a secret that was just drawn. It is shown only this once."""

    __slots__ = ()
    _shown = ("previous_secret_expires_at",)

    @property
    def webhook(self) -> Webhook:
        """The webhook."""
        return self._read("webhook", Webhook)

    @property
    def secret(self) -> str:
        """The secret that deliveries are signed with: `whsec_` and 32 random bytes in base64."""
        return self._read("secret", text)

    @property
    def previous_secret_expires_at(self) -> Optional[datetime.datetime]:
        """Until when deliveries are also signed with the secrets before it, or null when there was none."""
        return self._read("previous_secret_expires_at", optional(instant))


class Workspace(Document):
    """A workspace: the tenant. Everything belongs to one, and nothing is visible across."""

    __slots__ = ()
    _shown = ("name", "created_at", "created_by", "created_by_name")

    @property
    def name(self) -> str:
        """Its name: 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit."""
        return self._read("name", text)

    @property
    def description(self) -> Optional[str]:
        """Free text, or null."""
        return self._read("description", optional(text))

    @property
    def created_at(self) -> datetime.datetime:
        """The instant at which it was made."""
        return self._read("created_at", instant)

    @property
    def created_by(self) -> str:
        """The caller who made it."""
        return self._read("created_by", text)

    @property
    def created_by_name(self) -> Optional[str]:
        """The name of the key of who made it, or null for a caller who has none."""
        return self._read("created_by_name", optional(text))
