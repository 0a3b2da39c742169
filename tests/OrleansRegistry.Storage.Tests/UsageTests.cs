using System.Collections.Immutable;
using OrleansRegistry.Events;
using OrleansRegistry.Storage.Billing;
using OrleansRegistry.Testing;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Storage.Tests;

/// <summary>Sums of active time (rules B1 to B4) over stored intervals, and over those that still run.</summary>
public abstract class UsageTests(Func<Task<TestDatabase>> emptyDatabase) : DatabaseTest(emptyDatabase)
{
    private static readonly DateTimeOffset March = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset April = March.AddMonths(1);

    private int _revision;

    [Fact]
    public async Task B1_an_interval_is_stored_by_the_statement_that_ended_it_and_counts_to_the_millisecond()
    {
        await Record((March.AddMilliseconds(1), March.AddMilliseconds(1235)));

        var sum = Assert.Single(await Sum(March, April));
        Assert.Equal(
            new UsageSum
            {
                Id = new VersionId(Rows.ModelId, 1),
                ModelName = "A model",
                Version = "0.1.0",
                Stage = Stage.Draft,
                InstanceType = "cpu-1x2",
                Part = 0,
                Milliseconds = 1234,
            },
            sum);
    }

    [Fact]
    public async Task B1_an_interval_counts_only_what_lies_within_the_window()
    {
        // Around both ends, across the whole window for more than 31 days, touching it, and beside it.
        var day = TimeSpan.FromDays(1);
        await Record(
            (March - (100 * day), March - (70 * day)),
            (March - (60 * day), April + (60 * day)),
            (April + (60 * day), April + (61 * day)));
        Assert.Equal((long)(April - March).TotalMilliseconds, await Total(March, April));
        Assert.Equal(1, await Total(March, March.AddMilliseconds(1)));
        Assert.Equal((long)(day * 9).TotalMilliseconds, await Total(March - (75 * day), March - (51 * day)) - (long)(day * 5).TotalMilliseconds);
        Assert.Equal(0, await Total(March - (70 * day), March - (60 * day)));
        Assert.Equal((long)(day * (30 + 120 + 31 + 1)).TotalMilliseconds, await Total(March.AddYears(-1), March.AddYears(1)));
    }

    [Fact]
    public async Task B1_a_window_is_cut_into_parts_exactly()
    {
        var random = new Random(20260301);
        List<(DateTimeOffset Start, DateTimeOffset End)> intervals = [];
        var at = March.AddDays(-40);
        while (at < April.AddDays(40))
        {
            var end = at.AddMilliseconds(random.NextInt64(1, random.Next(3) == 0 ? 40L * 86_400_000 : 86_400_000));
            intervals.Add((at, end));
            at = end.AddMilliseconds(random.Next(0, 3_600_000));
        }

        await Record([.. intervals]);
        DateTimeOffset[] cuts = [.. Enumerable.Range(0, 12).Select(_ => March.AddMilliseconds(random.NextInt64(1, 31L * 86_400_000))).Distinct().Order()];
        var window = new UsageWindow { From = March, To = April, Now = April, Cuts = [.. cuts] };

        var sums = await Usage.Sum("default", window, default);

        for (var part = 0; part <= cuts.Length; part++)
        {
            var (start, end) = (part == 0 ? March : cuts[part - 1], part == cuts.Length ? April : cuts[part]);
            var expected = intervals.Sum(interval => Math.Max(0, ((interval.End < end ? interval.End : end) - (interval.Start > start ? interval.Start : start)).Ticks))
                / TimeSpan.TicksPerMillisecond;
            Assert.Equal(expected, sums.Where(sum => sum.Part == part).Sum(sum => sum.Milliseconds));
        }
    }

    [Fact]
    public async Task B1_an_interval_that_runs_counts_up_to_now_in_every_part()
    {
        await Store(Rows.Version() with { Meter = new Meter { RunningSince = March.AddHours(1) } });

        var sums = await Usage.Sum(
            "default", new UsageWindow { From = March, To = April, Now = March.AddHours(3).AddMilliseconds(7), Cuts = [March.AddHours(1), March.AddHours(2)] }, default);

        Assert.Equal([(1, 3_600_000), (2, 3_600_007)], sums.Select(sum => (sum.Part, sum.Milliseconds)));
        Assert.All(sums, sum => Assert.Equal((Stage.Published, "cpu-1x2"), (sum.Stage, sum.InstanceType)));
        Assert.Empty(await Usage.Sum("default", new UsageWindow { From = March, To = April, Now = March.AddMinutes(59) }, default));
        Assert.Empty(await Usage.Sum("other", new UsageWindow { From = March, To = April, Now = April }, default));
    }

    [Fact]
    public async Task L4_what_a_deleted_version_of_a_deleted_model_used_still_counts()
    {
        await Record((March, March.AddMinutes(1)));
        await Write("model", $"model/default/{Rows.ModelId}", _revision, Rows.Json(Rows.Model() with
        {
            DeletedAt = Rows.Noon,
            Active = [],
            Primary = null,
            Events = [],
            VersionWrites = [Rows.Write(Rows.Version() with { State = VersionState.Deleted, Meter = new Meter() }, 1)],
        }));

        Assert.Equal(60_000, await Total(March, April));
    }

    [Fact]
    public async Task The_first_active_time_is_found_among_long_short_and_running_intervals()
    {
        Assert.Null(await Usage.FindFirstUsage("default", default));
        await Record((March, March.AddHours(1)));
        Assert.Equal(March, await Usage.FindFirstUsage("default", default));
        // It ended later than the first one, and began before it.
        await TestRows.Execute(Options, Interval(2, March.AddDays(-20), March.AddDays(5)));
        Assert.Equal(March.AddDays(-20), await Usage.FindFirstUsage("default", default));
        await TestRows.Execute(Options, Interval(3, March.AddDays(-60), March.AddDays(9)));
        Assert.Equal(March.AddDays(-60), await Usage.FindFirstUsage("default", default));
        await StoredState.Edit(Options, $"version/default/{Rows.ModelId}-1", row => row["meter"]!["running_since"] = "2025-12-01T00:00:00.000Z");
        Assert.Equal(March.AddMonths(-3), await Usage.FindFirstUsage("default", default));
        Assert.Null(await Usage.FindFirstUsage("other", default));
    }

    [Fact]
    public async Task B4_an_interval_is_never_stored_twice_nor_without_length()
    {
        await Record((March, March.AddMinutes(1)));

        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => Record((March, March.AddMinutes(2))));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => Record((March.AddHours(1), March.AddHours(1))));

        Assert.Equal(60_000, await Total(March, April));
        Assert.Single(await Catalog.ListEvents("default", new EventFilter(), 10, default));
    }

    [Fact]
    public async Task B5_a_closed_statement_is_read_line_by_line_as_it_was_stored()
    {
        var month = new BillingMonth(March);
        var stored = Rows.Statement();
        StatementLine[] lines = [.. Enumerable.Range(1, 7).Select(Rows.Line)];
        Assert.Null(await Usage.FindStatement("default", month, default));
        await Usage.StoreStatementLines("default", month, Guid.NewGuid(), 0, [Rows.Line(9)], default);
        await Usage.StoreStatementLines("default", month, stored.LastCommand, 0, [.. lines[..4]], default);
        await Usage.StoreStatementLines("default", month, stored.LastCommand, 4, [.. lines[4..]], default);
        Assert.Empty(await Usage.ListStatementLines("default", month, 0, 100, default));
        await Write("billing", GrainKeys.Billing("default", month), null, Rows.Json(stored));

        Assert.Equivalent(stored.Statement, await Usage.FindStatement("default", month, default), strict: true);
        Assert.Equivalent(lines, await Usage.ListStatementLines("default", month, 0, 100, default), strict: true);
        await Usage.RemoveOtherStatementLines("default", month, stored.LastCommand, default);
        Assert.Equal([lines[2].VersionId, lines[3].VersionId], (await Usage.ListStatementLines("default", month, 2, 2, default)).Select(line => line.VersionId));
        Assert.Empty(await Usage.ListStatementLines("default", month, 7, 2, default));
        Assert.Null(await Usage.FindStatement("other", month, default));
        Assert.Empty(await Usage.ListStatementLines("other", month, 0, 2, default));
        Assert.Equal("7", Convert.ToString(await TestRows.Execute(Options, "select count(*) from registry_statement_line"), System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_closed_statement_that_cannot_be_read_or_has_lost_a_line_is_named()
    {
        var month = new BillingMonth(March);
        var key = GrainKeys.Billing("default", month);
        await Usage.StoreStatementLines("default", month, Rows.Statement().LastCommand, 0, [Rows.Line()], default);
        await Write("billing", key, null, Rows.Json(Rows.Statement()));
        Assert.DoesNotContain(await Check.RegistryCheck.Run(Options, default), finding => finding.Subject == key);

        await TestRows.Execute(Options, "update registry_statement_line set line = '{}'");
        var corrupt = await Assert.ThrowsAsync<StateCorruptException>(() => Usage.ListStatementLines("default", month, 0, 1, default));
        Assert.Contains(key, corrupt.Message, StringComparison.Ordinal);
        await TestRows.Execute(Options, "delete from registry_statement_line");
        Assert.Contains(
            await Check.RegistryCheck.Run(Options, default),
            finding => finding.Subject == key && finding.Problem.Contains("add up to 0 ms", StringComparison.Ordinal));
        await StoredState.Edit(Options, key, row => row["statement"]!.AsObject().Remove("as_of"));
        corrupt = await Assert.ThrowsAsync<StateCorruptException>(() => Usage.FindStatement("default", month, default));
        Assert.Contains(key, corrupt.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_cannot_be_read_makes_the_sum_unknown()
    {
        await Record((March, March.AddMinutes(1)));
        await StoredState.Replace(Options, $"version/default/{Rows.ModelId}-1", "null");

        var unknown = await Assert.ThrowsAsync<StateCorruptException>(() => Total(March, April));
        Assert.Contains($"{Rows.ModelId}-1", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B1_the_usage_of_a_version_is_its_meter_by_stage_and_what_runs()
    {
        await Store(Rows.Version() with { Meter = new Meter { RunningSince = March, DraftMilliseconds = 1, PublishedMilliseconds = 2000 } });
        var id = new VersionId(Rows.ModelId, 1);

        var usage = await Usage.FindUsage("default", id, March.AddMilliseconds(1500), default);

        Assert.Equal((0.001m, 3.5m, 3.501m, March), (usage!.DraftSeconds, usage.PublishedSeconds, usage.TotalSeconds, usage.RunningSince));
        Assert.Equal(2.001m, (await Usage.FindUsage("default", id, March.AddHours(-1), default))!.TotalSeconds);
        Assert.Null(await Usage.FindUsage("default", new VersionId(Rows.ModelId, 9), March, default));
        Assert.Null(await Usage.FindUsage("other", id, March, default));
    }

    [Fact]
    public async Task B1_a_month_among_many_is_added_up_from_an_index_alone()
    {
        // A year of intervals, some 10,000 a month.
        var start = March.AddYears(-1).ToUnixTimeMilliseconds();
        await TestRows.Execute(Options, $"""
            insert into registry_usage (workspace, model_id, ordinal, stage, instance_type, started_at, ended_at)
            with recursive n (n) as (select cast(0 as bigint) union all select n + 1 from n where n < 119999)
            select 'default', '{Rows.ModelId}', 1 + n % 50, 'published', 'cpu-1x2', {start} + n * 262800, {start} + n * 262800 + 262799 from n
            """);
        await TestRows.Execute(Options, Options.PostgresConnectionString is null ? "analyze" : "vacuum analyze registry_usage");
        await Store(Rows.Version());
        await using var connection = await Database.Readers.OpenConnectionAsync();
        await using var command = UsageQuery.On(connection, "default", new UsageWindow { From = March.AddMonths(-1), To = March, Now = March, Cuts = [March.AddDays(-7)] });
        command.CommandText = (Options.PostgresConnectionString is null ? "explain query plan " : "set enable_seqscan = off; explain ") + command.CommandText;
        List<string> plan = [];
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            plan.Add(reader.GetString(reader.FieldCount - 1));
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', plan));
        Assert.Equal(2, plan.Count(line => line.Contains("COVERING INDEX registry_usage_by_end", StringComparison.Ordinal)
            || line.Contains("Index Only Scan using registry_usage_by_end", StringComparison.Ordinal)));
        Assert.Contains(plan, line => line.Contains("registry_version_running", StringComparison.Ordinal));
        Assert.DoesNotContain(plan, line => line.Contains("Seq Scan", StringComparison.Ordinal) || line.StartsWith("SCAN registry", StringComparison.Ordinal));
    }

    private static string Interval(int ordinal, DateTimeOffset start, DateTimeOffset end) =>
        "insert into registry_usage (workspace, model_id, ordinal, stage, started_at, ended_at) values "
        + $"('default', '{Rows.ModelId}', {ordinal}, 'draft', {start.ToUnixTimeMilliseconds()}, {end.ToUnixTimeMilliseconds()})";

    private BillingCatalog Usage => new BillingCatalog(Database);

    private Task<ImmutableArray<UsageSum>> Sum(DateTimeOffset from, DateTimeOffset to) =>
        Usage.Sum("default", new UsageWindow { From = from, To = to, Now = to }, default);

    private async Task<long> Total(DateTimeOffset from, DateTimeOffset to) => (await Sum(from, to)).Sum(sum => sum.Milliseconds);

    private async Task Store(ModelVersionState version)
    {
        _revision = (await Write("model", $"model/default/{Rows.ModelId}", null, Rows.Json(Rows.Model() with { Events = [], VersionWrites = [Rows.Write(version)] })))!.Value;
    }

    /// <summary>Stores intervals of version 1, as its model does when they end.</summary>
    private async Task Record(params (DateTimeOffset Start, DateTimeOffset End)[] intervals)
    {
        var events = intervals.Select(interval => new EventWrite
        {
            Type = EventType.UsageRecorded,
            At = interval.End,
            VersionId = $"{Rows.ModelId}-1",
            Actor = "key:ci",
            Data = VersionEvents.Usage(new UsageInterval(interval.Start, interval.End, Stage.Draft, "cpu-1x2")).Data,
        });
        var version = Rows.Version() with { State = VersionState.Inactive, Meter = new Meter() };
        _revision = (await Write("model", $"model/default/{Rows.ModelId}", _revision == 0 ? null : _revision, Rows.Json(Rows.Model() with
        {
            Events = [.. events],
            VersionWrites = _revision == 0 ? [Rows.Write(version)] : [],
        })))!.Value;
    }
}

public sealed class SqliteUsageTests() : UsageTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresUsageTests() : UsageTests(TestDatabase.Postgres);
