using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Access;

/// <summary>How many keys a workspace may have, and how long those live whose makers say nothing about it.</summary>
public sealed class KeyQuotaTests(KeyQuotaTests.Server server) : IClassFixture<KeyQuotaTests.Server>
{
    private const int Quota = 3;
    private const int Days = 30;

    private RegistryDriver Operator => server.Driver;

    [Fact]
    public async Task Q4_a_workspace_has_so_many_keys_that_count()
    {
        (await Operator.Post("/v1/workspaces", """{"name":"full"}""")).Is(201);
        List<string> prefixes = [];
        for (var n = 0; n < Quota; n++)
        {
            prefixes.Add((await New("full")).Is(201)["api_key.prefix"]!);
        }

        var refused = (await New("full")).IsProblem(409, ErrorCode.QuotaExceeded);
        Assert.Contains("3 valid keys", refused["detail"], StringComparison.Ordinal);
        (await Operator.Post($"/v1/api_keys/{prefixes[0]}/rotate")).IsProblem(409, ErrorCode.QuotaExceeded);

        (await Operator.Delete("/v1/api_keys/" + prefixes[0])).Is(200);
        (await Operator.Post($"/v1/api_keys/{prefixes[1]}/rotate")).Is(201);
        (await New("full")).IsProblem(409, ErrorCode.QuotaExceeded);
        Assert.Equal(Quota + 1, (await Operator.All("/v1/api_keys?workspace=full")).Count);
    }

    [Fact]
    public async Task A_key_ends_after_some_days_unless_its_maker_says_otherwise()
    {
        (await Operator.Post("/v1/workspaces", """{"name":"short"}""")).Is(201);
        var made = (await New("short")).Is(201);
        Assert.Equal(Days, (DateTimeOffset.Parse(made["api_key.expires_at"]!, null) - DateTimeOffset.Parse(made["api_key.created_at"]!, null)).TotalDays, tolerance: 0.01);
        Assert.Null((await New("short", ",\"expires_at\":null")).Is(201)["api_key.expires_at"]);
        Assert.StartsWith("2099-01-01", (await New("short", ",\"expires_at\":\"2099-01-01T00:00:00Z\"")).Is(201)["api_key.expires_at"], StringComparison.Ordinal);
    }

    private Task<Reply> New(string workspace, string more = "") =>
        Operator.Post("/v1/api_keys", $$"""{"name":"x","role":"viewer","workspace":"{{workspace}}"{{more}}}""");

    /// <summary>A node with a small quota of keys.</summary>
    public sealed class Server : SqliteServer
    {
        protected override IReadOnlyList<string> Settings => [$"--Registry:Limits:KeysPerWorkspace={Quota}", $"--Registry:Auth:DefaultKeyDays={Days}"];
    }
}
