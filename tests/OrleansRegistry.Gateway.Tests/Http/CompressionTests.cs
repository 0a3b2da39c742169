using System.IO.Compression;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Http;

/// <summary>Lists that are compressed where the caller takes it, and answers that never are.</summary>
[Collection(OnSqlite.Name)]
public sealed class CompressionTests(SqliteServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Theory]
    [InlineData("/v1/models?q={0}")]
    [InlineData("/v1/models/{0}/versions?page_size=200")]
    [InlineData("/v1/models/{0}/events?page_size=200")]
    [InlineData("/v1/billing/usage")]
    [InlineData("/v1/billing/statements")]
    public async Task A_list_is_compressed_for_who_takes_gzip(string template)
    {
        var name = $"c{Guid.NewGuid():N}";
        for (var i = 0; i < 5; i++)
        {
            await _registry.Deploy(name);
        }

        var path = template.Replace("{0}", name, StringComparison.Ordinal);
        var plain = (await _registry.Get(path)).Is(200);
        Assert.Null(plain.Header("Content-Encoding"));
        using var compressed = await Get(path, "gzip");
        Assert.Equal("gzip", Assert.Single(compressed.Content.Headers.ContentEncoding));
        Assert.Contains("Accept-Encoding", compressed.Headers.Vary);
        await using var gzip = new GZipStream(await compressed.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(WithoutChanging(plain.Text), WithoutChanging(text));

        using var refused = await Get(path, "gzip;q=0");
        Assert.Empty(refused.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task A_page_of_versions_takes_less_than_an_eighth_of_its_length()
    {
        var name = $"c{Guid.NewGuid():N}";
        for (var i = 0; i < 40; i++)
        {
            await _registry.Deploy(name, "\"serving\":{\"url\":\"http://host.invalid\"}");
        }

        var path = $"/v1/models/{name}/versions?page_size=200";
        var plain = (await _registry.Get(path)).Is(200).Text.Length;
        using var compressed = await Get(path, "gzip");
        var length = (await compressed.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length;

        Assert.True(length < plain / 8, $"{length} of {plain} bytes");
    }

    [Fact]
    public async Task What_may_hold_a_secret_a_problem_a_stream_and_what_is_no_list_are_never_compressed()
    {
        var made = await _registry.Deploy(RegistryDriver.NewName());
        foreach (var path in (string[])
            [
                "/v1/api_keys", "/v1/webhooks", "/v1/workspaces", "/v1/me", $"/v1/models/{made["model_id"]}", $"/v1/model_versions/{made["id"]}", "/v1/models?page_size=0",
            ])
        {
            using var answer = await Get(path, "gzip");
            Assert.Empty(answer.Content.Headers.ContentEncoding);
        }

        using var stream = await Get("/v1/events", "gzip", "text/event-stream");
        Assert.Equal("text/event-stream", stream.Content.Headers.ContentType!.MediaType);
        Assert.Empty(stream.Content.Headers.ContentEncoding);
        Assert.DoesNotContain(
            server.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<CompressedList>() is not null),
            endpoint => endpoint.DisplayName!.Contains("api_keys", StringComparison.Ordinal) || endpoint.DisplayName.Contains("webhooks", StringComparison.Ordinal));
    }

    private static string WithoutChanging(string text) => System.Text.RegularExpressions.Regex.Replace(text, "\"(as_of|to|next_page_token|\\w*seconds|\\w*amount)\":[^,}]*", "");

    private async Task<HttpResponseMessage> Get(string path, string encodings, string accept = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept-Encoding", encodings);
        request.Headers.Add("Accept", accept);
        return await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }
}
