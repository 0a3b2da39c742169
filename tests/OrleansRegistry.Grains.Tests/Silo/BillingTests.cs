using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansRegistry.Billing;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Grains.Tests.Silo;

/// <summary>Rates and statements on a real silo with a real database (rules B1 to B5).</summary>
public abstract class BillingTests(Func<Task<TestDatabase>> emptyDatabase) : SiloTest(emptyDatabase)
{
    [Fact]
    public async Task B5_a_month_closes_from_an_hour_after_its_end_and_never_changes()
    {
        var (month, version) = await AMonth();
        MoveTo(month.End + BillingMonth.Grace - TimeSpan.FromSeconds(20));
        Assert.Equal(ErrorCode.MonthOpen, (await Close(month)).Error?.Code);
        MoveTo(month.End + BillingMonth.Grace);
        var unrated = await Close(month);
        Assert.Equal(ErrorCode.Unrated, unrated.Error?.Code);
        Assert.Contains("cpu-1x2 on stage published", unrated.Error!.Detail, StringComparison.Ordinal);
        await PutRates(("cpu-1x2", Stage.Published, "0.6", DateTimeOffset.UnixEpoch));

        var open = await Silo.ReadStatement(month);
        var answer = (await Close(month)).Value!;
        var closed = await Silo.ReadStatement(month);

        Assert.Equal((false, true), (open.Closed, closed.Closed));
        Assert.Equivalent(WholeStatement.Of(answer, closed.Lines), closed, strict: true);
        Assert.Equivalent(
            open with { Statement = open.Statement with { Closed = true, ClosedAt = answer.ClosedAt, ClosedBy = "test" } }, closed, strict: true);
        var line = Assert.Single(closed.Lines);
        Assert.Equal((version.Id, "A model", "0.1.0", Stage.Published, "cpu-1x2"), (line.VersionId, line.ModelName, line.Version, line.Stage, line.InstanceType));
        Assert.Equal((long)(month.End - version.CreatedAt).TotalMilliseconds, line.ActiveMilliseconds);
        Assert.Equal(Money.Of("0.6", line.ActiveMilliseconds).Round(2), line.Amount);

        await Silo.Model(version.ModelId).Delete(DeleteOf(version));
        await PutRates(("cpu-1x2", Stage.Published, "9", DateTimeOffset.UnixEpoch));
        await Forget();
        Assert.Equivalent(closed, await Silo.ReadStatement(month), strict: true);
        Assert.Equivalent(answer, (await Close(month)).Value, strict: true);
        Assert.Equal([new ClosedMonth(month, answer.ClosedAt!.Value, "USD", answer.TotalAmount!)], await Silo.Billing.ListClosed("default", default));
        Assert.Equal(version.CreatedAt, await Silo.Billing.FindFirstUsage("default", default));
    }

    [Fact]
    public async Task B5_closing_many_times_at_once_makes_one_statement()
    {
        var (month, _) = await ARatedMonth();
        var before = Silo.Storage.Writes;

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Close(month)));

        Assert.Equal(before + 1, Silo.Storage.Writes);
        Assert.All(outcomes, outcome => Assert.Equivalent(outcomes[0].Value, outcome.Value, strict: true));
    }

    [Fact]
    public async Task B5_what_another_silo_closed_first_is_the_statement()
    {
        var (month, _) = await ARatedMonth();
        var open = await Silo.ReadStatement(month);
        var other = open with { Statement = open.Statement with { Closed = true, ClosedAt = month.End, ClosedBy = "the other silo" } };
        var row = new StatementState { Statement = other.Statement, LastCommand = Guid.NewGuid() };
        Silo.Storage.BeforeWrite = async kind =>
        {
            Silo.Storage.BeforeWrite = null;
            await Silo.Billing.StoreStatementLines("default", month, row.LastCommand, 0, other.Lines, default);
            var payload = new State.StateSerializer().Serialize(row).ToString();
            var isSqlite = Database.Options.PostgresConnectionString is null;
            await TestRows.Execute(
                Database.Options,
                $"insert into registry_state (key, kind, version, payload{(isSqlite ? ", modified_on" : "")}) values ('{GrainKeys.Billing("default", month)}', '{kind}', 1, '{payload}'{(isSqlite ? ", ''" : "")})");
        };

        Assert.Equivalent(other.Statement, (await Close(month)).Value, strict: true);
        Assert.Equivalent(other, await Silo.ReadStatement(month), strict: true);
        await AssertOnlyItsLinesAreLeft(other);
    }

    [Fact]
    public async Task B5_lines_of_a_closing_that_did_not_come_to_its_row_count_for_nothing()
    {
        var (month, _) = await ARatedMonth();
        var open = await Silo.ReadStatement(month);
        await Silo.Billing.StoreStatementLines("default", month, Guid.NewGuid(), 0, [.. open.Lines, .. open.Lines], default);

        var closed = (await Close(month)).Value!;

        var stored = await Silo.ReadStatement(month);
        Assert.Equivalent(WholeStatement.Of(closed, open.Lines), stored, strict: true);
        await AssertOnlyItsLinesAreLeft(stored);
        await AssertAgreement();
    }

    [Fact]
    public async Task E1_a_close_whose_answer_is_lost_has_closed_and_one_that_was_not_stored_has_not()
    {
        var (month, _) = await ARatedMonth();
        Silo.Storage.BeforeWrite = Fail;
        Assert.Equal(ErrorCode.Unavailable, (await Close(month)).Error?.Code);
        Assert.False((await Silo.ReadStatement(month)).Closed);
        Silo.Storage.BeforeWrite = null;
        Silo.Storage.AfterWrite = Fail;
        var closed = await Close(month);
        Silo.Storage.AfterWrite = null;

        Assert.True(closed.Value!.Closed);
        var stored = await Silo.ReadStatement(month);
        Assert.Equivalent(WholeStatement.Of(closed.Value, stored.Lines), stored, strict: true);
        Assert.NotEmpty(stored.Lines);
    }

    [Fact]
    public async Task B5_a_dry_run_closes_nothing()
    {
        var (month, _) = await ARatedMonth();
        var tried = await Silo.Statement(month).Close(new CloseMonthCommand { Context = Silo.Command(dryRun: true) });
        Assert.True(tried.Value!.Closed);
        Assert.False((await Silo.ReadStatement(month)).Closed);
    }

    [Fact]
    public async Task B5_a_clock_that_was_set_back_can_bring_no_command_into_a_closed_month()
    {
        var (month, version) = await ARatedMonth();
        var other = await Publish("Another model");
        Assert.Null((await Close(month)).Error);
        var closed = await Silo.ReadStatement(month);
        var events = await EventTypes(version.ModelId);
        Silo.Clock.Move(month.End.AddMinutes(-5) - Silo.Clock.GetUtcNow());

        Assert.Equal(ErrorCode.Unavailable, (await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version))).Error?.Code);
        Assert.Equal(ErrorCode.Unavailable, (await TryDeploy("A third model")).Error?.Code);
        // A model whose last instant lies behind the month goes on from there.
        Assert.Null((await Silo.Model(other.ModelId).Deactivate(DeactivateOf(other))).Error);

        Assert.Equal(events, await EventTypes(version.ModelId));
        Silo.Clock.Move(TimeSpan.FromHours(3));
        Assert.Null((await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version))).Error);
        Assert.Equivalent(closed, await Silo.ReadStatement(month), strict: true);
        await AssertAgreement();
    }

    [Fact]
    public async Task B5_months_close_by_themselves_after_the_grace_in_workspaces_that_have_rates()
    {
        var (month, _) = await AMonth();
        using var worker = new StatementWorker(
            Silo.Billing, Silo.Grains, Options.Create(new BillingOptions { CloseAfterHours = 24 }), Silo.Clock, NullLogger<StatementWorker>.Instance);
        MoveTo(month.End + TimeSpan.FromHours(25));
        await worker.CloseAll(default);
        Assert.Empty(await Silo.Billing.ListClosed("default", default));
        await PutRates(("cpu-1x2", Stage.Published, "1", DateTimeOffset.UnixEpoch));

        Silo.Clock.Move(-TimeSpan.FromHours(2));
        await worker.CloseAll(default);
        Assert.Empty(await Silo.Billing.ListClosed("default", default));
        Silo.Clock.Move(TimeSpan.FromHours(2));
        await worker.CloseAll(default);
        await worker.CloseAll(default);

        Assert.Equal([month], (await Silo.Billing.ListClosed("default", default)).Select(closed => closed.Month));
        Assert.Equal("system", (await Silo.ReadStatement(month)).Statement.ClosedBy);
    }

    [Fact]
    public async Task B1_a_rate_that_changes_within_an_interval_splits_it()
    {
        var (month, version) = await AMonth();
        var change = version.CreatedAt.AddMinutes(10);
        await PutRates(
            ("cpu-1x2", Stage.Published, "0.5", DateTimeOffset.UnixEpoch),
            ("cpu-1x2", Stage.Published, "0.25", change),
            ("another", Stage.Published, "7", change.AddMinutes(1)));
        MoveTo(version.CreatedAt.AddMinutes(30));
        await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version));
        var end = (await Version(version.Id)).DeactivatedAt!.Value;

        var line = Assert.Single((await Silo.ReadStatement(month)).Lines);

        Assert.Equal(
            [(month.Start, change, "0.5", 600_000), (change, month.End, "0.25", (long)(end - change).TotalMilliseconds)],
            line.Charges.Select(charge => (charge.From, charge.To, charge.PricePerMinute, charge.ActiveMilliseconds)));
        Assert.Equal((Money.Of("0.5", 600_000) + Money.Of("0.25", line.ActiveMilliseconds - 600_000)).Round(2), line.Amount);
    }

    [Fact]
    public async Task E1_rates_survive_every_fault_and_what_was_not_stored_is_not_there()
    {
        await PutRates(("a", Stage.Draft, "1", DateTimeOffset.UnixEpoch));
        var first = await Silo.Rates().Get();
        Silo.Storage.BeforeWrite = Fail;
        Assert.Equal(ErrorCode.Unavailable, (await TryPut(Silo.Command(), ("b", Stage.Draft, "2", DateTimeOffset.UnixEpoch))).Error?.Code);
        Silo.Storage.BeforeWrite = null;
        Assert.Equivalent(first, await Silo.Rates().Get(), strict: true);

        Silo.Storage.AfterWrite = Fail;
        var second = (await TryPut(Silo.Command() with { IfMatch = [EntityTag.OfRevision(first.Revision)] }, ("b", Stage.Draft, "2", DateTimeOffset.UnixEpoch))).Value!;
        Silo.Storage.AfterWrite = null;
        await Forget();
        Assert.Equivalent(second, await Silo.Rates().Get(), strict: true);
        Assert.Equal(first.Revision + 1, second.Revision);

        Assert.Equal(
            ErrorCode.RevisionMismatch,
            (await TryPut(Silo.Command() with { IfMatch = [EntityTag.OfRevision(first.Revision)] }, ("c", Stage.Draft, "3", DateTimeOffset.UnixEpoch))).Error?.Code);
        Assert.Equal(
            ErrorCode.Unavailable,
            (await TryPut(Silo.Command() with { Deadline = Silo.Clock.GetUtcNow() }, ("c", Stage.Draft, "3", DateTimeOffset.UnixEpoch))).Error?.Code);
        Assert.Equivalent(second, await Silo.Rates().Get(), strict: true);
    }

    /// <summary>A month, ahead of the database's clock, in which a version was deployed that still runs.</summary>
    private async Task<(BillingMonth Month, VersionView Version)> AMonth()
    {
        var month = new BillingMonth(BillingMonth.Of(Silo.Clock.GetUtcNow()).End);
        MoveTo(month.Start.AddDays(9));
        return (month, await Deploy("A model", deploy => deploy with { Publish = true, InstanceType = "cpu-1x2" }));
    }

    /// <summary>The same, with rates, and over for so long that it can be closed.</summary>
    private async Task<(BillingMonth Month, VersionView Version)> ARatedMonth()
    {
        var (month, version) = await AMonth();
        await PutRates(("cpu-1x2", Stage.Published, "0.6", DateTimeOffset.UnixEpoch));
        MoveTo(month.End + BillingMonth.Grace);
        return (month, version);
    }

    private void MoveTo(DateTimeOffset instant) => Silo.Clock.Move(instant - Silo.Clock.GetUtcNow());

    private async Task AssertOnlyItsLinesAreLeft(WholeStatement statement) => Assert.Equal(
        statement.Lines.Length,
        Convert.ToInt32(await TestRows.Execute(Database.Options, "select count(*) from registry_statement_line"), System.Globalization.CultureInfo.InvariantCulture));

    private Task<Outcome<StatementView>> Close(BillingMonth month) => Silo.Statement(month).Close(new CloseMonthCommand { Context = Silo.Command() });

    private async Task PutRates(params (string? Type, Stage Stage, string Price, DateTimeOffset From)[] rates) =>
        Assert.Null((await TryPut(Silo.Command(), rates)).Error);

    private Task<Outcome<RatesView>> TryPut(CommandContext context, params (string? Type, Stage Stage, string Price, DateTimeOffset From)[] rates) =>
        Silo.Rates().Put(new PutRatesCommand
        {
            Context = context,
            Rates = [.. rates.Select(rate => new Rate { InstanceType = rate.Type, Stage = rate.Stage, PricePerMinute = rate.Price, EffectiveFrom = rate.From })],
        });

    private static Task Fail(string kind) => Task.FromException(new IOException($"The {kind} row is out of reach."));

    /// <summary>Ends every activation; the next call begins from the rows.</summary>
    private Task Forget() => Silo.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
}

public sealed class SqliteBillingTests() : BillingTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresBillingTests() : BillingTests(TestDatabase.Postgres);
