using Microsoft.Extensions.Hosting;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The orderly end of a gateway (rule H5). Once it is told to stop, it takes calls for a while, and says with each answer
/// that the connection is over. Then it closes.
/// </summary>
/// <param name="drain">How long it takes calls.</param>
/// <param name="lifetime">Tells when the node stops.</param>
/// <param name="clock">Measures.</param>
internal sealed class NodeEnd(TimeSpan drain, IHostApplicationLifetime lifetime, TimeProvider clock) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _closing = new();

    /// <summary>Whether the node is told to stop.</summary>
    public bool HasBegun => Stopping.IsCancellationRequested;

    /// <summary>Is cancelled when the node is told to stop.</summary>
    public CancellationToken Stopping => lifetime.ApplicationStopping;

    /// <summary>Is cancelled when no more calls are taken. What would go on without an end has to end.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Where the node was not told by a signal.
        lifetime.StopApplication();
        await Task.Delay(drain, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _closing.CancelAsync();
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _closing.Dispose();
}
