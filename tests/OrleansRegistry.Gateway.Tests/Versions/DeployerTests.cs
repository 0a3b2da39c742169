using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Models;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests.Versions;

/// <summary>Deployments that are repeated because their outcome was not known.</summary>
public sealed class DeployerTests
{
    [Fact]
    public Task E3_a_refused_deployment_of_a_new_name_leaves_no_row_behind() => LeavesNoRow(TestDatabase.Sqlite());

    [Fact]
    [Trait("Database", "PostgreSQL")]
    public async Task E3_a_refused_deployment_of_a_new_name_leaves_no_row_behind_on_PostgreSQL() => await LeavesNoRow(await TestDatabase.Postgres());

    private static async Task LeavesNoRow(TestDatabase empty)
    {
        await using var database = empty;
        await using var silo = await TestSilo.Start(database.Options, services => services.Configure<ModelOptions>(options => options.ModelsPerWorkspace = 2));
        var deployer = new Deployer(silo.Grains, silo.Catalog, new ModelDirectory(silo.Catalog), silo.Clock);
        var first = (await Deploy("Model")).Value!.Version;
        Assert.Null((await silo.Model(first.ModelId).DeleteModel(new DeleteModelCommand { Context = silo.Command() })).Error);
        var rows = await Rows();

        foreach (var name in (string[])["Another", "Model"])
        {
            await Refuses(ErrorCode.ValidationFailed, name, deploy => deploy with { Base = "1.4" });
            await Refuses(ErrorCode.ValidationFailed, name, deploy => deploy with { Base = "1" });
            Assert.Null((await deployer.Deploy(GrainKeys.DefaultWorkspace, silo.Deployment(name, context: silo.Command(dryRun: true)), CancellationToken.None)).Error);
        }

        Assert.Equal(rows, await Rows());
        Assert.Equal("0.1.0", (await Deploy("Model")).Value!.Version.Version);
        Assert.Null((await Deploy("Another")).Error);
        rows = await Rows();
        await Refuses(ErrorCode.QuotaExceeded, "A third", deploy => deploy);
        Assert.Equal(rows, await Rows());

        async Task Refuses(string code, string name, Func<Deployment, Deployment> change) => Assert.Equal(code, (await Deploy(name, change)).Error?.Code);

        Task<Outcome<DeployAnswer>> Deploy(string name, Func<Deployment, Deployment>? change = null)
            => deployer.Deploy(GrainKeys.DefaultWorkspace, silo.Deployment(name, change), CancellationToken.None);

        async Task<string?> Rows() => Convert.ToString(
            await TestRows.Execute(database.Options, "select count(*) || ' rows, ' || sum(version) || ' writes' from registry_state"), CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task N5_many_first_deployments_of_one_name_at_once_make_one_model()
    {
        await using var database = TestDatabase.Sqlite();
        await using var silo = await TestSilo.Start(database.Options);
        var deployer = new Deployer(silo.Grains, silo.Catalog, new ModelDirectory(silo.Catalog), silo.Clock);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => deployer.Deploy(
            GrainKeys.DefaultWorkspace, silo.Deployment("Model"), CancellationToken.None)));

        Assert.Single(outcomes.Select(outcome => outcome.Value!.Version.ModelId).Distinct());
        Assert.Equal(
            Enumerable.Range(1, 50).Select(minor => $"0.{minor}.0").Order(StringComparer.Ordinal),
            outcomes.Select(outcome => outcome.Value!.Version.Version).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task N5_E1_a_repeated_deployment_is_not_answered_before_its_model_routes_to_it()
    {
        await using var database = TestDatabase.Sqlite();
        await using var silo = await TestSilo.Start(database.Options);
        var deployer = new Deployer(silo.Grains, silo.Catalog, new ModelDirectory(silo.Catalog), silo.Clock);
        Task<Outcome<DeployAnswer>> Deploy(string key) => deployer.Deploy(
            GrainKeys.DefaultWorkspace,
            silo.Deployment("Model", deploy => deploy with { Publish = true, IdempotencyKey = key }),
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
