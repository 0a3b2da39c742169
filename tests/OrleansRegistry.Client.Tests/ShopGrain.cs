namespace OrleansRegistry.Client.Tests;

/// <summary>A grain of a service that lives in a silo of the registry.</summary>
[Alias("Shop.IShopGrain")]
public interface IShopGrain : IGrainWithStringKey
{
    [Alias("Deploy")]
    Task<string> Deploy(string model);
}

internal sealed class ShopGrain(IModelRegistry registry) : Grain, IShopGrain
{
    public async Task<string> Deploy(string model) =>
        (await registry.Deploy(new Deployment { ModelName = model })).TryGet(out var answer, out var error) ? answer.Version.Version : error.Code;
}
