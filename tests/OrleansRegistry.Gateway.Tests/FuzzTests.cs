using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests;

/// <summary>On a node of its own: nothing else writes there.</summary>
public sealed class FuzzTests(SqliteServer server) : IClassFixture<SqliteServer>
{
    private const int Requests = 8_000;

    private readonly RegistryDriver _registry = server.Driver;

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task Malformed_requests_never_answer_5xx_and_change_nothing_E3(int seed)
    {
        var name = RegistryDriver.NewName();
        var primary = await _registry.DeployPrimary(name, "\"labels\":{\"k\":\"v\"}");
        var draft = await _registry.Deploy(name);
        var gone = await _registry.Deploy(name + " gone");
        await _registry.Delete("/v1/models/" + gone["model_id"]);
        var fuzzer = new RequestFuzzer(
            seed,
            [.. server.Endpoints.OfType<RouteEndpoint>().Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/v", StringComparison.Ordinal))],
            [name, name + " gone", primary["model_id"]!, gone["model_id"]!, primary["id"]!, draft["id"]!, gone["id"]!, "0.1.0"]);
        var before = await server.Dump();
        ConcurrentBag<string> failures = [];
        ConcurrentDictionary<int, int> statuses = [];

        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", RegistryServer.OperatorKey);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Requests).Select(_ => fuzzer.Next()),
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken },
            async (request, cancellationToken) =>
            {
                using var message = request.ToMessage(server.Address);
                try
                {
                    using var response = await client.SendAsync(message, cancellationToken);
                    statuses.AddOrUpdate((int)response.StatusCode, 1, (_, count) => count + 1);
                    if ((int)response.StatusCode >= 500 || (request.Body is not null && response.IsSuccessStatusCode))
                    {
                        failures.Add($"{(int)response.StatusCode}: {request}");
                    }
                }
                catch (HttpRequestException)
                {
                    // The server closes the connection when it has refused a body for its size or a request line that is none, under
                    // the request that is being sent or the next one.
                    statuses.AddOrUpdate(0, 1, (_, count) => count + 1);
                }
            });

        Assert.Empty(failures);
        Assert.Equal(before, await server.Dump());
        Assert.True(statuses.GetValueOrDefault(0) < Requests / 50);
        Assert.Superset(new HashSet<int> { 200, 400, 404, 405, 410, 412, 413, 415 }, statuses.Keys.ToHashSet());
    }
}
