using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>A model's server, of which only the health URL matters here.</summary>
public sealed class ModelServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private volatile bool _isUp;

    private ModelServer(WebApplication app) => _app = app;

    /// <summary>Its serving spec, as JSON text.</summary>
    public string Serving(int timeoutSeconds = 60) =>
        $$"""{"url":"{{_app.Urls.Single()}}","health_url":"{{_app.Urls.Single()}}/health","startup_timeout_seconds":{{timeoutSeconds}}}""";

    /// <summary>Its address.</summary>
    public string Url => _app.Urls.Single();

    /// <summary>It as one of several, as JSON text.</summary>
    public string Server => $$"""{"url":"{{Url}}","health_url":"{{Url}}/health"}""";

    /// <summary>Starts a server that isn't up yet.</summary>
    public static async Task<ModelServer> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new ModelServer(app);
        app.MapGet("/health", () => Results.StatusCode(server._isUp ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable));
        await app.StartAsync();
        return server;
    }

    /// <summary>From now on the health URL answers 200.</summary>
    public void ComeUp() => _isUp = true;

    /// <summary>From now on the health URL answers 503.</summary>
    public void GoDown() => _isUp = false;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
