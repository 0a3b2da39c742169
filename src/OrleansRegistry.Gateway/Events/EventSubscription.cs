using System.Threading.Channels;

namespace OrleansRegistry.Gateway;

/// <summary>
/// One reader's part of the feed. It holds so much; a reader that falls further behind is cut off, and resumes from
/// where it was.
/// </summary>
internal sealed class EventSubscription(string workspace, EventFilter filter, Action<EventSubscription> end) : IDisposable
{
    /// <summary>How many events are held for a reader.</summary>
    public const int Capacity = 1000;

    private readonly Channel<RegistryEvent> _channel = Channel.CreateBounded<RegistryEvent>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });

    private readonly CancellationTokenSource _cut = new();

    /// <summary>The events, in order of position.</summary>
    public ChannelReader<RegistryEvent> Events => _channel.Reader;

    /// <summary>Cancelled when the reader is cut off.</summary>
    public CancellationToken Cut => _cut.Token;

    /// <summary>Takes an event if it is one that the reader wants.</summary>
    public void Offer(RegistryEvent happened)
    {
        if (Wants(happened) && !_channel.Writer.TryWrite(happened))
        {
            _channel.Writer.TryComplete();
            _cut.CancelAsync();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        end(this);
        _cut.Dispose();
    }

    private bool Wants(RegistryEvent happened) =>
        happened.Workspace == workspace
        && (filter.ModelId is null || filter.ModelId == happened.ModelId)
        && (filter.VersionId is null || filter.VersionId == happened.VersionId)
        && (filter.Actor is null || filter.Actor == happened.Actor)
        && (filter.Types.IsDefaultOrEmpty || filter.Types.Contains(happened.Type));
}
