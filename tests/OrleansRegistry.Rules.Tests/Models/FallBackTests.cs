using OrleansRegistry.Reference;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>Rule HV4: when a primary that is unhealthy is left, and for which version.</summary>
public sealed class FallBackTests
{
    private const string System = "system";

    private readonly TestModel _model = new();

    [Fact]
    public void HV4_a_primary_that_was_unhealthy_for_so_long_is_left_as_after_a_rollback_and_a_rollback_brings_it_back()
    {
        var (older, sick) = (Served(), Served());
        FallsBack(60);
        Mark(sick, isUnhealthy: true);
        _model.Wait(59_999);
        Assert.Equal(Answer.Unchanged, FallBack());

        _model.Wait(1);
        var answer = FallBack();
        Assert.Equal((sick, older, PrimaryReason.Fallback, System), (answer.From, answer.To, _model.Reason, _model.State.Primary!.By));
        Assert.Equal((true, true), (_model.Entry(sick).HeldBack, _model.Entry(sick).Left));
        Assert.Equal(_model.Id(older), new RoutingTable(_model.State, 1).Route("^0").Value!.VersionId);

        Mark(sick, isUnhealthy: false);
        _model.Wait(600_000);
        Assert.Equal(Answer.Unchanged, FallBack());
        Assert.Equal(older, _model.Primary);
        Assert.Equal(_model.Id(older), new RoutingTable(_model.State, 1).Route("^0").Value!.VersionId);
        Assert.Equal(sick, _model.Rollback().To);
        Assert.Equal((false, false), (_model.Entry(sick).HeldBack, _model.Entry(sick).Left));
    }

    [Fact]
    public void HV4_it_stays_by_default_and_after_sixty_seconds_where_only_fall_back_is_said()
    {
        var (older, sick) = (Served(), Served());
        Mark(sick, isUnhealthy: true);
        _model.Wait(100_000);
        Assert.Equal(Answer.Unchanged, FallBack());

        Assert.True(_model.Run(new Command.SetFallBack(OnUnhealthy.FallBack)).Changed);
        Assert.False(_model.Run(new Command.SetFallBack(OnUnhealthy.FallBack, HealthRules.DefaultFallBackSeconds)).Changed);
        Assert.Equal(older, FallBack().To);
    }

    [Fact]
    public void HV4_the_first_healthy_version_in_line_takes_the_pointer_and_none_that_is_only_registered()
    {
        var (heldBack, first, sick, registered, primary) = (
            Served(claims: false), Served(), Served(), _model.Published(claims: false), Served());
        Mark(sick, isUnhealthy: true);
        FallsBack(10);
        Mark(primary, isUnhealthy: true);
        _model.Wait(10_000);
        Assert.Equal(first, FallBack().To);

        Mark(first, isUnhealthy: true);
        _model.Wait(10_000);
        Assert.Equal(heldBack, FallBack().To);
        Mark(heldBack, isUnhealthy: true);
        _model.Wait(10_000);
        Assert.Equal(Answer.Unchanged, FallBack());
        Assert.Equal((heldBack, ServingStatus.Ready), (_model.Primary, _model.Entry(registered).Status));

        // As soon as one is healthy again there is somewhere to go.
        Mark(sick, isUnhealthy: false);
        Assert.Equal(sick, FallBack().To);
    }

    [Fact]
    public void HV4_who_promotes_an_unhealthy_version_by_force_has_as_long()
    {
        var (sick, well) = (Served(), Served());
        FallsBack(10);
        Mark(sick, isUnhealthy: true);
        _model.Wait(600_000);
        Assert.Equal(sick, _model.Run(new Command.Promote(sick) { Force = true }).To);
        _model.Wait(9_999);
        Assert.Equal(Answer.Unchanged, FallBack());
        _model.Wait(1);
        Assert.Equal(well, FallBack().To);
    }

    [Fact]
    public void HV4_a_primary_that_restarts_or_has_failed_is_left_from_when_that_began()
    {
        foreach (var status in (ServingStatus[])[ServingStatus.Restarting, ServingStatus.Failed])
        {
            var serving = new ServingState { Url = "", Runtime = new RuntimeState(), Since = _model.Now };
            Assert.Equal(_model.Now, HealthRules.DownSince(serving with { Status = status }));
        }

        foreach (var status in (ServingStatus[])[ServingStatus.Starting, ServingStatus.Ready, ServingStatus.Idle, ServingStatus.Stopped])
        {
            Assert.Null(HealthRules.DownSince(new ServingState { Url = "", Since = _model.Now, Status = status }));
        }

        Assert.Null(HealthRules.DownSince(null));
    }

    [Fact]
    public void HV4_a_claim_that_was_made_after_the_successors_publish_still_wins()
    {
        var (older, sick) = (Served(), Served());
        var slow = _model.Published(serving: TestModel.SlowServer);
        FallsBack(10);
        Mark(sick, isUnhealthy: true);
        _model.Wait(10_000);
        Assert.Equal(older, FallBack().To);
        Assert.Equal(slow, _model.Ready(slow).To);
    }

    [Fact]
    public void HV4_only_an_admin_changes_it_and_the_events_name_the_fields()
    {
        Served();
        var command = new PatchModelCommand { Context = Context(Role.Deployer), OnUnhealthy = OnUnhealthy.FallBack };
        Assert.Equal(ErrorCode.Forbidden, ModelRules.Patch(_model.State, command).Error?.Code);
        Assert.Equal(ErrorCode.Forbidden, ModelRules.Patch(_model.State, new PatchModelCommand { Context = Context(Role.Deployer), FallBackSeconds = 10 }).Error?.Code);
        Assert.Empty(ModelRules.Patch(_model.State, command with { OnUnhealthy = OnUnhealthy.Stay, FallBackSeconds = 60 }).Value!.Events);

        var change = ModelRules.Patch(_model.State, command with { Context = Context(Role.Admin), FallBackSeconds = 30 }).Value!;
        Assert.Contains("""["on_unhealthy","fall_back_seconds"]""", Assert.Single(change.Events).What.Data, StringComparison.Ordinal);
    }

    /// <summary>History 17: a server is up for 40 seconds and down for 40, again and again.</summary>
    [Fact]
    public void HV2_HV4_a_primary_that_flaps_is_unhealthy_for_good_in_the_end_and_left_once()
    {
        var (older, flapping) = (Served(), Served());
        FallsBack(60);
        var (health, moves) = (new ObservedHealth(1), new List<int>());
        for (var seconds = 10; seconds <= 3600; seconds += 10)
        {
            _model.Wait(10_000);
            var isUp = (seconds - 10) / 40 % 2 == 0;
            health = health.Probed(new ProbeSign(_model.Entry(flapping).Url!, isUp, _model.Now), _model.Now);
            if (HealthRules.Due(_model.Entry(flapping), health, _model.Now) is { } due)
            {
                Mark(flapping, due.IsUnhealthy);
            }

            if (FallBack().Moved)
            {
                moves.Add(seconds);
            }
        }

        Assert.Equal([290], moves);
        Assert.Equal((older, true), (_model.Primary, _model.Entry(flapping).IsUnhealthy));
        Assert.Equal(
            [EventType.VersionUnhealthy, EventType.VersionHealthy, EventType.VersionUnhealthy, EventType.VersionHealthy, EventType.VersionUnhealthy],
            _model.Events.Select(happened => happened.Type).Where(type => type is EventType.VersionUnhealthy or EventType.VersionHealthy));
    }

    private static CommandContext Context(Role role) => new() { CommandId = Guid.Empty, Actor = "ann", Deadline = default, Role = role };

    private int Served(bool? claims = null)
    {
        var version = _model.Published(claims: claims, serving: TestModel.Server with { HealthUrl = "http://server/health" });
        _model.Ready(version);
        return version;
    }

    private void FallsBack(int seconds) => _model.Run(new Command.SetFallBack(OnUnhealthy.FallBack, seconds));

    private void Mark(int version, bool isUnhealthy) => Assert.True(_model.Run(new Command.Mark(version, 1, isUnhealthy) { By = System }).Changed);

    private Answer FallBack() => _model.Run(new Command.FallBack { By = System });
}
