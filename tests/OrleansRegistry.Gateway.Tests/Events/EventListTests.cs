using System.Globalization;
using System.Text.Json.Nodes;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Events;

/// <summary>Lists of events: what narrows them, and in which order they come.</summary>
public abstract class EventListTests(RegistryServer server)
{
    [Fact]
    public async Task The_newest_events_come_first_page_by_page()
    {
        var admin = server.DriverOf((await server.NewTenant()).Key);
        await admin.DeployPrimary("a");
        await admin.DeployPrimary("b");
        var all = await Ids(admin, "/v1/events");

        Assert.Equal(all.AsEnumerable().Reverse(), await Ids(admin, "/v1/events?order_by=-id"));
        Assert.Equal(all, await Ids(admin, "/v1/events?order_by=id"));
        Assert.Equal(all.AsEnumerable().Reverse(), (await admin.All("/v1/events?order_by=-id", pageSize: 2)).Select(Id));
        Assert.Equal(all[^2..].AsEnumerable().Reverse(), (await admin.Get("/v1/events?order_by=-id&page_size=2")).Is(200).Body!["items"]!.AsArray().Select(Id!));
        Assert.Equal(all[2..].AsEnumerable().Reverse(), await Ids(admin, $"/v1/events?order_by=-id&after={all[1]}"));
        var token = (await admin.Get("/v1/events?page_size=2&order_by=-id")).Is(200)["next_page_token"];
        (await admin.Get($"/v1/events?page_size=2&page_token={token}")).IsInvalid("page_token");
    }

    [Fact]
    public async Task Instants_narrow_a_list_from_the_first_to_before_the_second()
    {
        var admin = server.DriverOf((await server.NewTenant()).Key);
        foreach (var name in (string[])["a", "b", "c", "d"])
        {
            await admin.DeployPrimary(name);
        }

        var all = await admin.All("/v1/events");
        foreach (var (since, until) in from one in all from other in all where Id(one) <= Id(other) select ((string)one["at"]!, (string)other["at"]!))
        {
            var expected = all.Where(happened => string.CompareOrdinal(since, (string)happened["at"]!) <= 0 && string.CompareOrdinal((string)happened["at"]!, until) < 0).Select(Id).ToList();
            Assert.Equal(expected, await Ids(admin, $"/v1/events?since={since}&until={until}"));
            Assert.Equal(expected, (await admin.All($"/v1/events?since={since}&until={until}", pageSize: 2)).Select(Id));
            Assert.Equal(expected.AsEnumerable().Reverse(), (await admin.All($"/v1/events?since={since}&until={until}&order_by=-id", pageSize: 2)).Select(Id));
        }

        Assert.Empty(await Ids(admin, "/v1/events?since=2100-01-01"));
        (await admin.Get("/v1/events?since=2026-02-02&until=2026-02-01")).IsInvalid("until");
        (await admin.Get("/v1/events?since=yesterday&until=2026-02-30")).IsInvalid("since", "until");
        (await admin.Get("/v1/events?order_by=at")).IsInvalid("order_by");
    }

    [Fact]
    public async Task Events_are_listed_by_actor_and_by_model()
    {
        var tenant = await server.NewTenant();
        var (ann, ben) = (server.DriverOf(tenant.Key), server.DriverOf(await tenant.NewKey()));
        var first = await ann.DeployPrimary("a model");
        await ben.DeployPrimary("another");
        await ben.Do("deactivate", first["id"]!);
        var all = await ann.All("/v1/events");
        var actor = (string)all.First(happened => (string)happened["type"]! == EventType.VersionDeactivated)["actor"]!;

        Assert.Equal(all.Where(happened => (string)happened["actor"]! == actor).Select(Id), await Ids(ann, $"/v1/events?actor={actor}"));
        Assert.Equal(
            all.Where(happened => (string)happened["actor"]! == actor && (string?)happened["model_name"] == "a model").Select(Id),
            await Ids(ann, $"/v1/events?actor={actor}&model=a%20model"));
        Assert.Equal(await Ids(ann, $"/v1/models/{first["model_id"]}/events"), await Ids(ann, $"/v1/events?model={first["model_id"]}"));
        Assert.Empty(await Ids(ann, "/v1/events?actor=nobody"));
        (await ann.Get("/v1/events?model=none")).IsProblem(404, ErrorCode.ModelNotFound);
        (await ann.Get($"/v1/models/{first["model_id"]}/events?model=a")).IsInvalid("model");
        Assert.Single(await ann.All($"/v1/model_versions/{first["id"]}/events?actor={actor}&order_by=-id&type=version.deactivated"));
    }

    [Fact]
    public async Task A_stream_begins_now_and_takes_nothing_that_orders_a_list()
    {
        var tenant = await server.NewTenant();
        var (ann, ben) = (server.DriverOf(tenant.Key), server.DriverOf(await tenant.NewKey()));
        var version = (await ann.DeployPrimary("a"))["id"]!;
        var stream = ("Accept", "text/event-stream");

        (await ann.Get("/v1/events?after=now")).IsInvalid("after");
        (await ann.Get("/v1/events?after=soon", stream)).IsInvalid("after");
        (await ann.Get("/v1/events?since=2026-01-01&until=2026-01-02&order_by=-id", stream)).IsInvalid("order_by", "since", "until");
        (await ann.Get($"/v1/events?after={long.MaxValue}", stream)).IsInvalid("after");

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, "/v1/events?after=now"));
        request.Headers.Add("Accept", "text/event-stream");
        request.Headers.Add("Authorization", "Bearer " + tenant.Key);
        using var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal(":", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        await ben.Do("deactivate", version);
        string? line;
        do
        {
            line = await reader.ReadLineAsync(TestContext.Current.CancellationToken);
        }
        while (line?.StartsWith("event:", StringComparison.Ordinal) == false);

        Assert.Equal("event: version.deactivated", line);
    }

    private static async Task<List<long>> Ids(RegistryDriver driver, string path) => [.. (await driver.All(path)).Select(Id)];

    private static long Id(JsonNode happened) => long.Parse((string)happened["id"]!, CultureInfo.InvariantCulture);
}

[Collection(OnSqlite.Name)]
public sealed class EventListsOnSqliteTests(SqliteServer server) : EventListTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class EventListsOnPostgresTests(PostgresServer server) : EventListTests(server);
