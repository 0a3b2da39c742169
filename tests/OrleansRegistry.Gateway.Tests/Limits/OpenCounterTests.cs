namespace OrleansRegistry.Gateway.Tests.Limits;

/// <summary>Counting what is open.</summary>
public sealed class OpenCounterTests
{
    private static readonly RequestCaller Caller = new("w", "key:a", Role.Viewer);

    [Fact]
    public void Q3_a_holder_has_as_many_as_may_be_and_one_that_holds_nothing_is_forgotten()
    {
        var counter = new OpenCounter<string>(2);
        Assert.True(counter.TryEnter("a"));
        Assert.True(counter.TryEnter("a"));
        Assert.False(counter.TryEnter("a"));
        Assert.True(counter.TryEnter("b"));
        counter.Leave("a");
        Assert.True(counter.TryEnter("a"));

        counter.Leave("a");
        counter.Leave("a");
        counter.Leave("b");
        Assert.Equal(0, counter.Holders);
    }

    [Fact]
    public async Task Holders_that_come_and_go_at_once_are_never_more_than_may_be_and_none_is_left()
    {
        const int limit = 3;
        var counter = new OpenCounter<int>(limit);
        var (inside, most, entered) = (0, 0, 0);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 50_000; i++)
            {
                if (counter.TryEnter(1))
                {
                    var now = Interlocked.Increment(ref inside);
                    InterlockedMax(ref most, now);
                    Interlocked.Increment(ref entered);
                    Interlocked.Decrement(ref inside);
                    counter.Leave(1);
                }
            }
        })));

        Assert.InRange(most, 1, limit);
        Assert.True(entered > 0);
        Assert.Equal(0, counter.Holders);
    }

    [Fact]
    public void What_was_taken_before_one_limit_was_full_is_given_back()
    {
        var open = new OpenRequests(new LimitOptions { OpenCallsPerKey = 2, OpenCallsPerWorkspace = 1, Connections = 100 });
        var other = Caller with { Workspace = "v" };
        Assert.True(open.TryEnter(RequestKind.Call, Caller, out var place, out _));
        for (var i = 0; i < 3; i++)
        {
            Assert.False(open.TryEnter(RequestKind.Call, Caller, out _, out var full));
            Assert.Contains("OpenCallsPerWorkspace", full.Detail, StringComparison.Ordinal);
        }

        Assert.True(open.TryEnter(RequestKind.Call, other, out _, out _));
        place.Dispose();

        Assert.True(open.TryEnter(RequestKind.Call, Caller, out _, out _));
    }

    [Fact]
    public void All_calls_of_a_gateway_together_are_no_more_than_it_may_have_connections()
    {
        var open = new OpenRequests(new LimitOptions { Connections = 3, OpenCallsPerKey = 0, OpenCallsPerWorkspace = 0 });
        for (var i = 0; i < 3; i++)
        {
            Assert.True(open.TryEnter(RequestKind.Call, new RequestCaller($"w{i}", "key:a", Role.Invoker), out _, out _));
        }

        Assert.False(open.TryEnter(RequestKind.Call, Caller, out _, out var full));
        Assert.Contains("Connections", full.Detail, StringComparison.Ordinal);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref target)) && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}
