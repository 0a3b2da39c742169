using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Testing;

namespace OrleansRegistry.RestClient.Tests;

/// <summary>Rule C2: waiting is bounded.</summary>
public sealed class WaitingTests
{
    private const string Busy = """{"status":503,"code":"unavailable","detail":"Not now."}""";

    [Theory]
    [InlineData("7", 7)]
    [InlineData("0", 0)]
    [InlineData(null, 0)]
    public async Task Client_C2_the_client_waits_as_long_as_it_is_told(string? retryAfter, int seconds)
    {
        await using var registry = await PlayedServer.Start((context, _) => Answer(context, retryAfter));

        var waits = await Waits(registry, random: 0);

        Assert.Equal([.. Enumerable.Repeat(TimeSpan.FromSeconds(seconds), 3)], waits);
    }

    [Fact]
    public async Task Client_C2_without_being_told_it_waits_a_random_time_below_a_limit_that_doubles()
    {
        await using var registry = await PlayedServer.Start((context, _) => Answer(context, null));

        var waits = await Waits(registry, random: 0.5, retries: 6);

        Assert.Equal([0.25, 0.5, 1, 2, 4, 4], waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public async Task Client_C2_it_does_not_wait_longer_than_a_minute()
    {
        await using var registry = await PlayedServer.Start((context, _) => Answer(context, "61"));

        Assert.Empty(await Waits(registry, random: 0));
    }

    [Fact]
    public async Task Client_C2_it_does_not_wait_beyond_the_time_of_the_operation()
    {
        await using var registry = await PlayedServer.Start((context, _) => Answer(context, "7"));

        Assert.Empty(await Waits(registry, random: 0, total: TimeSpan.FromSeconds(7)));
    }

    [Fact]
    public async Task Client_C2_the_time_of_an_operation_ends_an_answer_that_comes_slowly()
    {
        await using var registry = await PlayedServer.Start(async (context, _) =>
        {
            context.Response.ContentType = "application/json";
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync(" ");
                await context.Response.Body.FlushAsync();
                await Task.Yield();
            }
        });
        var options = Node.OptionsFor(registry.Url);
        options.TotalTimeout = TimeSpan.FromSeconds(0.5);
        using var client = Node.ClientOf(options);
        var begun = Stopwatch.StartNew();

        var error = await Assert.ThrowsAsync<TimedOutException>(() => client.GetRates());

        Assert.Contains("0.5 seconds", error.Message, StringComparison.Ordinal);
        Assert.InRange(begun.Elapsed.TotalSeconds, 0.4, 15);
    }

    [Fact]
    public async Task Client_C2_an_answer_that_stops_coming_is_not_waited_for()
    {
        await using var registry = await PlayedServer.Start(async (context, _) =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("{");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var options = Node.OptionsFor(registry.Url);
        (options.Timeout, options.Retries) = (TimeSpan.FromSeconds(0.3), 0);
        using var client = Node.ClientOf(options);

        Assert.True((await Assert.ThrowsAsync<TimedOutException>(() => client.GetRates())).IsSent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_C2_W1_a_call_that_lets_the_registry_wait_is_waited_for_as_long(bool isVersion)
    {
        var timeout = TimeSpan.FromSeconds(0.3);
        await using var registry = await PlayedServer.Start(async (context, _) =>
        {
            await Task.Delay(2 * timeout, context.RequestAborted);
            await PlayedServer.Json(context, $"\"{context.Request.Headers["Model-Wait"]}\"", 200);
        });
        var options = Node.OptionsFor(registry.Url);
        (options.Timeout, options.Retries) = (timeout, 0);
        using var client = Node.ClientOf(options);

        Assert.Equal("60", (await Call(60)).ReadJson().GetString());
        await Assert.ThrowsAnyAsync<RegistryException>(() => Call(null));

        Task<Prediction> Call(long? seconds) => isVersion
            ? client.PredictVersion("a-1", CallContent.Empty, new PredictVersionParameters { ModelWait = seconds })
            : client.Predict("a", CallContent.Empty, new PredictParameters { ModelWait = seconds });
    }

    private static Task Answer(HttpContext context, string? retryAfter)
    {
        if (retryAfter is not null)
        {
            context.Response.Headers.RetryAfter = retryAfter;
        }

        return PlayedServer.Json(context, Busy, 503);
    }

    /// <summary>How long a client waits between its tries.</summary>
    private static async Task<List<TimeSpan>> Waits(
        PlayedServer registry,
        double random,
        int retries = 3,
        TimeSpan? total = null)
    {
        var options = Node.OptionsFor(registry.Url);
        List<TimeSpan> waits = [];
        (options.Retries, options.TotalTimeout) = (retries, total);
        using var client = Node.ClientOf(options);
        client.Transport.Random = () => random;
        client.Transport.Wait = (time, _) =>
        {
            waits.Add(time);
            return Task.CompletedTask;
        };

        await Assert.ThrowsAsync<UnavailableException>(() => client.GetRates());

        return waits;
    }
}
