using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Metadata;

namespace OrleansRegistry.Storage.Postgres.Cluster;

/// <summary>
/// Which run of the database server the silo talks to. A server that was started anew may have lost what another one,
/// or its own data directory, acknowledged last: a replica took over that had not heard of it, a backup was restored.
/// So what a grain has read before the start counts no more.
/// </summary>
internal sealed partial class DatabaseEpoch(ILogger<DatabaseEpoch> logger) : IConfigureGrainContextProvider, IConfigureGrainContext
{
    /// <summary>How grain properties call the placement of stateless workers.</summary>
    private static readonly string StatelessWorker = new StatelessWorkerAttribute().PlacementStrategy.GetType().Name;

    private volatile Epoch _current = new(null);

    /// <summary>Takes note of when the server was started, by its own clock. Not to be called by two at once.</summary>
    public void Note(DateTimeOffset started)
    {
        var last = _current.Started;
        if (started != last)
        {
            _current = new Epoch(started);
            if (last is not null)
            {
                LogBegun(started);
            }
        }
    }

    /// <summary>Whether a grain was activated in an earlier one.</summary>
    public bool IsOver(IGrainContext grain) => OverFor(grain)();

    /// <summary>Says whether a grain was activated in an earlier one, each time that it is asked.</summary>
    public Func<bool> OverFor(IGrainContext grain)
    {
        var its = grain.GetComponent<Epoch>();
        return () => its is not null && its != _current;
    }

    public void Configure(IGrainContext context) => context.SetComponent(_current);

    /// <summary>All but stateless workers: they have no row, and their contexts take no components.</summary>
    public bool TryGetConfigurator(GrainType grainType, GrainProperties properties, [NotNullWhen(true)] out IConfigureGrainContext? configurator)
    {
        var hasRow = properties.Properties.GetValueOrDefault(WellKnownGrainTypeProperties.PlacementStrategy) != StatelessWorker;
        configurator = hasRow ? this : null;
        return hasRow;
    }

    /// <summary>An epoch.</summary>
    /// <param name="Started">When the server was started, or null before it was asked.</param>
    private sealed record Epoch(DateTimeOffset? Started);

    [LoggerMessage(314, LogLevel.Information, "The database was started at {Started}: rows that were read before are read again")]
    private partial void LogBegun(DateTimeOffset started);
}
