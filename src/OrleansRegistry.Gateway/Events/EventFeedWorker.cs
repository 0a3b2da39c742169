using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Follows the log of events while somebody watches it, once for the whole gateway, and hands every event to all who
/// want it. It follows the database, so that it sees what other nodes store too.
/// </summary>
internal sealed partial class EventFeedWorker(IRegistryCatalog catalog, TimeProvider clock, ILogger<EventFeedWorker> logger)
    : PeriodicWorker(PollInterval, clock)
{
    private const int PageSize = 500;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private ImmutableHashSet<EventSubscription> _subscriptions = [];
    private long _position;

    /// <summary>How many readers there are.</summary>
    public int Readers => _subscriptions.Count;

    /// <summary>
    /// Begins to collect events for a reader: all behind some position that was reached already. What came before is
    /// read from the catalog, afterwards; both together have no gap, and overlap perhaps.
    /// </summary>
    public async Task<EventSubscription> Subscribe(string workspace, EventFilter filter, CancellationToken cancellationToken)
    {
        var reached = await catalog.FindLastPosition(cancellationToken);
        var subscription = new EventSubscription(workspace, filter, End);
        lock (_lock)
        {
            // Nobody has followed the log meanwhile.
            if (_subscriptions.IsEmpty)
            {
                _position = reached;
            }

            _subscriptions = _subscriptions.Add(subscription);
        }

        return subscription;
    }

    /// <inheritdoc/>
    protected override async Task Work(CancellationToken stoppingToken)
    {
        while (!_subscriptions.IsEmpty)
        {
            var position = Volatile.Read(ref _position);
            var events = await catalog.ListEvents(position, PageSize, stoppingToken);
            if (!events.IsEmpty)
            {
                HandOut(position, events);
            }

            if (events.Length < PageSize)
            {
                return;
            }
        }
    }

    /// <summary>
    /// A page is handed out as a whole: who subscribes meanwhile gets all of it, or begins behind it.
    /// </summary>
    private void HandOut(long position, ImmutableArray<RegistryEvent> events)
    {
        lock (_lock)
        {
            if (_position != position)
            {
                return;
            }

            foreach (var happened in events)
            {
                foreach (var subscription in _subscriptions)
                {
                    subscription.Offer(happened);
                }
            }

            _position = events[^1].Position;
        }
    }

    private void End(EventSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions = _subscriptions.Remove(subscription);
        }
    }

    [LoggerMessage(220, LogLevel.Warning, "New events can't be read now")]
    protected override partial void LogFailure(Exception exception);
}
