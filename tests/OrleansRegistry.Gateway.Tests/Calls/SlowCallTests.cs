using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>Bodies and answers that come in parts, on a gateway that has the time for it.</summary>
[SuppressMessage("Reliability", "CA2000", Justification = "A request disposes of its content.")]
public sealed class SlowCallTests : SqliteServer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_stream_passes_part_by_part_and_ends_with_its_caller()
    {
        var ended = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        await using var backend = await Backend.Start(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync("data: {\"a\":1}\n\n");
            await http.Response.Body.FlushAsync();
            await go.Task;
            await http.Response.WriteAsync("data: [DONE]\n\n");
            await http.Response.Body.FlushAsync();
            using var gone = http.RequestAborted.Register(ended.SetResult);
            await ended.Task;
        });
        var name = RegistryDriver.NewName();
        await Driver.DeployPrimary(name, $$"""
            "serving":{"url":"{{backend.Url}}","served_name":"x"}
            """);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/openai/v1/chat/completions")
        {
            Content = new StringContent($$"""{"stream":true,"model":"{{name}}"}"""),
        };
        var answer = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        Assert.Equal("data: {\"a\":1}", await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience));
        go.SetResult();
        Assert.Equal("", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.Equal("data: [DONE]", await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience));
        Assert.False(ended.Task.IsCompleted);
        answer.Dispose();
        await ended.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task O4_an_answer_comes_as_it_is_made_and_does_not_look_whole_when_it_breaks_off()
    {
        var go = new TaskCompletionSource();
        await using var backend = await Backend.Start(async http =>
        {
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync("[1,");
            await http.Response.Body.FlushAsync();
            await go.Task;
            http.Abort();
        });
        var made = await Driver.DeployPrimary(RegistryDriver.NewName(), backend.Serving());
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/model_versions/{made["id"]}/predict");
        using var answer = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var body = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var expected = $$"""{"model_id":"{{made["model_id"]}}","model_version_id":"{{made["id"]}}","model_output":[1,""";
        var bytes = new byte[expected.Length];

        await body.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);

        Assert.Equal(expected, Encoding.ASCII.GetString(bytes));
        go.SetResult();
        await Assert.ThrowsAnyAsync<IOException>(() => body.ReadAsync(bytes).AsTask().WaitAsync(Patience));
    }

    [Fact]
    public async Task A8_no_call_begins_of_a_key_that_has_ended_while_the_body_came()
    {
        await using var backend = await Backend.Start(_ => Task.CompletedTask);
        var name = RegistryDriver.NewName();
        await Driver.DeployPrimary(name, backend.Serving());
        var made = (await Driver.Post("/v1/api_keys", "{\"name\":\"caller\",\"role\":\"invoker\"}")).Is(201);
        var body = new LateBody($$"""{"model":"{{name}}"}""");

        var calling = Call();
        await body.IsAskedFor.WaitAsync(Patience);
        (await Driver.Delete($"/v1/api_keys/{made["api_key.prefix"]}")).Is(200);
        body.Come();

        Assert.Equal(HttpStatusCode.Unauthorized, await calling.WaitAsync(Patience));

        async Task<HttpStatusCode> Call()
        {
            // The server asks for the body once it knows who calls.
            using var handler = new SocketsHttpHandler { Expect100ContinueTimeout = Timeout.InfiniteTimeSpan };
            using var client = new HttpClient(handler) { BaseAddress = Address };
            using var request = new HttpRequestMessage(HttpMethod.Post, "/openai/v1/chat/completions") { Content = body };
            request.Headers.ExpectContinue = true;
            request.Headers.Add("Authorization", $"Bearer {made["key"]}");
            using var answer = await client.SendAsync(request);
            return answer.StatusCode;
        }
    }

    private sealed class LateBody(string text) : HttpContent
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _comes = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsAskedFor => _asked.Task;

        public void Come() => _comes.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            _asked.SetResult();
            await _comes.Task;
            await stream.WriteAsync(Encoding.UTF8.GetBytes(text));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
