using OrleansRegistry.Models;
using OrleansRegistry.Reference;

namespace OrleansRegistry.Versions;

/// <summary>Rules SV1 to SV3: the servers of a version.</summary>
public sealed class ServerRulesTests
{
    private readonly TestModel _model = new();

    [Fact]
    public void SV1_a_list_has_1_to_64_servers_and_each_problem_names_its_place()
    {
        Assert.Equal(["servers"], Problems());
        Assert.Empty(Problems(Many(64)));
        Assert.Equal(["servers"], Problems(Many(65)));
        Assert.Equal(
            ["servers[1].url", "servers[2].health_url", "servers[3].url", "servers[4].url"],
            Problems(Slow("a"), Slow("a"), Slow("b") with { HealthUrl = "b" }, new ServingServer { Url = "ftp://c" }, null));
        // The same address, otherwise written.
        Assert.Equal(["servers[1].url"], Problems(new ServingServer { Url = "http://a" }, new ServingServer { Url = "HTTP://A:80/" }));
        Assert.Null(FieldRules.MinReady(64));
        Assert.NotNull(FieldRules.MinReady(65));
        Assert.NotNull(FieldRules.MinReady(0));

        static string[] Problems(params ServingServer?[] servers) => [.. FieldRules.Servers("servers", servers).Select(problem => problem.Field)];
    }

    [Fact]
    public void SV1_the_url_of_a_spec_is_that_of_its_first_server()
    {
        var list = new ServingSpec { Servers = [Slow("a"), Slow("b")] };
        Assert.Equal(("http://a", "http://a/health"), (list.WithFirst().Url, list.WithFirst().HealthUrl));
        Assert.Empty(Problems(list));
        Assert.Empty(Problems(list with { Url = "http://a", HealthUrl = "http://a/health" }));
        Assert.Equal(["serving.url", "serving.health_url"], Problems(list with { Url = "http://b" }));
        Assert.Equal(["serving.health_url"], Problems(list with { HealthUrl = "http://b/health" }));
        Assert.Equal(["serving.servers"], Problems(new ServingSpec { Url = "http://a", Servers = [] }));
        Assert.Equal(["serving.url"], Problems(new ServingSpec()));

        static IEnumerable<string> Problems(ServingSpec spec) => CommandValidation.Validate(
            new ActivateCommand { Context = new CommandContext { CommandId = default, Actor = "", Deadline = default }, Ordinal = 1, Serving = spec.WithFirst() })
            .Select(problem => problem.Field);
    }

    [Fact]
    public void SV1_a_row_with_one_server_is_as_it_was()
    {
        var one = _model.Published(serving: new ServingSpec { Servers = [Slow("a")], MinReady = 1 });
        Answer(one, "http://a");

        var json = System.Text.Encoding.UTF8.GetString(StateJson.Write(_model[one])) + System.Text.Encoding.UTF8.GetString(StateJson.Write(_model.State));

        Assert.DoesNotContain("servers", json, StringComparison.Ordinal);
        Assert.DoesNotContain("min_ready", json, StringComparison.Ordinal);
        Assert.DoesNotContain("repeatable", json, StringComparison.Ordinal);
        Assert.Null(Route().Servers);
        Assert.Equal("http://a", Route().ServingUrl);
    }

    [Fact]
    public void SV1_the_active_versions_that_have_several_have_at_most_256()
    {
        var single = _model.Published(serving: TestModel.Server);
        int[] full = [.. Enumerable.Range(0, 4).Select(_ => _model.Draft(serving: new ServingSpec { Servers = Many(64) }))];
        Assert.Equal(ErrorCode.TooManyServers, _model.Run(new Command.Deploy { Serving = new ServingSpec { Servers = Many(2) } }).Error);
        Assert.Equal(ErrorCode.TooManyServers, Put(single, new ServingServer { Url = "http://x" }, new ServingServer { Url = "http://y" }).Error);
        Assert.Null(_model.Run(new Command.Deploy { Serving = TestModel.Server }).Error);

        _model.Deactivate(full[0]);
        var two = _model.Draft(serving: new ServingSpec { Servers = Many(2) });
        Assert.Equal(ErrorCode.TooManyServers, _model.Activate(full[0]).Error);
        Assert.True(Put(two, Many(1)).Changed);
        Assert.True(_model.Activate(full[0]).Changed);
        // Replacing as many by as many is no more.
        Assert.True(Put(full[1], [.. Many(65).Skip(1)]).Changed);
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(64, 3)]
    public void SV2_it_is_ready_when_min_ready_have_answered(int? minReady, int needed)
    {
        var version = _model.Published(serving: new ServingSpec { Servers = [Slow("a"), Slow("b"), Slow("c")], MinReady = minReady });
        string[] order = ["http://c", "http://a", "http://b"];
        for (var up = 1; up <= 3; up++)
        {
            Answer(version, order[up - 1]);
            Assert.Equal(up < needed ? ServingStatus.Starting : ServingStatus.Ready, _model[version].Serving!.Status);
            Assert.Equal(up >= needed ? version : null, _model.Primary);
        }

        Assert.Equal(["http://a", "http://b", "http://c"], Route().Servers);
        Assert.Equal(3 - needed + Math.Max(needed - 1, 0), _model.Events.Count(happened => happened.Type == EventType.VersionServersChanged));
    }

    [Fact]
    public void SV2_calls_go_to_those_that_have_answered()
    {
        var version = _model.Published(serving: new ServingSpec { Servers = [Slow("a"), Slow("b"), Slow("c")], Repeatable = true });
        Answer(version, "http://b");
        Assert.Equal(("http://b", null, true), (Route().ServingUrl, Route().Servers, Route().Repeatable));
        Assert.True(_model.Entry(version).IsProbed);

        Answer(version, "http://c");
        Assert.Equal("http://b", Route().ServingUrl);
        Assert.Equal(["http://b", "http://c"], Route().Servers);
        Assert.False(Answer(version, "http://c").Changed);

        Answer(version, "http://a");
        Assert.False(_model.Entry(version).IsProbed);
        _model.Deactivate(version);
        Assert.Null(_model[version].Entry!.Servers);
        _model.Activate(version);
        Assert.Equal(ServingStatus.Starting, _model[version].Serving!.Status);
        Assert.Empty(_model.Entry(version).PresentServers!.Up);
    }

    [Fact]
    public void SV2_a_server_without_a_health_url_counts_at_once()
    {
        var some = _model.Draft(serving: new ServingSpec { Servers = [Slow("a"), new ServingServer { Url = "http://b" }] });
        Assert.Equal(ServingStatus.Ready, _model[some].Serving!.Status);
        var all = _model.Draft(serving: new ServingSpec { Servers = [Slow("a"), new ServingServer { Url = "http://b" }], MinReady = 2 });
        Assert.Equal(ServingStatus.Starting, _model[all].Serving!.Status);
        Answer(all, "http://a");
        Assert.Equal(ServingStatus.Ready, _model[all].Serving!.Status);
    }

    [Fact]
    public void SV3_a_ready_version_keeps_a_server_that_is_up()
    {
        var version = Ready();
        var before = _model[version];
        Assert.Equal(ErrorCode.NoServerLeft, Put(version, Slow("x"), Slow("y")).Error);
        Assert.False(Put(version, Slow("a")).Changed);
        _model.Wait(1000);

        Assert.True(Put(version, Slow("x"), Slow("a")).Changed);
        Assert.Equal(("http://a", null), (Route().ServingUrl, Route().Servers));
        Assert.Equal(ErrorCode.NoServerLeft, Put(version, Slow("x")).Error);
        Answer(version, "http://x");
        Assert.True(Put(version, Slow("x")).Changed);
        Assert.Equal(("http://x", null), (Route().ServingUrl, Route().Servers));
        var after = _model[version];
        Assert.Equal((before.Serving!.Since, before.Serving.Attempt, before.Meter), (after.Serving!.Since, after.Serving.Attempt, after.Meter));
        Assert.Equal(version, _model.Primary);
    }

    [Fact]
    public void SV3_a_health_url_that_changes_makes_no_server_new()
    {
        var version = Ready();
        Assert.True(Put(version, Slow("a") with { HealthUrl = "http://a/alive" }).Changed);
        Assert.Equal(ServingStatus.Ready, _model[version].Serving!.Status);
        Assert.Equal("http://a/alive", _model[version].Serving!.HealthUrl);
    }

    [Theory]
    [InlineData("starting")]
    [InlineData("failed")]
    [InlineData("inactive")]
    public void SV3_a_version_that_is_not_called_takes_any_list_and_stays_as_it_is(string condition)
    {
        var version = _model.In(condition, isPublished: true);
        var (before, primary) = (_model[version], _model.Primary);

        Assert.True(Put(version, Slow("x"), new ServingServer { Url = "http://y" }).Changed);

        var after = _model[version];
        Assert.Equal((before.State, before.Serving!.Status, before.Serving.Attempt), (after.State, after.Serving!.Status, after.Serving.Attempt));
        Assert.Equal(primary, _model.Primary);
        Assert.False(Put(version, Slow("x"), new ServingServer { Url = "http://y" }).Changed);
    }

    [Fact]
    public void SV3_a_starting_version_counts_on_the_new_list()
    {
        var version = _model.Published(serving: new ServingSpec { Servers = [Slow("a"), Slow("b")], MinReady = 2 });
        Answer(version, "http://a");
        Put(version, Slow("a"));
        Assert.Equal(ServingStatus.Starting, _model[version].Serving!.Status);
        // The next look finds that what is up is enough.
        Answer(version);
        Assert.Equal(ServingStatus.Ready, _model[version].Serving!.Status);
        Assert.Null(_model[version].Serving!.Servers);
    }

    [Fact]
    public void SV3_where_none_is_known_to_be_up_any_list_is_called_at_once()
    {
        var version = Ready();
        Put(version, Slow("a"), Slow("b"));
        // As a node of the release before leaves it that has started the version again.
        var stale = _model[version] with { Serving = _model[version].Serving! with { Attempt = 9 } };

        var step = Lifecycle.PutServers(stale, [Slow("x"), Slow("y")], _model.Now);

        Assert.All(step.State.Serving!.Servers!, server => Assert.True(server.IsUp(step.State.Serving)));
    }

    [Fact]
    public void SV3_a_version_without_servers_and_one_that_is_deleted_take_none()
    {
        Assert.Equal(ErrorCode.NotServable, Put(_model.Published(), Slow("a")).Error);
        Assert.Equal(ErrorCode.VersionDeleted, Put(_model.In("deleted", isPublished: true), Slow("a")).Error);
        var run = new ModelVersionState
        {
            Workspace = "",
            ModelId = "",
            ModelName = "",
            Ordinal = 1,
            Version = "1.0.0",
            CreatedBy = "",
            Serving = new ServingState { Url = "", Status = ServingStatus.Ready, Runtime = new RuntimeState() },
        };
        Assert.Equal(ErrorCode.NotServable, Lifecycle.PutServers(run, [Slow("a")], default).Refusal?.Code);
    }

    [Fact]
    public void SV3_servers_of_an_earlier_start_are_not_called()
    {
        var version = Ready();
        Put(version, Slow("a"), new ServingServer { Url = "http://b" });
        Assert.Equal(2, Route().Servers!.Count);
        // A node of the release before keeps what it doesn't know, and starts the version elsewhere.
        var old = _model.State.With(_model.Entry(version) with { Attempt = 7, Url = "http://elsewhere" });

        var resolved = new RoutingTable(old, 1).Route(null).Value!;

        Assert.Equal(("http://elsewhere", null), (resolved.ServingUrl, resolved.Servers));
    }

    private int Ready()
    {
        var version = _model.Published(serving: new ServingSpec { Servers = [Slow("a")] });
        Answer(version, "http://a");
        return version;
    }

    private ResolvedVersion Route() => new RoutingTable(_model.State, 1).Route(null).Value!;

    private Reference.Answer Answer(int version, params string[] up) =>
        _model.Run(new Command.ReportProbe(version, _model[version].Serving!.Attempt, IsReady: true) { Up = up });

    private Reference.Answer Put(int version, params ServingServer[] servers) => _model.Run(new Command.PutServers(version, servers));

    private static ServingServer Slow(string name) => new() { Url = $"http://{name}", HealthUrl = $"http://{name}/health" };

    private static ServingServer[] Many(int count) => [.. Enumerable.Range(1, count).Select(place => Slow($"s{place}"))];
}
