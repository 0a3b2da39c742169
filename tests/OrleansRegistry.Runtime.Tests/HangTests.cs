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
        Assert.DoesNotContain("asked 6", log.Text(), StringComparison.Ordinal);

        // Moves on to the next probe, and waits until the process has got it.
        async Task Ask(int number, TimeSpan later)
        {
            clock.Advance(later);
            await clock.Timer(Timeout);
            await Line(log, $"asked {number}");
        }
    }

    [Theory]
    [InlineData("listener.close(); print('silent', flush=True); time.sleep(600)")]
    [InlineData("print('silent', flush=True)\nwhile True: listener.accept()[0].close()")]
    [InlineData("print('silent', flush=True)\nwhile True: answer(b'220 mail ready\\r\\n')")]
    public async Task X8_A_process_that_gives_no_answer_of_http_three_times_is_dead(string then)
    {
        WatchedClock clock = new();
        await using var test = await TestRunner.Create(clock: clock);
        var (process, log) = Start(test, "answer(b'HTTP/1.1 204 OK\\r\\n\\r\\n')\n" + then);
        await clock.Timer(Timeout);
        Assert.True(await process.Ready);
        await Line(log, "silent");

        for (var asked = 0; asked < 3; asked++)
        {
            await clock.Timer(Interval);
            Assert.False(process.Exited.IsCompleted);
            clock.Advance(Interval);
            await clock.Timer(Timeout);
        }

        Assert.Equal(ExitCause.Hung, (await process.Exited.WaitAsync(TimeSpan.FromSeconds(30))).Cause);
    }

    [Fact]
    public async Task X8_A_process_that_answers_with_an_error_lives()
    {
        WatchedClock clock = new();
        await using var test = await TestRunner.Create(clock: clock);
        var (process, _) = Start(
            test, "answer(b'HTTP/1.1 204 OK\\r\\n\\r\\n')\nwhile True: answer(b'HTTP/1.1 500 No\\r\\nContent-Length: 0\\r\\n\\r\\n')");
        await clock.Timer(Timeout);
        Assert.True(await process.Ready);

        for (var asked = 0; asked < 5; asked++)
        {
            await clock.Timer(Interval);
            clock.Advance(Interval);
            await clock.Timer(Timeout);
        }

        await clock.Timer(Interval);
        Assert.False(process.Exited.IsCompleted);
    }

    private static (IRunningProcess Process, IProcessLog Log) Start(TestRunner test, string then) => test.Start(
        test.Package(("server.py", $"""
            import os, socket, time
            listener = socket.socket(fileno=int(os.environ["REGISTRY_SOCKET_FD"]))
            def answer(text):
                connection, _ = listener.accept()
                connection.recv(65536)
                connection.sendall(text)
                connection.close()
            """ + "\n" + then)),
        spec => spec with { Command = ["python3", "server.py"] });

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
}
