using System.Collections.Concurrent;
using System.Globalization;

namespace OrleansRegistry.FuzzTests;

/// <summary>
/// All routes of the OpenAPI document with nasty values: nothing fails, nothing is seen across workspaces, and what is answered is what the document
/// says. REGISTRY_TEST_FUZZ_REQUESTS is how many requests are sent in all.
/// </summary>
[Trait("Speed", "Slow")]
public sealed class FuzzTests(FuzzedRegistry registry) : IClassFixture<FuzzedRegistry>
{
    private const int Seed = 14;
    private const int AtOnce = 8;

    private static readonly int Requests =
        int.Parse(Environment.GetEnvironmentVariable("REGISTRY_TEST_FUZZ_REQUESTS") ?? "5000", NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>What answers of 500 and above may say: something of a model's server, nothing of the registry.</summary>
    private static readonly string[] OfServers = ["backend_unreachable", "backend_timeout", "version_starting", "serving_failed"];

    private static readonly int[] OfMalformed = [200, 400, 404, 405, 410, 412, 413, 415];

    private static readonly int[] OfAllRoles = [200, 201, 400, 403, 404, 405, 409];

    [Fact]
    public async Task E3_malformed_requests_never_fail_and_change_nothing()
    {
        var fuzzer = new RequestFuzzer(Seed, registry.Document.Routes, registry.First.Existing, isHarmless: true);
        var caller = registry.First.Callers[^1];
        var before = await registry.Dump();

        var statuses = await Send(Requests / 2, fuzzer, _ => caller, (request, answer) => request.Body is not null && answer.Status is >= 200 and < 300 ? "was taken" : null);

        Assert.Equal(before, await registry.Dump());
        Assert.Empty(OfMalformed.Except(statuses.Keys));
    }

    [Fact]
    public async Task E2_requests_of_all_roles_in_two_workspaces_never_fail_and_see_only_their_own()
    {
        var fuzzer = new RequestFuzzer(Seed, registry.Document.Routes, [.. registry.First.Existing, .. registry.Second.Existing], isHarmless: false);
        List<(HttpClient Caller, FuzzedTenant Other)> callers =
        [
            .. registry.First.Callers.Select(caller => (caller, registry.Second)),
            .. registry.Second.Callers.Select(caller => (caller, registry.First)),
        ];

        var statuses = await Send(Requests - (Requests / 2), fuzzer, n => callers[n % callers.Count].Caller, (request, answer) =>
            answer.Body.Contains(callers[request.Number % callers.Count].Other.Secret, StringComparison.Ordinal) ? "shows what is another workspace's" : null);

        Assert.Empty(OfAllRoles.Except(statuses.Keys));
    }

    /// <summary>Sends requests, of which none may fail or be answered otherwise than the document says. How often each status came.</summary>
    private async Task<IReadOnlyDictionary<int, int>> Send(
        int count, RequestFuzzer fuzzer, Func<int, HttpClient> caller, Func<FuzzedRequest, FuzzedAnswer, string?> problem)
    {
        ConcurrentBag<string> failures = [];
        ConcurrentDictionary<int, int> statuses = [];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count).Select(n => fuzzer.Next() with { Number = n }),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (request, cancellationToken) =>
            {
                if (await FuzzedAnswer.To(request, caller(request.Number), registry.Address, cancellationToken) is not { } answer)
                {
                    // The server itself refuses a NUL in a path, before any route, and closes the connection.
                    statuses.AddOrUpdate(request.HasNulInPath ? 400 : 0, 1, (_, found) => found + 1);
                    return;
                }

                statuses.AddOrUpdate(answer.Status, 1, (_, found) => found + 1);
                var found = answer.Status >= 500 && !OfServers.Contains(answer.Code) ? "failed" : problem(request, answer) ?? registry.Document.Problem(request.Route, answer);
                if (found is not null)
                {
                    failures.Add($"{request} → {answer.Status} {answer.Body}: {found}");
                }
            });

        Assert.True(failures.IsEmpty, $"{failures.Count} answers are not as they must be, such as:\n{string.Join('\n', failures.Order().Take(50))}");
        // A refused body is answered while it is sent; then the connection is closed, under it or the next request.
        Assert.True(statuses.GetValueOrDefault(0) <= count / 100, $"{statuses.GetValueOrDefault(0)} requests had no answer.");
        return statuses;
    }
}
