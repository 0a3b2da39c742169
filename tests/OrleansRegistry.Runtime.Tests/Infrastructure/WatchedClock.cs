using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace OrleansRegistry.Runtime.Tests.Infrastructure;

/// <summary>A clock that says which timers wait on it: it is moved when there is something to be moved on.</summary>
internal sealed class WatchedClock : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>Waits until the next timer of this length is there.</summary>
    public async Task Timer(TimeSpan dueTime)
    {
        while (await _timers.Reader.ReadAsync(TestContext.Current.CancellationToken) != dueTime)
        {
        }
    }
}
