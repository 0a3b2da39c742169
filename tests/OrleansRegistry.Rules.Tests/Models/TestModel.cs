using OrleansRegistry.Reference;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>A model to try rules on: commands as short calls, and what tests ask about it.</summary>
internal sealed class TestModel
{
    /// <summary>A server that answers as soon as it is asked for.</summary>
    public static readonly ServingSpec Server = new() { Url = "http://server" };

    /// <summary>A server that takes its time.</summary>
    public static readonly ServingSpec SlowServer = new() { Url = "http://slow", HealthUrl = "http://slow/health" };

    private readonly ModelDriver _driver;

    public TestModel(int maxActive = 1000) => _driver = new ModelDriver(maxActive);

    public ModelState State => _driver.Model!;

    public int? Primary => State.Primary?.Ordinal;

    public PrimaryReason? Reason => State.Primary?.Reason;

    public int? Pending => State.PendingPrimary?.Ordinal;

    public int[] History => [.. State.History.Select(past => past.Ordinal)];

    public List<StoredEvent> Events => _driver.Events;

    public DateTimeOffset Now => _driver.Now;

    /// <summary>A version's row.</summary>
    public ModelVersionState this[int ordinal] => _driver.Rows[ordinal - 1].State;

    public string Id(int ordinal) => _driver.Id(ordinal);

    /// <summary>What the active table says of a version.</summary>
    public ActiveVersion Entry(int ordinal) => State.Find(ordinal)!;

    public bool IsHeldBack(int ordinal) => (State.Find(ordinal) ?? this[ordinal].Entry)?.HeldBack ?? false;

    public long? PublishNumber(int ordinal) => (State.Find(ordinal) ?? this[ordinal].Entry)?.PublishNumber;

    public Answer Run(Command command) => _driver.Run(command);

    /// <summary>Deploys a draft that is ready at once, unless it has a server that isn't.</summary>
    public int Draft(string? version = null, ServingSpec? serving = null) =>
        Deploy(new Command.Deploy { Version = version, Serving = serving });

    /// <summary>Deploys a published version.</summary>
    public int Published(string? version = null, bool? claims = null, ServingSpec? serving = null) =>
        Deploy(new Command.Deploy { Version = version, IsPublished = true, Claims = claims, Serving = serving });

    /// <summary>Deploys a published version that is primary, then, without touching the pointer again, gives its ordinal.</summary>
    public int NewPrimary()
    {
        var ordinal = Published(claims: true);
        Assert.Equal(ordinal, Primary);
        return ordinal;
    }

    public string? Number(Command.Deploy deploy)
    {
        var answer = Run(deploy);
        return answer.Error ?? answer.Number;
    }

    public Answer Publish(int ordinal, bool? claims = null, Optional<string> from = default) => Run(new Command.Publish(ordinal, claims, from));

    public Answer Promote(int ordinal, Optional<string> from = default) => Run(new Command.Promote(ordinal, from));

    public Answer Activate(int ordinal, ServingSpec? serving = null) => Run(new Command.Activate(ordinal, serving));

    public Answer Deactivate(int ordinal, string? promoteTo = null, bool refuseIfPrimary = false) =>
        Run(new Command.Deactivate(ordinal, promoteTo, refuseIfPrimary));

    public Answer Delete(int ordinal, string? promoteTo = null, bool refuseIfPrimary = false) =>
        Run(new Command.Delete(ordinal, promoteTo, refuseIfPrimary));

    public Answer Rollback(Optional<string> from = default) => Run(new Command.Rollback(from));

    public Answer SetAlias(string name, string version, Optional<string> from = default, bool? isProtected = null) =>
        Run(new Command.SetAlias(name, version, from, isProtected));

    /// <summary>Takes back what only the model's row says.</summary>
    public void Restore(ModelState state) => _driver.Restore(state);

    public Answer Policy(PrimaryPolicy policy) => Run(new Command.SetPolicy(policy));

    public Answer Ready(int ordinal) => Serve(ordinal, isReady: true);

    public Answer Fail(int ordinal) => Serve(ordinal, isReady: false);

    public void Wait(int milliseconds) => Run(new Command.MoveClock(milliseconds));

    /// <summary>A version in a condition of the lifecycle's table.</summary>
    public int In(string condition, bool isPublished)
    {
        var ordinal = isPublished ? Published(claims: false, serving: SlowServer) : Draft(serving: SlowServer);
        switch (condition)
        {
            case "starting":
                break;
            case "ready":
                Ready(ordinal);
                break;
            case "restarting":
                Ready(ordinal);
                _driver.Put(ordinal, ServingStatus.Restarting);
                break;
            case "idle":
                Ready(ordinal);
                _driver.Put(ordinal, ServingStatus.Idle);
                break;
            case "failed":
                Fail(ordinal);
                break;
            case "inactive":
                Ready(ordinal);
                Deactivate(ordinal);
                break;
            case "deleted":
                Ready(ordinal);
                Delete(ordinal);
                break;
            default:
                throw new ArgumentException(condition, nameof(condition));
        }

        return ordinal;
    }

    private int Deploy(Command.Deploy deploy)
    {
        var answer = Run(deploy);
        Assert.Null(answer.Error);
        return State.NextOrdinal - 1;
    }

    private Answer Serve(int ordinal, bool isReady)
    {
        var answer = Run(new Command.ReportProbe(ordinal, this[ordinal].Serving!.Attempt, isReady) { By = "system" });
        Assert.True(answer.Changed);
        return answer;
    }
}
