using System.Diagnostics;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Grains.Tests.Silo;

/// <summary>A model tells who waits that it has changed (rule W1).</summary>
public sealed class ModelWaitTests() : SiloTest(static () => Task.FromResult(TestDatabase.Sqlite()))
{
    [Fact]
    public async Task W1_who_has_seen_all_waits_for_the_next_change_and_who_has_not_is_answered_at_once()
    {
        var version = await Publish("A model");
        var model = Silo.Model(version.ModelId);
        var seen = (await model.Await(null, 0)).Value!.Revision;
        var began = Stopwatch.GetTimestamp();
        Assert.Equal(seen, (await model.Await(null, seen - 1)).Value!.Revision);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(1), "It waited.");

        List<Task<Outcome<ResolvedVersion>>> waiting = [.. Enumerable.Range(0, 100).Select(_ => model.Await(null, seen))];
        // It was asked after them.
        Assert.Equal(seen, (await model.Route(null)).Value!.Revision);
        Assert.All(waiting, one => Assert.False(one.IsCompleted));
        await Publish("A model");
        began = Stopwatch.GetTimestamp();

        Assert.All(await Task.WhenAll(waiting), one => Assert.True(one.Value!.Revision > seen));
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(1), "Nobody told them.");
    }

    [Fact]
    public async Task W1_who_waits_in_vain_is_answered_after_a_while()
    {
        var version = await Publish("A model");
        var model = Silo.Model(version.ModelId);
        var seen = (await model.Await(null, 0)).Value!.Revision;
        var began = Stopwatch.GetTimestamp();

        Assert.Equal(seen, (await model.Await(null, seen)).Value!.Revision);

        Assert.True(Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(1), "It did not wait.");
    }
}
