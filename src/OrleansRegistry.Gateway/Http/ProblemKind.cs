using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>What a code means in HTTP.</summary>
/// <param name="Status">The status.</param>
/// <param name="Title">The kind of problem in a few words.</param>
/// <param name="RetryAfterSeconds">When to try again, or null when that doesn't help.</param>
internal sealed record ProblemKind(int Status, string Title, int? RetryAfterSeconds = null)
{
    /// <summary>Every code there is.</summary>
    public static FrozenDictionary<string, ProblemKind> All { get; } = new Dictionary<string, ProblemKind>
    {
        [ErrorCode.ValidationFailed] = new(StatusCodes.Status400BadRequest, "The request is not valid"),
        [ErrorCode.InvalidSelector] = new(StatusCodes.Status400BadRequest, "The version selector is not valid"),
        [ErrorCode.Unauthenticated] = new(StatusCodes.Status401Unauthorized, "Authentication required"),
        [ErrorCode.Forbidden] = new(StatusCodes.Status403Forbidden, "Permission denied"),
        [ErrorCode.ApiKeyNotFound] = new(StatusCodes.Status404NotFound, "API key not found"),
        [ErrorCode.WorkspaceNotFound] = new(StatusCodes.Status404NotFound, "Workspace not found"),
        [ErrorCode.WorkspaceExists] = new(StatusCodes.Status409Conflict, "The workspace name is taken"),
        [ErrorCode.ApiKeyEnded] = new(StatusCodes.Status409Conflict, "The API key is revoked or expired"),
        [ErrorCode.QuotaExceeded] = new(StatusCodes.Status409Conflict, "Quota exceeded"),
        [ErrorCode.RateLimited] = new(StatusCodes.Status429TooManyRequests, "Too many requests", RetryAfterSeconds: 1),
        [ErrorCode.ModelNotFound] = new(StatusCodes.Status404NotFound, "Model not found"),
        [ErrorCode.VersionNotFound] = new(StatusCodes.Status404NotFound, "Version not found"),
        [ErrorCode.NoMatchingVersion] = new(StatusCodes.Status404NotFound, "No version matches the selector"),
        [ErrorCode.WebhookNotFound] = new(StatusCodes.Status404NotFound, "Webhook not found"),
        [ErrorCode.NotFound] = new(StatusCodes.Status404NotFound, "Path not found"),
        [ErrorCode.MethodNotAllowed] = new(StatusCodes.Status405MethodNotAllowed, "Method not allowed"),
        [ErrorCode.VersionInactive] = new(StatusCodes.Status409Conflict, "The version is inactive"),
        [ErrorCode.VersionActive] = new(StatusCodes.Status409Conflict, "The version is active"),
        [ErrorCode.NotRoutable] = new(StatusCodes.Status409Conflict, "The version is not routable"),
        [ErrorCode.VersionExists] = new(StatusCodes.Status409Conflict, "The number is taken"),
        [ErrorCode.IsPrimary] = new(StatusCodes.Status409Conflict, "The version is primary"),
        [ErrorCode.PrimaryMoved] = new(StatusCodes.Status409Conflict, "Another version is primary"),
        [ErrorCode.NoPreviousPrimary] = new(StatusCodes.Status409Conflict, "The model has no previous primary"),
        [ErrorCode.NoPrimary] = new(StatusCodes.Status409Conflict, "The model has no primary"),
        [ErrorCode.NotServable] = new(StatusCodes.Status409Conflict, "The version has no server"),
        [ErrorCode.TooManyActiveVersions] = new(StatusCodes.Status409Conflict, "The model has too many active versions"),
        [ErrorCode.TooManyWebhooks] = new(StatusCodes.Status409Conflict, "The workspace has too many webhooks"),
        [ErrorCode.MonthOpen] = new(StatusCodes.Status409Conflict, "The month can't be closed yet"),
        [ErrorCode.Unrated] = new(StatusCodes.Status409Conflict, "Some usage has no rate"),
        [ErrorCode.VersionDeleted] = new(StatusCodes.Status410Gone, "The version is deleted"),
        [ErrorCode.ModelDeleted] = new(StatusCodes.Status410Gone, "The model is deleted"),
        [ErrorCode.HistoryRemoved] = new(StatusCodes.Status410Gone, "The events were removed"),
        [ErrorCode.RevisionMismatch] = new(StatusCodes.Status412PreconditionFailed, "The resource has changed"),
        [ErrorCode.PayloadTooLarge] = new(StatusCodes.Status413PayloadTooLarge, "The body is too large"),
        [ErrorCode.UnsupportedMediaType] = new(StatusCodes.Status415UnsupportedMediaType, "The content type is not supported"),
        [ErrorCode.IdempotencyKeyReused] = new(StatusCodes.Status422UnprocessableEntity, "The idempotency key belongs to another request"),
        [ErrorCode.InternalError] = new(StatusCodes.Status500InternalServerError, "Internal error"),
        [ErrorCode.StateCorrupt] = new(StatusCodes.Status500InternalServerError, "A stored row can't be read"),
        [ErrorCode.BackendUnreachable] = new(StatusCodes.Status502BadGateway, "The model's server can't be reached"),
        [ErrorCode.VersionStarting] = new(StatusCodes.Status503ServiceUnavailable, "The version is starting", RetryAfterSeconds: 1),
        [ErrorCode.ServingFailed] = new(StatusCodes.Status503ServiceUnavailable, "The version failed to start"),
        [ErrorCode.Unavailable] = new(StatusCodes.Status503ServiceUnavailable, "The registry is unavailable", RetryAfterSeconds: 1),
        [ErrorCode.BackendTimeout] = new(StatusCodes.Status504GatewayTimeout, "The model's server did not answer in time"),
        [ErrorCode.LoopDetected] = new(StatusCodes.Status508LoopDetected, "Loop detected"),
    }.ToFrozenDictionary();

    /// <summary>The kind of a code.</summary>
    public static ProblemKind Of(string code) => All[code];
}
