using OrleansRegistry.Testing;

namespace OrleansRegistry.Grains.Tests.Silo;

/// <summary>Traffic on a real silo: kept over a restart, counted once, and out of the way when the database is.</summary>
public abstract class TrafficGrainTests(Func<Task<TestDatabase>> emptyDatabase) : SiloTest(emptyDatabase)
{
    private static readonly VersionId Version1 = new("k7m2qx9p4d", 1);

    [Fact]
    public async Task Totals_outlive_the_silo_and_a_report_that_comes_again_afterwards_counts_once()
    {
        var report = new TrafficReport { Series = Guid.NewGuid(), Calls = 7, Errors = 2, LastCallAt = Silo.Clock.GetUtcNow() };
        await Grain(Silo).Report(report);
        await Silo.DisposeAsync();

        await using var next = await TestSilo.Start(Database.Options);
        Assert.Equal((7, 2), await Totals(next));
        await Grain(next).Report(report);
        Assert.Equal((7, 2), await Totals(next));
        await Grain(next).Report(report with { Calls = 9 });
        Assert.Equal((9, 2), await Totals(next));
        Assert.Equal(2, (await Grain(next).Read()).LastMinute);
    }

    [Fact]
    public async Task Minutes_and_hours_outlive_the_silo_add_up_over_gateways_and_are_written_once_a_minute()
    {
        var now = Silo.Clock.GetUtcNow();
        TrafficReport[] gateways =
        [
            new() { Series = Guid.NewGuid(), Calls = 3, Errors = 1, Latencies = [0, 2, 1], LastCallAt = now },
            new() { Series = Guid.NewGuid(), Calls = 4, Latencies = [0, 0, 4], LastCallAt = now },
        ];
        foreach (var report in gateways)
        {
            await Grain(Silo).Report(report);
            await Grain(Silo).Report(report);
        }

        Assert.Equal(0, Silo.Storage.Writes);
        Expect(await Grain(Silo).Read());
        await Silo.DisposeAsync();

        await using var next = await TestSilo.Start(Database.Options);
        Expect(await Grain(next).Read());
        await Grain(next).Report(gateways[0]);
        Expect(await Grain(next).Read());

        static void Expect(TrafficView traffic)
        {
            foreach (var slot in (TrafficSlotView[])[Assert.Single(traffic.Minutes), Assert.Single(traffic.Hours)])
            {
                Assert.Equal((7L, 1L), (slot.Calls, slot.Errors));
                Assert.InRange(slot.P50!.Value, 1.4, 2);
                Assert.InRange(slot.P95!.Value, slot.P50!.Value, 2);
            }
        }
    }

    [Fact]
    public async Task Reports_need_the_database_for_the_first_only()
    {
        var report = new TrafficReport { Series = Guid.NewGuid(), Calls = 1, LastCallAt = Silo.Clock.GetUtcNow() };
        Silo.Storage.BeforeRead = _ => throw new TimeoutException("The database is away.");
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => Grain(Silo).Report(report));

        Silo.Storage.BeforeRead = null;
        await Grain(Silo).Report(report);
        Silo.Storage.BeforeRead = _ => throw new TimeoutException("The database is away again.");
        await Grain(Silo).Report(report with { Calls = 5 });
        Assert.Equal((5, 0), await Totals(Silo));
        Assert.Equal(0, Silo.Storage.Writes);
        Silo.Storage.BeforeRead = null;
    }

    private static IVersionTrafficGrain Grain(TestSilo silo) => silo.Grains.GetGrain<IVersionTrafficGrain>(GrainKeys.Traffic("default", Version1));

    private static async Task<(long, long)> Totals(TestSilo silo)
    {
        var traffic = await Grain(silo).Read();
        return (traffic.Calls, traffic.Errors);
    }
}

public sealed class SqliteTrafficGrainTests() : TrafficGrainTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresTrafficGrainTests() : TrafficGrainTests(TestDatabase.Postgres);
