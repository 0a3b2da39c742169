using System.Text;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Limits;

/// <summary>What strangers may ask and hold, by address, on a node where that is little; and what a workspace may send.</summary>
public sealed class AddressLimitTests(AddressLimitTests.Server server) : IClassFixture<AddressLimitTests.Server>
{
    private const string Proxy = "127.0.9.9";
    private const int WorkspacePerSecond = 20;
    private const int ConnectionsPerAddress = 40;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Q2_whoever_shows_no_valid_key_has_so_many_requests_by_address_and_health_is_not_counted()
    {
        var stranger = server.DriverFrom("127.0.1.1", null);
        var forger = server.DriverFrom("127.0.1.1", "ork_nothing");

        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => (n % 2 == 0 ? stranger : forger).Get(n % 3 == 0 ? "/openapi/v1.json" : "/v1/models")));

        var refused = replies.First(reply => reply.Status == 429).IsProblem(429, ErrorCode.RateLimited);
        Assert.Contains("AnonymousRequestsPerSecond", refused["detail"], StringComparison.Ordinal);
        Assert.NotNull(refused.Header("Retry-After"));
        Assert.InRange(replies.Count(reply => reply.Status != 429), 5, 19);
        foreach (var health in (string[])["/health/live", "/health/ready", "/v2/health/live"])
        {
            (await stranger.Get(health)).Is(200);
        }

        (await server.DriverFrom("127.0.1.2", null).Get("/openapi/v1.json")).Is(200);
        (await server.DriverFrom("127.0.1.1", RegistryServer.OperatorKey).Get("/v1/models")).Is(200);
    }

    [Fact]
    public async Task Q2_strangers_behind_a_trusted_proxy_are_told_apart_and_what_they_say_themselves_does_not_count()
    {
        var proxy = server.DriverFrom(Proxy, null);
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => proxy.Get("/openapi/v1.json", ("X-Forwarded-For", $"192.0.2.{n}, 198.51.100.7, {Proxy}"))));

        Assert.Contains(replies, reply => reply.Status == 429);
        (await proxy.Get("/openapi/v1.json", ("X-Forwarded-For", "198.51.100.7, 198.51.100.8"))).Is(200);
        var liar = server.DriverFrom("127.0.2.1", null);
        var lies = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => liar.Get("/openapi/v1.json", ("X-Forwarded-For", $"198.51.100.{100 + n}"))));
        Assert.Contains(lies, reply => reply.Status == 429);
    }

    [Fact]
    public async Task Q9_an_address_that_tries_keys_locks_out_no_other_and_no_key_that_is_known()
    {
        var known = await NewKey();
        (await server.DriverOf(known).Get("/v1/models")).Is(200);

        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => server.DriverFrom("127.0.3.1", ApiKey.Create()).Get("/v1/models")));

        var refused = replies.First(reply => reply.Status == 429 && reply["detail"]!.Contains("UnknownKeysPerSecond", StringComparison.Ordinal));
        refused.IsProblem(429, ErrorCode.RateLimited);
        Assert.Contains(replies, reply => reply.Status == 401);
        (await server.DriverFrom("127.0.3.1", known).Get("/v1/models")).Is(200);
        (await server.DriverFrom("127.0.3.2", await NewKey()).Get("/v1/models")).Is(200);
    }

    [Fact]
    public async Task Q9_the_keys_of_a_workspace_share_its_rate_and_another_workspace_has_its_own()
    {
        var tenant = await server.NewTenant();
        var first = server.DriverFrom("127.0.6.1", tenant.Key);
        var second = server.DriverFrom("127.0.6.2", await tenant.NewKey("viewer"));

        var replies = await Task.WhenAll(Enumerable.Range(0, WorkspacePerSecond * 4).Select(n => (n % 2 == 0 ? first : second).Get("/v1/models")));

        var refused = replies.First(reply => reply.Status == 429).IsProblem(429, ErrorCode.RateLimited);
        Assert.Contains("RequestsPerSecondPerWorkspace", refused["detail"], StringComparison.Ordinal);
        Assert.True(replies.Count(reply => reply.Status == 200) >= WorkspacePerSecond * 2);
        (await server.DriverOf((await server.NewTenant()).Key).Get("/v1/models")).Is(200);
    }

    [Fact]
    public async Task Q3_an_address_has_so_many_connections_and_some_more_for_health_and_a_proxy_that_is_trusted_any_number()
    {
        List<Stream> open = [];
        // Two workspaces, so that neither comes to the end of its rate.
        string[] keys = [(await server.NewTenant()).Key, (await server.NewTenant()).Key];
        try
        {
            for (var i = 0; i < ConnectionsPerAddress; i++)
            {
                open.Add(await server.ConnectFrom("127.0.4.1"));
                Assert.StartsWith("HTTP/1.1 200 ", await Ask(open[^1], "/v2", keys[i % 2]), StringComparison.Ordinal);
            }

            await using var beyond = await server.ConnectFrom("127.0.4.1");
            Assert.StartsWith("HTTP/1.1 200 ", await Ask(beyond, "/health/live"), StringComparison.Ordinal);
            var refused = await Ask(beyond, "/v2", keys[0]);
            Assert.StartsWith("HTTP/1.1 429 ", refused, StringComparison.Ordinal);
            Assert.Contains("ConnectionsPerAddress", refused, StringComparison.Ordinal);
            Assert.Equal("", await Ask(beyond, "/health/live"));
            await using var other = await server.ConnectFrom("127.0.4.2");
            Assert.StartsWith("HTTP/1.1 200 ", await Ask(other, "/v2", keys[1]), StringComparison.Ordinal);
            for (var i = 0; i < ConnectionsPerAddress * 2; i++)
            {
                open.Add(await server.ConnectFrom(Proxy));
                Assert.StartsWith("HTTP/1.1 200 ", await Ask(open[^1], "/health/live"), StringComparison.Ordinal);
            }
        }
        finally
        {
            open.ForEach(connection => connection.Dispose());
        }
    }

    [Fact]
    public async Task Q3_a_connection_that_says_nothing_is_closed()
    {
        await using var silent = await server.ConnectFrom("127.0.5.1");

        Assert.Equal(0, await silent.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, TestContext.Current.CancellationToken).AsTask().WaitAsync(WaitTimeout));
    }

    private static async Task<string> Ask(Stream connection, string path, string? key = null)
    {
        try
        {
            await connection.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n{(key is null ? "" : $"Authorization: Bearer {key}\r\n")}\r\n"));
            return await RawCaller.ReadAnswer(connection).WaitAsync(WaitTimeout);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private async Task<string> NewKey() => (await server.Driver.Post("/v1/api_keys", """{"name":"x","role":"viewer"}""")).Is(201)["key"]!;

    /// <summary>A node with little for strangers.</summary>
    public sealed class Server : SqliteServer
    {
        protected override IReadOnlyList<string> Settings =>
        [
            "--Registry:Limits:AnonymousRequestsPerSecond=1",
            "--Registry:Limits:UnknownKeysPerSecond=1",
            $"--Registry:Limits:RequestsPerSecondPerWorkspace={WorkspacePerSecond}",
            $"--Registry:Limits:ConnectionsPerAddress={ConnectionsPerAddress}",
            "--Registry:Limits:FirstByteTimeoutSeconds=1",
            $"--Registry:TrustedProxies={Proxy}/32;127.0.9.8/32",
        ];
    }
}
