using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>
/// Rule L2 under load: callers call without pause while versions are promoted, deactivated, activated and deleted beside them. Afterwards
/// every call is compared with the commands that had returned before it began, and with those that had not begun when it ended.
/// </summary>
public abstract class AdmissionTests(RegistryServer server)
{
    private const int Callers = 32;
    private const int Commands = 120;

    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task L2_no_call_reaches_a_version_after_the_command_that_stopped_it_returned_and_none_is_lost()
    {
        await using var backend = await Backend.Start(http => http.Response.WriteAsync(http.Request.Path.Value![1..]));
        var name = RegistryDriver.NewName();
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/predict";
        var stops = new ConcurrentQueue<Stop>();
        var primaries = new ConcurrentQueue<Moved>();
        var calls = new ConcurrentQueue<Call>();
        var numbers = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            await DeployNext();
        }

        using var stop = new CancellationTokenSource();
        var calling = Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallOnAndOn(new Random(caller)))).ToList();
        var random = new Random(7);
        for (var i = 0; i < Commands; i++)
        {
            await Disturb(random);
        }

        await stop.CancelAsync();
        await Task.WhenAll(calling);

        Assert.True(calls.Count > Commands, $"Only {calls.Count} calls.");
        Assert.Contains(calls, call => call.Status == 200 && call.Selector is null);
        Assert.All(calls, IsAnswered);
        Assert.NotEmpty(stops);
        foreach (var answered in calls.Where(call => call.Status == 200))
        {
            Assert.DoesNotContain(stops, stopped => stopped.VersionId == answered.VersionId && stopped.Returned < answered.Began && answered.Ended < stopped.StartedAgain);
            Assert.DoesNotContain(
                primaries,
                moved => answered.Selector is null && moved.Returned < answered.Began && answered.Ended < moved.Next && answered.VersionId != moved.To);
        }

        async Task CallOnAndOn(Random choice)
        {
            while (!stop.IsCancellationRequested)
            {
                var selector = choice.Next(3) == 0 ? numbers[choice.Next(numbers.Count)] : choice.Next(3) == 0 ? "*" : null;
                var began = Stopwatch.GetTimestamp();
                var answer = await _registry.Post(selector is null ? path : $"{path}?version={selector}", "{}");
                calls.Enqueue(new Call(
                    selector, began, Stopwatch.GetTimestamp(), answer.Status, answer.Header("Model-Version-Id"), answer.Header("Model-Version"), answer.Text, answer.ContentType));
            }
        }

        // One command at a time, so that what holds after each is known from its answer.
        async Task Disturb(Random choice)
        {
            var number = numbers[choice.Next(numbers.Count)];
            var version = (await _registry.Get($"/v1/models/{RegistryDriver.InPath(name)}/versions/{number}")).Is(200);
            var id = version["id"]!;
            var begins = Stopwatch.GetTimestamp();
            EndsPrimary(begins);
            switch (choice.Next(4))
            {
                case 0:
                    var promoted = await _registry.Do("promote", id);
                    Assert.True(promoted.Status is 200 or 409 or 410, promoted.Text);
                    break;
                case 1:
                    Stopped(id, (await _registry.Do("deactivate", id)).Status);
                    break;
                case 2:
                    foreach (var stopped in stops.Where(stopped => stopped.VersionId == id && stopped.StartedAgain == long.MaxValue))
                    {
                        stopped.StartedAgain = begins;
                    }

                    Assert.True((await _registry.Do("activate", id)).Status is 200 or 410);
                    break;
                default:
                    Stopped(id, (await _registry.Delete($"/v1/model_versions/{id}")).Status);
                    await DeployNext();
                    break;
            }

            var primary = (await _registry.Get($"/v1/models/{RegistryDriver.InPath(name)}")).Is(200).Body!["primary"]?["version_id"]?.ToString();
            primaries.Enqueue(new Moved(primary, Stopwatch.GetTimestamp()));
        }

        void EndsPrimary(long begins)
        {
            if (primaries.LastOrDefault() is { Next: long.MaxValue } last)
            {
                last.Next = begins;
            }
        }

        void Stopped(string id, int status)
        {
            Assert.True(status is 200 or 410);
            if (!stops.Any(stopped => stopped.VersionId == id && stopped.StartedAgain == long.MaxValue))
            {
                stops.Enqueue(new Stop(id, Stopwatch.GetTimestamp()));
            }
        }

        async Task DeployNext()
        {
            var number = string.Create(CultureInfo.InvariantCulture, $"{numbers.Count + 1}.0.0");
            EndsPrimary(Stopwatch.GetTimestamp());
            await _registry.DeployPrimary(name, $"\"version\":\"{number}\",{backend.Serving("/" + number)}");
            numbers = [.. numbers, number];
        }
    }

    /// <summary>The version's server wrote its number into the body: the headers must say the same. All else is a problem with a code.</summary>
    private static void IsAnswered(Call call)
    {
        if (call.Status == 200)
        {
            Assert.Equal(call.Text, call.Number);
            Assert.NotNull(call.VersionId);
        }
        else
        {
            Assert.Equal("application/problem+json", call.ContentType);
            Assert.Contains("\"code\":\"", call.Text, StringComparison.Ordinal);
            // 503: the version is being activated, stored but not routed to yet.
            Assert.True(call.Status is 404 or 409 or 410 or 503, call.Text);
        }
    }

    private sealed record Call(
        string? Selector, long Began, long Ended, int Status, string? VersionId, string? Number, string Text, string? ContentType);

    /// <summary>From here on a version was stopped, until the next activation began.</summary>
    private sealed record Stop(string VersionId, long Returned)
    {
        public long StartedAgain { get; set; } = long.MaxValue;
    }

    /// <summary>From here on this version was primary, until the next command began.</summary>
    private sealed record Moved(string? To, long Returned)
    {
        public long Next { get; set; } = long.MaxValue;
    }
}

[Collection(OnSqlite.Name)]
public sealed class AdmissionOnSqliteTests(SqliteServer server) : AdmissionTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class AdmissionOnPostgresTests(PostgresServer server) : AdmissionTests(server);
