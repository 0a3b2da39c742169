"""Every error, with a class for each code (rule C3).

Generated from docs/openapi.json by tools/generate.py; don't change it by hand.
"""

from __future__ import annotations

from typing import Dict, Type

from ._errors import (
    ConnectionFailed,
    InvalidAnswer,
    ModelError,
    OutcomeUnknown,
    PackagingError,
    RegistryError,
    SettingsError,
    StartFailed,
    TimedOut,
)


class AliasEmpty(RegistryError):
    """409 `alias_empty`. The alias points to no version: its version was deleted, or the one that claims it is not
    ready.
    """

    default_code = "alias_empty"


class AliasMoved(RegistryError):
    """409 `alias_moved`. The alias does not point to where `from` says."""

    default_code = "alias_moved"


class AliasNotFound(RegistryError):
    """404 `alias_not_found`. The model has no alias of that name."""

    default_code = "alias_not_found"


class AliasProtected(RegistryError):
    """409 `alias_protected`. A protected alias points to what would be deleted; `release_aliases` deletes it all the
    same.
    """

    default_code = "alias_protected"


class ApiKeyEnded(RegistryError):
    """409 `api_key_ended`. The API key was revoked or has expired, so that none can take its place."""

    default_code = "api_key_ended"


class ApiKeyNotFound(RegistryError):
    """404 `api_key_not_found`. No API key of that prefix."""

    default_code = "api_key_not_found"


class ArtifactNotFound(RegistryError):
    """404 `artifact_not_found`. The workspace has no artifact of that digest, or the artifact no file of that path."""

    default_code = "artifact_not_found"


class ArtifactsOff(RegistryError):
    """409 `artifacts_off`. This node keeps no artifacts; the detail says why."""

    default_code = "artifacts_off"


class BackendTimeout(RegistryError):
    """504 `backend_timeout`. The model's server was silent for too long."""

    default_code = "backend_timeout"


class BackendUnreachable(RegistryError):
    """502 `backend_unreachable`. The model's server can't be reached, or what it answered is not HTTP."""

    default_code = "backend_unreachable"


class DigestMismatch(RegistryError):
    """400 `digest_mismatch`. The bytes that were uploaded have another SHA-256; they are gone."""

    default_code = "digest_mismatch"


class FileMissing(RegistryError):
    """409 `file_missing`. Files of the artifact were not uploaded; the errors name them."""

    default_code = "file_missing"


class Forbidden(RegistryError):
    """403 `forbidden`. The caller's role doesn't allow it."""

    default_code = "forbidden"


class HistoryRemoved(RegistryError):
    """410 `history_removed`. Events behind the requested position were removed because of their age."""

    default_code = "history_removed"


class IdRequired(RegistryError):
    """400 `id_required`. The command takes a version's id only, and the request names the version by model and number;
    the detail has the id.
    """

    default_code = "id_required"


class IdempotencyKeyReused(RegistryError):
    """422 `idempotency_key_reused`. The idempotency key came before, with another body."""

    default_code = "idempotency_key_reused"


class InternalError(RegistryError):
    """500 `internal_error`. A bug in the registry; the log knows more under the problem's `trace_id`."""

    default_code = "internal_error"


class InvalidSelector(RegistryError):
    """400 `invalid_selector`. The text is neither a number, a range nor a version id."""

    default_code = "invalid_selector"


class IsPrimary(RegistryError):
    """409 `is_primary`. The version is primary, and the request said `refuse_if_primary`."""

    default_code = "is_primary"


class LoopDetected(RegistryError):
    """508 `loop_detected`. The call came back to the gateway that had forwarded it."""

    default_code = "loop_detected"


class MethodNotAllowed(RegistryError):
    """405 `method_not_allowed`. The path doesn't take the method; `Allow` lists those it takes."""

    default_code = "method_not_allowed"


class ModelDeleted(RegistryError):
    """410 `model_deleted`. The model is deleted."""

    default_code = "model_deleted"


class ModelNotFound(RegistryError):
    """404 `model_not_found`. No model of that id or name."""

    default_code = "model_not_found"


class MonthOpen(RegistryError):
    """409 `month_open`. The month can't be closed before an hour after its end (rule B5)."""

    default_code = "month_open"


class NoCapacity(RegistryError):
    """409 `no_capacity`. The registry has no room for another process; deactivate a version that it runs."""

    default_code = "no_capacity"


class NoEnvironment(RegistryError):
    """409 `no_environment`. No environment fits what the artifact requires; the detail says what each of them lacks."""

    default_code = "no_environment"


class NoMatchingVersion(RegistryError):
    """404 `no_matching_version`. No routable published version is in the range."""

    default_code = "no_matching_version"


class NoPreviousPrimary(RegistryError):
    """409 `no_previous_primary`. Nothing to roll back to."""

    default_code = "no_previous_primary"


class NoPreviousTarget(RegistryError):
    """409 `no_previous_target`. No earlier version of the alias is routable."""

    default_code = "no_previous_target"


class NoPrimary(RegistryError):
    """409 `no_primary`. The model has no primary, and the call named no version."""

    default_code = "no_primary"


class NoRollout(RegistryError):
    """409 `no_rollout`. The model has no rollout, and so no canary."""

    default_code = "no_rollout"


class NoServerLeft(RegistryError):
    """409 `no_server_left`. No server of the new list is up yet; add it, wait until it is up, and remove the old ones
    then.
    """

    default_code = "no_server_left"


class NotFound(RegistryError):
    """404 `not_found`. Nothing is served under that path."""

    default_code = "not_found"


class NotRoutable(RegistryError):
    """409 `not_routable`. The version is not up, so that it can't be primary."""

    default_code = "not_routable"


class NotServable(RegistryError):
    """409 `not_servable`. The version has no serving spec, so that it can't be called."""

    default_code = "not_servable"


class OffsetMismatch(RegistryError):
    """409 `offset_mismatch`. The upload goes on elsewhere; `Upload-Offset` says where."""

    default_code = "offset_mismatch"


class PayloadTooLarge(RegistryError):
    """413 `payload_too_large`. The body is larger than the route takes: 1 MiB for most."""

    default_code = "payload_too_large"


class PrimaryMoved(RegistryError):
    """409 `primary_moved`. The primary is not the one that `from` names."""

    default_code = "primary_moved"


class QuotaExceeded(RegistryError):
    """409 `quota_exceeded`. The workspace has as many of something as it may have; the detail names it."""

    default_code = "quota_exceeded"


class RangeNotSatisfiable(RegistryError):
    """416 `range_not_satisfiable`. The file ends before the range begins; `Content-Range` has its size."""

    default_code = "range_not_satisfiable"


class RateLimited(RegistryError):
    """429 `rate_limited`. The caller is beyond a limit; `Retry-After` says when to try again."""

    default_code = "rate_limited"


class RevisionMismatch(RegistryError):
    """412 `revision_mismatch`. `If-Match` names another revision."""

    default_code = "revision_mismatch"


class RuntimeOff(RegistryError):
    """409 `runtime_off`. This registry runs no versions; the detail says why, and what to do about it."""

    default_code = "runtime_off"


class ServingFailed(RegistryError):
    """503 `serving_failed`. The version's last start failed."""

    default_code = "serving_failed"


class StateCorrupt(RegistryError):
    """500 `state_corrupt`. A stored row can't be read; only its model is affected."""

    default_code = "state_corrupt"


class StorageFull(RegistryError):
    """507 `storage_full`. The disk of the artifacts is full."""

    default_code = "storage_full"


class TooManyActiveVersions(RegistryError):
    """409 `too_many_active_versions`. The model has as many active versions as it may have (rule L6)."""

    default_code = "too_many_active_versions"


class TooManyAliases(RegistryError):
    """409 `too_many_aliases`. The model has as many aliases as it may have."""

    default_code = "too_many_aliases"


class TooManyServers(RegistryError):
    """409 `too_many_servers`. The active versions of the model have as many servers as they may have."""

    default_code = "too_many_servers"


class TooManyWebhooks(RegistryError):
    """409 `too_many_webhooks`. The workspace has as many webhooks as it may have."""

    default_code = "too_many_webhooks"


class Unauthenticated(RegistryError):
    """401 `unauthenticated`. The request has no key or token that is valid."""

    default_code = "unauthenticated"


class Unavailable(RegistryError):
    """503 `unavailable`. The registry can't answer now; a command may have taken effect (rule E1)."""

    default_code = "unavailable"


class Unrated(RegistryError):
    """409 `unrated`. Something was used that has no rate; the detail names it."""

    default_code = "unrated"


class UnsupportedMediaType(RegistryError):
    """415 `unsupported_media_type`. The body is of a type that the route doesn't read."""

    default_code = "unsupported_media_type"


class UploadInProgress(RegistryError):
    """409 `upload_in_progress`. Another request writes this file."""

    default_code = "upload_in_progress"


class ValidationFailed(RegistryError):
    """400 `validation_failed`. A field is not valid; `errors` names it."""

    default_code = "validation_failed"


class VersionActive(RegistryError):
    """409 `version_active`. A new serving spec was brought to a version that is up or starting."""

    default_code = "version_active"


class VersionDeleted(RegistryError):
    """410 `version_deleted`. The version is deleted."""

    default_code = "version_deleted"


class VersionExists(RegistryError):
    """409 `version_exists`. The number was given before."""

    default_code = "version_exists"


class VersionInactive(RegistryError):
    """409 `version_inactive`. The version is inactive; activate it first."""

    default_code = "version_inactive"


class VersionNotFound(RegistryError):
    """404 `version_not_found`. No version of that id or number was ever given."""

    default_code = "version_not_found"


class VersionReferenced(RegistryError):
    """409 `version_referenced`. Something refers to the version; `references` says what."""

    default_code = "version_referenced"


class VersionStarting(RegistryError):
    """503 `version_starting`. The version is starting."""

    default_code = "version_starting"


class VersionUnhealthy(RegistryError):
    """409 `version_unhealthy`. The version is unhealthy (rule HV3). Say `force` to promote it."""

    default_code = "version_unhealthy"


class WebhookNotFound(RegistryError):
    """404 `webhook_not_found`. No webhook of that id."""

    default_code = "webhook_not_found"


class WorkspaceExists(RegistryError):
    """409 `workspace_exists`. There is a workspace of that name."""

    default_code = "workspace_exists"


class WorkspaceNotFound(RegistryError):
    """404 `workspace_not_found`. No workspace of that name."""

    default_code = "workspace_not_found"


BY_CODE: Dict[str, Type[RegistryError]] = {
    kind.default_code: kind for kind in RegistryError.__subclasses__() if kind.__module__ == __name__
}
"""The class of each code."""


__all__ = [
    "AliasEmpty",
    "AliasMoved",
    "AliasNotFound",
    "AliasProtected",
    "ApiKeyEnded",
    "ApiKeyNotFound",
    "ArtifactNotFound",
    "ArtifactsOff",
    "BY_CODE",
    "BackendTimeout",
    "BackendUnreachable",
    "ConnectionFailed",
    "DigestMismatch",
    "FileMissing",
    "Forbidden",
    "HistoryRemoved",
    "IdRequired",
    "IdempotencyKeyReused",
    "InternalError",
    "InvalidAnswer",
    "InvalidSelector",
    "IsPrimary",
    "LoopDetected",
    "MethodNotAllowed",
    "ModelDeleted",
    "ModelError",
    "ModelNotFound",
    "MonthOpen",
    "NoCapacity",
    "NoEnvironment",
    "NoMatchingVersion",
    "NoPreviousPrimary",
    "NoPreviousTarget",
    "NoPrimary",
    "NoRollout",
    "NoServerLeft",
    "NotFound",
    "NotRoutable",
    "NotServable",
    "OffsetMismatch",
    "OutcomeUnknown",
    "PackagingError",
    "PayloadTooLarge",
    "PrimaryMoved",
    "QuotaExceeded",
    "RangeNotSatisfiable",
    "RateLimited",
    "RegistryError",
    "RevisionMismatch",
    "RuntimeOff",
    "ServingFailed",
    "SettingsError",
    "StartFailed",
    "StateCorrupt",
    "StorageFull",
    "TimedOut",
    "TooManyActiveVersions",
    "TooManyAliases",
    "TooManyServers",
    "TooManyWebhooks",
    "Unauthenticated",
    "Unavailable",
    "Unrated",
    "UnsupportedMediaType",
    "UploadInProgress",
    "ValidationFailed",
    "VersionActive",
    "VersionDeleted",
    "VersionExists",
    "VersionInactive",
    "VersionNotFound",
    "VersionReferenced",
    "VersionStarting",
    "VersionUnhealthy",
    "WebhookNotFound",
    "WorkspaceExists",
    "WorkspaceNotFound",
]
