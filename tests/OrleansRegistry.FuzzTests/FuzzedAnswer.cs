using System.Net;
using System.Net.Mime;
using System.Text.Json.Nodes;

namespace OrleansRegistry.FuzzTests;

/// <summary>What a request was answered.</summary>
internal sealed record FuzzedAnswer(int Status, string? ContentType, string Body)
{
    /// <summary>The code of a problem, or null.</summary>
    public string? Code { get; } = ContentType == MediaTypeNames.Application.ProblemJson ? (string?)JsonNode.Parse(Body)?["code"] : null;

    /// <summary>Sends a request. Null when the connection was closed instead of an answer, or with one that has no content.</summary>
    public static async Task<FuzzedAnswer?> To(FuzzedRequest request, HttpClient caller, Uri server, CancellationToken cancellationToken)
    {
        using var message = request.ToMessage(server);
        try
        {
            using var response = await caller.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var type = response.Content.Headers.ContentType?.MediaType;
            // A stream of events has no end.
            var body = type == MediaTypeNames.Text.EventStream ? " " : await response.Content.ReadAsStringAsync(cancellationToken);
            // The server itself refuses what is no HTTP, before any route.
            return response is { StatusCode: HttpStatusCode.BadRequest, Headers.ConnectionClose: true } && body.Length == 0 ? null : new FuzzedAnswer((int)response.StatusCode, type, body);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
