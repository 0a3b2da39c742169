using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansRegistry.Testing;

/// <summary>What became of a request.</summary>
public enum Fate
{
    /// <summary>2xx: it is in effect, for good.</summary>
    Acknowledged,

    /// <summary>4xx: it is not, and never will be.</summary>
    Refused,

    /// <summary>No answer, or 5xx: nobody knows yet.</summary>
    Unknown,

    /// <summary>There was no connection to send it on.</summary>
    NotSent,
}

/// <summary>An answer, if there was one.</summary>
public sealed record Outcome(Fate Fate, HttpStatusCode? Status, JsonNode? Body)
{
    /// <summary>The same, when it is the one that there must be.</summary>
    public Outcome MustBe(HttpStatusCode status) => Status == status ? this : throw new InvalidOperationException($"{status} was expected, not {Status}: {Body?.ToJsonString()}");
}

/// <summary>Calls a node over HTTP.</summary>
public static class Caller
{
    public static async Task<Outcome> Call(this HttpClient client, HttpMethod method, string path, JsonNode? body = null, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }
        else if (method != HttpMethod.Get)
        {
            // A request without any content HttpClient sends again by itself when its connection is closed, and tells of the second time only.
            request.Content = new ByteArrayContent([]);
        }

        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        try
        {
            using var response = await client.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            var fate = (int)response.StatusCode switch
            {
                < 300 => Fate.Acknowledged,
                < 500 => Fate.Refused,
                _ => Fate.Unknown,
            };
            return new Outcome(fate, response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
        }
        catch (Exception e) when (e is ObjectDisposedException or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError })
        {
            // The first: another node stands in its place by now.
            return new Outcome(Fate.NotSent, null, null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return new Outcome(Fate.Unknown, null, null);
        }
    }

    /// <summary>Deploys a version that is published at once, and answers it.</summary>
    public static async Task<JsonNode> Deploy(this HttpClient client, string model) =>
        (await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = model, ["publish"] = true })).MustBe(HttpStatusCode.Created).Body!;

    /// <summary>Reads a resource that must be there.</summary>
    public static async Task<JsonNode> Read(this HttpClient client, string path)
    {
        var reply = await client.Call(HttpMethod.Get, path);
        return reply.Status == HttpStatusCode.OK
            ? reply.Body!
            : throw new InvalidOperationException($"GET {path} answered {reply.Status}: {reply.Body?.ToJsonString()}");
    }

    /// <summary>Every item of a list, page by page.</summary>
    public static async Task<List<JsonNode>> ReadAll(this HttpClient client, string path) =>
        [.. (await client.ReadPages(path)).SelectMany(page => page["items"]!.AsArray()).Select(item => item!.DeepClone())];

    /// <summary>Reads a list as it is answered, page by page.</summary>
    public static async Task<List<JsonNode>> ReadPages(this HttpClient client, string path)
    {
        List<JsonNode> pages = [];
        string? token = null;
        do
        {
            var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            var page = await client.Read(token is null ? $"{path}{separator}page_size=200" : $"{path}{separator}page_size=200&page_token={token}");
            pages.Add(page);
            token = (string?)page["next_page_token"];
        }
        while (token is not null);
        return pages;
    }
}
