using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Access;

/// <summary>Every route, with no key, with keys that are not valid, and with a key of each role (rule E2).</summary>
public sealed class RouteAccessTests(RouteAccessTests.Server server) : IClassFixture<RouteAccessTests.Server>
{
    private readonly RegistryDriver _operator = server.Driver;

    /// <summary>The golden list but for CONNECT, which a client of HTTP makes a tunnel of, and the routes for everybody.</summary>
    public static TheoryData<string, string, string> Guarded =>
        [.. RouteTable.All.Where(route => route.Needs != RouteTable.Anybody && route.Method != "CONNECT").Select(route => (route.Method, route.Pattern, route.Needs))];

    [Fact]
    public void E2_every_route_is_on_the_list_with_what_it_asks_for()
    {
        var routes = server.Endpoints.OfType<RouteEndpoint>()
            .Where(route => !IsScalar(route))
            // HEAD goes with GET, where EveryRouteTests says so.
            .SelectMany(route => (route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["*"]).Where(method => method != "HEAD").Select(method => (method, "/" + route.RoutePattern.RawText!.TrimStart('/'), NeedsOf(route))));

        Assert.Equal(RouteTable.All.Order(), routes.Order());
    }

    [Fact]
    public async Task A_route_that_says_nothing_is_closed_to_everybody()
    {
        (await server.DriverOf(null).Get("/scalar/")).Is(200);
        (await server.DriverOf(null).Get("/nothing/here")).IsProblem(401, ErrorCode.Unauthenticated);
        (await _operator.Get("/nothing/here")).IsProblem(404, ErrorCode.NotFound);
        (await _operator.Send("PUT", "/v1/models", "{}", "application/json")).IsProblem(405, ErrorCode.MethodNotAllowed);
        var requirement = new RouteRequirement();
        var http = new DefaultHttpContext
        {
            User = new(new CallerIdentity(new RequestCaller("default", "test", Role.Operator), "test")),
        };
        http.SetEndpoint(new RouteEndpoint(_ => Task.CompletedTask, RoutePatternFactory.Parse("/forgotten"), 0, null, null));
        var context = new AuthorizationHandlerContext([requirement], http.User, http);

        await requirement.HandleAsync(context);

        Assert.False(context.HasSucceeded);
    }

    [Theory]
    [MemberData(nameof(Guarded))]
    public async Task E2_a_route_lets_in_whom_it_should_and_nobody_else(string method, string pattern, string needs)
    {
        var permission = Enum.Parse<Permission>(needs);
        var keys = await server.Keys;
        var stranger = ApiKey.Create();
        string?[] strangers = [null, stranger, keys.Revoked, RegistryServer.OperatorKey[..^1] + (RegistryServer.OperatorKey[^1] == 'a' ? 'b' : 'a'), "", "x", "ork_", stranger.ToUpperInvariant()];
        foreach (var key in strangers)
        {
            (string, string)[] header = key is null ? [] : [("Authorization", "Bearer " + key)];
            var reply = (await Send(server.DriverOf(null), method, pattern, header)).IsProblem(401, ErrorCode.Unauthenticated);
            Assert.Equal(
                string.IsNullOrEmpty(key) ? "Bearer" : $"Bearer error=\"invalid_token\", error_description=\"{reply["detail"]}\"", reply.Header("WWW-Authenticate"));
        }

        foreach (var role in Enum.GetValues<Role>())
        {
            var reply = await Send(server.DriverOf(keys.Of[role]), method, pattern);
            if (role.Allows(permission))
            {
                Assert.False(reply.Status is 401 or 403, $"{role} got {reply.Status}: {reply.Text}");
            }
            else
            {
                Assert.Contains(EnumNames<Role>.Of(Permissions.MinRole(permission)), reply.IsProblem(403, ErrorCode.Forbidden)["detail"], StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void The_roles_are_as_the_documentation_says()
    {
        var table = string.Join('\n', Enum.GetValues<Role>().Select(role =>
            $"{role}: {string.Join(' ', Enum.GetValues<Permission>().Where(permission => role.Allows(permission)))}"));

        Assert.Equal(
            """
            Viewer: Resolve Read
            Invoker: Resolve Invoke
            Deployer: Resolve Invoke Read Deploy
            Admin: Resolve Invoke Read Deploy Administer
            Operator: Resolve Invoke Read Deploy Administer Operate
            """,
            table);
        Assert.All(Enum.GetValues<Permission>(), permission => Assert.True(Permissions.MinRole(permission).Allows(permission)));
    }

    private static async Task<Reply> Send(RegistryDriver caller, string method, string pattern, params (string, string)[] headers)
    {
        var path = RouteTable.Path(pattern, parameter => RouteTable.Nothing(pattern, parameter));
        // A body that no route takes: nothing is changed by who is let in.
        using var content = method is "GET" or "DELETE" ? null : new StringContent("{\"no_field_of_any_route\":1}", Encoding.UTF8, "application/json");
        return await caller.Send(new HttpMethod(method), path, content, headers);
    }

    private static bool IsScalar(RouteEndpoint route) => route.RoutePattern.RawText!.TrimStart('/').StartsWith("scalar", StringComparison.Ordinal);

    private static string NeedsOf(RouteEndpoint route) =>
        route.Metadata.GetMetadata<IAllowAnonymous>() is not null ? RouteTable.Anybody
        : route.Metadata.GetMetadata<RequiredPermission>()?.Permission.ToString() ?? "nothing";

    /// <summary>A node with a key of each role, and one that is revoked.</summary>
    public sealed class Server : SqliteServer
    {
        private readonly Lazy<Task<(IReadOnlyDictionary<Role, string> Of, string Revoked)>> _keys;

        public Server() => _keys = new(MakeKeys);

        internal Task<(IReadOnlyDictionary<Role, string> Of, string Revoked)> Keys => _keys.Value;

        private async Task<(IReadOnlyDictionary<Role, string> Of, string Revoked)> MakeKeys()
        {
            var keys = new Dictionary<Role, string>();
            foreach (var role in Enum.GetValues<Role>())
            {
                keys[role] = await NewKey(role);
            }

            var revoked = await NewKey(Role.Operator);
            (await DriverOf(revoked).Get("/v1/workspaces")).Is(200);
            (await Driver.Delete("/v1/api_keys/" + revoked.Split('_')[1])).Is(200);
            return (keys, revoked);
        }

        private async Task<string> NewKey(Role role) =>
            (await Driver.Post("/v1/api_keys", $$"""{"name":"test","role":"{{EnumNames<Role>.Of(role)}}"}""")).Is(201)["key"]!;
    }
}
