using System.Net.Sockets;
using OrleansRegistry.Runtime.Native;
using OrleansRegistry.Runtime.Processes;
using OrleansRegistry.Runtime.Sandboxes;
using OrleansRegistry.Runtime.Tests.Infrastructure;

namespace OrleansRegistry.Runtime.Tests;

public sealed class GateTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task A_child_that_does_not_come_to_the_gate_is_not_waited_for_for_ever()
    {
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using Gate gate = new();
        var child = ChildThread.Start(new ChildCommand(
            "/usr/bin/sleep", ["600"], [nothing, nothing, nothing, nothing, nothing, nothing, .. gate.Handles]));

        Assert.Throws<IOException>(() => gate.Open(Short));

        child.KillGroup();
        Assert.Equal(9, (await child.Ended).Signal);
    }

    [Fact]
    public async Task A_child_that_has_ended_before_the_gate_is_not_waited_for()
    {
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using Gate gate = new();
        var child = ChildThread.Start(new ChildCommand(
            "/usr/bin/true", [], [nothing, nothing, nothing, nothing, nothing, nothing, .. gate.Handles]));

        gate.Open(Gate.Timeout);

        Assert.Equal(0, (await child.Ended).ExitCode);
    }

    [Fact]
    public async Task A_connection_waits_where_too_many_wait_already()
    {
        var directory = Directory.CreateTempSubdirectory("registry-").FullName;
        WatchedClock clock = new();
        using ProcessSocket socket = new(directory, clock);
        List<Stream> connected = [];
        try
        {
            var refused = clock.Timer(ProcessSocket.RetryInterval);
            Task<Stream> last;
            while (await Task.WhenAny(last = socket.Connect(TestContext.Current.CancellationToken).AsTask(), refused) == last)
            {
                connected.Add(await last);
            }

            using Socket listener = new(socket.Handle);
            (await listener.AcceptAsync(TestContext.Current.CancellationToken)).Dispose();
            clock.Advance(ProcessSocket.RetryInterval);

            connected.Add(await last);
        }
        finally
        {
            connected.ForEach(stream => stream.Dispose());
            Directory.Delete(directory, recursive: true);
        }
    }
}
