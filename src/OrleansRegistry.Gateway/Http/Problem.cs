using System.Globalization;
using System.Net.Mime;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRegistry.Gateway;

/// <summary>Why a request was refused (RFC 9457).</summary>
internal sealed record Problem
{
    /// <summary>Names the kind of problem: <c>/problems/{code}</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The kind of problem in a few words.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>The cause in this request.</summary>
    public required string Detail { get; init; }

    /// <summary>The kind of problem as programs read it.</summary>
    public required string Code { get; init; }

    /// <summary>Finds the request in logs and traces. The header <c>X-Request-Id</c> has it too.</summary>
    public required string TraceId { get; init; }

    /// <summary>For 400: what is wrong, by JSON field, query parameter or header.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Errors { get; init; }

    /// <summary>For a call whose server failed: whether the server may have got some of it. If false, repeating the call is safe.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Sent { get; init; }

    /// <summary>
    /// Where a selector leads nowhere, with <c>explain=true</c>: the nearest versions, and why each was not taken.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<NearVersion>? Nearest { get; init; }

    /// <summary>For <c>version_referenced</c>: what refers to the version.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? References { get; init; }

    /// <summary>On routes of another protocol: the error as that protocol's clients read it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonNode? Error { get; init; }
}

/// <summary>The one place where an error becomes an HTTP answer.</summary>
internal static class ProblemWriter
{
    /// <summary>The header that holds the code of a problem, and tells a refusal of the registry from one of a model's server.</summary>
    public const string Header = "Registry-Problem";

    /// <summary>Answers a request with a problem.</summary>
    /// <param name="context">The request.</param>
    /// <param name="error">Why it is refused.</param>
    /// <param name="sent">Of a call whose server failed: whether that may have got some of it. Else null.</param>
    /// <param name="nearest">Of a selector that leads nowhere: the nearest versions. Else null.</param>
    public static Task Write(
        HttpContext context, RegistryError error, bool? sent = null, IReadOnlyList<NearVersion>? nearest = null)
    {
        var kind = ProblemKind.Of(error.Code);
        context.RequestServices.GetService<IRequestAudit>()?.Refused(context, RequestCaller.Of(context), error);
        var problem = new Problem
        {
            Type = "/problems/" + error.Code,
            Title = kind.Title,
            Status = kind.Status,
            Detail = error.Detail,
            Code = error.Code,
            TraceId = CommonHeaders.RequestIdOf(context),
            Errors = error.Fields.IsDefaultOrEmpty
                ? null
                : error.Fields.GroupBy(field => field.Field, field => field.Message, StringComparer.Ordinal)
                    .ToDictionary(group => group.Key, IReadOnlyList<string> (group) => [.. group.Distinct()], StringComparer.Ordinal),
            Sent = sent,
            Nearest = nearest,
            References = error.References.IsDefaultOrEmpty ? null : error.References,
            Error = context.GetEndpoint()?.Metadata.GetMetadata<ErrorDialect>()?.Write(error),
        };
        var response = context.Response;
        response.StatusCode = kind.Status;
        response.Headers[Header] = error.Code;
        if (kind.RetryAfterSeconds is { } seconds && response.Headers.RetryAfter.Count == 0)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (kind.Status == StatusCodes.Status413PayloadTooLarge && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            // The server reads no more of such a body: what the caller would send next on this connection is lost.
            response.Headers.Connection = "close";
        }

        return context.GetEndpoint()?.Metadata.GetMetadata<ProblemPage>() is { } page ? page.Write(context, problem) : response.WriteAsJsonAsync(
            problem,
            JsonSettings.TypeOf<Problem>(),
            MediaTypeNames.Application.ProblemJson,
            context.RequestAborted);
    }
}
