using OrleansRegistry.Runtime.Logs;
using OrleansRegistry.Runtime.Native;

namespace OrleansRegistry.Runtime.Tests;

public sealed class LogPumpTests
{
    [Fact]
    public async Task X9_a_log_ends_with_its_process_though_another_goes_on_writing()
    {
        ProcessLog log = new(1024 * 1024, TimeProvider.System);
        using var pipe = PipePair.Create();
        LogPump pump = new(pipe.TakeReader(), log, TimeProvider.System);
        var survivor = Task.Factory.StartNew(() => WriteUntilNobodyReads(pipe), default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await using (var lines = log.Follow(0, TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken))
        {
            Assert.True(await lines.MoveNextAsync());
        }

        await pump.End().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        await survivor;
    }

    [Fact]
    public async Task X9_a_log_has_what_its_process_wrote_last()
    {
        ProcessLog log = new(4 * 1024 * 1024, TimeProvider.System);
        using var pipe = PipePair.Create();
        // All that a pipe has room for, in lines.
        PipePair.Write(pipe.Writer, [.. Enumerable.Repeat("0123456\n"u8.ToArray(), 8 * 1024).SelectMany(line => line)]);
        LogPump pump = new(pipe.TakeReader(), log, TimeProvider.System);

        await pump.End().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(8 * 1024, log.Tail(int.MaxValue).Count);
    }

    private static void WriteUntilNobodyReads(PipePair pipe)
    {
        try
        {
            while (true)
            {
                PipePair.Write(pipe.Writer, "still here\n"u8);
            }
        }
        catch (IOException)
        {
            // Nobody reads any more.
        }
    }
}
