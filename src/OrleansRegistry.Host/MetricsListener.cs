using OpenTelemetry.Metrics;

namespace OrleansRegistry.Host;

/// <summary>
/// Answers <c>/metrics</c> in Prometheus' text, without a key, on a port of its own: a server beside the node's, which
/// none of its limits counts and none of its routes is on.
/// </summary>
internal sealed class MetricsListener(RegistrySettings settings, MeterProvider meters) : IHostedService, IAsyncDisposable
{
    /// <summary>Who fetches metrics keeps a connection or two.</summary>
    private const int Connections = 16;

    private WebApplication? _server;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls([.. settings.MetricsUrls]).ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = Connections;
        });
        _server = builder.Build();
        _server.UseOpenTelemetryPrometheusScrapingEndpoint(
            meters, predicate: null, path: null, configureBranchedPipeline: null, optionsName: null);
        return _server.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _server?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
