using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>The Open Inference Protocol, version 2, over the registry's resolver.</summary>
public abstract class InferenceTests(RegistryServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task The_server_describes_itself()
    {
        var about = (await _registry.Get("/v2")).Is(200);

        Assert.Equal("orleans-registry", about["name"]);
        Assert.NotEmpty(about["version"]!);
        Assert.Empty(about.Body!["extensions"]!.AsArray());
        Assert.Equal("true", (await _registry.Get("/v2/health/live")).Is(200)["live"]);
        Assert.Equal("true", (await _registry.Get("/v2/health/ready")).Is(200)["ready"]);
    }

    [Fact]
    public async Task Calls_go_to_the_same_route_of_the_models_server()
    {
        await using var backend = await Echo();
        var name = RegistryDriver.NewName();
        var inPath = RegistryDriver.InPath(name);
        await _registry.DeployPrimary(name, "\"version\":\"1.0.0\"," + backend.Serving("/one/"));
        var id = (await _registry.DeployPrimary(name, "\"version\":\"1.1.0\"," + backend.Serving("/two/predict")))["id"]!;
        await _registry.DeployPrimary(name, "\"version\":\"2.0.0\",\"promote\":false," + backend.Serving("/v2/models/its%20own/versions/7"));
        var body = $$"""{"model_name":"{{name}}","inputs":[]}""";

        await Reaches(HttpMethod.Post, $"/v2/models/{inPath}/infer?a=%2F", $"/two/v2/models/{inPath}/infer?a=%2F", "1.1.0");
        await Reaches(HttpMethod.Post, $"/v2/models/{id[..10]}/infer", $"/two/v2/models/{inPath}/infer", "1.1.0");
        await Reaches(HttpMethod.Post, $"/v2/models/{inPath}/versions/1.0.0/infer", $"/one/v2/models/{inPath}/infer", "1.0.0");
        await Reaches(HttpMethod.Post, $"/v2/models/{inPath}/versions/%5E1/infer", $"/two/v2/models/{inPath}/infer", "1.1.0");
        await Reaches(HttpMethod.Post, $"/v2/models/{inPath}/versions/{id}/infer", $"/two/v2/models/{inPath}/infer", "1.1.0");
        await Reaches(HttpMethod.Post, $"/v2/models/{inPath}/versions/2.0.0/infer", "/v2/models/its own/versions/7/infer", "2.0.0");
        await Reaches(HttpMethod.Get, $"/v2/models/{inPath}/ready", $"/two/v2/models/{inPath}/ready", "1.1.0");
        await Reaches(HttpMethod.Get, $"/v2/models/{inPath}/versions/1.0.0/ready", $"/one/v2/models/{inPath}/ready", "1.0.0");

        async Task Reaches(HttpMethod method, string path, string expected, string version)
        {
            using var content = method == HttpMethod.Post ? new StringContent(body) : null;
            var answer = (await _registry.Send(method, path, content)).Is(200);
            Assert.Equal($"{method} {Uri.UnescapeDataString(expected.Split('?')[0])}{(expected.Contains('?', StringComparison.Ordinal) ? "?a=%2F" : "")} {(content is null ? "" : body)}", answer.Text);
            Assert.Equal(version, answer.Header("Model-Version"));
        }
    }

    [Fact]
    public async Task Metadata_has_the_registrys_name_and_the_versions_that_can_be_called()
    {
        await using var slow = await ModelServer.Start();
        await using var backend = await Backend.Start(http => http.Response.WriteAsJsonAsync(
            new { name = "its own", versions = (string[])["7"], platform = "onnx", inputs = (object[])[new { name = "x", datatype = "FP32", shape = (int[])[-1, 4] }] }));
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());
        var gone = (await _registry.DeployPrimary(name, backend.Serving()))["id"]!;
        await _registry.Do("deactivate", gone);
        await _registry.Deploy(name, backend.Serving());
        await _registry.Deploy(name, $"\"serving\":{slow.Serving()}");

        foreach (var path in (string[])["", "/versions/0.3.0"])
        {
            var metadata = (await _registry.Get($"/v2/models/{RegistryDriver.InPath(name)}{path}")).Is(200);

            Assert.Equal((name, "onnx"), (metadata["name"], metadata["platform"]));
            Assert.Equal("""["0.3.0","0.1.0"]""", metadata.Body!["versions"]!.ToJsonString());
            Assert.Equal("""[{"name":"x","datatype":"FP32","shape":[-1,4]}]""", metadata.Body["inputs"]!.ToJsonString());
            Assert.Equal(path.Length == 0 ? "0.1.0" : "0.3.0", metadata.Header("Model-Version"));
        }
    }

    [Fact]
    public async Task Metadata_goes_without_members_whose_name_is_no_text_and_texts_in_it_stay_as_they_are()
    {
        await using var backend = await Backend.Start(http =>
        {
            http.Response.ContentType = "application/json";
            return http.Response.WriteAsync("""{"\ud800":1,"name":"own","inputs":[{"name":"\ud800x","shape":[1e2]}]}""");
        });
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());

        var metadata = (await _registry.Get($"/v2/models/{RegistryDriver.InPath(name)}")).Is(200);

        Assert.Equal($$"""{"name":"{{name}}","versions":["0.1.0"],"inputs":[{"name":"\ud800x","shape":[1e2]}]}""", metadata.Text);
    }

    [Fact]
    public async Task Characters_that_json_takes_as_they_are_stand_so_in_metadata()
    {
        await using var backend = await Backend.Start(http =>
        {
            http.Response.ContentType = "application/json";
            return http.Response.WriteAsync("""{"name":"own","platform":"1 + 1's <b> é","+'>":[]}""");
        });
        var name = RegistryDriver.NewPlainName();
        await _registry.DeployPrimary(name, backend.Serving());

        var metadata = (await _registry.Get($"/v2/models/{RegistryDriver.InPath(name)}")).Is(200);

        Assert.Equal($$"""{"name":"{{name}}","versions":["0.1.0"],"platform":"1 + 1's <b> é","+'>":[]}""", metadata.Text);
    }

    [Theory]
    [InlineData(200, "text/plain", "not JSON")]
    [InlineData(200, "application/json", "not JSON either")]
    [InlineData(200, "application/json", "[1]")]
    [InlineData(200, "application/json", "{\"a\":1,\"a\":2}")]
    [InlineData(200, "application/json", "")]
    [InlineData(404, "application/json", "{\"error\":\"unknown model\"}")]
    public async Task Metadata_that_is_none_passes_untouched(int status, string contentType, string body)
    {
        await using var backend = await Backend.Start(http =>
        {
            http.Response.StatusCode = status;
            http.Response.ContentType = contentType;
            return http.Response.WriteAsync(body);
        });
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());

        using var answer = await server.Client.GetAsync($"/v2/models/{RegistryDriver.InPath(name)}");

        Assert.Equal((status, body), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Errors_are_problems_that_the_protocols_clients_can_read_too()
    {
        var name = RegistryDriver.NewName();
        await _registry.Deploy(name);

        var missing = (await _registry.Post("/v2/models/nothing%20here/infer", "{}")).IsProblem(404, ErrorCode.ModelNotFound);
        Assert.Equal(missing["detail"], missing["error"]);
        (await _registry.Post($"/v2/models/{RegistryDriver.InPath(name)}/infer", "{}")).IsProblem(409, ErrorCode.NoPrimary);
        (await _registry.Post($"/v2/models/{RegistryDriver.InPath(name)}/versions/9.9.9/infer", "{}")).IsProblem(404, ErrorCode.VersionNotFound);
        (await _registry.Post($"/v2/models/{RegistryDriver.InPath(name)}/versions/0.1.0/infer", "{}")).IsProblem(409, ErrorCode.NotServable);
        (await _registry.Get($"/v2/models/{RegistryDriver.InPath(name)}/versions/0.1.0")).IsProblem(409, ErrorCode.NotServable);
        var twice = (await _registry.Post($"/v2/models/{RegistryDriver.InPath(name)}/versions/0.1.0/infer", "{}", ("Model-Version", "0.1.0"))).IsInvalid("version");
        Assert.Contains("Model-Version", twice["error"], StringComparison.Ordinal);
    }

    private static Task<Backend> Echo() => Backend.Start(async http =>
    {
        using var reader = new StreamReader(http.Request.Body);
        await http.Response.WriteAsync($"{http.Request.Method} {http.Request.Path.Value}{http.Request.QueryString} {await reader.ReadToEndAsync()}");
    });
}

[Collection(OnSqlite.Name)]
public sealed class InferenceOnSqliteTests(SqliteServer server) : InferenceTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class InferenceOnPostgresTests(PostgresServer server) : InferenceTests(server);
