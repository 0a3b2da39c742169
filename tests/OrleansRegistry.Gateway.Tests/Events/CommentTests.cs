using System.Text.Json.Nodes;
using OrleansRegistry.Gateway.Tests.Infrastructure;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests.Events;

/// <summary>Why: what the caller of a command says, and its events keep. Who: the names beside ids.</summary>
public abstract class CommentTests(RegistryServer server)
{
    private const string Why = "Rolls out the May data.\nTicket 7 \u2014 \u00e9";

    private readonly RegistryDriver _registry = server.Driver;

    /// <summary>Each command, as a request on a model and its version, and the type of its first event.</summary>
    public static TheoryData<string, string, string?, string> OnModels => new()
    {
        { "POST", "/v1/model_versions", """{"model_name":"$name"}""", EventType.VersionDeployed },
        { "PATCH", "/v1/models/{model}", """{"description":"x"}""", EventType.ModelUpdated },
        { "POST", "/v1/models/{model}/rollback", "{}", EventType.PrimaryChanged },
        { "DELETE", "/v1/models/{model}", null, EventType.ModelDeleted },
        { "PATCH", "/v1/model_versions/{id}", """{"description":"x"}""", EventType.VersionUpdated },
        { "POST", "/v1/model_versions/{draft}/publish", "{}", EventType.VersionPublished },
        { "POST", "/v1/model_versions/{draft}/promote", "{}", EventType.PrimaryChanged },
        { "POST", "/v1/model_versions/{id}/deactivate", "{}", EventType.VersionDeactivated },
        { "POST", "/v1/model_versions/{inactive}/activate", "{}", EventType.VersionActivated },
        { "DELETE", "/v1/model_versions/{inactive}", null, EventType.VersionDeleted },
    };

    /// <summary>The other commands of a workspace, in the order in which they can be given.</summary>
    private static readonly (string Method, string Path, string? Body, string Type)[] OnWorkspaces =
    [
        ("POST", "/v1/api_keys", """{"name":"ci","role":"viewer"}""", EventType.ApiKeyCreated),
        ("POST", "/v1/api_keys/{prefix}/rotate", "{}", EventType.ApiKeyRotated),
        ("DELETE", "/v1/api_keys/{prefix}", null, EventType.ApiKeyRevoked),
        ("PUT", "/v1/billing/rates", """{"rates":[]}""", EventType.RatesUpdated),
        ("POST", "/v1/billing/statements/2020-01/close", null, EventType.MonthClosed),
        ("POST", "/v1/webhooks", """{"url":"http://host.invalid"}""", EventType.WebhookCreated),
        ("PATCH", "/v1/webhooks/{webhook}", """{"description":"x"}""", EventType.WebhookUpdated),
        ("POST", "/v1/webhooks/{webhook}/rotate_secret", null, EventType.WebhookUpdated),
        ("POST", "/v1/webhooks/{webhook}/redeliver?from=1", null, EventType.WebhookUpdated),
        ("DELETE", "/v1/webhooks/{webhook}", null, EventType.WebhookDeleted),
    ];

    [Theory]
    [MemberData(nameof(OnModels))]
    public async Task E4_the_comment_of_a_command_on_a_model_stands_in_each_of_its_events(string method, string pattern, string? body, string type)
    {
        var name = RegistryDriver.NewName();
        var first = await _registry.DeployPrimary(name);
        var id = (await _registry.DeployPrimary(name))["id"]!;
        var draft = (await _registry.Deploy(name))["id"]!;
        var inactive = (await _registry.Deploy(name))["id"]!;
        await _registry.Do("deactivate", inactive);
        var events = $"/v1/models/{first["model_id"]}/events";
        var before = (await _registry.All(events)).Count;
        var path = pattern.Replace("{model}", first["model_id"], StringComparison.Ordinal)
            .Replace("{id}", id, StringComparison.Ordinal)
            .Replace("{draft}", draft, StringComparison.Ordinal)
            .Replace("{inactive}", inactive, StringComparison.Ordinal);

        await Command(_registry, method, path, body?.Replace("$name", name, StringComparison.Ordinal));

        var made = (await _registry.All(events)).Skip(before).ToList();
        Assert.Contains(made, happened => (string)happened["type"]! == type);
        Assert.All(made, happened => Assert.Equal((Why, "admin key of the settings"), ((string?)happened["comment"], (string?)happened["actor_name"])));
    }

    [Fact]
    public async Task E4_the_comment_of_a_command_on_a_workspace_stands_in_its_event()
    {
        var tenant = await server.NewTenant();
        var admin = server.DriverOf(tenant.Key);
        var (prefix, webhook) = ("", "");
        foreach (var (method, pattern, body, type) in OnWorkspaces)
        {
            var path = pattern.Replace("{prefix}", prefix, StringComparison.Ordinal).Replace("{webhook}", webhook, StringComparison.Ordinal);

            var reply = await Command(admin, method, path, body);

            prefix = type == EventType.ApiKeyCreated ? reply["api_key.prefix"]! : prefix;
            webhook = type == EventType.WebhookCreated ? reply["webhook.id"]! : webhook;
            var last = (await admin.All($"/v1/events?type={type}"))[^1];
            Assert.Equal((Why, "x"), ((string?)last["comment"], (string?)last["actor_name"]));
            Assert.Null(last["model_name"]);
        }

        var workspace = $"w{Guid.NewGuid():N}";
        await Command(_registry, "POST", "/v1/workspaces", $$"""{"name":"{{workspace}}"}""");
        var key = (await _registry.Post("/v1/api_keys", $$"""{"name":"x","role":"admin","workspace":"{{workspace}}"}""")).Is(201)["key"];
        Assert.Equal(Why, (string?)(await server.DriverOf(key).All("/v1/events?type=workspace.created"))[0]["comment"]);
    }

    [Fact]
    public async Task A_closed_month_is_told_of_once_with_its_total()
    {
        var tenant = await server.NewTenant();
        var admin = server.DriverOf(tenant.Key);
        await admin.Send(HttpMethod.Post, "/v1/billing/statements/2020-02/close?comment=first", null);
        (await admin.Post("/v1/billing/statements/2020-02/close?comment=again")).Is(200);

        var closed = Assert.Single(await admin.All("/v1/events?type=month.closed"));
        Assert.Equal("first", (string?)closed["comment"]);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"month":"2020-02","total_amount":"0.00","currency":"USD"}"""), closed["data"]), closed.ToJsonString());
    }

    [Fact]
    public async Task E4_a_command_that_changes_nothing_or_is_refused_or_dry_keeps_no_comment()
    {
        var version = await _registry.DeployPrimary(RegistryDriver.NewName());
        var (events, id) = ($"/v1/models/{version["model_id"]}/events", version["id"]!);
        var before = (await _registry.All(events)).Count;

        Assert.Equal("false", (await _registry.Do("activate", id, """{"comment":"x"}""")).Is(200)["changed"]);
        Assert.Equal("false", (await _registry.Do("promote", id, """{"comment":"x"}""")).Is(200)["changed"]);
        (await _registry.Do("publish", id, """{"promote":true,"from":null,"comment":"x"}""")).Is(200);
        (await _registry.Do("deactivate", id, """{"refuse_if_primary":true,"comment":"x"}""")).IsProblem(409, ErrorCode.IsPrimary);
        (await _registry.Post($"/v1/model_versions/{id}/deactivate?dry_run=true", """{"comment":"x"}""")).Is(200);
        (await _registry.Delete($"/v1/models/{version["model_id"]}?dry_run=true&comment=x")).Is(200);

        Assert.Equal(before, (await _registry.All(events)).Count);
        var comment = (await _registry.Get($"/v1/models/{version["model_id"]}")).Is(200).Body!["primary"]!["comment"];
        Assert.Null(comment);
    }

    [Fact]
    public async Task E3_a_comment_that_is_none_is_refused_by_its_name()
    {
        var id = (await _registry.DeployPrimary(RegistryDriver.NewName()))["id"]!;
        foreach (var text in (string[])["", new string('x', 501), "a\tb", "a\rb", "a\u0085b", "a\ufffeb", "a\0b"])
        {
            var body = new JsonObject { ["comment"] = text }.ToJsonString();
            (await _registry.Do("deactivate", id, body)).IsInvalid("comment");
            (await _registry.TryDeploy("x", body[1..^1])).IsInvalid("comment");
            (await _registry.Delete($"/v1/model_versions/{id}?comment={Uri.EscapeDataString(text)}")).IsInvalid("comment");
        }

        (await _registry.Do("deactivate", id, """{"comment":7}""")).IsInvalid("comment");
        (await _registry.Post($"/v1/model_versions/{id}/deactivate?comment=x")).IsInvalid("comment");
        var longest = new string('\u00e9', 500);
        (await _registry.Do("deactivate", id, new JsonObject { ["comment"] = longest.Normalize(System.Text.NormalizationForm.FormD) }.ToJsonString())).Is(200);
        Assert.Equal(longest, (string?)(await _registry.All($"/v1/model_versions/{id}/events"))[^2]["comment"]);
    }

    [Fact]
    public async Task N5_the_comment_belongs_to_the_request_that_an_idempotency_key_stands_for()
    {
        var name = RegistryDriver.NewName();
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var made = (await _registry.TryDeploy(name, "\"comment\":\"\u00e9\"", key)).Is(201);

        Assert.Equal(made["id"], (await _registry.TryDeploy(name, "\"comment\":\"e\u0301\"", key)).Is(201)["id"]);
        (await _registry.TryDeploy(name, "\"comment\":\"other\"", key)).IsProblem(422, ErrorCode.IdempotencyKeyReused);
        (await _registry.TryDeploy(name, "", key)).IsProblem(422, ErrorCode.IdempotencyKeyReused);
    }

    [Fact]
    public async Task A_webhook_is_told_the_comment_and_the_names()
    {
        await using var receiver = await WebhookReceiver.Start();
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name))["id"]!;
        var webhook = (await _registry.Post("/v1/webhooks", $$"""{"url":"{{receiver.Url}}","model":"{{name}}","types":["version.deactivated"]}""")).Is(201);

        await Command(_registry, "POST", $"/v1/model_versions/{id}/deactivate", "{}");

        var told = Assert.Single(await receiver.Next(1)).Event["data"]!;
        Assert.Equal(
            (Why, name, "0.1.0", "admin key of the settings"),
            ((string?)told["comment"], (string?)told["model_name"], (string?)told["version"], (string?)told["actor_name"]));
        await _registry.Delete($"/v1/webhooks/{webhook["webhook.id"]}");
    }

    [Fact]
    public async Task Events_and_views_have_names_beside_ids()
    {
        var name = RegistryDriver.NewName();
        var key = (await _registry.Post("/v1/api_keys", """{"name":"Ann's laptop","role":"admin"}""")).Is(201);
        var ann = server.DriverOf(key["key"]);
        var first = await ann.DeployPrimary(name);
        var second = await ann.DeployPrimary(name, "\"comment\":\"better\"");
        var model = (await ann.Get($"/v1/models/{first["model_id"]}")).Is(200);

        Assert.Equal((IEnumerable<string?>)["Ann's laptop", "Ann's laptop", "Ann's laptop"], (IEnumerable<string?>)[first["created_by_name"], model["created_by_name"], model["primary.by_name"]]);
        Assert.Equal("better", model["primary.comment"]);
        Assert.Equal("admin key of the settings", key["api_key.created_by_name"]);
        var events = await ann.All($"/v1/models/{first["model_id"]}/events");
        Assert.All(events, happened => Assert.Equal((name, "Ann's laptop"), ((string?)happened["model_name"], (string?)happened["actor_name"])));
        Assert.All(events, happened => Assert.Equal(
            (string?)happened["version_id"] switch { null => null, var id when id == first["id"] => "0.1.0", _ => "0.2.0" }, (string?)happened["version"]));
        var moved = events[^1]["data"]!;
        Assert.Equal(
            (first["id"], "0.1.0", second["id"], "0.2.0"),
            ((string?)moved["from"], (string?)moved["from_version"], (string?)moved["to"], (string?)moved["to_version"]));
    }

    private static async Task<Reply> Command(RegistryDriver registry, string method, string path, string? body)
    {
        if (body is null)
        {
            var query = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}comment={Uri.EscapeDataString(Why)}";
            var reply = await registry.Send(new HttpMethod(method), query, null);
            return reply.Is(reply.Status is 201 ? 201 : 200);
        }

        var fields = JsonNode.Parse(body)!;
        fields["comment"] = Why;
        var answer = await registry.Send(method, path, fields.ToJsonString(), "application/json");
        return answer.Is(answer.Status is 201 ? 201 : 200);
    }
}

[Collection(OnSqlite.Name)]
public sealed class CommentsOnSqliteTests(SqliteServer server) : CommentTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class CommentsOnPostgresTests(PostgresServer server) : CommentTests(server);
