using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.Cluster;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>What activations of models show to their process.</summary>
public sealed class LocalRouteTests
{
    private const string Id = "k7m2qx9p4d";

    private readonly FakeTimeProvider _clock = new();
    private readonly Lease _lease = new();
    private readonly LocalRoutes _routes;

    public LocalRouteTests() => _routes = new LocalRoutes(_lease, _clock);

    [Fact]
    public void L2_an_activation_that_has_left_shows_nothing_whatever_it_confirms_later()
    {
        var route = Enter();
        route.Show(Table(revision: 1));
        Assert.Equal(1, Find()?.Revision);

        route.Leave();
        Assert.Null(Find());
        route.Show(Table(revision: 2));
        Assert.Null(Find());
    }

    [Fact]
    public void L2_an_activation_that_leaves_late_does_not_hide_the_next_one()
    {
        var (first, second) = (Enter(), Enter());
        first.Show(Table(revision: 1));
        second.Show(Table(revision: 2));

        first.Leave();

        Assert.Equal(2, Find()?.Revision);
    }

    [Fact]
    public void E1_a_silo_that_may_have_been_replaced_answers_nothing()
    {
        Enter().Show(Table(revision: 1));
        Assert.NotNull(Find());

        _lease.MayAnswer = false;
        Assert.Null(Find());
        _lease.MayAnswer = true;
        Assert.NotNull(Find());
    }

    [Fact]
    public void Nothing_is_shown_while_the_outcome_of_a_write_is_unknown()
    {
        var route = Enter();
        route.Show(Table(revision: 1));
        Assert.NotNull(Find());

        route.Show(null);

        Assert.Null(Find());
    }

    [Theory]
    [InlineData("0.1.0", true)]
    [InlineData("^0.1", true)]
    [InlineData("@staging", false)]
    [InlineData("9.9.9", false)]
    [InlineData("no selector", false)]
    public void Whatever_is_no_version_is_asked_of_the_grain(string selector, bool isFound)
    {
        Enter().Show(Table(revision: 1));
        Assert.NotNull(Find());

        Assert.Equal(isFound, _routes.Find("default", Id, selector) is not null);
        Assert.Null(_routes.Find("other", Id, selector));
        Assert.Null(_routes.Find("default", "0000000000", selector));
    }

    [Fact]
    public void HV1_the_grain_hears_once_a_minute_that_it_is_used()
    {
        _routes.Enter(null!, "default", Id).Show(Table(revision: 1));
        Assert.Null(Find());
        Assert.NotNull(Find());
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.NotNull(Find());
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(Find());
        Assert.NotNull(Find());
    }

    /// <summary>An activation that has just been asked.</summary>
    private LocalRoute Enter()
    {
        var route = _routes.Enter(null!, "default", Id);
        route.Show(Table(revision: 0));
        Assert.Null(Find());
        return route;
    }

    private ResolvedVersion? Find() => _routes.Find("default", Id, null);

    private static RoutingTable Table(int revision) => new(
        new ModelState
        {
            Workspace = "default",
            Id = Id,
            Name = "iris",
            SearchName = "iris",
            CreatedBy = "test",
            LatestVersion = "0.1.0",
            Active = [new ActiveVersion { Ordinal = 1, Version = "0.1.0", Stage = Stage.Published, Status = ServingStatus.Ready }],
            Primary = new PrimaryPointer { Ordinal = 1, Version = "0.1.0", By = "test" },
        },
        revision);

    private sealed class Lease : ISiloLease
    {
        public bool MayAnswer { get; set; } = true;

        public bool IsHeld => MayAnswer;

        public Func<bool> Of(IGrainContext grain) => () => MayAnswer;
    }
}
