using System.Globalization;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Access;

/// <summary>API keys over HTTP.</summary>
public abstract class KeyTests(RegistryServer server)
{
    private readonly RegistryDriver _operator = server.Driver;

    [Fact]
    public async Task A_key_is_shown_once_and_known_by_its_prefix_afterwards()
    {
        var made = (await _operator.Post("/v1/api_keys", """{"name":"ci","role":"deployer"}""")).Is(201);
        var key = made["key"]!;
        var prefix = made["api_key.prefix"]!;

        Assert.True(ApiKey.TryParse(key, out var parsed));
        Assert.Equal(prefix, parsed);
        Assert.Equal("/v1/api_keys/" + prefix, made.Headers.Location!.ToString());
        Assert.Equal("no-store", made.Header("Cache-Control"));
        Assert.Equal(("ci", "deployer", "default", RegistryServer.Operator), (made["api_key.name"], made["api_key.role"], made["api_key.workspace"], made["api_key.created_by"]));
        var listed = (await _operator.All("/v1/api_keys")).Select(item => item.ToJsonString()).ToList();
        Assert.Single(listed, item => item.Contains(prefix, StringComparison.Ordinal));
        Assert.DoesNotContain(listed, item => item.Contains(key[(prefix.Length + 5)..], StringComparison.Ordinal));
        var version = (await server.DriverOf(key).Deploy(RegistryDriver.NewName())).Is(201);
        Assert.Equal("key:" + prefix, version["created_by"]);
    }

    [Fact]
    public async Task A_revoked_key_is_refused_from_then_on_and_says_so_in_the_list()
    {
        var (key, prefix) = await NewKey("viewer");
        var holder = server.DriverOf(key);
        (await holder.Get("/v1/models")).Is(200);

        var revoked = (await _operator.Delete("/v1/api_keys/" + prefix)).Is(200);

        Assert.Equal(RegistryServer.Operator, revoked["revoked_by"]);
        (await holder.Get("/v1/models")).IsProblem(401, ErrorCode.Unauthenticated);
        Assert.Equal(revoked["revoked_at"], (await _operator.Delete("/v1/api_keys/" + prefix)).Is(200)["revoked_at"]);
        var types = (await _operator.All("/v1/events?type=api_key.revoked")).Select(happened => (string)happened["data"]!["prefix"]!);
        Assert.Contains(prefix, types);
        (await _operator.Delete("/v1/api_keys/00000000")).IsProblem(404, ErrorCode.ApiKeyNotFound);
        (await _operator.Delete("/v1/api_keys/x")).IsProblem(404, ErrorCode.ApiKeyNotFound);
    }

    [Fact]
    public async Task A_revoked_key_ends_the_stream_that_was_opened_with_it()
    {
        var (key, prefix) = await NewKey("viewer");
        using var client = new HttpClient { BaseAddress = server.Address };
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        client.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
        var last = (await _operator.All("/v1/events"))[^1]["id"];
        using var response = await client.GetAsync($"/v1/events?type=api_key.revoked&after={last}", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode);
        var reading = response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        (await _operator.Delete("/v1/api_keys/" + prefix)).Is(200);
        // What comes next is found not to be for it.
        var (_, other) = await NewKey("viewer");
        (await _operator.Delete("/v1/api_keys/" + other)).Is(200);

        Assert.DoesNotContain(other, await reading.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A4_a_key_is_rotated_in_one_call_and_both_count_for_the_overlap()
    {
        var model = (await _operator.DeployPrimary(RegistryDriver.NewName()))["model_id"]!;
        var old = (await _operator.Post("/v1/api_keys", $$"""{"name":"shop","role":"invoker","models":["{{model}}"]}""")).Is(201);
        var path = $"/v1/api_keys/{old["api_key.prefix"]}/rotate";

        var made = (await _operator.Post(path, """{"overlap_seconds":3600}""")).Is(201);

        Assert.Equal("no-store", made.Header("Cache-Control"));
        Assert.Equal($"/v1/api_keys/{made["api_key.prefix"]}", made.Headers.Location!.ToString());
        Assert.Equal(("shop", "invoker", null), (made["api_key.name"], made["api_key.role"], made["api_key.expires_at"]));
        Assert.Equal(old.Body!["api_key"]!["models"]!.ToJsonString(), made.Body!["api_key"]!["models"]!.ToJsonString());
        foreach (var key in (string[])[old["key"]!, made["key"]!])
        {
            (await server.DriverOf(key).Get($"/v1/models/{model}/resolve")).Is(200);
        }

        (await _operator.Post(path, """{"overlap_seconds":0}""")).Is(201);
        var refused = (await server.DriverOf(old["key"]).Get($"/v1/models/{model}/resolve")).IsProblem(401, ErrorCode.Unauthenticated);
        Assert.Equal("The API key has expired.", refused["detail"]);
        (await _operator.Post(path)).IsProblem(409, ErrorCode.ApiKeyEnded);
    }

    [Fact]
    public async Task A_key_is_rotated_by_those_who_could_revoke_it()
    {
        var (_, prefix) = await NewKey("viewer");
        (await _operator.Post($"/v1/api_keys/{prefix}/rotate", """{"overlap_seconds":-1}""")).IsInvalid("overlap_seconds");
        (await _operator.Post($"/v1/api_keys/{prefix}/rotate", """{"overlap_seconds":2592001}""")).IsInvalid("overlap_seconds");
        (await _operator.Post("/v1/api_keys/00000000/rotate")).IsProblem(404, ErrorCode.ApiKeyNotFound);
        (await _operator.Post("/v1/api_keys/x/rotate")).IsProblem(404, ErrorCode.ApiKeyNotFound);
        var admin = server.DriverOf((await NewKey("admin")).Key);
        (await admin.Post($"/v1/api_keys/{RegistryServer.Operator[4..]}/rotate")).IsProblem(403, ErrorCode.Forbidden);
        (await admin.Post($"/v1/api_keys/{prefix}/rotate")).Is(201);
        var workspace = $"w{Guid.NewGuid():N}";
        (await _operator.Post("/v1/workspaces", $$"""{"name":"{{workspace}}"}""")).Is(201);
        var foreign = (await _operator.Post("/v1/api_keys", $$"""{"name":"x","role":"admin","workspace":"{{workspace}}"}""")).Is(201);
        (await admin.Post($"/v1/api_keys/{foreign["api_key.prefix"]}/rotate")).IsProblem(404, ErrorCode.ApiKeyNotFound);
    }

    [Fact]
    public async Task Keys_are_listed_page_by_page()
    {
        var workspace = $"w{Guid.NewGuid():N}";
        (await _operator.Post("/v1/workspaces", $$"""{"name":"{{workspace}}"}""")).Is(201);
        List<string> made = [];
        for (var n = 0; n < 5; n++)
        {
            made.Add((await _operator.Post("/v1/api_keys", $$"""{"name":"{{n}}","role":"viewer","workspace":"{{workspace}}"}""")).Is(201)["api_key.prefix"]!);
        }

        var listed = await _operator.All($"/v1/api_keys?workspace={workspace}", pageSize: 2);

        Assert.Equal(made.Order(StringComparer.Ordinal), listed.Select(key => (string)key["prefix"]!).Order(StringComparer.Ordinal));
        Assert.Equal(listed.OrderBy(key => (string)key["created_at"]!, StringComparer.Ordinal).Select(key => (string)key["prefix"]!), listed.Select(key => (string)key["prefix"]!));
        var token = (await _operator.Get($"/v1/api_keys?workspace={workspace}&page_size=2")).Is(200)["next_page_token"];
        (await _operator.Get($"/v1/api_keys?page_size=2&page_token={token}")).IsInvalid("page_token");
    }

    [Fact]
    public async Task Nobody_gives_or_takes_more_than_they_have()
    {
        var (adminKey, _) = await NewKey("admin");
        var admin = server.DriverOf(adminKey);
        (await admin.Post("/v1/api_keys", """{"name":"x","role":"operator"}""")).IsProblem(403, ErrorCode.Forbidden);
        (await admin.Delete("/v1/api_keys/" + RegistryServer.Operator[4..])).IsProblem(403, ErrorCode.Forbidden);
        (await admin.Post("/v1/api_keys", """{"name":"x","role":"admin"}""")).Is(201);
        (await _operator.Get("/v1/models")).Is(200);
    }

    [Theory]
    [InlineData("""{"role":"viewer"}""", "name")]
    [InlineData("""{"name":"","role":"viewer"}""", "name")]
    [InlineData("""{"name":"a\nb","role":"viewer"}""", "name")]
    [InlineData("""{"name":"a\u202eb","role":"viewer"}""", "name")]
    [InlineData("""{"name":"x"}""", "role")]
    [InlineData("""{"name":"x","role":"Viewer"}""", "role")]
    [InlineData("""{"name":"x","role":4}""", "role")]
    [InlineData("""{"name":"x","role":"viewer","expires_at":"2001-01-01T00:00:00Z"}""", "expires_at")]
    [InlineData("""{"name":"x","role":"viewer","expires_at":"tomorrow"}""", "expires_at")]
    [InlineData("""{"name":"x","role":"viewer","expires_at":4102444800}""", "expires_at")]
    [InlineData("""{"name":"x","role":"viewer","expires_at":"2100-01-01T00:00:00"}""", "expires_at")]
    [InlineData("""{"name":"x","role":"viewer","expires_at":"2100-01-01T00:00:00.0001Z"}""", "expires_at")]
    [InlineData("""{"name":"x","role":"invoker","models":[]}""", "models")]
    [InlineData("""{"name":"x","role":"viewer","models":[]}""", "models")]
    [InlineData("""{"name":"x","role":"viewer","secret":"mine"}""", "secret")]
    public async Task E3_what_is_wrong_with_a_new_key_is_named(string body, string field) => (await _operator.Post("/v1/api_keys", body)).IsInvalid(field);

    [Fact]
    public async Task E3_when_a_key_expires_is_read_and_refused_like_other_instants()
    {
        var made = (await _operator.Post("/v1/api_keys", """{"name":"x","role":"viewer","expires_at":"2100-01-01t01:00:00.5+01:00"}""")).Is(201);
        Assert.Equal("2100-01-01T00:00:00.500Z", made["api_key.expires_at"]);

        var refused = (await _operator.Post("/v1/api_keys", """{"name":"x","role":"viewer","expires_at":"soon"}""")).IsInvalid("expires_at");
        var rate = await _operator.Send("PUT", "/v1/billing/rates", """{"rates":[{"stage":"draft","price_per_minute":"1","effective_from":"soon"}]}""", "application/json");
        var window = await _operator.Get("/v1/billing/usage?from=soon");
        Assert.Equal(
            [(string)refused.Body!["errors"]!["expires_at"]![0]!, (string)refused.Body!["errors"]!["expires_at"]![0]!],
            [(string)rate.IsInvalid("rates[0].effective_from").Body!["errors"]!["rates[0].effective_from"]![0]!, (string)window.IsInvalid("from").Body!["errors"]!["from"]![0]!]);
    }

    [Fact]
    public async Task A_key_for_all_models_says_so()
    {
        var made = (await _operator.Post("/v1/api_keys", """{"name":"all","role":"invoker","models":null}""")).Is(201);
        Assert.Null(made["api_key.models"]);
        var listed = (await _operator.Get("/v1/api_keys")).Body!["items"]!.AsArray().Single(item => (string)item!["prefix"]! == made["api_key.prefix"]);
        Assert.Null(Assert.Contains("models", (IDictionary<string, System.Text.Json.Nodes.JsonNode?>)listed!.AsObject()));
        var happened = (await _operator.All("/v1/events?type=api_key.created")).Single(told => (string)told["data"]!["prefix"]! == made["api_key.prefix"]);
        Assert.Null(Assert.Contains("models", (IDictionary<string, System.Text.Json.Nodes.JsonNode?>)happened["data"]!.AsObject()));
    }

    [Fact]
    public async Task A_key_for_some_models_calls_and_resolves_these_and_finds_no_others()
    {
        await using var backend = await Backend.Start(http => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(http.Response, "answer"));
        var (name, other) = (RegistryDriver.NewName(), RegistryDriver.NewName());
        var mine = (await _operator.DeployPrimary(name, backend.Serving())).Is(201);
        var theirs = (await _operator.DeployPrimary(other, backend.Serving())).Is(201);
        (await _operator.Post("/v1/api_keys", $$"""{"name":"x","role":"viewer","models":["{{name}}"]}""")).IsInvalid("models");
        (await _operator.Post("/v1/api_keys", """{"name":"x","role":"invoker","models":["No such model"]}""")).IsProblem(404, ErrorCode.ModelNotFound);
        var made = (await _operator.Post("/v1/api_keys", $$"""{"name":"x","role":"invoker","models":["{{name}}"]}""")).Is(201);
        Assert.Equal(mine["model_id"], (string)made.Body!["api_key"]!["models"]!.AsArray().Single()!);
        var caller = server.DriverOf(made["key"]);

        foreach (var reference in (string[])[RegistryDriver.InPath(name), mine["model_id"]!])
        {
            (await caller.Post($"/v1/models/{reference}/predict", "{}")).Is(200);
            (await caller.Get($"/v1/models/{reference}/resolve")).Is(200);
        }

        (await caller.Post($"/v1/model_versions/{mine["id"]}/predict", "{}")).Is(200);
        (await caller.Post("/v1/completions", $$"""{"model":"{{name}}"}""")).Is(200);
        (await caller.Post($"/v1/models/{RegistryDriver.InPath(other)}/predict", "{}")).IsProblem(404, ErrorCode.ModelNotFound);
        (await caller.Post($"/v1/models/{theirs["model_id"]}/predict", "{}")).IsProblem(404, ErrorCode.ModelNotFound);
        (await caller.Get($"/v1/models/{RegistryDriver.InPath(other)}/resolve")).IsProblem(404, ErrorCode.ModelNotFound);
        (await caller.Post($"/v1/model_versions/{theirs["id"]}/predict", "{}")).IsProblem(404, ErrorCode.VersionNotFound);
        (await caller.Post($"/v2/models/{RegistryDriver.InPath(other)}/infer", "{}")).IsProblem(404, ErrorCode.ModelNotFound);
        (await caller.Post("/v1/completions", $$"""{"model":"{{other}}"}""")).IsProblem(404, ErrorCode.ModelNotFound);
    }

    [Fact]
    public async Task P6_a_deployer_is_told_that_a_protected_model_needs_an_admin()
    {
        var name = RegistryDriver.NewName();
        var first = (await _operator.DeployPrimary(name)).Is(201);
        await _operator.DeployPrimary(name);
        var model = $"/v1/models/{first["model_id"]}";
        var deployer = server.DriverOf((await NewKey("deployer")).Key);
        (await deployer.Patch(model, """{"protected":true}""")).IsProblem(403, ErrorCode.Forbidden);
        (await deployer.Patch(model, """{"primary_policy":"manual"}""")).IsProblem(403, ErrorCode.Forbidden);
        (await deployer.Patch(model, """{"on_unhealthy":"fall_back"}""")).IsProblem(403, ErrorCode.Forbidden);
        (await deployer.Patch(model, """{"fall_back_seconds":30}""")).IsProblem(403, ErrorCode.Forbidden);
        (await deployer.Do("promote", first["id"]!)).Is(200);
        Assert.Equal("true", (await _operator.Patch(model, """{"protected":true}""")).Is(200)["protected"]);

        (await deployer.Post(model + "/rollback")).IsProblem(403, ErrorCode.Forbidden);
        (await deployer.Patch(model, """{"description":"x"}""")).Is(200);
        (await server.DriverOf((await NewKey("admin")).Key).Post(model + "/rollback")).Is(200);
    }

    [Theory]
    [InlineData("Basic eDp5", "The header Authorization must be Bearer, a space, and an API key or token.")]
    [InlineData("Bearer", "The header Authorization must be Bearer, a space, and an API key or token.")]
    [InlineData("Bearer  ", "The header Authorization must be Bearer, a space, and an API key or token.")]
    [InlineData("Bearer x", "This is not an API key: API keys begin with ork_.")]
    [InlineData("bearer ork_", "The API key is mistyped: its length or its checksum is wrong.")]
    [InlineData("ork_", "The header Authorization must be Bearer, a space, and an API key or token.")]
    public async Task A1_what_is_no_key_is_refused_and_told_why(string header, string why) =>
        Assert.Equal(why, (await server.DriverOf(null).Get("/v1/models", ("Authorization", header))).IsProblem(401, ErrorCode.Unauthenticated)["detail"]);

    [Fact]
    public async Task A1_why_a_key_counts_no_more_is_told_to_those_who_have_it()
    {
        var (revoked, prefix) = await NewKey("viewer");
        (await _operator.Delete("/v1/api_keys/" + prefix)).Is(200);
        var unknown = ApiKey.Create();

        await IsRefused(revoked, "The API key was revoked.");
        await IsRefused(unknown, "There is no such API key.");
        await IsRefused(unknown[..^1] + (unknown[^1] == 'x' ? 'y' : 'x'), "The API key is mistyped: its length or its checksum is wrong.");
        var expiring = await NewKeyThatExpires();
        while ((await server.DriverOf(expiring).Get("/v1/models")).Status == 200)
        {
        }

        await IsRefused(expiring, "The API key has expired.");

        async Task IsRefused(string key, string why)
        {
            var reply = (await server.DriverOf(key).Get("/v1/models")).IsProblem(401, ErrorCode.Unauthenticated);
            Assert.Equal(why, reply["detail"]);
            Assert.Equal($"Bearer error=\"invalid_token\", error_description=\"{why}\"", reply.Header("WWW-Authenticate"));
        }
    }

    [Fact]
    public async Task The_word_before_a_key_is_Bearer_or_Api_Key_in_any_case()
    {
        foreach (var word in (string[])["Bearer", "bearer", "Api-Key", "api-key"])
        {
            (await server.DriverOf(null).Get("/v1/models", ("Authorization", $"{word} {RegistryServer.OperatorKey}"))).Is(200);
        }
    }

    [Fact]
    public async Task Names_of_other_hosts_are_not_answered()
    {
        (await _operator.Get("/v1/models", ("Host", "evil.example"))).IsInvalid("Host");
        foreach (var health in (string[])["/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"])
        {
            (await _operator.Get(health, ("Host", "10.1.2.3"))).Is(200);
        }

        (await _operator.Get("/v1/models", ("Host", "localhost:1234"))).Is(200);
    }

    [Fact]
    public async Task Answers_tell_browsers_to_run_nothing_in_them()
    {
        await using var backend = await Backend.Start(http =>
        {
            http.Response.ContentType = "text/html";
            http.Response.Headers.ContentSecurityPolicy = "default-src *";
            return Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(http.Response, "<script>alert(1)</script>");
        });
        var name = RegistryDriver.NewName();
        await _operator.DeployPrimary(name, backend.Serving());
        foreach (var reply in (Reply[])[await _operator.Get("/v1/models"), await _operator.Get("/nothing"), await _operator.Get($"/v1/models/{RegistryDriver.InPath(name)}/predict")])
        {
            Assert.Contains("default-src 'none'; frame-ancestors 'none'; sandbox", reply.Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Equal(("nosniff", "no-referrer"), (reply.Header("X-Content-Type-Options"), reply.Header("Referrer-Policy")));
        }
    }

    [Fact]
    public async Task When_a_key_was_last_used_is_known_to_the_hour()
    {
        var (key, prefix) = await NewKey("viewer");
        (await server.DriverOf(key).Get("/v1/models")).Is(200);
        // The note is a turn of the key's own: a later one waits for it.
        await server.Grains.GetGrain<IApiKeyGrain>(GrainKeys.ApiKey(prefix)).NoteUse();

        var listed = (await _operator.All("/v1/api_keys")).Single(item => (string)item["prefix"]! == prefix);
        Assert.EndsWith(":00:00.000Z", (string)listed["last_used_at"]!, StringComparison.Ordinal);
    }

    /// <summary>A key that lives for as short as it can be made in.</summary>
    private async Task<string> NewKeyThatExpires()
    {
        for (var life = TimeSpan.FromMilliseconds(500); ; life *= 2)
        {
            var made = await _operator.Post("/v1/api_keys", $$"""{"name":"short","role":"viewer","expires_at":"{{DateTimeOffset.UtcNow + life:yyyy-MM-ddTHH:mm:ss.fffZ}}"}""");
            if (made.Status == 201)
            {
                return made["key"]!;
            }

            made.IsInvalid("expires_at");
        }
    }

    private async Task<(string Key, string Prefix)> NewKey(string role)
    {
        var made = (await _operator.Post("/v1/api_keys", $$"""{"name":"{{role}} {{Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)}}","role":"{{role}}"}""")).Is(201);
        return (made["key"]!, made["api_key.prefix"]!);
    }
}

[Collection(OnSqlite.Name)]
public sealed class KeysOnSqlite(SqliteServer server) : KeyTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class KeysOnPostgres(PostgresServer server) : KeyTests(server);
