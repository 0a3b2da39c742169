using System.Text.Json;

namespace OrleansRegistry.RestClient;

/// <summary>What a refusal says.</summary>
internal sealed record Refusal
{
    public int? Status { get; init; }

    public required string Code { get; init; }

    public required string Detail { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Errors { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    public string? RequestId { get; init; }

    public bool IsRetryable { get; init; }

    public JsonElement? Raw { get; init; }

    /// <summary>What the problem says of a call: false when the model's server has not got it.</summary>
    public bool? IsSent { get; init; }
}

/// <summary>
/// A refusal of the registry, or a failure on the way to it. Each code of a refusal has a class of its own; one that
/// this client doesn't know is of this class (rule C3).
/// </summary>
public class RegistryException : Exception
{
    internal RegistryException(Refusal refusal, Exception? inner = null)
        : base(
            $"{refusal.Detail} ({refusal.Code}{(refusal.RequestId is null ? "" : $", request {refusal.RequestId}")})",
            inner) =>
        Refusal = refusal;

    internal RegistryException(string code, string detail, Exception? inner = null)
        : this(new Refusal { Code = code, Detail = detail }, inner)
    {
    }

    /// <summary>The HTTP status, or null when there was no answer.</summary>
    public int? Status => Refusal.Status;

    /// <summary>The kind of problem, as programs read it. It never changes its meaning.</summary>
    public string Code => Refusal.Code;

    /// <summary>What is wrong, for people.</summary>
    public string Detail => Refusal.Detail;

    /// <summary>What is wrong by JSON field, query parameter or header.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Errors => Refusal.Errors;

    /// <summary>Finds the request in the registry's logs and traces, or null.</summary>
    public string? RequestId => Refusal.RequestId;

    /// <summary>Whether the same request may succeed later.</summary>
    public bool IsRetryable => Refusal.IsRetryable;

    /// <summary>The whole problem document; null when there was none.</summary>
    public JsonElement? Raw => Refusal.Raw;

    internal Refusal Refusal { get; }
}

/// <summary>There was no connection, or it broke before the answer was whole.</summary>
public sealed class ConnectionFailedException : RegistryException
{
    internal ConnectionFailedException(string detail, bool isSent, Exception? inner)
        : base(new Refusal { Code = "connection_failed", Detail = detail, IsRetryable = true }, inner) => IsSent = isSent;

    /// <summary>Whether the registry may have got the request.</summary>
    public bool IsSent { get; }
}

/// <summary>The answer, the operation or a wait took longer than it may.</summary>
public sealed class TimedOutException : RegistryException
{
    internal TimedOutException(string detail, bool isSent, bool isRetryable, Exception? inner = null)
        : base(new Refusal { Code = "timed_out", Detail = detail, IsRetryable = isRetryable }, inner) => IsSent = isSent;

    /// <summary>Whether the registry may have got the request.</summary>
    public bool IsSent { get; }
}

/// <summary>
/// A command or a call was sent, and its outcome is not known. A command may take effect until 30 seconds after it was
/// sent. Look at the model or version before you repeat it.
/// </summary>
public sealed class OutcomeUnknownException : RegistryException
{
    internal OutcomeUnknownException(string detail, RegistryException? inner, string? idempotencyKey)
        : base(
            new Refusal
            {
                Code = "outcome_unknown",
                Detail = detail,
                Status = inner?.Status,
                RequestId = inner?.RequestId,
                Raw = inner?.Raw,
            },
            inner) => IdempotencyKey = idempotencyKey;

    /// <summary>A deployment can be repeated with this key: it then answers the version that it has made
    /// before.</summary>
    public string? IdempotencyKey { get; }
}

/// <summary>The answer is not what the registry sends. There may be a proxy between, or the URL is another
/// server's.</summary>
public sealed class InvalidAnswerException : RegistryException
{
    internal InvalidAnswerException(string detail, int? status = null, Exception? inner = null)
        : base(new Refusal { Code = "invalid_answer", Detail = detail, Status = status }, inner)
    {
    }
}

/// <summary>The model's own server answered with an error. The registry has passed it on as it was.</summary>
public sealed class ModelErrorException : RegistryException
{
    internal ModelErrorException(
        string detail,
        int status,
        string? requestId,
        ReadOnlyMemory<byte> body,
        string? number,
        string? versionId)
        : base(new Refusal { Code = "model_error", Detail = detail, Status = status, RequestId = requestId }) =>
        (Body, Number, VersionId) = (body, number, versionId);

    /// <summary>What the model's server sent, its first MiB.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The number of the version that answered.</summary>
    public string? Number { get; }

    /// <summary>The id of the version that answered.</summary>
    public string? VersionId { get; }
}
