using System.Text;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Health;

/// <summary>Orleans' dashboard, on a node that has it (rule E2).</summary>
public sealed class DashboardTests(DashboardTests.Server server) : IClassFixture<DashboardTests.Server>
{
    private static readonly string[] Closed = ["/dashboard/GrainState", "/dashboard/Trace"];

    private readonly RegistryDriver _operator = server.Driver;

    [Fact]
    public async Task E2_an_operator_sees_the_dashboard_and_nobody_else_does()
    {
        var admin = (await _operator.Post("/v1/api_keys", """{"name":"x","role":"admin"}""")).Is(201)["key"]!;
        var silos = await server.Grains.GetGrain<IManagementGrain>(0).GetHosts();
        var routes = Routes(silos.Keys.Single().ToParsableString()).ToList();

        Assert.True(routes.Count > 15, "The dashboard's routes are not found.");
        foreach (var path in routes)
        {
            (await server.DriverOf(null).Get(path)).IsProblem(401, ErrorCode.Unauthenticated);
            (await server.DriverOf(admin).Get(path)).IsProblem(403, ErrorCode.Forbidden);
            if (Closed.Contains(path))
            {
                (await _operator.Get(path)).IsProblem(403, ErrorCode.Forbidden);
            }
            else
            {
                var reply = await _operator.Get(path);
                Assert.True(reply.Status is 200 or 301 or 404, $"{path} answered {reply.Status}: {reply.Text}");
            }
        }
    }

    [Fact]
    public async Task The_dashboard_knows_the_registrys_grains()
    {
        (await _operator.Deploy("seen on the dashboard")).Is(201);

        Assert.Contains("<html", (await _operator.Get("/dashboard/")).Is(200).Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("ModelGrain", (await _operator.Get("/dashboard/GrainTypes")).Is(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_has_it_says_so() =>
        Assert.Equal("""["artifacts","dashboard"]""", (await _operator.Get("/v1/server")).Is(200).Body!["features"]!.ToJsonString());

    [Fact]
    public async Task A_browser_is_asked_for_a_key_as_for_a_password_on_the_dashboard_alone()
    {
        var anonymous = server.DriverOf(null);
        var asked = (await anonymous.Get("/dashboard/")).IsProblem(401, ErrorCode.Unauthenticated);

        Assert.StartsWith("Basic realm=", asked.Header("WWW-Authenticate"), StringComparison.Ordinal);
        (await Send("/dashboard/", $"me:{RegistryServer.OperatorKey}")).Is(200);
        (await Send("/dashboard/", $"me:{ApiKey.Create()}")).IsProblem(401, ErrorCode.Unauthenticated);
        (await Send("/dashboard/", RegistryServer.OperatorKey)).IsProblem(401, ErrorCode.Unauthenticated);
        (await anonymous.Send(HttpMethod.Get, "/dashboard/", null, ("Authorization", "Basic ***"))).IsProblem(401, ErrorCode.Unauthenticated);
        var elsewhere = (await Send("/v1/models", $"me:{RegistryServer.OperatorKey}")).IsProblem(401, ErrorCode.Unauthenticated);
        Assert.Equal("Bearer", elsewhere.Header("WWW-Authenticate"));

        Task<Reply> Send(string path, string credentials) => anonymous.Send(
            HttpMethod.Get, path, null, ("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials))));
    }

    [Fact]
    public async Task The_dashboard_only_reads_and_is_no_part_of_the_documented_interface()
    {
        Assert.All(Dashboard(), route => Assert.Equal(["GET"], route.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods));
        Assert.DoesNotContain("/dashboard", (await _operator.Get("/openapi/v1.json")).Is(200).Text, StringComparison.OrdinalIgnoreCase);
    }

    private IEnumerable<RouteEndpoint> Dashboard() =>
        server.Endpoints.OfType<RouteEndpoint>().Where(route => route.RoutePattern.RawText!.StartsWith("/dashboard", StringComparison.Ordinal));

    private IEnumerable<string> Routes(string silo) => Dashboard().Select(route => route.RoutePattern.RawText!
        .Replace("{page:int}", "1", StringComparison.Ordinal)
        .Replace("{*grainName}", "x", StringComparison.Ordinal)
        .Replace("{*address}", silo, StringComparison.Ordinal)
        .Replace("{*path}", silo, StringComparison.Ordinal)
        .Replace("{**path}", "x", StringComparison.Ordinal));

    /// <summary>A node that has the dashboard.</summary>
    public sealed class Server : SqliteServer
    {
        protected override IReadOnlyList<string> Settings => ["--Registry:Dashboard=true"];
    }
}
