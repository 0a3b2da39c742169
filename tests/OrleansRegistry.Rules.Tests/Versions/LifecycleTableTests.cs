using OrleansRegistry.Models;
using OrleansRegistry.Reference;

namespace OrleansRegistry.Versions;

/// <summary>The table of the lifecycle, cell by cell. There is another version, primary, that none of the commands names.</summary>
public sealed class LifecycleTableTests
{
    private static readonly string[] Commands = ["publish a draft", "publish a published one", "promote", "activate", "deactivate", "delete"];

    private static readonly string[] Conditions = ["starting", "ready", "restarting", "idle", "failed", "inactive", "deleted"];

    /// <summary>Command, condition, and what the version is afterwards, "·" for no change, or the refusal's code.</summary>
    public static TheoryData<string, string, string> Cells { get; } = new()
    {
        { "publish a draft", "starting", "published starting" },
        { "publish a draft", "ready", "published ready" },
        { "publish a draft", "restarting", "published restarting" },
        { "publish a draft", "idle", "published idle" },
        { "publish a draft", "failed", "published failed" },
        { "publish a draft", "inactive", ErrorCode.VersionInactive },
        { "publish a draft", "deleted", ErrorCode.VersionDeleted },
        { "publish a published one", "starting", "·" },
        { "publish a published one", "ready", "·" },
        { "publish a published one", "restarting", "·" },
        { "publish a published one", "idle", "·" },
        { "publish a published one", "failed", "·" },
        { "publish a published one", "inactive", ErrorCode.VersionInactive },
        { "publish a published one", "deleted", ErrorCode.VersionDeleted },
        { "promote", "starting", ErrorCode.NotRoutable },
        { "promote", "ready", "draft ready" },
        { "promote", "restarting", ErrorCode.VersionUnhealthy },
        { "promote", "idle", "draft idle" },
        { "promote", "failed", ErrorCode.NotRoutable },
        { "promote", "inactive", ErrorCode.VersionInactive },
        { "promote", "deleted", ErrorCode.VersionDeleted },
        { "activate", "starting", "·" },
        { "activate", "ready", "·" },
        { "activate", "restarting", "·" },
        { "activate", "idle", "·" },
        { "activate", "failed", "draft starting" },
        { "activate", "inactive", "draft starting" },
        { "activate", "deleted", ErrorCode.VersionDeleted },
        { "deactivate", "starting", "inactive stopped" },
        { "deactivate", "ready", "inactive stopped" },
        { "deactivate", "restarting", "inactive stopped" },
        { "deactivate", "idle", "inactive stopped" },
        { "deactivate", "failed", "inactive stopped" },
        { "deactivate", "inactive", "·" },
        { "deactivate", "deleted", ErrorCode.VersionDeleted },
        { "delete", "starting", "deleted stopped" },
        { "delete", "ready", "deleted stopped" },
        { "delete", "restarting", "deleted stopped" },
        { "delete", "idle", "deleted stopped" },
        { "delete", "failed", "deleted stopped" },
        { "delete", "inactive", "deleted stopped" },
        { "delete", "deleted", ErrorCode.VersionDeleted },
    };

    [Fact]
    public void Every_cell_has_one_case()
    {
        var cells = from command in Commands from condition in Conditions select (command, condition);

        Assert.Equal(42, Cells.Count);
        Assert.Equal(cells.Order(), Cells.Select(row => (row.Data.Item1, row.Data.Item2)).Order());
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void L_table(string command, string condition, string expected)
    {
        var model = new TestModel();
        var primary = model.NewPrimary();
        var version = model.In(condition, isPublished: command == "publish a published one");
        model.Wait(1000);
        var (before, state) = (model.State, model[version]);
        var events = model.Events.Count;

        var answer = Run(model, command, version);

        if (expected.Contains('_', StringComparison.Ordinal))
        {
            Assert.Equal(expected, answer.Error);
            Assert.Same(before, model.State);
            Assert.Same(state, model[version]);
            return;
        }

        Assert.Null(answer.Error);
        if (expected == "·")
        {
            Assert.False(answer.Changed);
            Assert.Same(before, model.State);
            Assert.Same(state, model[version]);
            Assert.Equal(events, model.Events.Count);
            return;
        }

        Assert.True(answer.Changed);
        Assert.Equal(expected, $"{model[version].State} {model[version].Serving!.Status}", ignoreCase: true);
        Assert.Equal(model[version].IsRoutable ? version : primary, model.Primary);
        Assert.Equal(condition is "ready" or "restarting" or "idle" && command is not ("deactivate" or "delete"), model[version].IsRoutable);
        Assert.NotEqual(events, model.Events.Count);
    }

    [Theory]
    [InlineData("starting")]
    [InlineData("failed")]
    public void L_table_publishing_a_draft_that_is_not_up_keeps_the_claim(string condition)
    {
        var model = new TestModel();
        var primary = model.NewPrimary();
        var version = model.In(condition, isPublished: false);

        model.Publish(version, claims: true);

        Assert.Equal(primary, model.Primary);
        Assert.NotNull(model.Entry(version).Claim);
    }

    [Fact]
    public void L_table_publishing_a_ready_draft_spends_the_claim_now_and_splits_the_stage_at_the_instant()
    {
        var model = new TestModel();
        model.NewPrimary();
        var version = model.In("ready", isPublished: false);
        model.Wait(700);

        var answer = model.Publish(version, claims: true);

        Assert.Equal(version, answer.To);
        Assert.Null(model.Entry(version).Claim);
        Assert.Equal((700, 0, model.Now), (model[version].Meter.DraftMilliseconds, model[version].Meter.PublishedMilliseconds, model[version].Meter.RunningSince));
        Assert.Equal(model.Now, model[version].PublishedAt);
    }

    [Theory]
    [InlineData("starting", false)]
    [InlineData("ready", true)]
    [InlineData("restarting", true)]
    [InlineData("idle", true)]
    [InlineData("failed", false)]
    public void L_table_publishing_a_published_one_with_promote_true(string condition, bool isPrimary)
    {
        var model = new TestModel();
        var other = model.NewPrimary();
        var version = model.In(condition, isPublished: true);
        var number = model.PublishNumber(version);

        var answer = model.Run(new Command.Publish(version, Claims: true) { Force = condition == "restarting" });

        Assert.Null(answer.Error);
        Assert.Equal(isPrimary ? version : other, model.Primary);
        Assert.Equal(!isPrimary, model.Entry(version).Claim is not null);
        Assert.Equal(number, model.PublishNumber(version));
    }

    [Theory]
    [InlineData(false, VersionState.Draft)]
    [InlineData(true, VersionState.Published)]
    public void L_table_activating_an_inactive_version_brings_its_stage_back(bool isPublished, VersionState expected)
    {
        var model = new TestModel();
        var version = model.In("inactive", isPublished);
        Assert.Equal(isPublished ? Stage.Published : Stage.Draft, model[version].Stage);

        model.Activate(version);

        Assert.Equal((expected, ServingStatus.Starting), (model[version].State, model[version].Serving!.Status));
    }

    [Theory]
    [InlineData("restarting")]
    [InlineData("idle")]
    public void L7_a_probe_leaves_a_version_alone_that_was_up(string condition)
    {
        var model = new TestModel();
        var version = model.In(condition, isPublished: true);
        var state = model[version];

        Assert.Equal(Answer.Unchanged, model.Run(new Command.ReportProbe(version, state.Serving!.Attempt, IsReady: false) { By = "system" }));
        Assert.Same(state, model[version]);
    }

    private static Answer Run(TestModel model, string command, int version) => command switch
    {
        "promote" => model.Promote(version),
        "activate" => model.Activate(version),
        "deactivate" => model.Deactivate(version),
        "delete" => model.Delete(version),
        _ => model.Publish(version),
    };
}
