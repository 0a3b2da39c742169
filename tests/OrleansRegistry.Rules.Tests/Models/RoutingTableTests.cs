using OrleansRegistry.Reference;

namespace OrleansRegistry.Models;

/// <summary>What a selector leads to.</summary>
public sealed class RoutingTableTests
{
    private readonly TestModel _model = new();

    [Theory]
    [InlineData("^1.2", "1.4.1")]
    [InlineData("^1.2.3", "1.4.1")]
    [InlineData("~1.4", "1.4.1")]
    [InlineData("~1.2.0", "1.2.3")]
    [InlineData("1.x", "1.4.1")]
    [InlineData("1.2.*", "1.2.3")]
    [InlineData("1", "1.4.1")]
    [InlineData("1.2", "1.2.3")]
    [InlineData("*", "2.0.0")]
    [InlineData(">=1.2 <2", "1.4.1")]
    [InlineData(">=1.2.0 <1.4.0", "1.2.3")]
    [InlineData("1.2 - 1.4", "1.4.1")]
    [InlineData("^0.1 || ~1.2", "1.2.3")]
    [InlineData("<0.2", "0.1.0")]
    [InlineData(">1.4.1", "2.0.0")]
    [InlineData("=1.4.0", "1.4.0")]
    [InlineData("^1.4.0-0", "1.4.1")]
    [InlineData("~2.1.0-rc.1", "2.1.0-rc.2")]
    [InlineData(">=2.1.0-rc.2", "2.1.0-rc.2")]
    [InlineData("^3", ErrorCode.NoMatchingVersion)]
    [InlineData(">2.0.0", ErrorCode.NoMatchingVersion)]
    [InlineData("~2.1", ErrorCode.NoMatchingVersion)]
    [InlineData("2.1.x", ErrorCode.NoMatchingVersion)]
    [InlineData("<0.1.0", ErrorCode.NoMatchingVersion)]
    public void Range_leads_to_the_highest_published_routable_match(string range, string expected)
    {
        foreach (var number in (string[])["0.1.0", "1.2.0", "1.2.3", "1.4.0", "1.4.1", "2.0.0", "2.1.0-rc.1", "2.1.0-rc.2"])
        {
            _model.Published(number);
        }

        Assert.Equal(expected, Resolve(range));
        if (!expected.Contains('_', StringComparison.Ordinal))
        {
            Assert.Equal(ResolvedBy.Range, Table().Resolve(range).Value!.ResolvedBy);
        }
    }

    [Fact]
    public void W1_who_waits_is_told_of_the_version_that_starts()
    {
        _model.Draft();
        Assert.Equal(ErrorCode.NoPrimary, Await(null));
        var next = _model.Published(serving: TestModel.SlowServer);

        foreach (var selector in (string?[])[null, "@primary", _model[next].Version, _model.Id(next)])
        {
            Assert.Equal($"{_model.Id(next)} starting", Await(selector));
        }

        Assert.Equal(ErrorCode.NoMatchingVersion, Await("^0.2"));
        Assert.Equal(ErrorCode.InvalidSelector, Await("soon"));
        Assert.Equal(ErrorCode.VersionNotFound, Await("9.9.9"));
    }

    [Theory]
    [InlineData("ready", "ready")]
    [InlineData("failed", ErrorCode.ServingFailed)]
    [InlineData("inactive", ErrorCode.VersionNotFound)]
    [InlineData("deleted", ErrorCode.VersionNotFound)]
    public void W1_who_waits_is_told_what_became_of_the_version(string condition, string expected)
    {
        _model.Published();
        var version = _model.In(condition, isPublished: true);

        Assert.EndsWith(expected, Await(_model[version].Version), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("starting")]
    [InlineData("failed")]
    [InlineData("inactive")]
    [InlineData("deleted")]
    public void Range_passes_over_what_is_not_routable(string condition)
    {
        _model.Published("1.0.0", serving: TestModel.Server);
        var version = _model.In(condition, isPublished: true);
        Assert.Equal("1.1.0", _model[version].Version);

        Assert.Equal("1.0.0", Resolve("1.x"));
    }

    [Fact]
    public void Range_passes_over_drafts()
    {
        _model.Published("1.0.0");
        _model.Promote(_model.Draft("1.1.0"));

        Assert.Equal("1.0.0", Resolve("^1"));
        Assert.Equal("1.1.0", Resolve(null));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Exact_number_and_id_lead_to_drafts_too(bool isPublished)
    {
        var version = _model.In("ready", isPublished);

        Assert.Equal((_model.Id(version), ResolvedBy.Exact), Answer("0.1.0"));
        Assert.Equal((_model.Id(version), ResolvedBy.Id), Answer(_model.Id(version)));
    }

    [Theory]
    [InlineData("starting", ErrorCode.VersionStarting)]
    [InlineData("failed", ErrorCode.ServingFailed)]
    [InlineData("inactive", ErrorCode.VersionNotFound)]
    [InlineData("deleted", ErrorCode.VersionNotFound)]
    public void Exact_number_and_id_of_a_version_that_is_not_routable_say_why(string condition, string expected)
    {
        _model.NewPrimary();
        var version = _model.In(condition, isPublished: true);

        Assert.Equal(expected, Resolve(_model[version].Version));
        Assert.Equal(expected, Resolve(_model.Id(version)));
    }

    [Theory]
    [InlineData("restarting")]
    [InlineData("idle")]
    public void L7_a_version_that_was_up_is_led_to_by_all_selectors_and_can_not_be_called(string condition)
    {
        _model.Published("1.0.0");
        var version = _model.In(condition, isPublished: true);
        _model.Run(new Command.Promote(version) { Force = condition == "restarting" });
        string?[] selectors = [null, "~1.1", _model[version].Version, _model.Id(version)];

        Assert.Equal(version, _model.Primary);
        Assert.All(selectors, selector => Assert.Equal(ErrorCode.VersionStarting, Resolve(selector)));
    }

    [Fact]
    public void What_was_never_given_is_not_found()
    {
        _model.NewPrimary();

        Assert.Equal(ErrorCode.VersionNotFound, Resolve("7.7.7"));
        Assert.Equal(ErrorCode.VersionNotFound, Resolve(_model.Id(77)));
        Assert.Equal(ErrorCode.VersionNotFound, Resolve("0therm0de1-1"));
    }

    [Fact]
    public void Exact_number_of_a_prerelease()
    {
        _model.Published("2.0.0-rc.1");

        Assert.Equal("2.0.0-rc.1", Resolve("2.0.0-rc.1"));
        Assert.Equal(ErrorCode.VersionNotFound, Resolve("2.0.0"));
    }

    [Fact]
    public void No_selector_leads_to_the_primary()
    {
        var primary = _model.Published("1.0.0", serving: TestModel.Server);
        _model.Published("2.0.0", claims: false);

        var answer = Table().Resolve(null).Value;

        Assert.Equal(
            new ResolvedVersion
            {
                VersionId = _model.Id(primary),
                Version = "1.0.0",
                ResolvedBy = ResolvedBy.Primary,
                ServingUrl = TestModel.Server.Url,
                Revision = 7,
                ModelName = _model.State.Name,
                Attempt = 1,
            },
            answer);
    }

    [Fact]
    public void How_a_server_is_called_by_OpenAIs_routes_is_known_where_calls_are_routed_until_another_start()
    {
        var served = TestModel.Server with { ServedName = "org/model", OpenaiPaths = ["classify"] };
        var version = _model.Published("1.0.0", serving: served);

        Assert.Equal(("org/model", "classify"), (Table().Resolve(null).Value!.ServedName, Table().Resolve(null).Value!.OpenaiPaths?.Single()));
        Assert.Equal(ErrorCode.VersionActive, _model.Activate(version, served with { ServedName = "other" }).Error);
        Assert.Equal(ErrorCode.VersionActive, _model.Activate(version, served with { OpenaiPaths = ["pooling"] }).Error);
        Assert.False(_model.Activate(version, served with { OpenaiPaths = ["classify"] }).Changed);

        // An older build doesn't know the member, and has begun another start.
        var older = _model.State.With(_model.Entry(version) with { Attempt = 2 });
        Assert.Null(new RoutingTable(older, 8).Resolve(null).Value!.ServedName);
        Assert.Null(new RoutingTable(older, 8).Resolve(null).Value!.OpenaiPaths);

        _model.Deactivate(version);
        _model.Activate(version);
        _model.Promote(version);
        Assert.Equal("org/model", Table().Resolve(null).Value!.ServedName);
        _model.Deactivate(version);
        _model.Activate(version, TestModel.Server);
        _model.Promote(version);
        Assert.Null(Table().Resolve(null).Value!.ServedName);
    }

    [Fact]
    public void What_comes_back_or_changes_otherwise_leaves_the_active_table_as_it_was()
    {
        var version = _model.Published("1.0.0", serving: TestModel.Server with { OpenaiPaths = ["classify"] });
        var entry = _model.Entry(version);

        _model.Publish(version, claims: true);

        Assert.Same(entry.Openai, _model.Entry(version).Openai);
    }

    [Fact]
    public void No_selector_without_a_primary_is_refused()
    {
        _model.Draft();

        Assert.Equal(ErrorCode.NoPrimary, Resolve(null));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1.0.0")]
    [InlineData("*")]
    [InlineData("nonsense")]
    public void Deleted_model_says_so(string? selector)
    {
        _model.Published("1.0.0");
        _model.Run(new Command.DeleteModel());

        Assert.Equal(ErrorCode.ModelDeleted, Resolve(selector));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("latest")]
    [InlineData("1.0.0+build")]
    [InlineData("1.2.3.4")]
    [InlineData("^")]
    [InlineData(">=")]
    [InlineData("01.2.3")]
    [InlineData("k7m2qx9p4d-0")]
    [InlineData("k7m2qx9p4d")]
    [InlineData("1.0.0\0")]
    [InlineData("^99999999999999999999999999999999x")]
    public void What_is_no_selector_is_refused(string selector)
    {
        _model.NewPrimary();

        Assert.Equal(ErrorCode.InvalidSelector, Resolve(selector));
    }

    [Fact]
    public void Selector_is_bounded()
    {
        _model.Published("1.0.0");
        var longest = string.Join(" || ", Enumerable.Repeat("^1.0", 32));

        Assert.Equal("1.0.0", Resolve(longest.PadRight(VersionSelector.MaxLength)));
        Assert.Equal(ErrorCode.InvalidSelector, Resolve(longest.PadRight(VersionSelector.MaxLength + 1)));
    }

    private RoutingTable Table() => new(_model.State, revision: 7);

    private string Resolve(string? selector)
    {
        var outcome = Table().Resolve(selector);
        return outcome.Error?.Code ?? outcome.Value!.Version;
    }

    private (string Id, ResolvedBy How) Answer(string selector)
    {
        var answer = Table().Resolve(selector).Value!;
        return (answer.VersionId, answer.ResolvedBy);
    }

    [Fact]
    public void P7_the_version_that_a_rollback_left_comes_last_in_ranges()
    {
        _model.Published("1.0.0", claims: true);
        _model.Published("1.1.0", claims: true);
        _model.Rollback();
        Assert.Equal("1.0.0", Range("^1"));
        Assert.Equal("1.1.0", Range("~1.1"));

        _model.Deactivate(2);
        _model.Activate(2);
        Assert.Equal("1.0.0", Range("^1"));
        _model.Run(new Command.Reload());
        Assert.True(_model.Entry(2).Left);

        _model.Promote(2);
        Assert.Equal("1.1.0", Range("^1"));
    }

    [Fact]
    public void P7_a_claim_of_it_that_wins_ends_it_and_a_fallback_does_not()
    {
        _model.Published("1.0.0", claims: true);
        _model.Published("1.1.0", claims: true);
        _model.Published("1.2.0", claims: true);
        _model.Rollback();
        _model.Rollback();
        Assert.Equal("1.0.0", Range("^1"));
        _model.Publish(2, claims: true);
        Assert.Equal((2, "1.1.0"), (_model.Primary, Range("^1")));

        _model.Deactivate(1);
        _model.Deactivate(2);
        Assert.Equal((3, "1.2.0"), (_model.Primary, Range("^1")));
        _model.Activate(2);
        _model.Promote(2);
        Assert.True(_model.Entry(3).Left);
        Assert.Equal("1.1.0", Range("^1"));
    }

    [Fact]
    public void P7_versions_that_are_only_held_back_are_not_left()
    {
        _model.Published("1.4.2", claims: true);
        _model.Published("2.0.0", claims: true);
        _model.Published("1.4.3");
        Assert.True(_model.IsHeldBack(3));
        Assert.Equal("1.4.3", Range("^1"));
        _model.Policy(PrimaryPolicy.Manual);
        _model.Published("2.1.0");
        Assert.Equal("2.1.0", Range("^2"));
    }

    private string Await(string? selector) =>
        Table().Await(selector).TryGet(out var found, out var error)
            ? $"{found.VersionId} {(found.IsStarting ? "starting" : "ready")}"
            : error.Code;

    private string? Range(string range) => new RoutingTable(_model.State, 1).Resolve(range).Value?.Version;
}
