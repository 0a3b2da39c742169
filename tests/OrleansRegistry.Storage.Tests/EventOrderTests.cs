using System.Collections.Immutable;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Npgsql;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>
/// Positions are given after commit. A serial number is drawn before it, so that whoever follows it misses what commits late; that is shown
/// beside it, so that the tests can fail.
/// </summary>
[Trait("Database", "PostgreSQL")]
public sealed class PostgresEventOrderTests() : DatabaseTest(TestDatabase.Postgres)
{
    [Fact]
    public async Task An_event_that_commits_late_comes_late_and_is_not_missed()
    {
        await using var early = await Begin("early");
        await using var late = await Begin("late");

        await late.DisposeAsync();
        var first = await Catalog.ListEvents(0, 10, default);
        await early.DisposeAsync();
        var second = await Catalog.ListEvents(first[^1].Position, 10, default);

        Assert.Equal(("late", "1"), (Assert.Single(first).ModelId, first[0].Id));
        Assert.Equal(("early", "2"), (Assert.Single(second).ModelId, second[0].Id));
    }

    [Fact]
    public async Task Following_the_serial_number_would_miss_it()
    {
        await using var early = await Begin("early");
        await using var late = await Begin("late");

        await late.DisposeAsync();
        var first = await FollowSerial(0);
        await early.DisposeAsync();
        var second = await FollowSerial(first[^1]);

        Assert.Single(first);
        Assert.Empty(second);
    }

    [Fact]
    public async Task Readers_see_each_event_once_and_in_order_while_many_writers_commit_out_of_order()
    {
        const int writers = 16;
        const int events = 40;
        const int readers = 4;
        var reading = Enumerable.Range(0, readers).Select(_ => Task.Run(async () =>
        {
            List<RegistryEvent> seen = [];
            while (seen.Count < writers * events)
            {
                seen.AddRange(await Catalog.ListEvents(seen.Count == 0 ? 0 : seen[^1].Position, 7, default));
            }

            return seen;
        })).ToList();

        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            for (var i = 0; i < events; i++)
            {
                await using var first = await Begin($"{writer}-{i}");
                if (random.Next(2) == 0 && i + 1 < events)
                {
                    // Begun later, committed earlier.
                    await (await Begin($"{writer}-{++i}")).DisposeAsync();
                }
            }
        })));

        foreach (var seen in await Task.WhenAll(reading).WaitAsync(TimeSpan.FromMinutes(2)))
        {
            Assert.Equal(Enumerable.Range(1, writers * events), seen.Select(happened => (int)happened.Position));
            Assert.Equal(writers * events, seen.Select(happened => happened.ModelId).Distinct().Count());
        }

        Assert.Equal(writers * events, await Catalog.FindLastPosition(default));
    }

    /// <summary>Stores an event in a transaction that commits when it is disposed of.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "Disposed of with the transaction.")]
    private async Task<Transaction> Begin(string model)
    {
        // Outside of the node's pool, which is smaller than what these tests hold at once.
        var connection = new NpgsqlConnection(Options.PostgresConnectionString);
        await connection.OpenAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText =
            $$"""
            insert into registry_event (source, workspace, model_id, revision, n, type, at, actor, data)
            values ('model/default/{{model}}', 'default', '{{model}}', 1, 1, 'model.updated', '2026-03-01T12:00:00.000Z', 'test', '{}')
            """;
        await command.ExecuteNonQueryAsync();
        return new Transaction(connection, transaction);
    }

    private async Task<ImmutableArray<long>> FollowSerial(long after)
    {
        await using var connection = await Database.Writers.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"select id from registry_event where id > {after} order by id");
        await using var reader = await command.ExecuteReaderAsync();
        var found = ImmutableArray.CreateBuilder<long>();
        while (await reader.ReadAsync())
        {
            found.Add(reader.GetInt64(0));
        }

        return found.ToImmutable();
    }

    private sealed class Transaction(DbConnection connection, DbTransaction transaction) : IAsyncDisposable
    {
        private bool _committed;

        public async ValueTask DisposeAsync()
        {
            if (!_committed)
            {
                _committed = true;
                await transaction.CommitAsync();
                await transaction.DisposeAsync();
                await connection.DisposeAsync();
            }
        }
    }
}
