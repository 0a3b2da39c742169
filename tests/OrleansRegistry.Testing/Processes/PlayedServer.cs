using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Testing;

/// <summary>A server that a test plays: a model's server, or a registry that says what the test wants.</summary>
public sealed class PlayedServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private PlayedServer(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public Uri Url => new(_app.Urls.Single());

    /// <summary>The method, path and query, and body of each request.</summary>
    public ConcurrentQueue<(string Method, string Target, string Body)> Received { get; } = new();

    /// <summary>Starts a server.</summary>
    /// <param name="answer">Answers a request.</param>
    public static async Task<PlayedServer> Start(Func<HttpContext, string, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new PlayedServer(app);
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            server.Received.Enqueue((context.Request.Method, context.Request.Path + context.Request.QueryString, body));
            await answer(context, body);
        });
        await app.StartAsync();
        return server;
    }

    /// <summary>Starts a server that always answers the same JSON.</summary>
    public static Task<PlayedServer> Start(string json, int status = 200) => Start((context, _) => Json(context, json, status));

    /// <summary>Answers JSON; a refusal as a problem.</summary>
    public static Task Json(HttpContext context, string json, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = status < 400 ? "application/json" : "application/problem+json";
        return context.Response.WriteAsync(json);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
