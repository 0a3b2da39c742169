using Microsoft.Extensions.Hosting;

namespace OrleansRegistry;

/// <summary>
/// A hosted service that does the same again and again, from its start on. What fails is done the next time.
/// </summary>
/// <param name="interval">From one time to the next.</param>
/// <param name="clock">The clock that measures the intervals.</param>
internal abstract class PeriodicWorker(TimeSpan interval, TimeProvider clock) : BackgroundService
{
    /// <summary>The clock.</summary>
    protected TimeProvider Clock => clock;

    /// <summary>Does it once.</summary>
    protected abstract Task Work(CancellationToken stoppingToken);

    /// <summary>Logs why it was not done.</summary>
    protected abstract void LogFailure(Exception exception);

    /// <inheritdoc/>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, clock);
        try
        {
            do
            {
                try
                {
                    await Work(stoppingToken);
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    LogFailure(e);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops.
        }
    }
}
