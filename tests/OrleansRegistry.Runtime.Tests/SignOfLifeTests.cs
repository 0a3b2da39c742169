using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.Runtime.Tests.Infrastructure;

namespace OrleansRegistry.Runtime.Tests;

public sealed class SignOfLifeTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _directory = Directory.CreateTempSubdirectory("registry-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void X13_nothing_is_known_where_there_is_no_sign()
    {
        Assert.Null(new SignOfLife(_directory, Noon).FindLast(Noon));
        Assert.Null(new SignOfLife(Path.Combine(_directory, "missing"), Noon).FindLast(Noon));
        // It is a sign of this life, not of a former one.
        SignOfLife present = new(_directory, Noon);
        present.Give(Noon.AddSeconds(5));
        Assert.Null(present.FindLast(Noon));
    }

    [Fact]
    public void X13_a_second_crash_leaves_the_sign_of_the_first_life()
    {
        Live(Noon, lastSign: Noon.AddMinutes(10));
        Live(Noon.AddHours(1), lastSign: Noon.AddHours(2));

        SignOfLife third = new(_directory, Noon.AddHours(3));

        Assert.Equal(Noon.AddMinutes(10), third.FindLast(Noon.AddMinutes(1)));
        Assert.Equal(Noon.AddHours(2), third.FindLast(Noon.AddHours(1.5)));
    }

    [Fact]
    public void X13_a_sign_before_the_instant_says_nothing_of_the_last_life_and_of_earlier_ones_the_instant_counts()
    {
        Live(Noon, lastSign: Noon.AddMinutes(10));
        Live(Noon.AddHours(1), lastSign: Noon.AddHours(2));

        SignOfLife third = new(_directory, Noon.AddHours(3));

        Assert.Null(third.FindLast(Noon.AddHours(2.5)));
        Assert.Equal(Noon.AddMinutes(20), third.FindLast(Noon.AddMinutes(20)));
        Assert.Equal(Noon.AddDays(-1), third.FindLast(Noon.AddDays(-1)));
    }

    [Fact]
    public void X13_however_often_a_node_is_started_few_signs_are_kept_and_what_is_forgotten_bills_nothing()
    {
        for (var hour = 0; hour < 100; hour++)
        {
            Live(Noon.AddHours(hour), lastSign: Noon.AddHours(hour + 0.5));
        }

        SignOfLife last = new(_directory, Noon.AddHours(100));

        Assert.Equal(64, Directory.GetFiles(_directory).Length);
        Assert.Equal(Noon.AddHours(36.5), last.FindLast(Noon.AddHours(36)));
        Assert.Equal(Noon.AddHours(1), last.FindLast(Noon.AddHours(1)));
    }

    [Fact]
    public async Task X13_a_node_that_is_told_to_stop_says_until_when_it_lived()
    {
        FakeTimeProvider clock = new(Noon);
        await using var test = await TestRunner.Create(clock: clock);
        await test.Ready(test.PythonPackage("class Model: pass"));
        clock.Advance(TimeSpan.FromSeconds(3));

        await ((ProcessRunner)test.Runner).DisposeAsync();

        await using ProcessRunner next = new(
            new RuntimeOptions(),
            new RunnerPlace { DataDirectory = test.Directory, RunDirectory = test.RunDirectory },
            new FakeTimeProvider(Noon.AddHours(1)));
        Assert.Equal(Noon.AddSeconds(3), next.FindLastAlive(Noon));
    }

    private void Live(DateTimeOffset start, DateTimeOffset lastSign)
    {
        SignOfLife life = new(_directory, start);
        life.Give(start);
        life.Give(lastSign);
    }
}
