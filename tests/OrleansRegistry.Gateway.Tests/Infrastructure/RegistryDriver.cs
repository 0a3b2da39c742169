using System.Net.Http.Headers;
using System.Net.Mime;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>Speaks to a registry as its users do.</summary>
public sealed class RegistryDriver(HttpClient client)
{
    /// <summary>A name that no other test uses.</summary>
    public static string NewName([CallerMemberName] string test = "") => $"{(test.Length > 80 ? test[..80] : test)} {Guid.NewGuid():N}";

    /// <summary>A name with characters that JSON takes as they are, though some servers escape them.</summary>
    public static string NewPlainName() => $"1 + 1's <sum> & é {Guid.NewGuid():N}";

    /// <summary>A name as it stands in a path.</summary>
    public static string InPath(string name) => Uri.EscapeDataString(name);

    /// <summary>Deploys, and expects 201.</summary>
    public async Task<Reply> Deploy(string name, string fields = "") => (await TryDeploy(name, fields)).Is(201);

    /// <summary>Deploys; <paramref name="fields"/> are further fields of the body, as JSON text.</summary>
    public Task<Reply> TryDeploy(string name, string fields = "", params (string Name, string Value)[] headers)
    {
        var body = new JsonObject { ["model_name"] = name }.ToJsonString();
        return Post("/v1/model_versions", fields.Length == 0 ? body : $"{body[..^1]},{fields}}}", headers);
    }

    /// <summary>Makes a model with one ready published version, its primary.</summary>
    public Task<Reply> DeployPrimary(string name, string fields = "") =>
        Deploy(name, fields.Length == 0 ? "\"publish\":true" : "\"publish\":true," + fields);

    public Task<Reply> Get(string path, params (string Name, string Value)[] headers) => Send(HttpMethod.Get, path, null, headers);

    public Task<Reply> Delete(string path, params (string Name, string Value)[] headers) => Send(HttpMethod.Delete, path, null, headers);

    public Task<Reply> Post(string path, string? json = null, params (string Name, string Value)[] headers) => Send(HttpMethod.Post, path, Json(json), headers);

    public Task<Reply> Patch(string path, string json, params (string Name, string Value)[] headers) => Send(HttpMethod.Patch, path, Json(json), headers);

    /// <summary>A command on a version: <c>publish</c>, <c>promote</c>, <c>activate</c>, <c>deactivate</c>.</summary>
    public Task<Reply> Do(string command, string versionId, string? json = null, params (string Name, string Value)[] headers) =>
        Post($"/v1/model_versions/{versionId}/{command}", json, headers);

    /// <summary>Sends a text as it is.</summary>
    public async Task<Reply> Send(string method, string path, string body, string contentType)
    {
        using var content = new StringContent(body, Encoding.UTF8);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return await Send(new HttpMethod(method), path, content);
    }

    /// <summary>Sends a request.</summary>
    public async Task<Reply> Send(HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach ((var name, var value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        using var response = await client.SendAsync(request);
        return new Reply(
            (int)response.StatusCode, response.Headers, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync());
    }

    /// <summary>All items of a list, page by page.</summary>
    public async Task<IReadOnlyList<JsonNode>> All(string path, int pageSize = 200)
    {
        List<JsonNode> items = [];
        var token = "";
        do
        {
            var page = (await Get($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}page_size={pageSize}{token}")).Is(200);
            items.AddRange(page.Body!["items"]!.AsArray().Select(item => item!));
            token = page["next_page_token"] is { } next ? "&page_token=" + next : "";
        }
        while (token.Length > 0);
        return items;
    }

    private static StringContent? Json(string? text) => text is null ? null : new StringContent(text, Encoding.UTF8, MediaTypeNames.Application.Json);
}

/// <summary>What the registry answered.</summary>
public sealed record Reply(int Status, HttpResponseHeaders Headers, string? ContentType, string Text)
{
    /// <summary>The body, or null when there is none or it isn't JSON.</summary>
    public JsonNode? Body { get; } = Text.Length > 0 && ContentType is ("application/json" or "application/problem+json") ? JsonNode.Parse(Text) : null;

    /// <summary>The entity tag.</summary>
    public string ETag => Headers.ETag!.ToString();

    /// <summary>A value of the body by its path, as text; null for null.</summary>
    public string? this[string path]
    {
        get
        {
            var node = Body;
            foreach (var part in path.Split('.'))
            {
                var parent = Assert.IsType<JsonObject>(node, exactMatch: false);
                Assert.True(parent.ContainsKey(part), $"There is no '{part}' in {Text}");
                node = parent[part];
            }

            return node?.ToString();
        }
    }

    /// <summary>The fields that a validation problem names.</summary>
    public IEnumerable<string> Fields => Body!["errors"]!.AsObject().Select(error => error.Key).Order(StringComparer.Ordinal);

    /// <summary>The value of a header, or null.</summary>
    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;

    /// <summary>Expects a status.</summary>
    public Reply Is(int status)
    {
        Assert.True(Status == status, $"Expected {status}, got {Status}: {Text}");
        return this;
    }

    /// <summary>Expects a problem.</summary>
    public Reply IsProblem(int status, string code)
    {
        Is(status);
        Assert.Equal("application/problem+json", ContentType);
        Assert.Equal(code, this["code"]);
        Assert.Equal("/problems/" + code, this["type"]);
        Assert.Equal($"{status}", this["status"]);
        Assert.NotEmpty(this["title"]!);
        Assert.NotEmpty(this["detail"]!);
        Assert.NotEmpty(this["trace_id"]!);
        Assert.Equal("nosniff", Header("X-Content-Type-Options"));
        Assert.Equal(code, Header("Registry-Problem"));
        Assert.Equal(this["trace_id"], Header("X-Request-Id"));
        return this;
    }

    /// <summary>Expects a problem that says that the model's server got nothing of the call.</summary>
    public Reply IsNotSent()
    {
        Assert.Equal("false", this["sent"]);
        return this;
    }

    /// <summary>Expects a validation problem that names just these fields.</summary>
    public Reply IsInvalid(params string[] fields)
    {
        IsProblem(400, ErrorCode.ValidationFailed);
        Assert.Equal(fields.Order(StringComparer.Ordinal), Fields);
        return this;
    }
}
