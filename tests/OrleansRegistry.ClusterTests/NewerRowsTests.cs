using System.Collections.Concurrent;
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
/// Rows that a newer build has stored, in the hands of this one: it keeps what it doesn't know of each record, whatever
/// it does with it, and between silos; and makes nothing of it.
/// </summary>
public sealed class NewerRowsTests : IAsyncDisposable
{
    private const int Models = 6;

    private readonly ConcurrentDictionary<string, bool> _ready = [];
    private readonly string _month =
        DateTimeOffset.UtcNow.AddMonths(-2).ToString("yyyy-MM", CultureInfo.InvariantCulture);
    private WebApplication? _server;
    private ClusterNodes? _cluster;
    private WebhookReceiver? _receiver;
    private (string Rotated, string Used) _keys;
    private string _webhook = "";

    private ClusterNodes Cluster => _cluster!;

    private HttpClient Client => Cluster.Gateways[0].Client;

    [Fact]
    public async Task What_only_a_newer_build_knows_survives_every_command_on_two_silos()
    {
        await StartServer();
        _receiver = await WebhookReceiver.Start();
        _cluster = await ClusterNodes.Start(silos: 2, gateways: 1);
        var models = await Task.WhenAll(Enumerable.Range(0, Models).Select(number => Make($"Model {number}")));
        await MakeOthers();
        await Restart(() => Cluster.ChangeRows(NewerBuild.Extend));
        var all = await Places();
        Assert.Equal(OneOfEach.Kinds, all.Select(place => place.Split('/')[0]).Distinct().Order(StringComparer.Ordinal));

        await Task.WhenAll(models.Select(Change));
        await SendBetweenSilos(models);
        await ChangeOthers();
        await Restart(() => Task.CompletedTask);

        // What rates say is the caller's, all of it.
        List<string> ended = ["rates/default/all $.rates[0]"];
        Assert.Equal(ended, all.Except(await Places()));

        // Rows as this build has written them, once more.
        await Task.WhenAll(models.Select(Renew));
        ended.AddRange(models.SelectMany(made => made.Places("$.active[3].claim", "$.pending_primary")));
        Assert.Equal(ended.Order(StringComparer.Ordinal), all.Except(await Places()).Order(StringComparer.Ordinal));

        await Task.WhenAll(models.Select(MoveOn));
        await Delete(models[0]);
        ended.AddRange(models.SelectMany(made => made.Places("$.primary", "$.history[1]")));
        ended.AddRange(models.Select(made => $"version/default/{made[1]} $.serving"));
        Assert.Equal(ended.Order(StringComparer.Ordinal), all.Except(await Places()).Order(StringComparer.Ordinal));
        await AssertNothingIsTold(models);
        await ClusterChecks.CheckRows(Cluster.Settings);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        if (_receiver is not null)
        {
            await _receiver.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>
    /// A model with versions in every state: 1 was primary before, 2 is, 3 is a draft, 4 inactive, 5 starts and has a
    /// claim.
    /// </summary>
    private async Task<Made> Make(string name)
    {
        var first = await Deploy(name, publish: true, serving: Serving(name, health: false));
        var made = new Made(name, (string)first["model_id"]!);
        await Deploy(name, publish: true, serving: Serving(name, health: false));
        await Deploy(name);
        await Deploy(name, publish: true, promote: false);
        await Send(HttpMethod.Post, $"/v1/model_versions/{made[4]}/deactivate");
        await Deploy(name, publish: true, promote: true, serving: Serving(name, health: true));
        (await Client.Call(HttpMethod.Post, $"/v1/models/{made.Id}/predict")).MustBe(HttpStatusCode.OK);
        Assert.Equal((made[2], made[5]), await Pointers(made));
        return made;
    }

    /// <summary>Every command that leaves each record in its place.</summary>
    private async Task Change(Made made)
    {
        var description = new JsonObject { ["description"] = "Changed" };
        await Send(HttpMethod.Patch, $"/v1/models/{made.Id}", description);
        for (var ordinal = 1; ordinal <= 5; ordinal++)
        {
            await Send(HttpMethod.Patch, $"/v1/model_versions/{made[ordinal]}", description);
        }

        await Deploy(made.Name);
        await Send(HttpMethod.Post, $"/v1/model_versions/{made[3]}/publish", new JsonObject { ["promote"] = false });
        foreach (var ordinal in (int[])[1, 3])
        {
            await Send(HttpMethod.Post, $"/v1/model_versions/{made[ordinal]}/deactivate");
            await Send(HttpMethod.Post, $"/v1/model_versions/{made[ordinal]}/activate");
        }

        await Send(HttpMethod.Post, $"/v1/model_versions/{made[4]}/activate");
        await Send(HttpMethod.Post, $"/v1/model_versions/{made[4]}/deactivate");
        await Send(HttpMethod.Delete, $"/v1/model_versions/{made[6]}");
        (await Client.Call(HttpMethod.Post, $"/v1/models/{made.Id}/predict")).MustBe(HttpStatusCode.OK);
        Assert.Equal((made[2], made[5]), await Pointers(made));
    }

    /// <summary>
    /// Changes versions that are on another silo than their model. Where they come to lie depends on the load: where each
    /// is beside its model, all are sent elsewhere.
    /// </summary>
    private async Task SendBetweenSilos(Made[] models)
    {
        for (var round = 0; !await Cluster.HasVersionsElsewhere(); round++)
        {
            Assert.True(round < 10, "Each version was on the silo of its model.");
            await Restart(() => Task.CompletedTask);
            var text = $"Changed {round}";
            await Task.WhenAll(models.SelectMany(made => Enumerable.Range(1, 5).Select(ordinal => made[ordinal])).Select(
                version => Send(HttpMethod.Patch, $"/v1/model_versions/{version}", new JsonObject { ["description"] = text })));
        }
    }

    /// <summary>
    /// The pointer stays where it is, with a higher number; so the claim comes to nothing when its version is ready.
    /// </summary>
    private async Task Renew(Made made)
    {
        await Send(HttpMethod.Post, $"/v1/model_versions/{made[2]}/promote");
        _ready[made.Name] = true;
        var version = await Client.Read($"/v1/model_versions/{made[5]}?wait=ready");
        Assert.Equal("ready", (string)version["serving"]!["status"]!);
        Assert.Equal((made[2], null), await Pointers(made));
    }

    /// <summary>The pointer moves, which is another pointer then, and a version is sent elsewhere.</summary>
    private async Task MoveOn(Made made)
    {
        await Send(HttpMethod.Post, $"/v1/models/{made.Id}/rollback");
        Assert.Equal((made[1], null), await Pointers(made));
        await Send(HttpMethod.Post, $"/v1/model_versions/{made[1]}/deactivate");
        Assert.Equal((made[5], null), await Pointers(made));
        var elsewhere = new JsonObject { ["serving"] = Serving(made.Name, health: false) };
        await Send(HttpMethod.Post, $"/v1/model_versions/{made[1]}/activate", elsewhere);
        await Send(HttpMethod.Delete, $"/v1/model_versions/{made[3]}");
    }

    /// <summary>Deletes a model, whose versions keep what it knew of them, and gives its name to another.</summary>
    private async Task Delete(Made made)
    {
        await Send(HttpMethod.Delete, $"/v1/models/{made.Id}");
        Assert.NotEqual(made.Id, (string)(await Deploy(made.Name))["model_id"]!);
    }

    private async Task MakeOthers()
    {
        await Post("/v1/workspaces", new JsonObject { ["name"] = "other" });
        var webhook = new JsonObject { ["url"] = _receiver!.Url, ["types"] = new JsonArray("rates.updated") };
        var hook = await Post("/v1/webhooks", webhook);
        _webhook = (string)hook["webhook"]!["id"]!;
        await PutRates("0.5");
        await UntilDelivered(1);
        await Send(HttpMethod.Post, $"/v1/webhooks/{_webhook}/rotate_secret");
        await Send(HttpMethod.Post, $"/v1/billing/statements/{_month}/close");
        var (used, rotated) = (await MakeKey("Used"), await MakeKey("Rotated"));
        await Post($"/v1/api_keys/{rotated.Prefix}/rotate", new JsonObject());
        _keys = (rotated.Prefix, used.Key);
    }

    private async Task ChangeOthers()
    {
        await PutRates("0.75");
        await UntilDelivered(2);
        await Send(HttpMethod.Patch, $"/v1/webhooks/{_webhook}", new JsonObject { ["description"] = "Changed" });
        await Send(HttpMethod.Post, $"/v1/webhooks/{_webhook}/rotate_secret");
        var last = (await Client.ReadAll("/v1/events?type=rates.updated"))[^1];
        await Send(HttpMethod.Post, $"/v1/webhooks/{_webhook}/redeliver?from={last["id"]}");
        await UntilDelivered(3);
        await Send(HttpMethod.Post, $"/v1/billing/statements/{_month}/close");
        await Post($"/v1/api_keys/{_keys.Rotated}/rotate", new JsonObject());
        await Send(HttpMethod.Delete, $"/v1/api_keys/{_keys.Rotated}");
        using var caller = new HttpClient { BaseAddress = Client.BaseAddress };
        caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _keys.Used);
        await caller.Read("/v1/models");
    }

    /// <summary>Answers of every kind have nothing of it.</summary>
    private async Task AssertNothingIsTold(Made[] models)
    {
        string[] paths =
        [
            "/v1/models", .. models.Skip(1).Select(made => $"/v1/models/{made.Id}/versions"),
            "/v1/api_keys", "/v1/workspaces", "/v1/webhooks", $"/v1/webhooks/{_webhook}/deliveries",
            "/v1/billing/rates", $"/v1/billing/statements/{_month}", "/v1/events",
        ];
        foreach (var path in paths)
        {
            var answer = (await Client.Read(path)).ToJsonString();
            Assert.DoesNotContain(NewerBuild.Member, answer, StringComparison.Ordinal);
        }
    }

    private async Task<HashSet<string>> Places() => [.. (await Cluster.ReadRows()).SelectMany(NewerBuild.PlacesIn)];

    /// <summary>
    /// Ends the silos, whose grains store what they have not stored yet, and starts two others and a gateway.
    /// </summary>
    private async Task Restart(Func<Task> meanwhile)
    {
        foreach (var node in Cluster.Gateways.Concat(Cluster.Silos))
        {
            await node.Process.Signal("TERM");
            Assert.Equal(0, await node.Process.WaitForExit());
            node.Dispose();
        }

        await meanwhile();
        Cluster.Silos[0] = await Cluster.StartSilo();
        Cluster.Silos[1] = await Cluster.StartSilo();
        Cluster.Gateways[0] = await Cluster.StartGateway();
    }

    private async Task StartServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.MapPost("/predict", () => Results.Ok());
        _server.MapGet(
            "/health/{name}", (string name) => _ready.ContainsKey(name) ? Results.Ok() : Results.StatusCode(503));
        await _server.StartAsync();
    }

    private JsonObject Serving(string name, bool health)
    {
        var url = _server!.Urls.Single();
        var serving = new JsonObject { ["url"] = $"{url}/predict" };
        if (health)
        {
            serving["health_url"] = $"{url}/health/{Uri.EscapeDataString(name)}";
        }

        return serving;
    }

    private async Task<JsonNode> Deploy(
        string name, bool publish = false, bool? promote = null, JsonObject? serving = null)
    {
        var deployment = new JsonObject
        {
            ["model_name"] = name,
            ["publish"] = publish,
            ["labels"] = new JsonObject { ["team"] = "vision" },
            ["artifact"] = new JsonObject { ["uri"] = "s3://bucket/model" },
        };
        if (promote is { } claims)
        {
            deployment["promote"] = claims;
        }

        if (serving is not null)
        {
            deployment["serving"] = serving;
        }

        var reply = await Client.Call(HttpMethod.Post, "/v1/model_versions", deployment, Guid.NewGuid().ToString());
        return reply.MustBe(HttpStatusCode.Created).Body!;
    }

    private async Task<(string? Primary, string? Pending)> Pointers(Made made)
    {
        var model = await Client.Read($"/v1/models/{made.Id}");
        return ((string?)model["primary"]?["version_id"], (string?)model["pending_primary"]?["version_id"]);
    }

    private async Task UntilDelivered(int count)
    {
        await _receiver!.Next(1);
        // Its end is stored after the receiver has answered.
        while ((await Client.Read($"/v1/webhooks/{_webhook}/deliveries"))["deliveries"]!.AsArray().Count < count)
        {
        }
    }

    private Task PutRates(string price) => Send(HttpMethod.Put, "/v1/billing/rates", new JsonObject
    {
        ["rates"] = new JsonArray(new JsonObject
        {
            ["stage"] = "published",
            ["price_per_minute"] = price,
            ["effective_from"] = "2026-01-01",
        }),
    });

    private async Task<(string Prefix, string Key)> MakeKey(string name)
    {
        var made = await Post("/v1/api_keys", new JsonObject { ["name"] = name, ["role"] = "viewer" });
        return ((string)made["api_key"]!["prefix"]!, (string)made["key"]!);
    }

    private async Task<JsonNode> Post(string path, JsonNode body) =>
        (await Client.Call(HttpMethod.Post, path, body)).MustBe(HttpStatusCode.Created).Body!;

    private async Task Send(HttpMethod method, string path, JsonNode? body = null) =>
        (await Client.Call(method, path, body?.DeepClone())).MustBe(HttpStatusCode.OK);

    private sealed record Made(string Name, string Id)
    {
        public string this[int ordinal] => string.Create(CultureInfo.InvariantCulture, $"{Id}-{ordinal}");

        /// <summary>Places in the row of the model.</summary>
        public IEnumerable<string> Places(params string[] paths) => paths.Select(path => $"model/default/{Id} {path}");
    }
}
