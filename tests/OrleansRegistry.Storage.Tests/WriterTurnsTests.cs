using OrleansRegistry.Storage.Sqlite;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>In which order the writers of an SQLite file come (rule E6).</summary>
public sealed class WriterTurnsTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly WriterTurns _turns = new();
    private readonly List<string> _order = [];

    [Fact]
    public async Task Q6_workspaces_take_turns_and_the_writers_of_one_come_as_they_asked()
    {
        await _turns.Enter("", Long, default);
        List<Task> writers = [.. "a1 a2 a3 b1 a4 c1 b2".Split(' ').Select(writer => Write(writer, default))];
        Assert.Empty(_order);

        _turns.Leave();
        await Task.WhenAll(writers);

        Assert.Equal("a1 b1 c1 a2 b2 a3 a4", string.Join(' ', _order));
        // Nobody has the turn any more.
        Assert.True(_turns.Enter("d", Long, default).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Q6_a_writer_waits_for_the_one_that_writes_and_one_of_each_other_workspace_that_waits()
    {
        await _turns.Enter("crowd", Long, default);
        List<Task> writers = [.. Enumerable.Range(0, 400).Select(n => Write("crowd", default)), Write("other1", default), Write("alone", default), Write("other2", default)];

        _turns.Leave();
        await Task.WhenAll(writers);

        Assert.Equal(["other1", "alone", "crowd", "other2", "crowd"], _order.Take(5));
    }

    [Fact]
    public async Task Q6_a_workspace_whose_writers_gave_up_loses_no_turn()
    {
        await _turns.Enter("a", Long, default);
        using var gone = new CancellationTokenSource();
        Task[] left = [Write("b1", gone.Token), Write("b2", gone.Token)];
        Task[] writers = [Write("b3", default), Write("c1", default)];
        await gone.CancelAsync();

        _turns.Leave();
        await Task.WhenAll(writers);

        Assert.Equal(["b3", "c1"], _order);
        Assert.All(left, writer => Assert.True(writer.IsCanceled));
    }

    [Fact]
    public async Task A_writer_who_gives_up_is_passed_over()
    {
        await _turns.Enter("a", Long, default);
        using var gone = new CancellationTokenSource();
        var first = Write("a1", gone.Token);
        var second = Write("a2", default);
        await Assert.ThrowsAsync<TimeoutException>(() => _turns.Enter("b", TimeSpan.Zero, default));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        _turns.Leave();
        await second;

        Assert.Equal(["a2"], _order);
    }

    [Fact]
    public async Task Q6_the_workspace_of_a_writer_is_the_one_that_its_caller_acts_in()
    {
        await using var test = TestDatabase.Sqlite();
        await using var database = RegistryStorage.Open(test.Options);
        await database.Start(default);
        var held = await database.Writers.OpenConnectionAsync();
        List<Task> writers = [.. "a1 a2 a3 b1".Split(' ').Select(Open)];

        await held.DisposeAsync();
        await Task.WhenAll(writers);

        Assert.Equal("a1 b1 a2 a3", string.Join(' ', _order));

        async Task Open(string writer)
        {
            WorkspaceScope.Enter(writer[..1]);
            await using var connection = await database.Writers.OpenConnectionAsync();
            _order.Add(writer);
        }
    }

    private async Task Write(string writer, CancellationToken cancellationToken)
    {
        await _turns.Enter(writer.TrimEnd("0123456789".ToCharArray()), Long, cancellationToken);
        _order.Add(writer);
        _turns.Leave();
    }
}
