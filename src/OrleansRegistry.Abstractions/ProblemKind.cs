using System.Collections.Frozen;

namespace OrleansRegistry;

/// <summary>What a code means in HTTP.</summary>
/// <param name="Status">The status.</param>
/// <param name="Title">The kind of problem in a few words.</param>
/// <param name="RetryAfterSeconds">When to try again, or null when that doesn't help.</param>
internal sealed record ProblemKind(int Status, string Title, int? RetryAfterSeconds = null)
{
    /// <summary>Every code there is.</summary>
    public static FrozenDictionary<string, ProblemKind> All { get; } = new Dictionary<string, ProblemKind>
    {
        [ErrorCode.ValidationFailed] = new(400, "The request is not valid"),
        [ErrorCode.InvalidSelector] = new(400, "The version selector is not valid"),
        [ErrorCode.IdRequired] = new(400, "An id is required"),
        [ErrorCode.Unauthenticated] = new(401, "Authentication required"),
        [ErrorCode.Forbidden] = new(403, "Permission denied"),
        [ErrorCode.ApiKeyNotFound] = new(404, "API key not found"),
        [ErrorCode.WorkspaceNotFound] = new(404, "Workspace not found"),
        [ErrorCode.WorkspaceExists] = new(409, "The workspace name is taken"),
        [ErrorCode.ApiKeyEnded] = new(409, "The API key is revoked or expired"),
        [ErrorCode.QuotaExceeded] = new(409, "Quota exceeded"),
        [ErrorCode.RateLimited] = new(429, "Too many requests", RetryAfterSeconds: 1),
        [ErrorCode.ModelNotFound] = new(404, "Model not found"),
        [ErrorCode.VersionNotFound] = new(404, "Version not found"),
        [ErrorCode.NoMatchingVersion] = new(404, "No version matches the selector"),
        [ErrorCode.WebhookNotFound] = new(404, "Webhook not found"),
        [ErrorCode.NotFound] = new(404, "Path not found"),
        [ErrorCode.MethodNotAllowed] = new(405, "Method not allowed"),
        [ErrorCode.VersionInactive] = new(409, "The version is inactive"),
        [ErrorCode.VersionActive] = new(409, "The version is active"),
        [ErrorCode.NotRoutable] = new(409, "The version is not routable"),
        [ErrorCode.VersionExists] = new(409, "The number is taken"),
        [ErrorCode.IsPrimary] = new(409, "The version is primary"),
        [ErrorCode.PrimaryMoved] = new(409, "Another version is primary"),
        [ErrorCode.NoPreviousPrimary] = new(409, "The model has no previous primary"),
        [ErrorCode.NoPrimary] = new(409, "The model has no primary"),
        [ErrorCode.NotServable] = new(409, "The version has no server"),
        [ErrorCode.TooManyActiveVersions] = new(409, "The model has too many active versions"),
        [ErrorCode.TooManyWebhooks] = new(409, "The workspace has too many webhooks"),
        [ErrorCode.MonthOpen] = new(409, "The month can't be closed yet"),
        [ErrorCode.Unrated] = new(409, "Some usage has no rate"),
        [ErrorCode.VersionDeleted] = new(410, "The version is deleted"),
        [ErrorCode.ModelDeleted] = new(410, "The model is deleted"),
        [ErrorCode.HistoryRemoved] = new(410, "The events were removed"),
        [ErrorCode.RevisionMismatch] = new(412, "The resource has changed"),
        [ErrorCode.PayloadTooLarge] = new(413, "The body is too large"),
        [ErrorCode.UnsupportedMediaType] = new(415, "The content type is not supported"),
        [ErrorCode.IdempotencyKeyReused] = new(422, "The idempotency key belongs to another request"),
        [ErrorCode.AliasNotFound] = new(404, "Alias not found"),
        [ErrorCode.AliasMoved] = new(409, "The alias points to another version"),
        [ErrorCode.AliasEmpty] = new(409, "The alias points to no version"),
        [ErrorCode.AliasProtected] = new(409, "The alias is protected"),
        [ErrorCode.NoPreviousTarget] = new(409, "The alias has no previous version"),
        [ErrorCode.TooManyAliases] = new(409, "The model has too many aliases"),
        [ErrorCode.NoRollout] = new(409, "The model has no rollout"),
        [ErrorCode.TooManyServers] = new(409, "The model has too many servers"),
        [ErrorCode.NoServerLeft] = new(409, "No server of the list is up"),
        [ErrorCode.VersionReferenced] = new(409, "The version is referred to"),
        [ErrorCode.VersionUnhealthy] = new(409, "The version is unhealthy"),
        [ErrorCode.ArtifactNotFound] = new(404, "Artifact not found"),
        [ErrorCode.ArtifactsOff] = new(409, "Artifacts are off"),
        [ErrorCode.FileMissing] = new(409, "Files are missing"),
        [ErrorCode.OffsetMismatch] = new(409, "The upload is at another offset"),
        [ErrorCode.UploadInProgress] = new(409, "The file is being uploaded", RetryAfterSeconds: 1),
        [ErrorCode.DigestMismatch] = new(400, "The bytes have another digest"),
        [ErrorCode.RangeNotSatisfiable] = new(416, "The range is beyond the file"),
        [ErrorCode.RuntimeOff] = new(409, "The registry runs no versions"),
        [ErrorCode.NoEnvironment] = new(409, "No environment fits the artifact"),
        [ErrorCode.NoCapacity] = new(409, "There is no room for another process"),
        [ErrorCode.StorageFull] = new(507, "The storage is full"),
        [ErrorCode.InternalError] = new(500, "Internal error"),
        [ErrorCode.StateCorrupt] = new(500, "A stored row can't be read"),
        [ErrorCode.BackendUnreachable] = new(502, "The model's server can't be reached"),
        [ErrorCode.VersionStarting] = new(503, "The version is starting", RetryAfterSeconds: 1),
        [ErrorCode.ServingFailed] = new(503, "The version failed to start"),
        [ErrorCode.Unavailable] = new(503, "The registry is unavailable", RetryAfterSeconds: 1),
        [ErrorCode.BackendTimeout] = new(504, "The model's server did not answer in time"),
        [ErrorCode.LoopDetected] = new(508, "Loop detected"),
    }.ToFrozenDictionary();

    /// <summary>The kind of a code.</summary>
    public static ProblemKind Of(string code) => All[code];
}
