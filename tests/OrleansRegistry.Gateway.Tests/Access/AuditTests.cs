using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.Gateway.Tests.Infrastructure;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests.Access;

/// <summary>The audit of a node, whose seconds pass as the test says.</summary>
public sealed class AuditTests(AuditTests.Server server) : IClassFixture<AuditTests.Server>
{
    [Fact]
    public async Task A9_a_forbidden_request_is_a_line_with_all_that_is_known_of_it()
    {
        var version = (string)(await server.Driver.DeployPrimary(RegistryDriver.NewName())).Body!["id"]!;
        var (viewer, caller) = await NewCaller("viewer");

        var reply = (await viewer.Do("publish", version)).IsProblem(403, ErrorCode.Forbidden);

        var line = Assert.Single(server.Audit.Of(caller)).AsObject();
        Assert.InRange((DateTimeOffset)line["time"]!, server.Clock.Start, server.Clock.GetUtcNow());
        line.Remove("time");
        Assert.Equal(
            $$"""
            {"event":"refused","request_id":"{{reply["trace_id"]}}","caller":"{{caller}}","role":"viewer","workspace":"default",
            "address":"127.0.0.1","method":"POST","route":"/v1/model_versions/{id}/publish",
            "path":"/v1/model_versions/{{version}}/publish","code":"forbidden"}
            """.ReplaceLineEndings(""),
            line.ToJsonString());
    }

    [Fact]
    public async Task A9_reads_and_calls_that_are_forbidden_have_a_line_too()
    {
        var name = RegistryDriver.NewName();
        await server.Driver.DeployPrimary(name);
        var (viewer, caller) = await NewCaller("viewer");

        (await viewer.Get("/v1/api_keys")).Is(403);
        (await viewer.Post($"/v1/models/{RegistryDriver.InPath(name)}/predict", "{}")).Is(403);
        (await viewer.Post("/v1/chat/completions", $$"""{"model":"{{name}}"}""")).Is(403);

        Assert.Equal(
            ["GET /v1/api_keys", $"POST /v1/models/{name}/predict", "POST /v1/chat/completions"],
            server.Audit.Of(caller).Select(line => $"{line["method"]} {line["path"]}"));
        Assert.All(server.Audit.Of(caller), line => Assert.Equal("forbidden", (string?)line["code"]));
    }

    [Fact]
    public async Task A9_a_refused_command_is_a_line_and_a_refused_read_call_or_dry_run_is_none()
    {
        var version = (string)(await server.Driver.DeployPrimary(RegistryDriver.NewName())).Body!["id"]!;
        var (admin, caller) = await NewCaller("admin");

        (await admin.Post("/v1/model_versions", "{}")).Is(400);
        (await admin.Delete("/v1/api_keys/00000000")).Is(404);
        (await admin.Do("promote", version, null, ("If-Match", "\"0\""))).Is(412);
        (await admin.Do("deactivate", version, """{"refuse_if_primary":true}""")).Is(409);
        (await admin.Send("PATCH", "/v1/artifacts/files/" + new string('a', 64), "x", "application/octet-stream")).Is(400);
        var told = server.Audit.Of(caller);
        (await admin.Get("/v1/models/nowhere")).Is(404);
        (await admin.Get("/v1/models?nothing=1")).Is(400);
        (await admin.Post("/v1/models/nowhere/predict", "{}")).Is(404);
        (await admin.Post("/v1/nowhere", "{}")).Is(404);
        (await admin.Post($"/v1/model_versions/{version}/deactivate?dry_run=true", """{"refuse_if_primary":true}""")).Is(409);

        Assert.Equal(
            ["validation_failed", "api_key_not_found", "revision_mismatch", "is_primary", "validation_failed"],
            told.Select(line => (string?)line["code"]));
        Assert.Equal(told.Count, server.Audit.Of(caller).Count);
    }

    [Fact]
    public async Task A9_a_forbidden_dry_run_is_a_line()
    {
        var version = (string)(await server.Driver.DeployPrimary(RegistryDriver.NewName())).Body!["id"]!;
        var (viewer, caller) = await NewCaller("viewer");

        (await viewer.Post($"/v1/model_versions/{version}/promote?dry_run=true")).Is(403);

        Assert.Single(server.Audit.Of(caller));
    }

    [Fact]
    public async Task A9_each_secret_that_is_shown_is_a_line_without_the_secret()
    {
        var (admin, caller) = await NewCaller("admin");

        var key = (await admin.Post("/v1/api_keys", """{"name":"x","role":"viewer"}""")).Is(201);
        var rotated = (await admin.Post($"/v1/api_keys/{key["api_key.prefix"]}/rotate", "{}")).Is(201);
        var hook = (await admin.Post("/v1/webhooks", """{"url":"https://hooks.example.com"}""")).Is(201);
        var drawn = (await admin.Post($"/v1/webhooks/{hook["webhook.id"]}/rotate_secret")).Is(200);
        (await admin.Get("/v1/api_keys")).Is(200);
        (await admin.Get("/v1/webhooks/" + hook["webhook.id"])).Is(200);

        var lines = server.Audit.Of(caller);
        Assert.All(lines, line => Assert.Equal("secret_shown", (string?)line["event"]));
        Assert.Equal(
            [
                $"/v1/api_keys: /v1/api_keys/{key["api_key.prefix"]}",
                $"/v1/api_keys/{key["api_key.prefix"]}/rotate: /v1/api_keys/{rotated["api_key.prefix"]}",
                $"/v1/webhooks: /v1/webhooks/{hook["webhook.id"]}",
                $"/v1/webhooks/{hook["webhook.id"]}/rotate_secret: ",
            ],
            lines.Select(line => $"{line["path"]}: {line["resource"]}"));
        foreach (var secret in (string[])[key["key"]![13..], rotated["key"]![13..], hook["secret"]!, drawn["secret"]!])
        {
            Assert.DoesNotContain(server.Audit.Lines, line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A9_every_answer_with_a_secret_is_marked()
    {
        var shown = server.Endpoints
            .Where(route => route.Metadata.OfType<IProducesResponseTypeMetadata>().Any(answer => answer.Type?.IsAssignableTo(typeof(IShownSecret)) is true));
        var secret = server.Endpoints
            .Where(route => route.Metadata.OfType<IProducesResponseTypeMetadata>().Any(answer => answer.Type is { } type
                && (type.GetProperty("Secret") ?? type.GetProperty("Key")) is { } member && member.PropertyType == typeof(string)));

        Assert.Equal(["create_api_key", "create_webhook", "rotate_api_key", "rotate_webhook_secret"], Names(shown));
        Assert.Equal(Names(shown), Names(secret));
    }

    [Fact]
    public async Task A9_what_succeeds_is_no_line()
    {
        var (admin, caller) = await NewCaller("admin");

        var version = (string)(await admin.DeployPrimary(RegistryDriver.NewName())).Body!["id"]!;
        (await admin.Get("/v1/models")).Is(200);
        (await admin.Do("deactivate", version)).Is(200);

        Assert.Empty(server.Audit.Of(caller));
    }

    [Fact]
    public async Task A9_a_caller_gets_so_many_lines_in_a_second_and_a_number_for_the_rest()
    {
        var (noisy, caller) = await NewCaller("viewer");
        var (quiet, other) = await NewCaller("viewer");
        for (var i = 0; i < AuditLog.MaxLines + 15; i++)
        {
            (await noisy.Get("/v1/api_keys")).Is(403);
        }

        (await quiet.Get("/v1/api_keys")).Is(403);
        Assert.Equal(AuditLog.MaxLines, server.Audit.Of(caller).Count);
        Assert.Single(server.Audit.Of(other));
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        var line = Assert.Single(await server.Audit.WaitFor(1, line => (string?)line["event"] == "left_out" && (string?)line["caller"] == caller));
        Assert.Equal(("default", 15), ((string?)line["workspace"], (int)line["count"]!));

        (await noisy.Get("/v1/api_keys")).Is(403);
        Assert.Equal(AuditLog.MaxLines + 2, server.Audit.Of(caller).Count);
        Assert.Single(server.Audit.Of(other));
    }

    [Fact]
    public async Task A9_strangers_are_a_number_by_address_every_ten_seconds()
    {
        const string one = "198.51.100.1", other = "2001:db8:1:2:3::4";
        for (var i = 0; i < 3; i++)
        {
            (await server.DriverOf(i == 0 ? null : "ork_nothing").Get("/v1/models", ("X-Forwarded-For", one))).Is(401);
        }

        (await server.DriverOf(null).Post("/v1/model_versions", "{}", ("X-Forwarded-For", other))).Is(401);
        (await server.DriverOf(null).Get("/openapi/v1.json", ("X-Forwarded-For", "198.51.100.2"))).Is(200);
        server.Clock.Advance(TimeSpan.FromSeconds(9));
        server.Clock.Advance(TimeSpan.FromSeconds(1));

        // IPv6 counts by /64, as it does for limits.
        var lines = await server.Audit.WaitFor(2, line => (string?)line["address"] is one or "2001:db8:1:2::");
        Assert.Equal(["3 198.51.100.1", "1 2001:db8:1:2::"], lines.Select(line => $"{line["count"]} {line["address"]}").OrderDescending());
        Assert.All(lines, line => Assert.Equal("unauthenticated", (string?)line["event"]));
        Assert.DoesNotContain(server.Audit.Lines, line => line.Contains("198.51.100.2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A9_more_addresses_than_may_be_counted_apart_are_one_number()
    {
        // Those of other tests are told of first.
        server.Clock.Advance(TimeSpan.FromSeconds(10));
        for (var i = 0; i < AuditLog.MaxAddresses + 50; i++)
        {
            (await server.DriverOf(null).Get("/v1/models", ("X-Forwarded-For", $"203.0.113.{i}"))).Is(401);
        }

        server.Clock.Advance(TimeSpan.FromSeconds(10));

        var rest = await server.Audit.WaitFor(1, line => (string?)line["event"] == "unauthenticated" && line["address"] is null);
        var apart = await server.Audit.WaitFor(1, line => ((string?)line["address"])?.StartsWith("203.0.113.", StringComparison.Ordinal) is true);
        Assert.Equal(AuditLog.MaxAddresses + 50, rest.Sum(line => (int)line["count"]!) + apart.Count);
        Assert.InRange(apart.Count, 1, AuditLog.MaxAddresses);
    }

    [Fact]
    public async Task A9_an_address_is_the_one_that_limits_count_by()
    {
        var (viewer, caller) = await NewCaller("viewer");

        (await viewer.Get("/v1/api_keys", ("X-Forwarded-For", "192.0.2.9, 198.51.100.7"))).Is(403);

        Assert.Equal("198.51.100.7", (string?)Assert.Single(server.Audit.Of(caller))["address"]);
    }

    [Theory]
    [InlineData("a%0D%0A%7B%22event%22:%22secret_shown%22%7D", "a\r\n{\"event\":\"secret_shown\"}")]
    [InlineData("%22%5C%E2%80%A8%E2%80%AE", "\"\\\u2028\u202e")]
    [InlineData("%2Fetc", "%2Fetc")]
    [InlineData("ork_abcd1234_0123456789ABCDEFabcdef0123456789abcdef", "ork_abcd1234_…")]
    [InlineData("abcd1234_0123456789ABCDEFabcdef0123456789abcdef", "abcd1234_…")]
    public async Task A9_a_hostile_path_stays_in_its_field_and_shows_no_key(string sent, string told)
    {
        var (viewer, caller) = await NewCaller("viewer");

        (await viewer.Delete("/v1/api_keys/" + sent)).Is(403);

        Assert.Equal("/v1/api_keys/" + told, (string?)Assert.Single(server.Audit.Of(caller))["path"]);
        Assert.All(server.Audit.Lines, line => Assert.DoesNotContain(line, character => character is < ' ' or > '~'));
    }

    [Fact]
    public async Task A9_a_long_path_is_cut_and_a_query_left_out()
    {
        var (viewer, caller) = await NewCaller("viewer");

        (await viewer.Delete($"/v1/api_keys/{new string('x', 5000)}?comment=canary")).Is(403);

        var line = Assert.Single(server.Audit.Of(caller));
        Assert.Equal(257, ((string)line["path"]!).Length);
        Assert.DoesNotContain("canary", line.ToJsonString(), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Names(IEnumerable<Microsoft.AspNetCore.Http.Endpoint> routes) =>
        routes.Select(route => route.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName).Order();

    private async Task<(RegistryDriver Driver, string Caller)> NewCaller(string role)
    {
        var made = (await server.Driver.Post("/v1/api_keys", $$"""{"name":"x","role":"{{role}}"}""")).Is(201);
        return (server.DriverOf(made["key"]), "key:" + made["api_key.prefix"]);
    }

    public sealed class Server : SqliteServer
    {
        public FakeTimeProvider Clock { get; } = new();

        /// <inheritdoc/>
        protected override IReadOnlyList<string> Settings => ["--Registry:TrustedProxies=127.0.0.0/8"];

        /// <inheritdoc/>
        protected override void Configure(IServiceCollection services) =>
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<AuditLog>(provider, Clock));
    }
}
