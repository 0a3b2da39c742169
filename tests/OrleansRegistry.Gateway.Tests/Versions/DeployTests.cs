using System.Net.Http.Headers;
using System.Text;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Versions;

public abstract class DeployTests(RegistryServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task A_new_name_makes_a_model_N1()
    {
        var name = RegistryDriver.NewName();

        var first = await _registry.Deploy(name);
        var second = await _registry.Deploy(name);

        Assert.Equal("0.1.0", first["version"]);
        Assert.Equal("0.2.0", second["version"]);
        Assert.Equal(first["model_id"], second["model_id"]);
        Assert.Equal($"{first["model_id"]}-2", second["id"]);
    }

    [Fact]
    public async Task The_answer_is_the_version_with_its_place_and_tag()
    {
        var name = RegistryDriver.NewName();

        var reply = await _registry.Deploy(
            name,
            """
            "version":"1.2.3-rc.1","publish":true,"promote":true,"description":"d","labels":{"team":"vision"},"instance_type":"cpu-1x2",
            "external_id":"x-1","artifact":{"uri":"s3://b/k","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size_bytes":5},
            "serving":{"url":"http://127.0.0.1:9/m","startup_timeout_seconds":7}
            """);

        Assert.Equal("/v1/model_versions/" + reply["id"], reply.Header("Location"));
        Assert.Equal("\"1p\"", reply.ETag);
        Assert.Equal("1.2.3-rc.1", reply["version"]);
        Assert.Equal(name, reply["model_name"]);
        Assert.Equal("published", reply["state"]);
        Assert.Equal("true", reply["is_primary"]);
        Assert.Equal("vision", reply["labels.team"]);
        Assert.Equal("s3://b/k", reply["artifact.uri"]);
        Assert.Equal("5", reply["artifact.size_bytes"]);
        Assert.Equal("http://127.0.0.1:9/m", reply["serving.url"]);
        Assert.Equal("ready", reply["serving.status"]);
        Assert.Null(reply["serving.health_url"]);
        Assert.Equal("7", reply["serving.startup_timeout_seconds"]);
        Assert.Equal("cpu-1x2", reply["instance_type"]);
        Assert.Equal("x-1", reply["external_id"]);
        Assert.Equal(RegistryServer.Operator, reply["created_by"]);
        Assert.Null(reply["deactivated_at"]);
        Assert.Matches(@"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z", reply["created_at"]!);
        Assert.Equal(reply.Text, (await _registry.Get(reply.Header("Location")!)).Is(200).Text);
    }

    [Theory]
    [InlineData("MAJOR", "1.0.0")]
    [InlineData("minor", "0.2.0")]
    [InlineData("Patch", "0.1.1")]
    public async Task The_bump_is_read_in_any_case_N2(string bump, string expected)
    {
        var name = RegistryDriver.NewName();
        await _registry.Deploy(name);

        Assert.Equal(expected, (await _registry.Deploy(name, $"\"version_bump\":\"{bump}\""))["version"]);
    }

    [Fact]
    public async Task Names_are_compared_after_trimming_and_normalization()
    {
        var name = RegistryDriver.NewName();

        var composed = await _registry.Deploy(name + "é");
        var decomposed = await _registry.Deploy($"  {name}e\u0301 ");

        Assert.Equal(composed["model_id"], decomposed["model_id"]);
        Assert.Equal(composed["model_id"], (await _registry.Get("/v1/models/" + RegistryDriver.InPath(name + "e\u0301"))).Is(200)["id"]);
    }

    [Fact]
    public async Task A_name_can_not_be_the_id_of_a_model()
    {
        var id = (await _registry.Deploy(RegistryDriver.NewName()))["model_id"]!;

        (await _registry.TryDeploy(id)).IsInvalid("model_name");
    }

    [Theory]
    [InlineData("{}", "model_name")]
    [InlineData("""{"model_name":null}""", "model_name")]
    [InlineData("""{"model_name":7}""", "model_name")]
    [InlineData("""{"model_name":" "}""", "model_name")]
    [InlineData("""{"model_name":"a//b"}""", "model_name")]
    [InlineData("""{"model_name":"\ud800"}""", "model_name")]
    [InlineData("""{"model_name":"a\u0000"}""", "model_name")]
    [InlineData("""{"model_name":"x","Model_name":"x"}""", "Model_name")]
    [InlineData("""{"model_name":"x","model_name":"y"}""", "model_name")]
    [InlineData("""{"model_name":"x","unknown":1,"publish":"yes","labels":{"a":1},"serving":{"url":7,"port":1}}""", "labels.a", "publish", "serving.port", "serving.url", "unknown")]
    [InlineData("""{"model_name":"x","publish":null}""", "publish")]
    [InlineData("""{"model_name":"x","version_bump":"major, minor"}""", "version_bump")]
    [InlineData("""{"model_name":"x","version_bump":1}""", "version_bump")]
    [InlineData("""{"model_name":"x","artifact":{}}""", "artifact.uri")]
    [InlineData("""{"model_name":"x","artifact":[]}""", "artifact")]
    [InlineData("""{"model_name":"x","artifact":{"uri":"u","size_bytes":1.5}}""", "artifact.size_bytes")]
    [InlineData("""{"model_name":"x","artifact":{"uri":"u","size_bytes":"1"}}""", "artifact.size_bytes")]
    [InlineData("""{"model_name":"x","labels":{"a":"1","a":"2"}}""", "labels.a")]
    [InlineData("""{"model_name":"x","labels":{"a":null}}""", "labels.a")]
    [InlineData("""{"model_name":"x","labels":{"\ud800":"1"}}""", "labels")]
    [InlineData("""{"model_name":"x","version":"1.0.0","base":"1","version_bump":"MAJOR"}""", "base", "version", "version_bump")]
    [InlineData("""{"model_name":"x","base":"1.4","version_bump":"MINOR"}""", "base", "version_bump")]
    [InlineData("""{"model_name":"x","promote":false}""", "promote")]
    [InlineData("""{"model_name":"","version_bump":"","serving":{"url":""}}""", "model_name", "serving.url", "version_bump")]
    [InlineData("""{"version":"x","publish":1,"description":7,"labels":{"a":"b","c":5},"artifact":{"uri":"","size_bytes":-1},"external_id":[]}""", "artifact.size_bytes", "artifact.uri", "description", "external_id", "labels.c", "model_name", "publish", "version")]
    [InlineData("[]", "body")]
    [InlineData("7", "body")]
    [InlineData("""{"model_name":"x",}""", "body")]
    [InlineData("""{"model_name":"x"/**/}""", "body")]
    [InlineData("""{"model_name":"x"}{}""", "body")]
    [InlineData("", "body")]
    public async Task Bad_input_names_its_fields_E3(string body, params string[] fields) =>
        (await _registry.Post("/v1/model_versions", body)).IsInvalid(fields);

    [Theory]
    [InlineData("/v1/model_versions", """{"version_bump":"","model_name":""}""", "version_bump", "model_name")]
    [InlineData("/v1/model_versions", """{"model_name":"","version_bump":""}""", "model_name", "version_bump")]
    [InlineData("/v1/model_versions", """{"labels":{"b":1,"c":"x","a":2},"x":1,"description":5}""", "labels.b", "labels.a", "x", "description", "model_name")]
    [InlineData("/v1/model_versions", """{"serving":{"health_url":"","startup_timeout_seconds":0},"model_name":""}""", "serving.health_url", "serving.startup_timeout_seconds", "model_name", "serving.url")]
    [InlineData("/v1/model_versions?x=1&dry_run=yes", """{"model_name":""}""", "x", "dry_run", "model_name")]
    [InlineData("/v1/model_versions?dry_run=yes&x=1", """{"model_name":""}""", "dry_run", "x", "model_name")]
    [InlineData("/v1/webhooks", """{"types":["nothing"],"model":"","url":"x"}""", "types", "model", "url")]
    [InlineData("/v1/webhooks", """{"description":5,"model":"a/\u0000","types":[]}""", "description", "model", "types", "url")]
    [InlineData("/v1/api_keys", """{"models":["a",""],"role":"invoker","name":""}""", "models[1]", "name")]
    [InlineData("/v1/api_keys", """{"expires_at":"soon","workspace":"","role":"x"}""", "expires_at", "workspace", "role", "name")]
    public async Task The_problems_of_a_request_stand_in_its_own_order_and_detail_is_the_first_E3(string path, string body, params string[] fields)
    {
        var reply = (await _registry.Post(path, body)).IsInvalid(fields);

        Assert.Equal(fields, reply.Body!["errors"]!.AsObject().Select(error => error.Key));
        Assert.StartsWith(fields[0] + " ", reply["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_detail_of_a_400_is_the_first_error_E3()
    {
        var reply = (await _registry.Post("/v1/model_versions?dry_run=yes", """{"model_name":"","version_bump":""}""")).IsInvalid("dry_run", "model_name", "version_bump");

        Assert.Equal("dry_run must be true or false.", reply["detail"]);
        Assert.Equal("model_name must not be empty.", (await _registry.Post("/v1/model_versions", """{"model_name":""}"""))["detail"]);
    }

    [Theory]
    [InlineData("http://169.254.169.254/", "always refused")]
    [InlineData("http://0xa9fea9fe/", "always refused")]
    [InlineData("http://[::ffff:169.254.169.254]:8080/x", "always refused")]
    [InlineData("http://[fd00:ec2::254]/", "always refused")]
    [InlineData("http://224.0.0.1/", "always refused")]
    [InlineData("http://\uff11\uff16\uff19.254.169.254/", "always refused")]
    [InlineData("http://169.254.169.254./", "always refused")]
    [InlineData("http://169.254.169.254\u3002/", "always refused")]
    [InlineData("http://0xa9.0376.43518.:8080/", "always refused")]
    [InlineData("http://2852039166./", "always refused")]
    [InlineData("http://[fe80::1%25eth0]/", "always refused")]
    public async Task A_server_at_an_address_that_is_always_refused_is_refused_at_once_E3(string url, string why)
    {
        var name = RegistryDriver.NewName();
        var id = (await _registry.Deploy(name))["id"]!;
        (await _registry.Do("deactivate", id)).Is(200);
        Reply[] replies =
        [
            await _registry.TryDeploy(name, $"\"publish\":true,\"serving\":{{\"url\":\"{url}\"}}"),
            await _registry.TryDeploy(name, $"\"serving\":{{\"url\":\"http://h.example\",\"health_url\":\"{url}\"}}"),
            await _registry.Do("activate", id, $"{{\"serving\":{{\"url\":\"{url}\"}}}}"),
        ];

        Assert.Equal(["serving.url", "serving.health_url", "serving.url"], replies.Select(reply => Assert.Single(reply.IsProblem(400, ErrorCode.ValidationFailed).Fields)));
        Assert.All(replies, reply => Assert.Contains(why, reply["detail"], StringComparison.Ordinal));
        Assert.Single(await _registry.All($"/v1/models/{RegistryDriver.InPath(name)}/versions"));
    }

    [Fact]
    public async Task Text_is_answered_as_it_was_said()
    {
        var name = RegistryDriver.NewName() + " 'é' + <b>";
        var said = "it's \"quoted\" & <b>имя</b> + 1 > 0";

        var reply = await _registry.Deploy(name, "\"description\":" + System.Text.Json.JsonSerializer.Serialize(said));

        Assert.Contains("it's \\\"quoted\\\" & <b>имя</b> + 1 > 0", reply.Text, StringComparison.Ordinal);
        foreach (var path in (string[])["/v1/models/" + reply["model_id"], $"/v1/models/{reply["model_id"]}/versions", $"/v1/models/{reply["model_id"]}/events", "/v1/models/no 'é' + <b>"])
        {
            var text = (await _registry.Get(path)).Text;
            Assert.Contains("'é' + <b>", text, StringComparison.Ordinal);
            Assert.DoesNotContain("\\u", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Base_continues_a_release_line_N3()
    {
        var name = RegistryDriver.NewName();
        await _registry.Deploy(name, "\"version\":\"1.4.2\"");
        await _registry.Deploy(name, "\"version\":\"3.0.0\"");

        Assert.Equal("1.4.3", (await _registry.Deploy(name, "\"base\":\"1.4\""))["version"]);
        Assert.Equal("1.4.4", (await _registry.Deploy(name, "\"base\":\"1.4\",\"version_bump\":\"patch\""))["version"]);
        Assert.Equal("1.5.0", (await _registry.Deploy(name, "\"base\":\"1\""))["version"]);
        (await _registry.TryDeploy(name, "\"base\":\"2\"")).IsInvalid("base");
    }

    [Fact]
    public async Task A_number_is_never_given_twice_N4()
    {
        var name = RegistryDriver.NewName();
        await _registry.Deploy(name, "\"version\":\"1.4.2\"");

        (await _registry.TryDeploy(name, "\"version\":\"1.4.2\"")).IsProblem(409, ErrorCode.VersionExists);
        (await _registry.TryDeploy(name, "\"version\":\"1.4.1\"")).IsInvalid("version");
    }

    [Fact]
    public async Task A_repeated_key_answers_the_same_version_N5()
    {
        var name = RegistryDriver.NewName();
        var first = (await _registry.TryDeploy(name, "\"labels\":{\"a\":\"1\",\"b\":\"2\"}", ("Idempotency-Key", "k-1"))).Is(201);
        Assert.Null(first.Header("Idempotency-Replayed"));
        await _registry.Do("deactivate", first["id"]!);

        var again = (await _registry.TryDeploy($" {name}", "\n\"labels\" : {\"b\":\"2\",\"a\":\"1\"}, \"publish\":false", ("Idempotency-Key", "k-1"))).Is(201);

        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal(first["id"], again["id"]);
        Assert.Equal("inactive", again["state"]);
        Assert.Equal("/v1/model_versions/" + first["id"], again.Header("Location"));
        Assert.Single(await _registry.All($"/v1/models/{first["model_id"]}/versions"));
    }

    [Fact]
    public async Task A_repeated_key_with_another_body_is_refused_N5()
    {
        var name = RegistryDriver.NewName();
        (await _registry.TryDeploy(name, "", ("Idempotency-Key", "k"))).Is(201);

        (await _registry.TryDeploy(name, "\"publish\":true", ("Idempotency-Key", "k"))).IsProblem(422, ErrorCode.IdempotencyKeyReused);
        (await _registry.TryDeploy(name + "!", "", ("Idempotency-Key", "k"))).Is(201);
    }

    [Fact]
    public async Task A_key_outlives_its_model_N5()
    {
        var name = RegistryDriver.NewName();
        var first = (await _registry.TryDeploy(name, "", ("Idempotency-Key", "k"))).Is(201);
        (await _registry.Delete("/v1/models/" + first["model_id"])).Is(200);

        var again = (await _registry.TryDeploy(name, "", ("Idempotency-Key", "k"))).Is(201);

        Assert.Equal(first["id"], again["id"]);
        Assert.Equal("deleted", again["state"]);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("")]
    public async Task A_key_is_visible_ascii(string key) =>
        (await _registry.TryDeploy(RegistryDriver.NewName(), "", ("Idempotency-Key", key))).IsInvalid("Idempotency-Key");

    [Fact]
    public async Task If_match_does_not_apply() =>
        (await _registry.TryDeploy(RegistryDriver.NewName(), "", ("If-Match", "*"))).IsInvalid("If-Match");

    [Fact]
    public async Task Too_many_active_versions_are_refused_L6()
    {
        var name = RegistryDriver.NewName();
        for (var i = 0; i < RegistryServer.MaxActiveVersions; i++)
        {
            await _registry.Deploy(name);
        }

        (await _registry.TryDeploy(name)).IsProblem(409, ErrorCode.TooManyActiveVersions);
    }

    [Fact]
    public async Task A_deleted_name_makes_a_new_model_L5()
    {
        var name = RegistryDriver.NewName();
        var first = await _registry.Deploy(name);
        Assert.Equal("true", (await _registry.Delete("/v1/model_versions/" + first["id"])).Is(200)["model_deleted"]);

        var second = await _registry.Deploy(name);

        Assert.NotEqual(first["model_id"], second["model_id"]);
        Assert.Equal("0.1.0", second["version"]);
        Assert.Equal(second["model_id"], (await _registry.Get("/v1/models/" + RegistryDriver.InPath(name))).Is(200)["id"]);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/merge-patch+json")]
    [InlineData("application/json; charset=latin1")]
    [InlineData(null)]
    public async Task The_body_is_json_in_utf8(string? contentType)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("""{"model_name":"x"}"""));
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);

        (await _registry.Send(HttpMethod.Post, "/v1/model_versions", content)).IsProblem(415, ErrorCode.UnsupportedMediaType);
    }
}

[Collection(OnSqlite.Name)]
public sealed class DeployOnSqlite(SqliteServer server) : DeployTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class DeployOnPostgres(PostgresServer server) : DeployTests(server);
