using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Versions;

public abstract class ConcurrencyTests(RegistryServer server)
{
    private const int Callers = 64;

    private readonly RegistryDriver _registry = server.Driver;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Concurrent_deployments_get_distinct_gapless_numbers_N5(int names)
    {
        List<string> all = [.. Enumerable.Range(0, names).Select(_ => RegistryDriver.NewName())];

        var made = await Task.WhenAll(Enumerable.Range(0, Callers).Select(i => _registry.Deploy(all[i % names])));

        foreach (var name in all)
        {
            AssertGapless([.. made.Where(version => version["model_name"] == name)], Callers / names);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Repeated_concurrent_deployments_with_keys_make_one_version_each_N5(int names)
    {
        const int repeats = 4;
        List<string> all = [.. Enumerable.Range(0, names).Select(_ => RegistryDriver.NewName())];

        var made = await Task.WhenAll(Enumerable.Range(0, Callers).Select(async i =>
        {
            // Callers i, i + 16, i + 32 … send the same request under the same key.
            var job = i % (Callers / repeats);
            var reply = await _registry.TryDeploy(all[job % names], $"\"external_id\":\"job-{job}\"", ("Idempotency-Key", $"key-{job}"));
            return (Job: job, Reply: reply.Is(201));
        }));

        foreach (var job in made.GroupBy(answer => answer.Job))
        {
            Assert.Single(job.Select(answer => answer.Reply["id"]).Distinct());
            Assert.Single(job, answer => answer.Reply.Header("Idempotency-Replayed") is null);
            Assert.All(job, answer => Assert.Equal($"job-{job.Key}", answer.Reply["external_id"]));
        }

        foreach (var name in all)
        {
            AssertGapless(
                [.. made.Select(answer => answer.Reply).Where(version => version["model_name"] == name).DistinctBy(version => version["id"])],
                Callers / repeats / names);
        }
    }

    [Fact]
    public async Task Deployments_race_with_the_deletion_of_their_model_L5()
    {
        var name = RegistryDriver.NewName();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (var i = 0; i < 10; i++)
            {
                var version = await _registry.Deploy(name);
                (await _registry.Delete("/v1/model_versions/" + version["id"])).Is(200);
            }
        }));

        (await _registry.Get("/v1/models/" + RegistryDriver.InPath(name))).IsProblem(404, ErrorCode.ModelNotFound);
        Assert.Equal("0.1.0", (await _registry.Deploy(name))["version"]);
    }

    private static void AssertGapless(List<Reply> versions, int count)
    {
        var model = Assert.Single(versions.Select(version => version["model_id"]).Distinct());
        Assert.Equal(
            Enumerable.Range(1, count).Select(n => $"{model}-{n} is 0.{n}.0").Order(StringComparer.Ordinal),
            versions.Select(version => $"{version["id"]} is {version["version"]}").Order(StringComparer.Ordinal));
    }
}

[Collection(OnSqlite.Name)]
public sealed class ConcurrencyOnSqlite(SqliteServer server) : ConcurrencyTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class ConcurrencyOnPostgres(PostgresServer server) : ConcurrencyTests(server);
