using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Models;

public abstract class ResolveTests(RegistryServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Theory]
    [InlineData("", "1.1.0", "primary")]
    [InlineData("?version=1.0.0", "1.0.0", "exact")]
    [InlineData("?version=2.0.0-rc.1", "2.0.0-rc.1", "exact")]
    [InlineData("?version=%5E1.0", "1.1.0", "range")]
    [InlineData("?version=~1.0.0", "1.0.0", "range")]
    [InlineData("?version=1.x", "1.1.0", "range")]
    [InlineData("?version=*", "1.1.0", "range")]
    [InlineData("?version=%3E%3D1.0%20%3C1.1", "1.0.0", "range")]
    [InlineData("?version=%3E%3D2.0.0-rc.0", "2.0.0-rc.1", "range")]
    public async Task A_selector_leads_to_a_version(string query, string number, string how)
    {
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, "\"version\":\"1.0.0\"");
        await _registry.DeployPrimary(name, "\"version\":\"1.1.0\",\"artifact\":{\"uri\":\"s3://m\"},\"serving\":{\"url\":\"http://127.0.0.1:9\"}");
        await _registry.DeployPrimary(name, "\"version\":\"2.0.0-rc.1\",\"promote\":false");

        var resolved = (await _registry.Get($"/v1/models/{RegistryDriver.InPath(name)}/resolve{query}")).Is(200);

        Assert.Equal(number, resolved["version"]);
        Assert.Equal(how, resolved["resolved_by"]);
        Assert.Equal("3", resolved["revision"]);
        Assert.Equal("\"3\"", resolved.ETag);
        Assert.Equal(number == "1.1.0" ? "http://127.0.0.1:9" : null, resolved["serving_url"]);
        Assert.Equal(number == "1.1.0", resolved.Body!["artifact"] is not null);
    }

    [Fact]
    public async Task A_version_id_selects_too()
    {
        var version = await _registry.Deploy(RegistryDriver.NewName());

        var resolved = (await _registry.Get($"/v1/models/{version["model_id"]}/resolve?version={version["id"]}")).Is(200);

        Assert.Equal("id", resolved["resolved_by"]);
        Assert.Equal(version["id"], resolved["version_id"]);
    }

    [Fact]
    public async Task What_can_not_be_reached_says_why()
    {
        await using var backend = await ModelServer.Start();
        var name = RegistryDriver.NewName();
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/resolve";
        var inactive = await _registry.Deploy(name);
        var deleted = await _registry.Deploy(name);
        var starting = await _registry.Deploy(name, $"\"serving\":{backend.Serving()}");
        var failed = await _registry.Deploy(name, $"\"serving\":{backend.Serving(timeoutSeconds: 1)}");
        await _registry.Do("deactivate", inactive["id"]!);
        await _registry.Delete("/v1/model_versions/" + deleted["id"]);
        Assert.Equal("failed", (await _registry.Get($"/v1/model_versions/{failed["id"]}?wait=ready")).Is(200)["serving.status"]);

        foreach (var key in (string[])["version", "id"])
        {
            (await _registry.Get($"{path}?version={inactive[key]}")).IsProblem(409, ErrorCode.VersionInactive);
            (await _registry.Get($"{path}?version={deleted[key]}")).IsProblem(410, ErrorCode.VersionDeleted);
            var soon = (await _registry.Get($"{path}?version={starting[key]}")).IsProblem(503, ErrorCode.VersionStarting);
            Assert.Equal("1", soon.Header("Retry-After"));
            var never = (await _registry.Get($"{path}?version={failed[key]}")).IsProblem(503, ErrorCode.ServingFailed);
            Assert.Null(never.Header("Retry-After"));
        }

        (await _registry.Get(path)).IsProblem(409, ErrorCode.NoPrimary);
        (await _registry.Get(path + "?version=%5E0.1")).IsProblem(404, ErrorCode.NoMatchingVersion);
        (await _registry.Get(path + "?version=9.9.9")).IsProblem(404, ErrorCode.VersionNotFound);
        (await _registry.Get(path + "?version=0000000000-1")).IsProblem(404, ErrorCode.VersionNotFound);
        (await _registry.Get($"{path}?version={starting["model_id"]}-99")).IsProblem(404, ErrorCode.VersionNotFound);
    }

    [Theory]
    [InlineData("")]
    [InlineData("%20")]
    [InlineData("latest")]
    [InlineData("1.2.3.4")]
    [InlineData("1.2.3%2Bbuild")]
    public async Task A_text_that_is_no_selector_is_refused(string selector)
    {
        var id = (await _registry.DeployPrimary(RegistryDriver.NewName()))["model_id"];

        (await _registry.Get($"/v1/models/{id}/resolve?version={selector}")).IsProblem(400, ErrorCode.InvalidSelector);
    }

    [Fact]
    public async Task S1_an_explanation_tells_of_the_nearest_versions_and_why_each_was_not_taken()
    {
        await using var backend = await ModelServer.Start();
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name, "\"version\":\"1.0.0\""))["model_id"]!;
        await _registry.DeployPrimary(name, "\"version\":\"1.1.0\"");
        await _registry.Deploy(name, "\"version\":\"1.2.0\"");
        await _registry.DeployPrimary(name, $"\"version\":\"1.3.0\",\"serving\":{backend.Serving()}");
        await _registry.DeployPrimary(name, "\"version\":\"1.4.0\"");
        await _registry.DeployPrimary(name, "\"version\":\"1.5.0\"");
        await _registry.DeployPrimary(name, "\"version\":\"1.6.0-rc.1\"");
        await _registry.DeployPrimary(name, "\"version\":\"2.0.0\"");
        await _registry.Do("deactivate", id + "-5");
        await _registry.Delete($"/v1/model_versions/{id}-6");
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/resolve?";

        var range = (await _registry.Get(path + "version=%5E1.0&explain=true")).Is(200);
        Assert.Equal("1.1.0", range["version"]);
        Assert.Equal(
            [
                "2.0.0 published outside_range", "1.6.0-rc.1 published prerelease", "1.5.0 deleted deleted", "1.4.0 inactive inactive",
                "1.3.0 published starting", "1.2.0 draft draft", "1.0.0 published lower_number",
            ],
            Told(range));
        Assert.Equal("1.6.0-rc.1 published not_primary", Told((await _registry.Get(path + "explain=true")).Is(200))[0]);
        var exact = (await _registry.Get(path + "version=1.4.0&explain=true")).IsProblem(409, ErrorCode.VersionInactive);
        Assert.Equal(["1.5.0 deleted not_named", "1.4.0 inactive inactive", "1.3.0 published not_named"], Told(exact)[2..5]);
        var none = (await _registry.Get(path + "version=~3.1&explain=true")).IsProblem(404, ErrorCode.NoMatchingVersion);
        Assert.Equal("2.0.0 published outside_range", Told(none)[0]);
        Assert.Equal(8, Told(none).Length);
        Assert.Null((await _registry.Get(path + "explain=false")).Is(200)["nearest"]);
        (await _registry.Get(path + "explain=yes")).IsInvalid("explain");

        static string[] Told(Reply reply) =>
            [.. reply.Body!["nearest"]!.AsArray().Select(version => $"{version!["version"]} {version["state"]} {version["reason"]}")];
    }

    [Fact]
    public async Task S1_an_explanation_tells_of_ten_versions_of_both_sides()
    {
        var name = RegistryDriver.NewName();
        for (var number = 0; number < 20; number++)
        {
            await _registry.Deploy(name);
        }

        Assert.Equal(Expected(5, 15), await Numbers("0.10.0"));
        Assert.Equal(Expected(1, 11), await Numbers("0.2.0"));
        Assert.Equal(Expected(10, 20), await Numbers("0.20.0"));

        async Task<IEnumerable<string?>> Numbers(string selected) =>
            (await _registry.Get($"/v1/models/{RegistryDriver.InPath(name)}/resolve?explain=true&version={selected}")).Is(200)
                .Body!["nearest"]!.AsArray().Select(version => (string?)version!["version"]).Append(selected).OrderByDescending(number => int.Parse(number!.Split('.')[1], null));

        static IEnumerable<string> Expected(int first, int last) => Enumerable.Range(first, last - first + 1).Reverse().Select(number => $"0.{number}.0");
    }

    [Fact]
    public async Task Parameters_are_checked()
    {
        var id = (await _registry.DeployPrimary(RegistryDriver.NewName()))["model_id"];

        (await _registry.Get($"/v1/models/{id}/resolve?version=1.x&version=2.x&Version=3")).IsInvalid("version");
        (await _registry.Get($"/v1/models/{id}/resolve?selector=1.x&version=%00")).IsInvalid("selector", "version");
    }
}

[Collection(OnSqlite.Name)]
public sealed class ResolveOnSqlite(SqliteServer server) : ResolveTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class ResolveOnPostgres(PostgresServer server) : ResolveTests(server);
