using Microsoft.Extensions.Time.Testing;

namespace OrleansRegistry.Models;

/// <summary>The counts that quotas are held against.</summary>
public sealed class WorkspaceUsesTests
{
    private const string Workspace = "default";
    private static readonly WorkspaceUse One = new(1, 1, 1);

    private readonly FakeTimeProvider _clock = new();
    private readonly Queue<TaskCompletionSource<WorkspaceUse>> _counts = new();
    private readonly WorkspaceUses _uses;

    public WorkspaceUsesTests() => _uses = new WorkspaceUses(_ => _counts.Dequeue().Task, _clock);

    [Fact]
    public async Task A_count_serves_for_five_seconds_with_what_is_stored_meanwhile()
    {
        Next().SetResult(new(10, 20, 30));
        Assert.Equal(new(10, 20, 30), await _uses.Get(Workspace, isExact: false));

        _uses.Add(Workspace, One);
        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(new(11, 21, 31), await _uses.Get(Workspace, isExact: false));
    }

    [Fact]
    public async Task An_older_count_is_made_anew_beside_those_who_ask_and_has_what_is_stored_while_it_is_made()
    {
        Next().SetResult(new(10, 20, 30));
        await _uses.Get(Workspace, isExact: false);
        var second = Next();
        _clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(new(10, 20, 30), await _uses.Get(Workspace, isExact: false));
        _uses.Add(Workspace, One);
        var exact = _uses.Get(Workspace, isExact: true);
        Assert.False(exact.IsCompleted);
        second.SetResult(new(5, 5, 5));

        Assert.Equal(new(6, 6, 6), await exact);
        Assert.Equal(new(6, 6, 6), await _uses.Get(Workspace, isExact: false));
    }

    [Fact]
    public async Task Nobody_is_told_a_count_that_is_too_old_and_a_failed_one_is_made_again()
    {
        Next().SetResult(new(10, 20, 30));
        await _uses.Get(Workspace, isExact: false);
        _clock.Advance(TimeSpan.FromSeconds(6));
        Next().SetException(new RegistryUnavailableException("away"));
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => _uses.Get(Workspace, isExact: false));

        Next().SetResult(new(1, 2, 3));

        Assert.Equal(new(1, 2, 3), await _uses.Get(Workspace, isExact: false));
    }

    private TaskCompletionSource<WorkspaceUse> Next()
    {
        var next = new TaskCompletionSource<WorkspaceUse>(TaskCreationOptions.RunContinuationsAsynchronously);
        _counts.Enqueue(next);
        return next;
    }
}
