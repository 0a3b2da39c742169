namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>Which of its servers a call goes to.</summary>
public sealed class ServerChoiceTests
{
    private const int Draws = 10_000;

    private static readonly string[] Servers = ["http://a", "http://b", "http://c", "http://d"];

    private readonly Dictionary<string, ServerRecord> _records = [];
    private readonly Random _random = new(17);
    private IReadOnlyList<string> _down = [];

    [Fact]
    public void SV4_without_calls_each_server_has_the_same_chance()
    {
        var counts = Count(Servers, []);

        Assert.All(Servers, server => Assert.InRange(counts.GetValueOrDefault(server), Draws / 4 * 0.9, Draws / 4 * 1.1));
    }

    [Fact]
    public void SV4_of_two_the_one_with_fewer_calls_is_taken_so_that_the_busiest_is_never()
    {
        Begin("http://a", calls: 3);
        Begin("http://b", calls: 2);
        Begin("http://c", calls: 1);

        var counts = Count(Servers, []);

        // Of six pairs the idle one is in three, and wins all of them.
        Assert.Equal(0, counts.GetValueOrDefault("http://a"));
        Assert.InRange(counts["http://b"], Draws / 6 * 0.9, Draws / 6 * 1.1);
        Assert.InRange(counts["http://c"], Draws / 3 * 0.9, Draws / 3 * 1.1);
        Assert.InRange(counts["http://d"], Draws / 2 * 0.9, Draws / 2 * 1.1);
    }

    [Fact]
    public void SV4_those_that_are_set_aside_are_taken_only_where_there_is_no_other()
    {
        SetAside("http://a");
        SetAside("http://b");
        Assert.Equal(["http://c", "http://d"], Count(Servers, []).Keys.Order());

        // Each attempt at another server: then those that are left.
        Assert.Equal(["http://d"], Count(Servers, ["http://c"]).Keys);
        Assert.Equal(["http://a", "http://b"], Count(Servers, ["http://c", "http://d"]).Keys.Order());

        SetAside("http://c");
        SetAside("http://d");
        Assert.Equal(Servers, Count(Servers, []).Keys.Order());
    }

    [Fact]
    public void SV6_an_attempt_never_goes_to_a_server_that_was_tried()
    {
        Assert.Equal(["http://b", "http://d"], Count(Servers, ["http://a", "http://c"]).Keys.Order());
        Assert.Equal(["http://b"], Count(["http://a", "http://b"], ["http://a"]).Keys);
    }

    [Fact]
    public void HV2_a_server_that_is_down_gets_calls_only_where_there_is_no_other()
    {
        _down = ["http://a", "http://c"];
        Assert.Equal(["http://b", "http://d"], Count(Servers, []).Keys.Order());
        Assert.Equal(["http://a", "http://c"], Count(Servers, ["http://b", "http://d"]).Keys.Order());
        _down = Servers;
        Assert.Equal(Servers, Count(Servers, []).Keys.Order());
    }

    private Dictionary<string, int> Count(IReadOnlyList<string> servers, List<string> tried) =>
        Enumerable.Range(0, Draws).Select(_ => ServerChoice.Of(servers, _down, tried, _records, TimeSpan.Zero, _random))
            .CountBy(server => server).ToDictionary();

    private void Begin(string server, int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            Record(server).Begin(TimeSpan.Zero);
        }
    }

    private void SetAside(string server)
    {
        for (var i = 0; i < 3; i++)
        {
            Record(server).Failed(new ServerCall(answers: 0), TimeSpan.Zero);
        }
    }

    private ServerRecord Record(string server) => _records.TryGetValue(server, out var record) ? record : _records[server] = new ServerRecord();
}
