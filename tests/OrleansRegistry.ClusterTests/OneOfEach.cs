using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>
/// A row of each kind that is stored, in the hands of one caller. Whatever build the node is of that it visits: it reads what was left
/// there, as it was left, and changes it.
/// </summary>
internal sealed class OneOfEach : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly string _month = DateTimeOffset.UtcNow.AddMonths(-2).ToString("yyyy-MM", CultureInfo.InvariantCulture);
    private string _version = "";
    private string _webhook = "";
    private string _key = "";
    private JsonArray _left = [];
    private int _visits;

    private OneOfEach(WebApplication server) => _server = server;

    /// <summary>The kinds of rows.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
        ["billing", "key", "model", "name", "rates", "traffic", "version", "webhook", "workspace"];

    private string Model => _version[.._version.IndexOf('-', StringComparison.Ordinal)];

    /// <summary>Makes the rows, and a server of a model.</summary>
    public static async Task<OneOfEach> Make(HttpClient client)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var each = new OneOfEach(builder.Build());
        each._server.MapPost("/predict", () => Results.Ok());
        await each._server.StartAsync();

        var serving = new JsonObject { ["url"] = each._server.Urls.Single() + "/predict" };
        var deployed = await Post(client, "/v1/model_versions", new JsonObject { ["model_name"] = "One of each", ["publish"] = true, ["serving"] = serving });
        var hook = await Post(client, "/v1/webhooks", new JsonObject { ["url"] = each._server.Urls.Single() });
        (each._version, each._webhook) = ((string)deployed["id"]!, (string)hook["webhook"]!["id"]!);
        // It would go on by itself otherwise.
        await Send(client, HttpMethod.Patch, $"/v1/webhooks/{each._webhook}", new JsonObject { ["state"] = "disabled" });
        await each.Change(client);
        return each;
    }

    /// <summary>Finds everything as it was left, and changes it.</summary>
    public async Task Visit(HttpClient client)
    {
        var found = await Read(client);
        Assert.True(Agree(_left, found), $"{_left.ToJsonString()} was left, {found.ToJsonString()} was found");
        await Change(client);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task Change(HttpClient client)
    {
        var description = new JsonObject { ["description"] = $"Visit {++_visits}" };
        await Send(client, HttpMethod.Patch, $"/v1/models/{Model}", description);
        await Send(client, HttpMethod.Patch, $"/v1/model_versions/{_version}", description);
        await Send(client, HttpMethod.Patch, $"/v1/webhooks/{_webhook}", description);
        await Send(client, HttpMethod.Put, "/v1/billing/rates", new JsonObject
        {
            ["rates"] = new JsonArray(new JsonObject { ["stage"] = "published", ["price_per_minute"] = $"{_visits}.5", ["effective_from"] = "2026-01-01" }),
        });
        await Send(client, HttpMethod.Post, $"/v1/billing/statements/{_month}/close");
        await Post(client, "/v1/workspaces", new JsonObject { ["name"] = $"visit-{_visits}" });
        _key = (string)(await Post(client, "/v1/api_keys", new JsonObject { ["name"] = $"Visit {_visits}", ["role"] = "invoker" }))["key"]!;
        await Call(client);
        _left = await Read(client);
    }

    /// <summary>Everything, and once more with the last key that was made.</summary>
    private async Task<JsonArray> Read(HttpClient client)
    {
        using var invoker = new HttpClient { BaseAddress = client.BaseAddress };
        invoker.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _key);
        var resolved = await invoker.Read($"/v1/models/{Model}/resolve");
        var keys = (await client.Read("/v1/api_keys"))["items"]!.AsArray().Where(key => ((string)key!["name"]!).StartsWith("Visit", StringComparison.Ordinal)).ToList();
        // Noted some time after the use.
        keys.ForEach(key => key!.AsObject().Remove("last_used_at"));
        var traffic = await client.Read($"/v1/model_versions/{_version}/traffic");
        string[] paths =
            [$"/v1/models/{Model}", $"/v1/model_versions/{_version}", $"/v1/webhooks/{_webhook}", "/v1/billing/rates", $"/v1/billing/statements/{_month}", "/v1/workspaces"];
        List<JsonNode> all = [resolved, new JsonArray([.. keys.Select(key => key!.DeepClone())]), traffic["calls"]!, traffic["last_call_at"]!];
        foreach (var path in paths)
        {
            all.Add(await client.Read(path));
        }

        return [.. all.Select(node => node.DeepClone())];
    }

    /// <summary>Says whether two builds answer the same: one may have members that the other doesn't know.</summary>
    private static bool Agree(JsonNode? left, JsonNode? found) => (left, found) switch
    {
        (JsonObject one, JsonObject other) => one.Count <= other.Count ? IsPart(one, other) : IsPart(other, one),
        (JsonArray some, JsonArray others) => some.Count == others.Count && some.Zip(others).All(pair => Agree(pair.First, pair.Second)),
        _ => JsonNode.DeepEquals(left, found),
    };

    private static bool IsPart(JsonObject smaller, JsonObject larger) =>
        smaller.All(member => larger.TryGetPropertyValue(member.Key, out var value) && Agree(member.Value, value));

    /// <summary>Calls the version, which counts.</summary>
    private async Task Call(HttpClient client)
    {
        using var response = await client.PostAsync($"/v1/model_versions/{_version}/predict", null);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(_visits, (int)(await client.Read($"/v1/model_versions/{_version}/traffic"))["calls"]!);
    }

    private static async Task<JsonNode> Post(HttpClient client, string path, JsonNode body) =>
        (await client.Call(HttpMethod.Post, path, body)).MustBe(HttpStatusCode.Created).Body!;

    private static async Task Send(HttpClient client, HttpMethod method, string path, JsonNode? body = null) =>
        (await client.Call(method, path, body)).MustBe(HttpStatusCode.OK);
}
