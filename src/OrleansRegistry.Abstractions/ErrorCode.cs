namespace OrleansRegistry;

/// <summary>The error vocabulary: what the <c>code</c> of a problem can be. A code, once published, keeps its meaning.</summary>
public static class ErrorCode
{
    /// <summary>400: a field is not valid; <c>errors</c> names it.</summary>
    public const string ValidationFailed = "validation_failed";

    /// <summary>400: the text is neither a number, a range nor a version id.</summary>
    public const string InvalidSelector = "invalid_selector";

    /// <summary>400: the command takes a version's id only, and the request names the version by model and number; the detail has the id.</summary>
    public const string IdRequired = "id_required";

    /// <summary>401: the request has no key or token that is valid.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>403: the caller's role doesn't allow it.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>404: no model of that id or name.</summary>
    public const string ModelNotFound = "model_not_found";

    /// <summary>404: no version of that id or number was ever given.</summary>
    public const string VersionNotFound = "version_not_found";

    /// <summary>404: no routable published version is in the range.</summary>
    public const string NoMatchingVersion = "no_matching_version";

    /// <summary>404: no webhook of that id.</summary>
    public const string WebhookNotFound = "webhook_not_found";

    /// <summary>404: no API key of that prefix.</summary>
    public const string ApiKeyNotFound = "api_key_not_found";

    /// <summary>404: no workspace of that name.</summary>
    public const string WorkspaceNotFound = "workspace_not_found";

    /// <summary>409: there is a workspace of that name.</summary>
    public const string WorkspaceExists = "workspace_exists";

    /// <summary>409: the workspace has as many of something as it may have; the detail names it.</summary>
    public const string QuotaExceeded = "quota_exceeded";

    /// <summary>409: the API key was revoked or has expired, so that none can take its place.</summary>
    public const string ApiKeyEnded = "api_key_ended";

    /// <summary>409: the workspace has as many webhooks as it may have.</summary>
    public const string TooManyWebhooks = "too_many_webhooks";

    /// <summary>409: the version is inactive; activate it first.</summary>
    public const string VersionInactive = "version_inactive";

    /// <summary>409: a new serving spec was brought to a version that is up or starting.</summary>
    public const string VersionActive = "version_active";

    /// <summary>409: the version is not up, so that it can't be primary.</summary>
    public const string NotRoutable = "not_routable";

    /// <summary>409: the number was given before.</summary>
    public const string VersionExists = "version_exists";

    /// <summary>409: the version is primary, and the request said <c>refuse_if_primary</c>.</summary>
    public const string IsPrimary = "is_primary";

    /// <summary>409: the primary is not the one that <c>from</c> names.</summary>
    public const string PrimaryMoved = "primary_moved";

    /// <summary>409: nothing to roll back to.</summary>
    public const string NoPreviousPrimary = "no_previous_primary";

    /// <summary>409: the model has no primary, and the call named no version.</summary>
    public const string NoPrimary = "no_primary";

    /// <summary>409: the model has as many active versions as it may have (rule L6).</summary>
    public const string TooManyActiveVersions = "too_many_active_versions";

    /// <summary>409: the version has no serving spec, so that it can't be called.</summary>
    public const string NotServable = "not_servable";

    /// <summary>409: the month can't be closed before an hour after its end (rule B5).</summary>
    public const string MonthOpen = "month_open";

    /// <summary>409: something was used that has no rate; the detail names it.</summary>
    public const string Unrated = "unrated";

    /// <summary>410: the version is deleted.</summary>
    public const string VersionDeleted = "version_deleted";

    /// <summary>410: the model is deleted.</summary>
    public const string ModelDeleted = "model_deleted";

    /// <summary>410: events behind the requested position were removed because of their age.</summary>
    public const string HistoryRemoved = "history_removed";

    /// <summary>412: <c>If-Match</c> names another revision.</summary>
    public const string RevisionMismatch = "revision_mismatch";

    /// <summary>422: the idempotency key came before, with another body.</summary>
    public const string IdempotencyKeyReused = "idempotency_key_reused";

    /// <summary>502: the model's server can't be reached, or what it answered is not HTTP.</summary>
    public const string BackendUnreachable = "backend_unreachable";

    /// <summary>503: the version is starting.</summary>
    public const string VersionStarting = "version_starting";

    /// <summary>503: the version's last start failed.</summary>
    public const string ServingFailed = "serving_failed";

    /// <summary>503: the registry can't answer now; a command may have taken effect (rule E1).</summary>
    public const string Unavailable = "unavailable";

    /// <summary>500: a stored row can't be read; only its model is affected.</summary>
    public const string StateCorrupt = "state_corrupt";

    /// <summary>404: the workspace has no artifact of that digest, or the artifact no file of that path.</summary>
    public const string ArtifactNotFound = "artifact_not_found";

    /// <summary>409: this node keeps no artifacts; the detail says why.</summary>
    public const string ArtifactsOff = "artifacts_off";

    /// <summary>409: files of the artifact were not uploaded; the errors name them.</summary>
    public const string FileMissing = "file_missing";

    /// <summary>409: the upload goes on elsewhere; <c>Upload-Offset</c> says where.</summary>
    public const string OffsetMismatch = "offset_mismatch";

    /// <summary>409: another request writes this file.</summary>
    public const string UploadInProgress = "upload_in_progress";

    /// <summary>400: the bytes that were uploaded have another SHA-256; they are gone.</summary>
    public const string DigestMismatch = "digest_mismatch";

    /// <summary>416: the file ends before the range begins; <c>Content-Range</c> has its size.</summary>
    public const string RangeNotSatisfiable = "range_not_satisfiable";

    /// <summary>507: the disk of the artifacts is full.</summary>
    public const string StorageFull = "storage_full";

    /// <summary>409: this registry runs no versions; the detail says why, and what to do about it.</summary>
    public const string RuntimeOff = "runtime_off";

    /// <summary>409: no environment fits what the artifact requires; the detail says what each of them lacks.</summary>
    public const string NoEnvironment = "no_environment";

    /// <summary>409: the registry has no room for another process; deactivate a version that it runs.</summary>
    public const string NoCapacity = "no_capacity";

    /// <summary>404: the model has no alias of that name.</summary>
    public const string AliasNotFound = "alias_not_found";

    /// <summary>409: the alias does not point to where <c>from</c> says.</summary>
    public const string AliasMoved = "alias_moved";

    /// <summary>409: the alias points to no version: its version was deleted, or the one that claims it is not ready.</summary>
    public const string AliasEmpty = "alias_empty";

    /// <summary>409: a protected alias points to what would be deleted; <c>release_aliases</c> deletes it all the same.</summary>
    public const string AliasProtected = "alias_protected";

    /// <summary>409: no earlier version of the alias is routable.</summary>
    public const string NoPreviousTarget = "no_previous_target";

    /// <summary>409: the model has as many aliases as it may have.</summary>
    public const string TooManyAliases = "too_many_aliases";

    /// <summary>409: the model has no rollout, and so no canary.</summary>
    public const string NoRollout = "no_rollout";

    /// <summary>409: the active versions of the model have as many servers as they may have.</summary>
    public const string TooManyServers = "too_many_servers";

    /// <summary>409: no server of the new list is up yet; add it, wait until it is up, and remove the old ones then.</summary>
    public const string NoServerLeft = "no_server_left";

    /// <summary>409: something refers to the version; <c>references</c> says what.</summary>
    public const string VersionReferenced = "version_referenced";

    /// <summary>409: the version is unhealthy (rule HV3). Say <c>force</c> to promote it.</summary>
    public const string VersionUnhealthy = "version_unhealthy";

    /// <summary>404: nothing is served under that path.</summary>
    public const string NotFound = "not_found";

    /// <summary>405: the path doesn't take the method; <c>Allow</c> lists those it takes.</summary>
    public const string MethodNotAllowed = "method_not_allowed";

    /// <summary>413: the body is larger than the route takes: 1 MiB for most.</summary>
    public const string PayloadTooLarge = "payload_too_large";

    /// <summary>429: the caller is beyond a limit; <c>Retry-After</c> says when to try again.</summary>
    public const string RateLimited = "rate_limited";

    /// <summary>415: the body is of a type that the route doesn't read.</summary>
    public const string UnsupportedMediaType = "unsupported_media_type";

    /// <summary>500: a bug in the registry; the log knows more under the problem's <c>trace_id</c>.</summary>
    public const string InternalError = "internal_error";

    /// <summary>504: the model's server was silent for too long.</summary>
    public const string BackendTimeout = "backend_timeout";

    /// <summary>508: the call came back to the gateway that had forwarded it.</summary>
    public const string LoopDetected = "loop_detected";
}
