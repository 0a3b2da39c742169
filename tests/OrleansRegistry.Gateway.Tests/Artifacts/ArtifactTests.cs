using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Artifacts;

/// <summary>Artifacts: making them, reading and downloading them, deploying with them.</summary>
[Collection(OnSqlite.Name)]
public sealed class ArtifactTests(SqliteServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task F3_the_same_files_are_the_same_artifact()
    {
        var (one, two) = (TestFile.New(), TestFile.New());
        await one.Upload(_registry);
        await two.Upload(_registry);

        var made = (await TestFile.Create(_registry, "python", ("model.py", one), ("a/b.bin", two))).Is(201);
        var again = (await TestFile.Create(_registry, "python", ("a/b.bin", two), ("model.py", one))).Is(200);
        var other = (await TestFile.Create(_registry, "python", ("model.py", one), ("a/c.bin", two))).Is(201);

        Assert.Equal("/v1/artifacts/" + made["digest"], made.Header("Location"));
        Assert.Equal(made.Text, again.Text);
        Assert.NotEqual(made["digest"], other["digest"]);
        Assert.Equal(("python", "200"), (made["format"], made["size_bytes"]));
        Assert.Equal(["a/b.bin", "model.py"], made.Body!["files"]!.AsArray().Select(file => (string)file!["path"]!));
        Assert.Equal(RegistryServer.Operator, made["created_by"]);
        var read = (await _registry.Get("/v1/artifacts/" + made["digest"])).Is(200);
        Assert.Equal(made.Text, read.Text);
        Assert.Equal($"\"{made["digest"]}\"", read.Header("ETag"));
    }

    [Fact]
    public async Task F3_requirements_are_kept_and_count()
    {
        var file = TestFile.New();
        await file.Upload(_registry);
        var body = new JsonObject
        {
            ["format"] = "python-pickle",
            ["requires"] = new JsonObject { ["python"] = "3.11", ["packages"] = new JsonObject { ["scikit-learn"] = "1.2.1" } },
            ["files"] = new JsonArray(new JsonObject { ["path"] = "model.pkl", ["sha256"] = file.Sha256, ["size"] = 100 }),
        };

        var made = (await _registry.Post("/v1/artifacts", body.ToJsonString())).Is(201);
        body["requires"]!["python"] = "3.12";
        var other = (await _registry.Post("/v1/artifacts", body.ToJsonString())).Is(201);

        Assert.Equal("""{"python":"3.11","packages":{"scikit-learn":"1.2.1"}}""", made.Body!["requires"]!.ToJsonString());
        Assert.NotEqual(made["digest"], other["digest"]);
    }

    [Fact]
    public async Task F1_files_that_are_missing_are_named()
    {
        var (there, missing) = (TestFile.New(), TestFile.New());
        await there.Upload(_registry);

        var refused = (await TestFile.Create(_registry, "python", ("model.py", there), ("x", missing), ("y", missing))).IsProblem(409, ErrorCode.FileMissing);

        Assert.Equal(["files[1].sha256", "files[2].sha256"], refused.Fields);
    }

    [Theory]
    [InlineData("""{"format":"python","files":[]}""", "files")]
    [InlineData("""{"format":"zip","files":[{"path":"a","sha256":"","size":0}]}""", "format")]
    [InlineData("""{"files":[{"path":"model.py","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}]}""", "format")]
    [InlineData(
        """{"format":"python","requires":{"cuda":"12"},"files":[{"path":"model.py","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}]}""",
        "requires.cuda")]
    [InlineData(
        """{"format":"python","files":[{"path":"model.py","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0},{"path":"../x","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}]}""",
        "files[1].path")]
    [InlineData("""{"format":"python","files":[{"path":"\udcff","sha256":"","size":0}]}""", "files[0].path")]
    [InlineData("""{"format":"python","files":[{"sha256":"","size":0}]}""", "files[0].path")]
    [InlineData("""{"format":"python","files":[{"path":"model.py","sha256":7,"size":0}]}""", "files[0].sha256")]
    [InlineData("""{"format":"python","files":[null]}""", "files[0]")]
    public async Task F4_F10_a_manifest_that_is_not_valid_is_refused(string body, string field) =>
        Assert.Contains(field, (await _registry.Post("/v1/artifacts", body)).IsProblem(400, ErrorCode.ValidationFailed).Fields);

    [Fact]
    public async Task F3_ten_thousand_files_are_an_artifact()
    {
        var file = TestFile.New();
        await file.Upload(_registry);
        var paths = Enumerable.Range(1, 9_999).Select(n => (string.Create(CultureInfo.InvariantCulture, $"some/folder/{n:D5}"), file));

        var made = (await TestFile.Create(_registry, "python", [("model.py", file), .. paths])).Is(201);

        Assert.Equal(10_000, (await _registry.Get("/v1/artifacts/" + made["digest"])).Is(200).Body!["files"]!.AsArray().Count);
        (await _registry.Get($"/v1/artifacts/{made["digest"]}/files/some/folder/09999")).Is(200);
    }

    [Theory]
    [InlineData("model.py", "model.py")]
    [InlineData("a b/ü.txt", "a%20b/%C3%BC.txt")]
    [InlineData("%2F", "%252F")]
    [InlineData("a+b&c=?.#", "a+b&c=%3F.%23")]
    [InlineData("files/artifact", "files%2Fartifact")]
    public async Task A_file_is_downloaded_by_its_path(string path, string inPath)
    {
        var (model, file) = (TestFile.New(), TestFile.New());
        await model.Upload(_registry);
        await file.Upload(_registry);
        (string, TestFile)[] files = path == "model.py" ? [(path, file)] : [("model.py", model), (path, file)];
        var digest = (await TestFile.Create(_registry, "python", files)).Is(201)["digest"];

        using var response = await server.Client.GetAsync(new Uri($"/v1/artifacts/{digest}/files/{inPath}", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(file.Bytes, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("attachment", response.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal($"\"{file.Sha256}\"", response.Headers.ETag!.ToString());
        Assert.Equal(100, response.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData("bytes=0-9", 0, 9)]
    [InlineData("bytes=90-", 90, 99)]
    [InlineData("bytes=90-1000", 90, 99)]
    [InlineData("bytes=-10", 90, 99)]
    [InlineData("bytes=-1000", 0, 99)]
    public async Task A_range_of_a_file_is_downloaded(string range, int from, int to)
    {
        var (digest, file) = await NewArtifact();

        using var response = await Download(digest, range);

        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal($"bytes {from}-{to}/100", response.Content.Headers.ContentRange!.ToString());
        Assert.Equal(file.Bytes[from..(to + 1)], await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("bytes=100-")]
    [InlineData("bytes=-0")]
    public async Task A_range_beyond_a_file_is_416(string range)
    {
        var (digest, _) = await NewArtifact();

        using var response = await Download(digest, range);

        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, response.StatusCode);
        Assert.Equal("bytes */100", response.Content.Headers.ContentRange!.ToString());
        Assert.Equal(ErrorCode.RangeNotSatisfiable, (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["code"]);
    }

    [Theory]
    [InlineData("bytes=0-9,20-29")]
    [InlineData("bytes=9-0")]
    [InlineData("lines=0-9")]
    public async Task Anything_else_is_answered_with_the_whole_file(string range)
    {
        var (digest, _) = await NewArtifact();

        using var response = await Download(digest, range);

        Assert.Equal((HttpStatusCode.OK, 100), (response.StatusCode, response.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task A_range_counts_for_the_file_it_was_meant_for()
    {
        var (digest, file) = await NewArtifact();

        using var same = await Download(digest, "bytes=0-9", ("If-Range", $"\"{file.Sha256}\""));
        using var other = await Download(digest, "bytes=0-9", ("If-Range", "\"x\""));
        using var known = await Download(digest, "bytes=0-9", ("If-None-Match", $"\"{file.Sha256}\""));

        Assert.Equal(
            (HttpStatusCode.PartialContent, HttpStatusCode.OK, HttpStatusCode.NotModified), (same.StatusCode, other.StatusCode, known.StatusCode));
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("model.py/x")]
    [InlineData("MODEL.PY")]
    [InlineData("..%2Fmodel.py")]
    [InlineData("%2e%2e%5cmodel.py")]
    [InlineData("model.py%00")]
    [InlineData("%ff")]
    public async Task F4_any_other_path_leads_nowhere(string path)
    {
        var (digest, _) = await NewArtifact();

        Assert.InRange((await _registry.Get($"/v1/artifacts/{digest}/files/{path}")).Status, 400, 404);
    }

    [Fact]
    public async Task F6_a_version_is_deployed_with_a_digest()
    {
        var (digest, file) = await NewArtifact();

        var version = await _registry.Deploy(RegistryDriver.NewName(), $"\"artifact\":{{\"digest\":\"{digest}\"}}");

        Assert.Equal(digest, version["artifact.digest"]);
        Assert.Null(version["artifact.uri"]);
        Assert.Equal("false", version["artifact_missing"]);
        var artifact = (await _registry.Get($"/v1/model_versions/{version["id"]}/artifact")).Is(200);
        Assert.Equal((digest, file.Sha256), (artifact["digest"], (string?)artifact.Body!["files"]![0]!["sha256"]));
        Assert.Equal(
            file.Bytes, await server.Client.GetByteArrayAsync(new Uri($"/v1/model_versions/{version["id"]}/artifact/model.py", UriKind.Relative)));
    }

    [Fact]
    public async Task F6_an_artifact_is_named_by_exactly_one_of_uri_and_digest()
    {
        var (digest, _) = await NewArtifact();
        var name = RegistryDriver.NewName();

        (await _registry.TryDeploy(name, "\"artifact\":{}")).IsInvalid("artifact.uri");
        (await _registry.TryDeploy(name, "\"artifact\":{\"digest\":\"x\"}")).IsInvalid("artifact.digest");
        (await _registry.TryDeploy(name, $"\"artifact\":{{\"digest\":\"{digest}\",\"uri\":\"s3://x\",\"size_bytes\":1}}")).IsInvalid("artifact.uri", "artifact.size_bytes");
        (await _registry.Deploy(name, "\"artifact\":{\"uri\":\"s3://x\"}")).Is(201);
    }

    [Fact]
    public async Task F6_a_digest_that_is_not_there_is_404_and_told_by_a_dry_run()
    {
        var name = RegistryDriver.NewName();
        var artifact = $"\"artifact\":{{\"digest\":\"{new string('0', 64)}\"}}";

        (await _registry.TryDeploy(name, artifact)).IsProblem(404, ErrorCode.ArtifactNotFound);
        var dry = (await _registry.Post("/v1/model_versions?dry_run=true", $"{{\"model_name\":\"{name}\",{artifact}}}")).Is(200);

        Assert.Equal("true", dry["artifact_missing"]);
        (await _registry.Get("/v1/models/" + RegistryDriver.InPath(name))).IsProblem(404, ErrorCode.ModelNotFound);
    }

    [Fact]
    public async Task F6_activation_brings_no_other_artifact()
    {
        var (digest, _) = await NewArtifact();
        var version = await _registry.Deploy(RegistryDriver.NewName(), $"\"artifact\":{{\"digest\":\"{digest}\"}}");
        await _registry.Do("deactivate", version["id"]!);

        (await _registry.Do("activate", version["id"]!, $"{{\"artifact\":{{\"digest\":\"{digest}\"}}}}")).IsInvalid("artifact");
    }

    [Fact]
    public async Task A_version_without_files_of_its_own_has_no_artifact()
    {
        var version = await _registry.Deploy(RegistryDriver.NewName(), "\"artifact\":{\"uri\":\"s3://x\"}");

        (await _registry.Get($"/v1/model_versions/{version["id"]}/artifact")).IsProblem(404, ErrorCode.ArtifactNotFound);
        (await _registry.Get($"/v1/model_versions/{version["id"]}/artifact/x")).IsProblem(404, ErrorCode.ArtifactNotFound);
        (await _registry.Get("/v1/model_versions/0000000000-1/artifact")).IsProblem(404, ErrorCode.VersionNotFound);
    }

    [Fact]
    public async Task Making_an_artifact_is_told_of_once()
    {
        var tenant = await server.NewTenant();
        var registry = server.DriverOf(tenant.Key);
        var file = TestFile.New();
        await file.Upload(registry);
        var digest = (await TestFile.Create(registry, "python", ("model.py", file))).Is(201)["digest"];
        (await TestFile.Create(registry, "python", ("model.py", file))).Is(200);

        var happened = Assert.Single(await registry.All("/v1/events?type=artifact.created"));

        Assert.Equal($$"""{"digest":"{{digest}}","format":"python","files":1,"size_bytes":100}""", happened["data"]!.ToJsonString());
    }

    private async Task<(string Digest, TestFile File)> NewArtifact()
    {
        var file = TestFile.New();
        await file.Upload(_registry);
        return ((await TestFile.Create(_registry, "python", ("model.py", file))).Is(201)["digest"]!, file);
    }

    private async Task<HttpResponseMessage> Download(string digest, string range, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/artifacts/{digest}/files/model.py");
        request.Headers.TryAddWithoutValidation("Range", range);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await server.Client.SendAsync(request);
    }
}

/// <summary>A node on PostgreSQL that no directory was named to.</summary>
[Collection(OnPostgres.Name)]
[Trait("Database", "PostgreSQL")]
public sealed class ArtifactsOffTests(PostgresServer server)
{
    [Fact]
    public async Task On_PostgreSQL_artifacts_are_off_without_a_shared_directory()
    {
        var file = TestFile.New();

        Assert.Contains("Registry:Artifacts:Directory", (await file.Upload(server.Driver)).IsProblem(409, ErrorCode.ArtifactsOff)["detail"], StringComparison.Ordinal);
        (await TestFile.FindMissing(server.Driver, file)).IsProblem(409, ErrorCode.ArtifactsOff);
        (await TestFile.Create(server.Driver, "python", ("model.py", file))).IsProblem(409, ErrorCode.ArtifactsOff);
    }
}
