using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Models;

public sealed class LookupTests
{
    private readonly StubCatalog _catalog = new();

    [Fact]
    public async Task A_name_is_looked_up_once_and_again_when_its_model_is_deleted_L5()
    {
        var directory = new ModelDirectory(_catalog);
        _catalog.Names["m"] = "1111111111";
        Assert.Equal("1111111111", await Ask());
        Assert.Equal("1111111111", await Ask());
        Assert.Equal(1, _catalog.NameReads);

        _catalog.Deleted.Add("1111111111");
        _catalog.Names["m"] = "2222222222";
        Assert.Equal("2222222222", await Ask());
        Assert.Equal(2, _catalog.NameReads);

        _catalog.Deleted.Add("2222222222");
        _catalog.Names.Remove("m");
        Assert.Equal(ErrorCode.ModelNotFound, await Ask());

        async Task<string> Ask()
        {
            var outcome = await directory.Ask("default", "m", id => Task.FromResult<Outcome<string>>(_catalog.Deleted.Contains(id)
                ? new RegistryError(ErrorCode.ModelDeleted, "")
                : id), TestContext.Current.CancellationToken);
            return outcome.Value ?? outcome.Error!.Code;
        }
    }

    [Fact]
    public async Task A_full_cache_forgets_one_name_at_a_time_and_none_that_is_in_use()
    {
        var directory = new ModelDirectory(_catalog);
        foreach (var name in Enumerable.Range(0, 30_000).Select(n => $"name {n}").Prepend("in use"))
        {
            _catalog.Names[name] = "1111111111";
            await Ask(name);
            await Ask("in use");
        }

        Assert.Equal(30_001, _catalog.NameReads);
        // Some of those that came last are known too, and most of them are not.
        foreach (var n in Enumerable.Range(0, 30_000))
        {
            await Ask($"name {n}");
        }

        Assert.InRange(_catalog.NameReads, 30_001 + 20_000, 30_001 + 30_000);

        Task Ask(string name) => directory.Ask("default", name, id => Task.FromResult<Outcome<string>>(id), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Waiting_looks_again_until_the_version_has_settled()
    {
        var clock = new FakeTimeProvider();
        _catalog.Version = StubCatalog.Starting;
        var waiting = Watch(clock, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await Advance(clock, TimeSpan.FromSeconds(20));
        Assert.False(waiting.IsCompleted);

        _catalog.Version = StubCatalog.Starting with { Serving = StubCatalog.Starting.Serving! with { Status = ServingStatus.Ready } };
        await Advance(clock, TimeSpan.FromSeconds(2));

        Assert.Equal(ServingStatus.Ready, (await waiting)!.Serving!.Status);
        Assert.InRange(_catalog.VersionReads, 10, 40);
    }

    [Fact]
    public async Task Waiting_ends_when_the_time_is_up()
    {
        var clock = new FakeTimeProvider();
        _catalog.Version = StubCatalog.Starting;
        var waiting = Watch(clock, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);

        await Advance(clock, TimeSpan.FromSeconds(5));

        Assert.Equal(ServingStatus.Starting, (await waiting)!.Serving!.Status);
    }

    [Theory]
    [InlineData(VersionState.Inactive)]
    [InlineData(VersionState.Deleted)]
    public async Task Waiting_ends_when_the_version_is_not_active(VersionState state)
    {
        _catalog.Version = StubCatalog.Starting with { State = state };

        Assert.Equal(state, (await Watch(new FakeTimeProvider(), TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken))!.State);
    }

    [Theory]
    [InlineData("GET", false)]
    [InlineData("HEAD", true)]
    public async Task HEAD_does_not_wait(string method, bool isAnswered)
    {
        _catalog.Version = StubCatalog.Starting;
        var clock = new FakeTimeProvider();
        var request = new DefaultHttpContext().Request;
        (request.Method, request.QueryString) = (method, new QueryString("?wait=ready&timeout_seconds=60"));

        var answer = VersionEndpoints.GetVersion(
            VersionId.TryParse(StubCatalog.Starting.Id, out var id) ? id : default, new RequestCaller("default", "test", Role.Viewer), request, new VersionWatch(_catalog, clock), new VersionHealthReader(null!, clock), TestContext.Current.CancellationToken);

        // The catalog answers at once, and the clock stands still.
        Assert.Equal(isAnswered, answer.IsCompleted);
        await Advance(clock, TimeSpan.FromSeconds(61));
        await answer;
    }

    [Fact]
    public async Task Waiting_ends_when_nobody_waits()
    {
        _catalog.Version = StubCatalog.Starting;
        using var gone = new CancellationTokenSource();
        var waiting = Watch(new FakeTimeProvider(), TimeSpan.FromSeconds(5), gone.Token);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private Task<VersionView?> Watch(FakeTimeProvider clock, TimeSpan patience, CancellationToken cancellationToken) =>
        new VersionWatch(_catalog, clock).Read("default", new VersionId("1111111111", 1), WaitTarget.Ready, patience, cancellationToken);

    private static async Task Advance(FakeTimeProvider clock, TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(50))
        {
            clock.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }
    }
}
