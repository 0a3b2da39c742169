using OrleansRegistry.Gateway.Tests.Infrastructure;
using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Gateway.Tests.Artifacts;

/// <summary>How many uploads a workspace has open, and how many bytes it may have (rule F7).</summary>
public sealed class UploadLimitTests(UploadLimitTests.Server server) : IClassFixture<UploadLimitTests.Server>
{
    [SuppressMessage("Reliability", "CA2025", Justification = "The test awaits the answer before its end.")]
    [Fact]
    public async Task F7_a_workspace_has_so_many_uploads_open()
    {
        var other = server.DriverOf((await server.NewTenant()).Key);
        var file = TestFile.New(1000);
        using var body = new PausedContent(file.Bytes, 500);
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/v1/artifacts/files/" + file.Sha256) { Content = body };
        request.Headers.Add("Upload-Offset", "0");
        request.Headers.Add("Upload-Length", "1000");
        var sending = server.Client.SendAsync(request);
        await body.IsPaused;

        // The first request is on its way: it is let in before long. The same bytes take no room again.
        var small = TestFile.New();
        Reply second;
        do
        {
            second = await small.Upload(server.Driver);
        }
        while (second.Status == 200);

        Assert.Contains("OpenUploadsPerWorkspace", second.IsProblem(429, ErrorCode.RateLimited)["detail"], StringComparison.Ordinal);
        (await TestFile.New().Upload(other)).Is(200);
        body.GoOn();
        using var response = await sending;
        Assert.True(response.IsSuccessStatusCode);
        (await TestFile.New().Upload(server.Driver)).Is(200);
    }

    [Fact]
    public async Task F7_a_workspace_has_so_many_bytes()
    {
        var tenant = server.DriverOf((await server.NewTenant()).Key);
        (await TestFile.New(200_000).Upload(tenant)).Is(200);

        Assert.Contains("300000", (await TestFile.New(150_000).Upload(tenant)).IsProblem(409, ErrorCode.QuotaExceeded)["detail"], StringComparison.Ordinal);

        (await TestFile.New(50_000).Upload(tenant)).Is(200);
    }

    /// <summary>A node that lets a workspace upload once at a time.</summary>
    public sealed class Server : SqliteServer
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<string> Settings =>
            ["--Registry:Limits:OpenUploadsPerWorkspace=1", "--Registry:Limits:ArtifactBytesPerWorkspace=300000"];
    }
}
