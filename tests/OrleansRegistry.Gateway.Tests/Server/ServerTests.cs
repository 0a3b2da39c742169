using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Server;

/// <summary>What a client is told of the registry, and of itself.</summary>
[Collection(OnSqlite.Name)]
public sealed class ServerTests(SqliteServer server)
{
    private readonly RegistryDriver _operator = server.Driver;

    [Fact]
    public async Task The_registry_says_its_version_its_parts_and_its_limits_to_any_role()
    {
        var invoker = (await _operator.Post("/v1/api_keys", """{"name":"x","role":"invoker"}""")).Is(201)["key"]!;

        var told = (await server.DriverOf(invoker).Get("/v1/server")).Is(200);

        Assert.Equal("v1", told["api"]);
        Assert.Equal((await _operator.Get("/v2")).Is(200)["version"], told["version"]);
        Assert.Equal(("[\"artifacts\"]", """{"runtime":"Registry__Runtime__Enabled is false."}"""), (told.Body!["features"]!.ToJsonString(), told.Body!["off"]!.ToJsonString()));
        Assert.Equal("8388608", told["limits.part_size"]);
        var page = int.Parse(told["limits.max_page_size"]!, System.Globalization.CultureInfo.InvariantCulture);
        (await _operator.Get($"/v1/models?page_size={page}")).Is(200);
        (await _operator.Get($"/v1/models?page_size={page + 1}")).IsInvalid("page_size");
        Assert.Equal($"{1L << 30}", told["limits.max_call_body_bytes"]);
        var body = int.Parse(told["limits.max_body_bytes"]!, System.Globalization.CultureInfo.InvariantCulture);
        (await _operator.Post("/v1/model_versions", new string(' ', body))).IsInvalid("body");
        (await _operator.Post("/v1/model_versions", new string(' ', body + 1))).IsProblem(413, ErrorCode.PayloadTooLarge);
    }

    [Fact]
    public async Task A_caller_is_told_who_they_are_and_what_they_may_do()
    {
        var model = (await _operator.Deploy(RegistryDriver.NewName()))["model_id"];
        var made = (await _operator.Post(
            "/v1/api_keys", $$"""{"name":"the shop","role":"invoker","models":["{{model}}"],"expires_at":"2100-01-01"}""")).Is(201);

        var me = (await server.DriverOf(made["key"]).Get("/v1/me")).Is(200);

        var prefix = made["api_key.prefix"];
        Assert.Equal(
            ($"key:{prefix}", prefix, "the shop", "invoker", "default", "2100-01-01T00:00:00.000Z"),
            (me["subject"], me["key_prefix"], me["key_name"], me["role"], me["workspace"], me["expires_at"]));
        Assert.Equal($"""["{model}"]""", me.Body!["models"]!.ToJsonString());
        Assert.Equal("""["resolve","invoke"]""", me.Body["permissions"]!.ToJsonString());
    }

    [Fact]
    public async Task E2_a_caller_is_told_their_own_workspace()
    {
        var tenant = await server.NewTenant();

        var me = (await server.DriverOf(tenant.Key).Get("/v1/me")).Is(200);

        Assert.Equal((tenant.Workspace, "admin", null, null), (me["workspace"], me["role"], me["models"], me["expires_at"]));
        Assert.Equal("""["resolve","invoke","read","deploy","administer"]""", me.Body!["permissions"]!.ToJsonString());
        (await server.DriverOf(null).Get("/v1/me")).IsProblem(401, ErrorCode.Unauthenticated);
    }

    [Fact]
    public async Task Every_answer_has_the_id_of_its_trace_and_never_the_callers()
    {
        const string trace = "0af7651916cd43dd8448eb211c80319c";
        (string, string)[] headers = [("traceparent", $"00-{trace}-b7ad6b7169203331-01"), ("X-Request-Id", "mine")];
        foreach (var path in (string[])["/v1/models", "/v1/models/no-such-model", "/health/live", "/openapi/v1.json", "/nothing", "/v2"])
        {
            Assert.Equal(trace, (await _operator.Get(path, headers)).Header("X-Request-Id"));
        }

        var tag = (await _operator.DeployPrimary(RegistryDriver.NewName()));
        var unchanged = (await _operator.Get($"/v1/model_versions/{tag["id"]}", [.. headers, ("If-None-Match", tag.ETag)])).Is(304);
        Assert.Equal(trace, unchanged.Header("X-Request-Id"));
        Assert.NotEqual((await _operator.Get("/v1/models")).Header("X-Request-Id"), (await _operator.Get("/v1/models")).Header("X-Request-Id"));
    }

    [Fact]
    public async Task Problems_have_their_code_as_a_header_and_other_answers_have_not()
    {
        // Reply.IsProblem looks at the header of every problem of these tests.
        (await server.DriverOf(null).Get("/v1/models")).IsProblem(401, ErrorCode.Unauthenticated);
        Assert.Null((await _operator.Get("/v1/models")).Header("Registry-Problem"));
    }

    [Fact]
    public async Task A_refusal_after_the_version_was_found_names_it()
    {
        var version = await _operator.DeployPrimary(RegistryDriver.NewName());

        var refused = (await _operator.Post($"/v1/models/{version["model_id"]}/predict", "{}")).IsProblem(409, ErrorCode.NotServable);

        Assert.Equal(
            (version["model_id"], version["id"], "0.1.0", "primary"),
            (refused.Header("Model-Id"), refused.Header("Model-Version-Id"), refused.Header("Model-Version"), refused.Header("Model-Resolved-By")));
    }

    [Fact]
    public async Task A_body_and_a_list_have_the_entity_tag_of_the_header()
    {
        var name = RegistryDriver.NewName();
        var first = await _operator.DeployPrimary(name);
        var second = await _operator.Deploy(name);
        var model = (await _operator.Get($"/v1/models/{first["model_id"]}")).Is(200);
        Assert.Equal(model.ETag, model["etag"]);
        Assert.Equal(model.ETag, (string)(await _operator.Get("/v1/models?name=" + RegistryDriver.InPath(name))).Body!["items"]![0]!["etag"]!);
        foreach (var listed in await _operator.All($"/v1/models/{first["model_id"]}/versions"))
        {
            var version = (await _operator.Get($"/v1/model_versions/{listed["id"]}")).Is(200);
            Assert.Equal(version.ETag, version["etag"]);
            Assert.Equal(version.ETag, (string)listed["etag"]!);
        }

        Assert.EndsWith("p\"", first["etag"], StringComparison.Ordinal);
        var promoted = (await _operator.Do("promote", second["id"]!, null, ("If-Match", second["etag"]!))).Is(200);
        Assert.Equal(promoted.ETag, promoted["version.etag"]);
    }

    [Fact]
    public async Task The_document_lists_every_code_that_a_problem_may_have()
    {
        var document = (await _operator.Get("/openapi/v1.json")).Is(200).Body!;

        var codes = document["components"]!["schemas"]!["Problem"]!["properties"]!["code"]!["enum"]!.AsArray().Select(code => (string)code!);

        Assert.Equal(ProblemKind.All.Keys.Order(StringComparer.Ordinal), codes);
    }
}
