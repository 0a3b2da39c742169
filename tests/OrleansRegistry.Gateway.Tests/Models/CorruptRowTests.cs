using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Models;

/// <summary>On a node of its own, whose rows are spoiled underneath it.</summary>
public sealed class CorruptRowTests(SqliteServer server) : IClassFixture<SqliteServer>
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task A_row_that_can_not_be_read_is_500_and_touches_only_its_model()
    {
        var spoiled = await _registry.DeployPrimary(RegistryDriver.NewName());
        var sound = await _registry.DeployPrimary(RegistryDriver.NewName());
        await server.Spoil(spoiled["id"]!);

        (await _registry.Get("/v1/model_versions/" + spoiled["id"])).IsProblem(500, ErrorCode.StateCorrupt);
        (await _registry.Get($"/v1/models/{spoiled["model_id"]}/resolve")).IsProblem(500, ErrorCode.StateCorrupt);
        (await _registry.Get($"/v1/models/{spoiled["model_id"]}")).Is(200);
        Assert.Empty(await _registry.All($"/v1/models/{spoiled["model_id"]}/versions"));
        (await _registry.Get("/v1/model_versions/" + sound["id"])).Is(200);
        (await _registry.Get("/v1/models/" + sound["model_id"])).Is(200);
    }
}
