using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests;

/// <summary>Deployments that are repeated because their outcome was not known.</summary>
public sealed class DeployerTests
{
    [Fact]
    public async Task N5_E1_a_repeated_deployment_is_not_answered_before_its_model_routes_to_it()
    {
        await using var database = TestDatabase.Sqlite();
        await using var silo = await TestSilo.Start(database.Options);
        var deployer = new Deployer(silo.Grains, silo.Catalog, silo.Clock);
        Task<Outcome<DeployAnswer>> Deploy(string key) => deployer.Deploy(
            GrainKeys.DefaultWorkspace,
            new DeployCommand
            {
                Context = silo.Command(),
                ModelName = "Model",
                Publish = true,
                Idempotency = new IdempotencyKey { Key = key, BodyHash = "hash" },
            },
            CancellationToken.None);
        var first = (await Deploy("one")).Value!.Version;
        var model = silo.Model(first.ModelId);

        // It is stored, and the database is away before its model learns that.
        silo.Storage.AfterWrite = kind => kind == "model" ? throw new IOException("The connection is gone.") : Task.CompletedTask;
        silo.Storage.BeforeRead = silo.Storage.AfterWrite;
        Assert.Equal(ErrorCode.Unavailable, (await Deploy("two")).Error?.Code);
        Assert.Equal(ErrorCode.Unavailable, (await Deploy("two")).Error?.Code);
        Assert.Equal(first.Id, (await model.Resolve(null)).Value!.VersionId);

        (silo.Storage.AfterWrite, silo.Storage.BeforeRead) = (null, null);
        var second = (await Deploy("two")).Value!;
        Assert.True(second.Replayed);
        Assert.Equal(second.Version.Id, (await model.Resolve(null)).Value!.VersionId);
    }
}
