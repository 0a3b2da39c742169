namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>A workspace of a test's own.</summary>
/// <param name="Operator">Makes keys for it.</param>
/// <param name="Workspace">Its name.</param>
/// <param name="Key">A key of role admin in it.</param>
public sealed record Tenant(RegistryDriver Operator, string Workspace, string Key)
{
    /// <summary>Makes another key in it.</summary>
    public async Task<string> NewKey(string role = "admin") =>
        (await Operator.Post("/v1/api_keys", $$"""{"name":"x","role":"{{role}}","workspace":"{{Workspace}}"}""")).Is(201)["key"]!;
}

/// <summary>Makes workspaces.</summary>
public static class Tenants
{
    /// <summary>Makes a workspace with a key.</summary>
    public static async Task<Tenant> NewTenant(this RegistryServer server)
    {
        var workspace = $"w{Guid.NewGuid():N}";
        (await server.Driver.Post("/v1/workspaces", $$"""{"name":"{{workspace}}"}""")).Is(201);
        var tenant = new Tenant(server.Driver, workspace, "");
        return tenant with { Key = await tenant.NewKey() };
    }
}
