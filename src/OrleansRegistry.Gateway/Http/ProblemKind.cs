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
        [ErrorCode.Unauthenticated] = new(StatusCodes.Status401Unauthorized, "Nobody knows who asks"),
        [ErrorCode.Forbidden] = new(StatusCodes.Status403Forbidden, "The caller may not do this"),
        [ErrorCode.ApiKeyNotFound] = new(StatusCodes.Status404NotFound, "There is no such API key"),
        [ErrorCode.WorkspaceNotFound] = new(StatusCodes.Status404NotFound, "There is no such workspace"),
        [ErrorCode.WorkspaceExists] = new(StatusCodes.Status409Conflict, "The name is taken"),
        [ErrorCode.ApiKeyEnded] = new(StatusCodes.Status409Conflict, "The API key has ended"),
        [ErrorCode.QuotaExceeded] = new(StatusCodes.Status409Conflict, "The workspace is full"),
        [ErrorCode.RateLimited] = new(StatusCodes.Status429TooManyRequests, "Too many requests", RetryAfterSeconds: 1),
        [ErrorCode.ModelNotFound] = new(StatusCodes.Status404NotFound, "There is no such model"),
        [ErrorCode.VersionNotFound] = new(StatusCodes.Status404NotFound, "There is no such version"),
        [ErrorCode.NoMatchingVersion] = new(StatusCodes.Status404NotFound, "No version matches"),
        [ErrorCode.WebhookNotFound] = new(StatusCodes.Status404NotFound, "There is no such webhook"),
        [ErrorCode.NotFound] = new(StatusCodes.Status404NotFound, "There is nothing here"),
        [ErrorCode.MethodNotAllowed] = new(StatusCodes.Status405MethodNotAllowed, "The method is not allowed here"),
        [ErrorCode.VersionInactive] = new(StatusCodes.Status409Conflict, "The version is inactive"),
        [ErrorCode.VersionActive] = new(StatusCodes.Status409Conflict, "The version is active"),
        [ErrorCode.NotRoutable] = new(StatusCodes.Status409Conflict, "The version is not up"),
        [ErrorCode.VersionExists] = new(StatusCodes.Status409Conflict, "The number is taken"),
        [ErrorCode.IsPrimary] = new(StatusCodes.Status409Conflict, "The version is primary"),
        [ErrorCode.PrimaryMoved] = new(StatusCodes.Status409Conflict, "The primary is another version"),
        [ErrorCode.NoPreviousPrimary] = new(StatusCodes.Status409Conflict, "There is nothing to roll back to"),
        [ErrorCode.NoPrimary] = new(StatusCodes.Status409Conflict, "The model has no primary"),
        [ErrorCode.NotServable] = new(StatusCodes.Status409Conflict, "The version has no server"),
        [ErrorCode.TooManyActiveVersions] = new(StatusCodes.Status409Conflict, "The model has too many active versions"),
        [ErrorCode.TooManyWebhooks] = new(StatusCodes.Status409Conflict, "The workspace has too many webhooks"),
        [ErrorCode.MonthOpen] = new(StatusCodes.Status409Conflict, "The month is not over for long enough"),
        [ErrorCode.Unrated] = new(StatusCodes.Status409Conflict, "Something that was used has no rate"),
        [ErrorCode.VersionDeleted] = new(StatusCodes.Status410Gone, "The version is deleted"),
        [ErrorCode.ModelDeleted] = new(StatusCodes.Status410Gone, "The model is deleted"),
        [ErrorCode.HistoryRemoved] = new(StatusCodes.Status410Gone, "Events were removed"),
        [ErrorCode.RevisionMismatch] = new(StatusCodes.Status412PreconditionFailed, "The resource has changed"),
        [ErrorCode.PayloadTooLarge] = new(StatusCodes.Status413PayloadTooLarge, "The body is too large"),
        [ErrorCode.UnsupportedMediaType] = new(StatusCodes.Status415UnsupportedMediaType, "The content type is not supported"),
        [ErrorCode.IdempotencyKeyReused] = new(StatusCodes.Status422UnprocessableEntity, "The idempotency key was used before"),
        [ErrorCode.InternalError] = new(StatusCodes.Status500InternalServerError, "The registry failed"),
        [ErrorCode.StateCorrupt] = new(StatusCodes.Status500InternalServerError, "A stored row can't be read"),
        [ErrorCode.BackendUnreachable] = new(StatusCodes.Status502BadGateway, "The model's server can't be reached"),
        [ErrorCode.VersionStarting] = new(StatusCodes.Status503ServiceUnavailable, "The version is starting", RetryAfterSeconds: 1),
        [ErrorCode.ServingFailed] = new(StatusCodes.Status503ServiceUnavailable, "The version did not come up"),
        [ErrorCode.Unavailable] = new(StatusCodes.Status503ServiceUnavailable, "The registry is not available", RetryAfterSeconds: 1),
        [ErrorCode.BackendTimeout] = new(StatusCodes.Status504GatewayTimeout, "The model's server did not answer in time"),
        [ErrorCode.LoopDetected] = new(StatusCodes.Status508LoopDetected, "The call goes in circles"),
    }.ToFrozenDictionary();

    /// <summary>The kind of a code.</summary>
    public static ProblemKind Of(string code) => All[code];
}
