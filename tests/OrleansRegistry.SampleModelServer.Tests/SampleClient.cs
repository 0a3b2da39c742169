using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRegistry.SampleModelServer.Tests;

/// <summary>A sample server on a free port, with a real model and real HTTP, and a client of it.</summary>
internal sealed class SampleClient : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http = new(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromSeconds(30) }) { Timeout = TimeSpan.FromSeconds(30) };

    private SampleClient(WebApplication app) => _app = app;

    public static async Task<SampleClient> Start(TimeProvider clock, params string[] args)
    {
        var app = SampleServer.Build(["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", .. args], clock);
        var client = new SampleClient(app);
        await app.StartAsync();
        client._http.BaseAddress = new Uri(app.Urls.Single());
        // A body is sent once the server wants it: one that is refused unread would break the connection before the answer is here.
        client._http.DefaultRequestHeaders.ExpectContinue = true;
        return client;
    }

    public Task<Answer> Get(string path) => Send(new HttpRequestMessage(HttpMethod.Get, path));

    public Task<Answer> Post(string path, string body) => Post(path, Encoding.UTF8.GetBytes(body));

    public Task<Answer> Post(string path, byte[] body) => Send(new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) });

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    private async Task<Answer> Send(HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await _http.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            return new Answer(response.StatusCode, JsonNode.Parse(body)!);
        }
    }
}

/// <summary>A status and a JSON body.</summary>
internal sealed record Answer(HttpStatusCode Status, JsonNode Body)
{
    /// <summary>The message of a refusal, which is all that there is.</summary>
    public string Error
    {
        get
        {
            Assert.Equal(["error"], Body.AsObject().Select(entry => entry.Key));
            return (string)Body["error"]!;
        }
    }

    /// <summary>The body of a success.</summary>
    public JsonNode Ok
    {
        get
        {
            Assert.Equal(HttpStatusCode.OK, Status);
            return Body;
        }
    }
}
