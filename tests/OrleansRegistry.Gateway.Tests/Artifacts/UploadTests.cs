using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Text;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Artifacts;

/// <summary>Uploads of files, on a disk.</summary>
[Collection(OnSqlite.Name)]
public sealed class UploadTests(SqliteServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task F1_a_file_is_there_once_all_of_it_is()
    {
        var file = TestFile.New();
        Assert.Equal([(file.Sha256, 0)], await Missing(file));

        var half = (await file.Upload(_registry, 0, 40)).Is(200);

        Assert.Equal(("40", "false", "40"), (half["offset"], half["complete"], half.Header("Upload-Offset")));
        Assert.Equal([(file.Sha256, 40)], await Missing(file));
        (await TestFile.Create(_registry, "python", ("model.py", file))).IsProblem(409, ErrorCode.FileMissing);

        var whole = (await file.Upload(_registry, 40, withLength: false)).Is(200);

        Assert.Equal(("100", "true"), (whole["offset"], whole["complete"]));
        Assert.Empty(await Missing(file));
        (await TestFile.Create(_registry, "python", ("model.py", file))).Is(201);
    }

    [Fact]
    public async Task F2_an_upload_goes_on_where_the_stored_bytes_end()
    {
        var file = TestFile.New();
        await file.Upload(_registry, 0, 40);

        foreach (var offset in (int[])[0, 39, 41, 100])
        {
            var refused = (await file.Upload(_registry, offset)).IsProblem(409, ErrorCode.OffsetMismatch);
            Assert.Equal("40", refused.Header("Upload-Offset"));
        }

        (await file.Upload(_registry, 40)).Is(200);
        var again = (await file.Upload(_registry, 40)).Is(200);
        Assert.Equal("true", again["complete"]);
    }

    [Fact]
    public async Task F2_an_upload_that_nothing_is_stored_of_begins_at_its_first_byte()
    {
        var file = TestFile.New();

        Assert.Equal("0", (await file.Upload(_registry, 1)).IsProblem(409, ErrorCode.OffsetMismatch).Header("Upload-Offset"));
        (await file.Upload(_registry, withLength: false)).IsInvalid("Upload-Length");
        Assert.Equal([(file.Sha256, 0)], await Missing(file));
    }

    [Theory]
    [InlineData(200)]
    [InlineData(90)]
    public async Task F2_an_upload_keeps_the_length_of_its_first_bytes(int other)
    {
        var file = TestFile.New();
        await file.Upload(_registry, 0, 40);

        (await Send(40, 80)).IsInvalid("Upload-Length");
        Assert.Equal([(file.Sha256, 40)], await Missing(file));
        (await file.Upload(_registry, 40)).Is(200);
        (await Send(40, 80)).IsInvalid("Upload-Length");
        (await file.Upload(_registry, 40)).Is(200);

        async Task<Reply> Send(int from, int to)
        {
            using var part = new ByteArrayContent(file.Bytes[from..to]);
            return await _registry.Send(
                HttpMethod.Patch, "/v1/artifacts/files/" + file.Sha256, part, ("Upload-Offset", $"{from}"), ("Upload-Length", $"{other}"));
        }
    }

    [Fact]
    public async Task F2_what_arrived_before_a_connection_broke_off_stays()
    {
        var file = TestFile.New(3_000_000);
        await SendAndBreakOff(file, 2_000_000);

        // The break is noticed in its own time.
        Reply reply;
        do
        {
            reply = await file.Upload(_registry, 3_000_000, withLength: false);
        }
        while ((string?)reply.Body!["code"] == ErrorCode.UploadInProgress || reply.Header("Upload-Offset") == "0");

        var offset = int.Parse(reply.IsProblem(409, ErrorCode.OffsetMismatch).Header("Upload-Offset")!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(offset, 1, 2_000_000);
        Assert.Equal("true", (await file.Upload(_registry, offset)).Is(200)["complete"]);
    }

    [Fact]
    public async Task F3_bytes_of_another_digest_are_refused_and_gone()
    {
        var file = TestFile.New();
        var wrong = new TestFile([.. file.Bytes]);
        file.Bytes[50] ^= 1;

        (await Send(wrong.Sha256, file.Bytes)).IsProblem(400, ErrorCode.DigestMismatch);

        Assert.Equal([(wrong.Sha256, 0)], await Missing(wrong.Sha256, 100));
        file.Bytes[50] ^= 1;
        Assert.Equal("true", (await Send(wrong.Sha256, file.Bytes)).Is(200)["complete"]);
    }

    [Fact]
    public async Task F3_a_file_without_bytes_is_a_file()
    {
        var tenant = await server.NewTenant();
        var registry = server.DriverOf(tenant.Key);
        var empty = new TestFile([]);
        Assert.Equal(0, (int)(await TestFile.FindMissing(registry, empty)).Is(200).Body!["missing"]![0]!["offset"]!);

        Assert.Equal("true", (await empty.Upload(registry)).Is(200)["complete"]);

        var model = TestFile.New();
        await model.Upload(registry);
        var digest = (await TestFile.Create(registry, "python", ("model.py", model), ("__init__.py", empty))).Is(201)["digest"];
        var read = (await registry.Get($"/v1/artifacts/{digest}/files/__init__.py")).Is(200);
        Assert.Equal("", read.Text);
    }

    [Fact]
    public async Task F3_a_file_of_another_workspace_is_not_there()
    {
        var tenant = await server.NewTenant();
        var other = server.DriverOf(tenant.Key);
        var file = TestFile.New();
        (await file.Upload(_registry)).Is(200);
        var digest = (await TestFile.Create(_registry, "python", ("model.py", file))).Is(201)["digest"];

        Assert.Equal(file.Sha256, (string?)(await TestFile.FindMissing(other, file)).Is(200).Body!["missing"]![0]!["sha256"]);
        (await TestFile.Create(other, "python", ("model.py", file))).IsProblem(409, ErrorCode.FileMissing);
        (await other.Get("/v1/artifacts/" + digest)).IsProblem(404, ErrorCode.ArtifactNotFound);
        (await other.Get($"/v1/artifacts/{digest}/files/model.py")).IsProblem(404, ErrorCode.ArtifactNotFound);
        (await other.TryDeploy("m", $"\"artifact\":{{\"digest\":\"{digest}\"}}")).IsProblem(404, ErrorCode.ArtifactNotFound);

        // With the bytes it is; each has its own copy.
        Assert.Equal("true", (await file.Upload(other)).Is(200)["complete"]);
        Assert.Equal(digest, (await TestFile.Create(other, "python", ("model.py", file))).Is(201)["digest"]);
    }

    [Fact]
    public async Task F9_of_twenty_that_upload_one_file_one_writes_at_a_time()
    {
        var file = TestFile.New(200_000);

        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            Reply reply;
            var offset = 0;
            do
            {
                reply = await file.Upload(_registry, offset, Math.Min(offset + 50_000, file.Bytes.Length));
                offset = reply.Header("Upload-Offset") is { } known ? int.Parse(known, System.Globalization.CultureInfo.InvariantCulture) : offset;
                Assert.True(reply.Status == 200 || reply.Body!["code"]!.ToString() is ErrorCode.UploadInProgress or ErrorCode.OffsetMismatch, reply.Text);
            }
            while (reply.Status != 200 || reply["complete"] != "true");
            return reply;
        }));

        Assert.All(replies, reply => Assert.Equal("true", reply["complete"]));
        var digest = (await TestFile.Create(_registry, "python", ("model.py", file))).Is(201)["digest"];
        Assert.Equal(file.Bytes, await server.Client.GetByteArrayAsync(new Uri($"/v1/artifacts/{digest}/files/model.py", UriKind.Relative)));
    }

    [SuppressMessage("Reliability", "CA2025", Justification = "The test awaits the answer before its end.")]
    [Fact]
    public async Task F9_a_second_writer_is_refused_while_the_first_one_sends()
    {
        var file = TestFile.New(1000);
        using var body = new PausedContent(file.Bytes, 500);
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/v1/artifacts/files/" + file.Sha256) { Content = body };
        request.Headers.Add("Upload-Offset", "0");
        request.Headers.Add("Upload-Length", "1000");
        var sending = server.Client.SendAsync(request);
        await body.IsPaused;

        // The first request is on its way: it is let in before long.
        Reply second;
        do
        {
            second = await new TestFile(file.Bytes).Upload(_registry, 1000, withLength: false);
        }
        while ((string?)second.Body!["code"] != ErrorCode.UploadInProgress);

        second.IsProblem(409, ErrorCode.UploadInProgress);
        body.GoOn();
        using var response = await sending;
        Assert.Equal("""{"offset":1000,"complete":true}""", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task E3_a_body_beyond_the_length_is_refused()
    {
        var file = TestFile.New();

        (await Send(file.Sha256, [.. file.Bytes, 1], length: 100)).IsInvalid("body");

        Assert.Equal([(file.Sha256, 0)], await Missing(file));
        (await file.Upload(_registry, 0, 60)).Is(200);
        (await Send(file.Sha256, file.Bytes, offset: 60, length: null)).IsInvalid("body");
        Assert.Equal([(file.Sha256, 60)], await Missing(file));
    }

    [Fact]
    public async Task A_length_that_was_wrong_can_be_said_anew()
    {
        var file = TestFile.New();
        (await Send(file.Sha256, file.Bytes[..10], length: 5000)).Is(200);

        Assert.Equal("true", (await file.Upload(_registry)).Is(200)["complete"]);
    }

    [Fact]
    public async Task E3_headers_and_names_that_are_not_valid_are_named()
    {
        var file = TestFile.New();

        (await Send("A" + file.Sha256[1..], file.Bytes)).IsInvalid("sha256");
        (await _registry.Send(HttpMethod.Patch, "/v1/artifacts/files/" + file.Sha256, null)).IsInvalid("Upload-Offset");
        (await _registry.Send(HttpMethod.Patch, "/v1/artifacts/files/" + file.Sha256, null, ("Upload-Offset", "-1"))).IsInvalid("Upload-Offset");
        (await _registry.Send(HttpMethod.Patch, "/v1/artifacts/files/" + file.Sha256, null, ("Upload-Offset", "0"), ("Upload-Length", "x"))).IsInvalid("Upload-Length");
        (await _registry.Post("/v1/artifacts/missing", """{"files":[]}""")).IsInvalid("files");
        (await _registry.Post("/v1/artifacts/missing", """{"files":[{"sha256":"x","size":-1},{"size":1}]}"""))
            .IsInvalid("files[0].sha256", "files[0].size", "files[1].sha256");
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("invoker")]
    public async Task F7_only_deployers_upload_and_download(string role)
    {
        var digest = await TestFile.CreateNew(_registry);
        var key = (await _registry.Post("/v1/api_keys", $$"""{"name":"x","role":"{{role}}"}""")).Is(201)["key"];
        var caller = server.DriverOf(key);
        var file = TestFile.New();

        (await file.Upload(caller)).IsProblem(403, ErrorCode.Forbidden);
        (await TestFile.FindMissing(caller, file)).IsProblem(403, ErrorCode.Forbidden);
        (await caller.Get($"/v1/artifacts/{digest}/files/model.py")).IsProblem(403, ErrorCode.Forbidden);
        (await caller.Get("/v1/artifacts/" + digest)).Is(role == "viewer" ? 200 : 403);
    }

    private async Task<(string, int)[]> Missing(TestFile file) => await Missing(file.Sha256, file.Bytes.Length);

    private async Task<(string, int)[]> Missing(string sha256, int size)
    {
        var reply = (await _registry.Post("/v1/artifacts/missing", $$"""{"files":[{"sha256":"{{sha256}}","size":{{size}}}]}""")).Is(200);
        Assert.Equal("8388608", reply["part_size"]);
        return [.. reply.Body!["missing"]!.AsArray().Select(file => ((string)file!["sha256"]!, (int)file["offset"]!))];
    }

    private async Task<Reply> Send(string sha256, byte[] bytes, int offset = 0, int? length = 100)
    {
        using var content = new ByteArrayContent(bytes);
        (string, string)[] headers = [("Upload-Offset", $"{offset}"), .. length is null ? Array.Empty<(string, string)>() : [("Upload-Length", $"{length}")]];
        return await _registry.Send(HttpMethod.Patch, "/v1/artifacts/files/" + sha256, content, headers);
    }

    /// <summary>Sends a request whose connection is lost in the middle of its body.</summary>
    private async Task SendAndBreakOff(TestFile file, int sent)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Address.Host, server.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"PATCH /v1/artifacts/files/{file.Sha256} HTTP/1.1\r\nHost: {server.Address.Authority}\r\nAuthorization: Bearer {RegistryServer.OperatorKey}\r\n"
            + $"Upload-Offset: 0\r\nUpload-Length: {file.Bytes.Length}\r\nContent-Length: {file.Bytes.Length}\r\n\r\n"));
        for (var at = 0; at < sent;)
        {
            at += await socket.SendAsync(file.Bytes.AsMemory(at, sent - at));
        }

        socket.Shutdown(SocketShutdown.Both);
    }
}
