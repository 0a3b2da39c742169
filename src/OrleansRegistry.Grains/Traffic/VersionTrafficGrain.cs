using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansRegistry.State;

namespace OrleansRegistry.Traffic;

/// <inheritdoc cref="IVersionTrafficGrain"/>
internal sealed partial class VersionTrafficGrain(
    [FromKeyedServices(StorageNames.Registry)] IGrainStorage storage, IGrainContext context, TimeProvider clock, ILogger<VersionTrafficGrain> logger)
    : IGrainBase, IVersionTrafficGrain
{
    private static readonly TimeSpan WriteInterval = TimeSpan.FromMinutes(1);

    private readonly StateRow<TrafficState> _row = new(storage, StorageNames.Traffic, context.GrainId);
    private readonly RecentTraffic _recent = new();
    private TrafficHistory? _history;
    private bool _isConfirmed;
    private bool _isChanged;
    private IGrainTimer? _writeTimer;

    public IGrainContext GrainContext => context;

    private TrafficState Stored => _row.Value ?? TrafficState.None;

    /// <summary>Begins as it is stored, and goes on in memory; every write stores it.</summary>
    private TrafficHistory History => _history ??= Stored.History;

    public async Task Report(TrafficReport report)
    {
        await Confirm();
        var now = clock.GetUtcNow();
        var delta = _recent.Add(report, Stored.Series.FirstOrDefault(series => series.Id == report.Series), now);
        _history = History.With(delta, now);
        _isChanged = true;
        _writeTimer ??= this.RegisterGrainTimer(Write, WriteInterval, WriteInterval);
    }

    public async Task<TrafficView> Read()
    {
        await Confirm();
        var now = clock.GetUtcNow();
        var total = Stored.With(_recent.Latest, now);
        var history = History.Until(now);
        return new TrafficView
        {
            Calls = total.Calls,
            Errors = total.Errors,
            LastCallAt = total.LastCallAt,
            LastMinute = _recent.LastMinute(now),
            InFlight = _recent.InFlight(now),
            Minutes = [.. history.Minutes.Select(slot => slot.ToView())],
            Hours = [.. history.Hours.Select(slot => slot.ToView())],
        };
    }

    public Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Write(cancellationToken);

    /// <summary>Stores the totals. What isn't stored stays in memory, and the next write brings it.</summary>
    private async Task Write(CancellationToken cancellationToken)
    {
        if (!_isChanged)
        {
            return;
        }

        try
        {
            await Confirm();
            var now = clock.GetUtcNow();
            var next = Stored.With(_recent.Latest, now) with { History = History.Until(now) };
            _isConfirmed = false;
            await _row.Write(next, next);
            _isConfirmed = true;
            _isChanged = false;
        }
        catch (Exception e) when (e is RegistryUnavailableException or StateCorruptException)
        {
            LogNotStored(context.GrainId, e);
        }
    }

    /// <summary>Reads the row on first use, and again after a write whose outcome is unknown.</summary>
    private async Task Confirm()
    {
        if (!_isConfirmed)
        {
            await _row.Read();
            _isConfirmed = true;
        }
    }

    [LoggerMessage(130, LogLevel.Warning, "The traffic of {Grain} could not be stored; it stays in memory until the next try")]
    private partial void LogNotStored(GrainId grain, Exception exception);
}
