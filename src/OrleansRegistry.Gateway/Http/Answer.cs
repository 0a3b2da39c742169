using System.Diagnostics.CodeAnalysis;
using System.Net.Mime;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRegistry.Gateway;

/// <summary>What a handler answers: a value with its headers, or an error.</summary>
/// <typeparam name="T">The value's type.</typeparam>
internal sealed class Answer<T> : IResult, IEndpointMetadataProvider
    where T : class
{
    private readonly T? _value;
    private readonly RegistryError? _error;

    private Answer(T? value, RegistryError? error) => (_value, _error) = (value, error);

    /// <summary>The value's entity tag, or null when it has none.</summary>
    internal string? ETag { get; init; }

    /// <summary>Where the resource is that was made, or null when none was.</summary>
    internal string? Location { get; init; }

    /// <summary>Whether the command was only tried.</summary>
    internal bool IsDryRun { get; init; }

    /// <summary>Whether an earlier request with the same idempotency key made what is answered.</summary>
    internal bool IsReplayed { get; init; }

    /// <summary>The versions that a selector passed by, with an error; or null.</summary>
    internal IReadOnlyList<NearVersion>? Nearest { get; init; }

    /// <summary>Answers a value.</summary>
    public static implicit operator Answer<T>(T value) => new(value, null);

    /// <summary>Answers an error.</summary>
    public static implicit operator Answer<T>(RegistryError error) => new(null, error);

    /// <summary>Adds what the OpenAPI document says of the answer.</summary>
    [SuppressMessage("Design", "CA1000", Justification = "Minimal APIs call it.")]
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), [MediaTypeNames.Application.Json]));

    /// <summary>Writes the answer.</summary>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (_error is not null)
        {
            return ProblemWriter.Write(httpContext, _error, nearest: Nearest);
        }

        if (_value is IShownSecret && RequestCaller.Of(httpContext) is { } caller)
        {
            httpContext.RequestServices.GetRequiredService<IRequestAudit>().SecretShown(httpContext, caller, Location);
        }

        var response = httpContext.Response;
        if (ETag is not null)
        {
            response.Headers.ETag = ETag;
            if (httpContext.Request.IsRead() && EntityTags.Match(CommonParameters.IfNoneMatch.In(httpContext.Request), ETag))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return Task.CompletedTask;
            }
        }

        if (Location is not null)
        {
            response.StatusCode = StatusCodes.Status201Created;
            response.Headers.Location = Location;
        }

        if (IsDryRun)
        {
            response.Headers["Dry-Run"] = "true";
        }

        if (IsReplayed)
        {
            response.Headers["Idempotency-Replayed"] = "true";
        }

        return response.WriteAsJsonAsync(
            _value!, JsonSettings.TypeOf<T>(), MediaTypeNames.Application.Json, httpContext.RequestAborted);
    }

    /// <summary>An answer that holds an error, and says which versions a selector passed by.</summary>
    internal static Answer<T> Refused(RegistryError error, IReadOnlyList<NearVersion>? nearest) =>
        new(null, error) { Nearest = nearest };

    /// <summary>An answer that holds a value.</summary>
    internal static Answer<T> Of(T value, string? etag = null, bool isDryRun = false, bool isReplayed = false, string? location = null) =>
        new(value, null) { ETag = etag, IsDryRun = isDryRun, IsReplayed = isReplayed, Location = location };
}
