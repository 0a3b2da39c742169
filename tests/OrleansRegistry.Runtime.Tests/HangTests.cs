using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.Processes;
using OrleansRegistry.Runtime.Tests.Infrastructure;

namespace OrleansRegistry.Runtime.Tests;

public sealed class HangTests
{
    [Fact]
    public async Task X8_Health_that_hangs_three_times_is_a_death()
    {
        FakeTimeProvider clock = new();
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
        Assert.True(await process.Ready);

        // Ready; hangs once; answers, which counts anew; hangs three times.
        foreach (var number in Enumerable.Range(1, 5))
        {
            Assert.False(process.Exited.IsCompleted);
            await Until(log, $"asked {number}", clock, TimeSpan.FromSeconds(0.2));
        }

        var exit = await Until(process.Exited, clock);
        Assert.Equal(ExitCause.Hung, exit.Cause);
        Assert.Equal("The process was killed: its health did not answer 3 times in a row within 5 s.", exit.Message);
        Assert.DoesNotContain("asked 6", log.TailText(), StringComparison.Ordinal);
    }

    /// <summary>Moves the clock in steps until a line is there: what the process does between two steps takes no time.</summary>
    private static async Task Until(IProcessLog log, string text, FakeTimeProvider clock, TimeSpan step)
    {
        using CancellationTokenSource seen = new();
        var line = Task.Run(async () =>
        {
            await foreach (var line in log.Follow(0, seen.Token))
            {
                if (line.Text == text)
                {
                    return;
                }
            }
        });
        while (await Task.WhenAny(line, Task.Delay(20)) != line)
        {
            clock.Advance(step);
        }

        await line;
    }

    private static async Task<T> Until<T>(Task<T> task, FakeTimeProvider clock)
    {
        while (await Task.WhenAny(task, Task.Delay(20)) != task)
        {
            clock.Advance(TimeSpan.FromSeconds(0.2));
        }

        return await task;
    }
}
