using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.Processes;
using OrleansRegistry.Runtime.Tests.Infrastructure;

namespace OrleansRegistry.Runtime.Tests;

public sealed class HangTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task X8_Health_that_hangs_three_times_is_a_death()
    {
        WatchedClock clock = new();
        await using var test = await TestRunner.Create(clock: clock);
        var (process, log) = test.Start(
            test.Package(("server.py", """
                import os, socket
                listener = socket.socket(fileno=int(os.environ["REGISTRY_SOCKET_FD"]))
                held = []
                for number in range(10):
                    connection, _ = listener.accept()
                    connection.recv(65536)
                    if number in (0, 2):
                        connection.sendall(b"HTTP/1.1 204 OK\r\nConnection: close\r\n\r\n")
                        connection.close()
                    else:
                        held.append(connection)
                    print("asked", number, flush=True)
                """)),
            spec => spec with { Command = ["python3", "server.py"] });
        // The probe of the start, which is answered.
        await clock.Timer(Timeout);
        Assert.True(await process.Ready);
        await clock.Timer(Interval);

        // Hangs once; answers, which counts anew; hangs three times.
        await Ask(1, Interval);
        await Ask(2, Timeout);
        await clock.Timer(Interval);
        await Ask(3, Interval);
        await Ask(4, Timeout);
        await Ask(5, Timeout);
        Assert.False(process.Exited.IsCompleted);
        clock.Advance(Timeout);

        var exit = await process.Exited;
        Assert.Equal(ExitCause.Hung, exit.Cause);
        Assert.Equal("The process was killed: its health did not answer 3 times in a row within 5 s.", exit.Message);
        Assert.DoesNotContain("asked 6", log.TailText(), StringComparison.Ordinal);

        // Moves on to the next probe, and waits until the process has got it.
        async Task Ask(int number, TimeSpan later)
        {
            clock.Advance(later);
            await clock.Timer(Timeout);
            await Line(log, $"asked {number}");
        }
    }

    private static async Task Line(IProcessLog log, string text)
    {
        await foreach (var line in log.Follow(0, TestContext.Current.CancellationToken))
        {
            if (line.Text == text)
            {
                return;
            }
        }
    }

    /// <summary>A clock that says which timers wait on it: it is moved when there is something to be moved on.</summary>
    private sealed class WatchedClock : FakeTimeProvider
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
}
