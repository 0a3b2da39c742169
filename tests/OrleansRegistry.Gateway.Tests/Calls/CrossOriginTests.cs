using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Access;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>Pages of other servers that call models from a browser (rule A7), on a node that lets two origins.</summary>
public sealed class CrossOriginTests(CrossOriginTests.Server server) : IClassFixture<CrossOriginTests.Server>
{
    private const string Origin = "https://app.example.com";

    private readonly RegistryDriver _registry = server.Driver;
    private readonly RegistryDriver _stranger = server.DriverOf(null);

    /// <summary>Every route that forwards, for GET and POST.</summary>
    public static TheoryData<string, string> Forwarding =>
        [.. RouteTable.All.Where(route => IsForwarding(route) && route.Method != "CONNECT").Select(route => (route.Method, route.Pattern))];

    /// <summary>All others.</summary>
    public static TheoryData<string, string> Others =>
        [.. RouteTable.All.Where(route => !IsForwarding(route) && route.Method != "*").Select(route => (route.Method, route.Pattern))];

    [Theory]
    [MemberData(nameof(Forwarding))]
    public async Task A7_a_preflight_of_a_call_needs_no_key_and_names_the_origin_and_never_credentials(string method, string pattern)
    {
        var answer = (await Preflight(pattern, method, Origin)).Is(204);

        Assert.Equal(Origin, answer.Header("Access-Control-Allow-Origin"));
        Assert.Contains(method, answer.Header("Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Equal("authorization,x-stainless-os", answer.Header("Access-Control-Allow-Headers"));
        Assert.Equal("600", answer.Header("Access-Control-Max-Age"));
        Assert.Null(answer.Header("Access-Control-Allow-Credentials"));
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task A7_no_other_route_is_open(string method, string pattern)
    {
        var answer = await Preflight(pattern, method, Origin);

        Assert.True(answer.Status is 401 or 405, $"{answer.Status}: {answer.Text}");
        Assert.Null(answer.Header("Access-Control-Allow-Origin"));
        var read = await _registry.Get(RouteTable.Path(pattern, parameter => RouteTable.Nothing(pattern, parameter)), ("Origin", Origin));
        Assert.Null(read.Header("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("https://app.example.com", true)]
    [InlineData("http://localhost:3000", true)]
    [InlineData("http://app.example.com", false)]
    [InlineData("https://app.example.com:444", false)]
    [InlineData("https://sub.app.example.com", false)]
    [InlineData("https://app.example.com.evil.example", false)]
    [InlineData("null", false)]
    [InlineData("*", false)]
    public async Task A7_an_origin_is_compared_exactly(string origin, bool isOpen)
    {
        var preflight = await Preflight("/v1/chat/completions", "POST", origin);
        var call = await _registry.Post("/v1/chat/completions", """{"model":"no such model"}""", ("Origin", origin));

        foreach (var answer in (Reply[])[preflight, call])
        {
            Assert.Equal(isOpen ? origin : null, answer.Header("Access-Control-Allow-Origin"));
        }
    }

    [Fact]
    public async Task A7_answers_and_refusals_tell_the_page_whose_they_are_whatever_the_server_says()
    {
        await using var backend = await Backend.Start(http =>
        {
            http.Response.Headers.AccessControlAllowOrigin = "*";
            http.Response.Headers.AccessControlAllowCredentials = "true";
            return http.Response.WriteAsync("x");
        });
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/predict";

        foreach (var answer in (Reply[])
            [
                (await _registry.Post(path, "{}", ("Origin", Origin))).Is(200),
                (await _registry.Post(path + "?version=9", "{}", ("Origin", Origin))).IsProblem(404, ErrorCode.NoMatchingVersion),
                (await _stranger.Post(path, "{}", ("Origin", Origin))).IsProblem(401, ErrorCode.Unauthenticated),
            ])
        {
            Assert.Equal(Origin, answer.Header("Access-Control-Allow-Origin"));
            Assert.Null(answer.Header("Access-Control-Allow-Credentials"));
            Assert.Equal(
                "Model-Id,Model-Version,Model-Version-Id,Model-Resolved-By,Model-Alias,Model-Attempts,Model-Request-Id,X-Request-Id,Registry-Problem,Retry-After",
                answer.Header("Access-Control-Expose-Headers"));
        }

        Assert.Null((await _registry.Post(path, "{}")).Is(200).Header("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("https://app.example.com", true)]
    [InlineData("http://[::1]:3000", true)]
    [InlineData("*", false)]
    [InlineData("https://*.example.com", false)]
    [InlineData("https://app.example.com/", false)]
    [InlineData("https://app.example.com/x", false)]
    [InlineData("https://App.example.com", false)]
    [InlineData("https://app.example.com:443", false)]
    [InlineData("https://me@app.example.com", false)]
    [InlineData("app.example.com", false)]
    [InlineData("null", false)]
    [InlineData("file:///x", false)]
    public void A7_an_origin_of_the_settings_is_one_that_a_browser_can_send(string origin, bool isOne) => Assert.Equal(isOne, CrossOrigin.Problem(origin) is null);

    private Task<Reply> Preflight(string pattern, string method, string origin) => _stranger.Send(
        HttpMethod.Options,
        RouteTable.Path(pattern, parameter => RouteTable.Nothing(pattern, parameter)),
        null,
        ("Origin", origin),
        ("Access-Control-Request-Method", method),
        ("Access-Control-Request-Headers", "authorization,x-stainless-os"));

    private static bool IsForwarding((string Method, string Pattern, string Needs) route) => route.Needs == "Invoke";

    /// <summary>A node that lets two origins.</summary>
    public sealed class Server : SqliteServer
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<string> Settings => ["--Registry:AllowedOrigins=https://app.example.com;http://localhost:3000"];
    }
}
