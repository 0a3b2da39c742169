using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>
/// Plays the serving environments of versions, each under a path of its own, and the servers of versions that have several.
/// They take three looks to start, and remember what reached them.
/// </summary>
internal sealed class ModelServer : IAsyncDisposable
{
    private const int LooksToStart = 3;
    private const int Servers = 3;

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, int> _looks = [];
    private readonly ConcurrentDictionary<string, bool> _reached = [];

    private ModelServer(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public string Url => _app.Urls.Single();

    /// <summary>The ways to it, each of them a server for a version that has several: it dies, or hangs, by itself.</summary>
    public IReadOnlyList<TcpProxy> Ways { get; private set; } = [];

    public static async Task<ModelServer> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new ModelServer(builder.Build());
        server._app.MapGet("/{environment}/health", server.Look);
        server._app.MapPost("/{environment}/{call}", (string call) => server._reached.TryAdd(call, true) ? Results.Ok() : Results.BadRequest());
        await server._app.StartAsync();
        server.Ways = [.. Enumerable.Range(0, Servers).Select(_ => new TcpProxy("127.0.0.1", new Uri(server.Url).Port))];
        return server;
    }

    /// <summary>Whether a call has reached a version.</summary>
    public bool HasReached(string call) => _reached.ContainsKey(call);

    public async ValueTask DisposeAsync()
    {
        foreach (var way in Ways)
        {
            way.Dispose();
        }

        await _app.DisposeAsync();
    }

    private IResult Look(string environment) => Results.StatusCode(
        _looks.AddOrUpdate(environment, 1, (_, looks) => looks + 1) % LooksToStart == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}
