using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using Npgsql;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

// How the databases find models by a part of their name, and versions in the order of their numbers.
public abstract partial class GrowthTests
{
    private static readonly string[] Planned =
    [
        "models by Name: part that one has",
        "models by Name: part that all have",
        "versions by HighestNumberFirst: all",
        "versions by HighestNumberFirst: number",
    ];

    /// <summary>The name of the database on the page.</summary>
    private protected abstract string Title { get; }

    [Fact]
    [SuppressMessage("Reliability", "CA2000", Justification = "It holds nothing of its own.")]
    public async Task The_page_shows_the_plans_of_search_and_order()
    {
        await StoreSeeds();
        await new GrownRows(SeedId, Seed, CrowdedId).Add(Options, 1, Large, Middle);
        var page = await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Directory, "docs", "performance.md"));
        var database = new RecordingDatabase(Database);
        List<string> missing = [];
        foreach (var (name, read) in Reads(database).Where(read => Planned.Contains(read.Name)))
        {
            // Those before it decide which way is shorter.
            var list = (await database.Record(read))[^1];
            var plan = $"{Title}: {name}\n{string.Join('\n', await Explain(list))}\n";
            Assert.DoesNotContain("SCAN registry_state", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
            missing.AddRange(page.Contains(plan, StringComparison.Ordinal) ? [] : [plan]);
        }

        Assert.True(missing.Count == 0, string.Join('\n', missing));
    }

    /// <summary>The plan of a statement: at least a line for each index and table that it reads, in their order.</summary>
    private protected abstract Task<IReadOnlyList<string>> Explain(Asked asked);
}

public sealed partial class SqliteGrowthTests
{
    private protected override string Title => "SQLite";

    private protected override async Task<IReadOnlyList<string>> Explain(Asked asked)
    {
        await using var connection = new SqliteConnection(Database.Readers.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "explain query plan " + asked.Text;
        command.AddParameters(asked.Values);
        Dictionary<long, int> depths = new() { [0] = 0 };
        List<string> steps = [];
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            var depth = depths[rows.GetInt64(1)] + 1;
            depths[rows.GetInt64(0)] = depth;
            steps.Add(new string(' ', 2 * depth) + rows.GetString(3));
        }

        return steps;
    }
}

public sealed partial class PostgresGrowthTests
{
    private protected override string Title => "PostgreSQL";

    private protected override async Task<IReadOnlyList<string>> Explain(Asked asked)
    {
        await using var connection = new NpgsqlConnection(Options.PostgresConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "explain (costs off) " + asked.Text;
        command.AddParameters(asked.Values);
        List<string> steps = [];
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            // How these are joined is the planner's own business.
            var (step, at) = (rows.GetString(0), rows.GetString(0).IndexOf("->  ", StringComparison.Ordinal));
            steps.AddRange(at >= 0 && step.Contains(" on ", StringComparison.Ordinal) ? [$"  {step[(at + 4)..]}"] : []);
        }

        return steps;
    }
}
