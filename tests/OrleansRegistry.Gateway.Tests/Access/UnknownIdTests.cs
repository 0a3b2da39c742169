using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Access;

/// <summary>Ids and keys that nobody has, tried by callers.</summary>
[Collection(OnSqlite.Name)]
public sealed class UnknownIdTests(SqliteServer server)
{
    [Fact]
    public async Task Q5_what_calls_and_keys_make_up_reaches_no_grain()
    {
        List<string> keys = [];
        for (var n = 0; n < 10; n++)
        {
            var id = ModelId.New();
            var key = ApiKey.Create();
            Assert.True(ApiKey.TryParse(key, out var prefix));
            keys.AddRange([GrainKeys.Model(GrainKeys.DefaultWorkspace, id), GrainKeys.ApiKey(prefix)]);
            (await server.Driver.Post($"/v1/model_versions/{id}-1/predict", "{}")).IsProblem(404, ErrorCode.VersionNotFound);
            (await server.Driver.Get($"/v1/models/{id}/resolve")).IsProblem(404, ErrorCode.ModelNotFound);
            (await server.DriverOf(key).Get("/v1/models")).IsProblem(401, ErrorCode.Unauthenticated);
        }

        var (model, own) = ((await server.Driver.Deploy(RegistryDriver.NewName()))["model_id"]!, RegistryServer.Operator[4..]);
        HashSet<string> active = [.. (await server.Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics()).Select(grain => grain.GrainId.Key.ToString()!)];
        Assert.Superset(new HashSet<string> { GrainKeys.Model(GrainKeys.DefaultWorkspace, model), GrainKeys.ApiKey(own) }, active);
        Assert.Empty(keys.Intersect(active));
    }
}
