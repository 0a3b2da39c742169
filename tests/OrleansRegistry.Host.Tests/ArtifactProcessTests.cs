using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>Uploads to the real executable: killed in their middle, larger than its memory may grow, to a disk that is full.</summary>
public sealed class ArtifactProcessTests(ITestOutputHelper output)
{
    private const int Part = 8 * 1024 * 1024;

    /// <summary>How far the resident memory may grow.</summary>
    private const long MaxGrowth = 64L * 1024 * 1024;

    /// <summary>1 GiB in a long run, which has ten times the rounds.</summary>
    private static readonly int Megabytes = Math.Min(1024, TestRounds.Of(128));

    [Fact]
    public async Task F2_an_upload_goes_on_after_the_server_was_killed_in_its_middle()
    {
        await using var database = TestDatabase.Sqlite();
        var settings = NodeSettings.On(database);
        var bytes = RandomNumberGenerator.GetBytes(5 * Part);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var sent = 0L;

        for (var kill = 0; kill < 3; kill++)
        {
            var (process, client) = await RegistryProcess.Start(settings);
            using (process)
            using (client)
            {
                var offset = await Offset(client, sha256, bytes.Length);
                using var body = new CountedContent(bytes.AsMemory((int)offset), async count =>
                {
                    if (count == Part + (Part / 2))
                    {
                        // What was sent may be in a buffer still; a part is stored with its row.
                        while (await Offset(client, sha256, bytes.Length) < offset + Part)
                        {
                            await Task.Yield();
                        }

                        await process.Kill();
                    }
                });
                await Assert.ThrowsAsync<HttpRequestException>(() => Patch(client, sha256, offset, bytes.Length, body));
                sent += body.Sent;
            }
        }

        {
            var (process, client) = await RegistryProcess.Start(settings);
            using (process)
            using (client)
            {
                var offset = await Offset(client, sha256, bytes.Length);
                output.WriteLine($"{offset} bytes were stored after three kills");
                Assert.True(offset >= 3 * Part, $"{offset}");
                using var rest = new ByteArrayContent(bytes, (int)offset, bytes.Length - (int)offset);
                using var whole = await Patch(client, sha256, offset, bytes.Length, rest);
                Assert.Equal(HttpStatusCode.OK, whole.StatusCode);
                sent += bytes.Length - offset;
                Assert.InRange(sent, bytes.Length, bytes.Length + (3 * Part));
                var digest = await Create(client, sha256, bytes.Length);
                Assert.Equal(bytes, await client.GetByteArrayAsync(new Uri($"/v1/artifacts/{digest}/files/model.py", UriKind.Relative)));
            }
        }

        var (exitCode, report) = await RegistryProcess.RunToEnd(settings, "check");
        Assert.True(exitCode == 0, report);
    }

    [Fact]
    public async Task Memory_does_not_grow_by_what_is_uploaded_and_downloaded()
    {
        await using var database = TestDatabase.Sqlite();
        var (process, client) = await RegistryProcess.Start(NodeSettings.On(database));
        using (process)
        using (client)
        {
            var block = RandomNumberGenerator.GetBytes(1024 * 1024);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (var n = 0; n < Megabytes; n++)
            {
                hash.AppendData(block);
            }

            var sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
            var length = (long)Megabytes * block.Length;
            // All code has run once, and the runtime has the memory that it keeps.
            await Upload(client, new byte[2 * Part]);
            var before = ResidentBytes(process);

            for (var offset = 0L; offset < length; offset += Part)
            {
                using var body = new RepeatedContent(block, (int)Math.Min(Part, length - offset) / block.Length);
                using var response = await Patch(client, sha256, offset, length, body);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            }

            var uploaded = ResidentBytes(process);
            var digest = await Create(client, sha256, length);
            using (var response = await client.GetAsync(new Uri($"/v1/artifacts/{digest}/files/model.py", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead))
            {
                await using var stream = await response.Content.ReadAsStreamAsync();
                Assert.Equal(sha256, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream)));
            }

            var downloaded = ResidentBytes(process);
            output.WriteLine($"{Megabytes} MiB: {before >> 20} MiB resident, {uploaded >> 20} after the upload, {downloaded >> 20} after the download");
            Assert.True(Math.Max(uploaded, downloaded) - before < MaxGrowth);
        }
    }

    [Fact]
    public async Task F7_below_the_space_that_is_to_stay_free_uploads_are_507()
    {
        await using var database = TestDatabase.Sqlite();
        var settings = NodeSettings.On(database) with { Arguments = [$"--Registry:MinFreeBytes={1L << 50}"] };
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            using var body = new ByteArrayContent([1]);
            using var response = await Patch(client, Convert.ToHexStringLower(SHA256.HashData([1])), 0, 1, body);

            Assert.Equal(HttpStatusCode.InsufficientStorage, response.StatusCode);
            Assert.Equal("storage_full", (string?)(await response.Content.ReadFromJsonAsync<JsonNode>())!["code"]);
        }
    }

    [Fact]
    public async Task A_directory_of_another_deployment_is_not_used()
    {
        await using var one = TestDatabase.Sqlite();
        await using var other = TestDatabase.Sqlite();
        var shared = Directory.CreateTempSubdirectory("artifacts-").FullName;
        try
        {
            string[] arguments = [$"--Registry:Artifacts:Directory={shared}"];
            var (first, client) = await RegistryProcess.Start(NodeSettings.On(one) with { Arguments = arguments });
            using (first)
            using (client)
            {
                await Upload(client, [1, 2, 3]);
            }

            var (second, stranger) = await RegistryProcess.Start(NodeSettings.On(other) with { Arguments = arguments });
            using (second)
            using (stranger)
            {
                Assert.Contains("of another deployment", await OffReason(stranger), StringComparison.Ordinal);
            }

            // As if the disk were not mounted.
            File.Delete(Path.Combine(shared, "registry-artifacts"));
            var (third, again) = await RegistryProcess.Start(NodeSettings.On(one) with { Arguments = arguments });
            using (third)
            using (again)
            {
                Assert.Contains("registry-artifacts is missing", await OffReason(again), StringComparison.Ordinal);
                Assert.Contains("Artifacts are off", third.Output, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(shared, recursive: true);
        }
    }

    private static async Task<string> OffReason(HttpClient client) =>
        (string)(await client.GetFromJsonAsync<JsonNode>(new Uri("/v1/server", UriKind.Relative)))!["off"]!["artifacts"]!;

    private static async Task Upload(HttpClient client, byte[] bytes)
    {
        using var body = new ByteArrayContent(bytes);
        using var response = await Patch(client, Convert.ToHexStringLower(SHA256.HashData(bytes)), 0, bytes.Length, body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static async Task<HttpResponseMessage> Patch(HttpClient client, string sha256, long offset, long length, HttpContent body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/v1/artifacts/files/" + sha256) { Content = body };
        request.Headers.Add("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("Upload-Length", length.ToString(CultureInfo.InvariantCulture));
        return await client.SendAsync(request);
    }

    private static async Task<long> Offset(HttpClient client, string sha256, long length)
    {
        using var response = await client.PostAsJsonAsync(
            new Uri("/v1/artifacts/missing", UriKind.Relative), new { files = new[] { new { sha256, size = length } } });
        var missing = (await response.Content.ReadFromJsonAsync<JsonNode>())!["missing"]!.AsArray();
        return (long)missing.Single()!["offset"]!;
    }

    private static async Task<string> Create(HttpClient client, string sha256, long length)
    {
        using var response = await client.PostAsJsonAsync(
            new Uri("/v1/artifacts", UriKind.Relative), new { format = "python", files = new[] { new { path = "model.py", sha256, size = length } } });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (string)(await response.Content.ReadFromJsonAsync<JsonNode>())!["digest"]!;
    }

    private static long ResidentBytes(RegistryProcess process)
    {
        var line = File.ReadLines($"/proc/{process.Id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    /// <summary>A body that says how much of it was sent.</summary>
    private sealed class CountedContent(ReadOnlyMemory<byte> bytes, Func<long, Task> sent) : HttpContent
    {
        private const int Step = 512 * 1024;

        public long Sent { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var at = 0; at < bytes.Length; at += Step)
            {
                var some = bytes.Slice(at, Math.Min(Step, bytes.Length - at));
                await stream.WriteAsync(some);
                await stream.FlushAsync();
                Sent += some.Length;
                await sent(Sent);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }

    /// <summary>A body that is a block again and again.</summary>
    private sealed class RepeatedContent(byte[] block, int times) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var n = 0; n < times; n++)
            {
                await stream.WriteAsync(block);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = (long)block.Length * times;
            return true;
        }
    }
}
