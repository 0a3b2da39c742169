using System.Collections.Immutable;
using OrleansRegistry.Models;
using OrleansRegistry.Reference;

namespace OrleansRegistry.Versions;

/// <summary>When a version is unhealthy, and what follows of it.</summary>
public sealed class HealthTests
{
    private static readonly ServingSpec Two = new()
    {
        Servers = [new ServingServer { Url = "http://a", HealthUrl = "http://a/h" }, new ServingServer { Url = "http://b", HealthUrl = "http://b/h" }],
        MinReady = 2,
    };

    private readonly TestModel _model = new();
    private ObservedHealth _health = new(1);
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch.AddYears(56);

    [Theory]
    [InlineData(null, "http://a/h", 10)]
    [InlineData(null, null, 0)]
    [InlineData(0, "http://a/h", 0)]
    [InlineData(3, "http://a/h", 3)]
    public void HV1_servers_with_a_health_url_are_asked_every_ten_seconds_unless_the_spec_says_otherwise(int? said, string? healthUrl, int seconds)
    {
        var one = _model.Draft(serving: new ServingSpec { Url = "http://a", HealthUrl = healthUrl, ProbeSeconds = said });
        var list = _model.Draft(serving: new ServingSpec
        {
            Servers = [new ServingServer { Url = "http://a" }, new ServingServer { Url = "http://b", HealthUrl = healthUrl }],
            ProbeSeconds = said,
        });

        Assert.Equal((seconds, seconds), (_model.Entry(one).ProbeSeconds, _model.Entry(list).ProbeSeconds));
    }

    [Fact]
    public void HV1_activate_with_the_spec_that_a_version_has_is_no_other_spec_where_it_does_not_say_how_often()
    {
        var spec = new ServingSpec { Url = "http://a", ProbeSeconds = 30 };
        var version = _model.Draft(serving: spec);

        Assert.Equal(Answer.Unchanged, _model.Activate(version, spec));
        Assert.Equal(Answer.Unchanged, _model.Activate(version, spec with { ProbeSeconds = null }));
        Assert.Equal(ErrorCode.VersionActive, _model.Activate(version, spec with { ProbeSeconds = 0 }).Error);
        _model.Deactivate(version);
        _model.Activate(version);
        Assert.Equal(30, _model.Entry(version).ProbeSeconds);
        _model.Deactivate(version);
        _model.Activate(version, spec with { ProbeSeconds = null, HealthUrl = "http://a/h" });
        Assert.Equal(ServingSpec.DefaultProbeSeconds, _model.Entry(version).ProbeSeconds);
    }

    [Fact]
    public void HV3_a_version_is_unhealthy_while_all_servers_that_are_called_are_down()
    {
        var version = Ready(Two);
        Assert.Null(Due(version));
        Probe("http://a", false, false, false);
        Assert.Null(Due(version));
        Probe("http://b", false, false, false);
        Assert.Equal(new HealthReport(1, UnhealthyBecause.ServersDown), Due(version));

        Mark(version);
        Assert.Null(Due(version));
        Probe("http://b", true, true);
        Assert.Equal(new HealthReport(1, null), Due(version));
    }

    [Fact]
    public void HV3_ten_calls_that_could_not_be_begun_in_thirty_seconds_without_one_that_succeeds_are_enough_whatever_probes_say()
    {
        var version = Ready(new ServingSpec { Url = "http://a", HealthUrl = "http://a/h" });
        for (var second = 0; second < 30; second += 5)
        {
            Probe("http://a", true);
            NotBegun(2);
            Assert.Null(Due(version));
        }

        Wait(5);
        NotBegun(1);
        Assert.Equal(UnhealthyBecause.CallsNotBegun, Due(version)?.Because);
        Mark(version);
        Probe("http://a", true, true, true);
        Wait(60);
        Assert.Null(Due(version));
        Succeed("http://a");
        Assert.Equal(new HealthReport(1, null), Due(version));
    }

    [Fact]
    public void HV3_nine_calls_or_a_shorter_time_or_one_that_succeeds_are_not_enough()
    {
        var version = Ready(new ServingSpec { Url = "http://a" });
        NotBegun(1000);
        Wait(29);
        Assert.Null(Due(version));

        // Too long ago to count.
        Wait(2);
        Assert.Null(Due(version));
        NotBegun(4);
        Wait(29);
        NotBegun(5);
        Wait(1);
        Assert.Null(Due(version));
        Succeed("http://a");
        NotBegun(500);
        Wait(20);
        NotBegun(500);
        Assert.Null(Due(version));
    }

    [Fact]
    public void HV2_HV3_probes_whose_network_is_cut_say_nothing_as_long_as_calls_succeed()
    {
        var version = Ready(new ServingSpec { Url = "http://a", HealthUrl = "http://a/h" });
        for (var round = 0; round < 100; round++)
        {
            Probe("http://a", false, false);
            Succeed("http://a");
            Assert.Null(Due(version));
        }
    }

    [Fact]
    public void HV7_a_version_gets_at_most_one_mark_in_ten_seconds()
    {
        var version = Ready(new ServingSpec { Url = "http://a", HealthUrl = "http://a/h" });
        Probe("http://a", false, false, false);
        Mark(version);
        Succeed("http://a");
        Wait(9);
        Assert.Null(Due(version));
        Wait(1);
        Assert.NotNull(Due(version));

        Mark(version);
        Assert.False(_model.Entry(version).IsUnhealthy);
        Probe("http://a", false, false, false);
        _now = _model.Entry(version).PresentHealth!.Since.AddSeconds(9);
        Assert.Null(Due(version));
    }

    [Fact]
    public void HV7_a_mark_stays_until_something_speaks_against_it()
    {
        var version = Ready(new ServingSpec { Url = "http://a", HealthUrl = "http://a/h" });
        Probe("http://a", false, false, false);
        Mark(version);

        // The silo has started again: nothing is down before three new probes, and nothing is proven.
        _health = new ObservedHealth(1);
        Wait(60);
        Assert.Null(Due(version));
        Assert.True(_model.Entry(version).IsUnhealthy);
        Probe("http://a", false, false, true);
        Assert.Null(Due(version));
        Probe("http://a", true);
        Assert.Equal(new HealthReport(1, null), Due(version));
    }

    [Fact]
    public void HV7_a_mark_of_an_earlier_start_is_dropped_and_another_start_has_none()
    {
        var version = Ready(new ServingSpec { Url = "http://a", HealthUrl = "http://a/h" });
        Assert.True(_model.Run(new Command.Mark(version, 1, IsUnhealthy: true)).Changed);
        Assert.False(_model.Run(new Command.Mark(version, 1, IsUnhealthy: true)).Changed);
        _model.Deactivate(version);
        Assert.Null(_model[version].Entry!.Health);
        Assert.False(_model.Run(new Command.Mark(version, 1, IsUnhealthy: false)).Changed);
        _model.Activate(version);
        _model.Ready(version);

        Assert.False(_model.Entry(version).IsUnhealthy);
        Assert.False(_model.Run(new Command.Mark(version, 1, IsUnhealthy: true)).Changed);
        Assert.True(_model.Run(new Command.Mark(version, 2, IsUnhealthy: true)).Changed);
        Assert.Equal(
            [EventType.VersionUnhealthy, EventType.VersionUnhealthy],
            _model.Events.Select(happened => happened.Type).Where(type => type is EventType.VersionUnhealthy or EventType.VersionHealthy));
    }

    [Fact]
    public void HV3_it_stays_ready_and_billed_and_primary()
    {
        var version = Ready(new ServingSpec { Url = "http://a", HealthUrl = "http://a/h" });
        _model.Promote(version);
        Probe("http://a", false, false, false);
        Mark(version);

        Assert.Equal((ServingStatus.Ready, version), (_model.Entry(version).Status, _model.Primary));
        Assert.NotNull(_model[version].Meter.RunningSince);
        Assert.Equal("http://a", new RoutingTable(_model.State, 1).Route(null).Value!.ServingUrl);
        Assert.Null(_model.Promote(version).Error);
    }

    [Fact]
    public void HV3_the_primary_does_not_move_to_it_without_force()
    {
        var first = _model.NewPrimary();
        var sick = Ready(new ServingSpec { Url = "http://a", HealthUrl = "http://a/h" });
        _model.Promote(sick);
        var second = _model.NewPrimary();
        _model.Run(new Command.Mark(sick, 1, IsUnhealthy: true));

        Assert.Equal(ErrorCode.VersionUnhealthy, _model.Promote(sick).Error);
        Assert.Equal(ErrorCode.VersionUnhealthy, _model.Publish(sick, claims: true).Error);
        // It is named, and not passed over.
        Assert.Equal(ErrorCode.VersionUnhealthy, _model.Rollback().Error);
        Assert.Equal(ErrorCode.VersionUnhealthy, _model.Deactivate(second, _model.Id(sick)).Error);
        Assert.Equal(ErrorCode.VersionUnhealthy, _model.Delete(second, _model.Id(sick)).Error);
        Assert.Equal((second, VersionState.Draft), (_model.Primary, _model[sick].State));

        Assert.Equal(sick, _model.Run(new Command.Rollback { Force = true }).To);
        Assert.Equal(first, _model.Rollback().To);
        Assert.Equal(sick, _model.Run(new Command.Promote(sick) { Force = true }).To);
    }

    [Fact]
    public void HV3_a_claim_of_its_own_is_spent_as_ever()
    {
        _model.NewPrimary();
        var sick = Ready(new ServingSpec { Url = "http://a", HealthUrl = "http://a/h" });
        _model.Run(new Command.Mark(sick, 1, IsUnhealthy: true));

        Assert.Equal(sick, _model.Publish(sick).To);
    }

    [Fact]
    public void P4_a_fallback_takes_a_healthy_version_first_held_back_or_not()
    {
        var heldBack = _model.Published(claims: false);
        var sick = _model.Published(serving: TestModel.SlowServer);
        _model.Ready(sick);
        var primary = _model.NewPrimary();
        _model.Run(new Command.Mark(sick, 1, IsUnhealthy: true));

        Assert.Equal(heldBack, _model.Deactivate(primary).To);
        Assert.Equal(sick, _model.Deactivate(heldBack).To);
    }

    [Fact]
    public void P7_a_range_takes_a_healthy_version_first_and_the_unhealthy_one_when_there_is_no_other()
    {
        var lower = _model.Published();
        var sick = _model.Published(serving: TestModel.SlowServer);
        _model.Ready(sick);
        _model.Run(new Command.Mark(sick, 1, IsUnhealthy: true));
        Assert.Equal(_model.Id(lower), Route("^0"));
        Assert.Equal(_model.Id(sick), Route(_model[sick].Version));

        _model.Deactivate(lower);
        Assert.Equal(_model.Id(sick), Route("^0"));
    }

    [Fact]
    public void HV3_P2_P7_a_version_that_is_started_again_is_unhealthy()
    {
        var lower = _model.Published();
        _model.NewPrimary();
        var again = _model.In("restarting", isPublished: true);

        Assert.True(_model.Entry(again).IsUnhealthy);
        Assert.Equal(ErrorCode.VersionUnhealthy, _model.Promote(again).Error);
        Assert.NotEqual(_model.Id(again), Route("^0"));
        _model.Deactivate(_model.Primary!.Value);
        Assert.Equal(lower, _model.Primary);
    }

    [Fact]
    public void HV2_a_server_that_is_down_is_named_last_and_gateways_are_told()
    {
        var version = Ready(Two);
        Probe("http://a", false);
        Assert.Equal(("http://a", null, true), Resolved());
        Probe("http://a", false, false);
        Assert.Equal(("http://b", "http://a", true), Resolved());
        Probe("http://b", false, false, false);
        Assert.Equal(("http://a", "http://a http://b", true), Resolved());
        Succeed("http://a");
        Succeed("http://b");
        Assert.Equal(("http://a", null, false), Resolved());
        // Of another start it says nothing.
        Probe("http://a", false, false, false);
        _model.Deactivate(version);
        _model.Activate(version);
        _model.Run(new Command.ReportProbe(version, 2, IsReady: true) { Up = ["http://a", "http://b"] });
        Assert.Equal(("http://a", null, false), Resolved());

        (string?, string?, bool) Resolved() =>
            new RoutingTable(_model.State, 1).With(new Dictionary<int, ObservedHealth> { [version] = _health }.ToImmutableDictionary())
                .Route(_model[version].Version).Value is { } to ? (to.ServingUrl, to.Down is null ? null : string.Join(' ', to.Down), to.IsDoubted) : default;
    }

    [Fact]
    public void HV2_SV3_a_server_that_is_added_again_begins_anew_and_one_that_nobody_asks_is_not_down_for_ever()
    {
        var (a, b) = (Two.Servers![0], Two.Servers[1]);
        Probe(a.Url, false, false, false);
        Probe(b.Url, false, false, false);
        _health = _health.Replaced([b, a]);
        Assert.Equal([a.Url, b.Url], Down());
        _health = _health.Replaced([a, b with { HealthUrl = null }]);
        Assert.Equal([a.Url], Down());
        _health = _health.Replaced([b]);
        Assert.Empty(Down());
        Assert.False(_health.IsDoubted([a.Url, b.Url]));

        IReadOnlyList<string> Down() => _health.Down([a.Url, b.Url]);
    }

    private int Ready(ServingSpec serving)
    {
        var version = _model.Draft(serving: serving);
        if (_model.Entry(version).Status == ServingStatus.Starting)
        {
            _model.Run(new Command.ReportProbe(version, 1, IsReady: true) { Up = serving.Servers?.Select(server => server.Url).ToList() });
        }

        return version;
    }

    private string Route(string selector) => new RoutingTable(_model.State, 1).Route(selector).Value!.VersionId;

    private HealthReport? Due(int version) => HealthRules.Due(_model.Entry(version), _health = _health.Until(_now), _now);

    private void Mark(int version)
    {
        _model.Wait((int)(_now - _model.Now).TotalMilliseconds);
        Assert.True(_model.Run(new Command.Mark(version, 1, Due(version)!.IsUnhealthy)).Changed);
    }

    private void Probe(string server, params ReadOnlySpan<bool> answers)
    {
        foreach (var isGood in answers)
        {
            Wait(5);
            _health = _health.Probed(new ProbeSign(server, isGood, _now), _now);
        }
    }

    private void NotBegun(int calls) => _health = _health.Called(new CallSigns { Attempt = 1, NotBegun = calls }, _now);

    private void Succeed(string server) => _health = _health.Called(new CallSigns { Attempt = 1, Succeeded = [server] }, _now);

    private void Wait(int seconds) => _now += TimeSpan.FromSeconds(seconds);
}
