using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace OrleansRegistry.Gateway.Tests.Access;

/// <summary>Which requests need no longer look at their key; on a clock of the test's own.</summary>
public sealed class AdmissionTests : IAsyncDisposable
{
    private const string Header = "Bearer ork_a-key";

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly RequestCaller _caller = new("team", "key:01234567", Role.Deployer);
    private readonly ServiceProvider _services;
    private readonly ShownKeys _keys;
    private readonly List<RequestRates> _rates = [];
    private string _way = "";

    public AdmissionTests()
    {
        _services = new ServiceCollection().AddMetrics().AddLogging().AddSingleton<RefusedAttempts>().AddSingleton<TimeProvider>(_clock).BuildServiceProvider();
        _keys = new ShownKeys(_clock);
        _keys.Keep(
            Header, _caller, new ClaimsPrincipal(new CallerIdentity(_caller, ApiKeyHandler.SchemeName)),
            _clock.GetTimestamp() + (long)(Lease.TotalSeconds * _clock.TimestampFrequency));
    }

    public ValueTask DisposeAsync()
    {
        _rates.ForEach(rates => rates.Dispose());
        return _services.DisposeAsync();
    }

    [Fact]
    public async Task A1_a_key_that_was_shown_a_moment_ago_is_let_in_as_its_caller_and_in_their_workspace()
    {
        var context = await Send([Header], new RequiredPermission(Permission.Deploy));

        Assert.Equal("short in team", _way);
        Assert.Same(_caller, RequestCaller.Of(context));
        Assert.True(context.User.Identity!.IsAuthenticated);
        Assert.Null(WorkspaceScope.Current);
    }

    [Fact]
    public async Task A1_another_header_is_looked_at()
    {
        string[][] others = [[], [""], ["Bearer ork_a-kez"], ["bearer ork_a-key"], [Header + " "], [Header, Header], [Header + new string('x', 200)]];
        foreach (var headers in others)
        {
            await Send(headers, new RequiredPermission(Permission.Deploy));
            Assert.Equal("long", _way);
        }
    }

    [Fact]
    public async Task A1_a_key_is_looked_at_again_when_the_answer_of_its_grain_has_lapsed()
    {
        _clock.Advance(Lease - TimeSpan.FromTicks(1));
        await Send([Header], new RequiredPermission(Permission.Deploy));
        Assert.Equal("short in team", _way);

        _clock.Advance(TimeSpan.FromTicks(1));
        await Send([Header], new RequiredPermission(Permission.Deploy));
        Assert.Equal("long", _way);
    }

    [Fact]
    public async Task E2_a_route_that_the_role_may_not_use_or_that_is_known_by_something_else_is_looked_at()
    {
        object[][] routes =
        [
            [new RequiredPermission(Permission.Administer)],
            [],
            [new RequiredPermission(Permission.Deploy), BrowserPage.Instance],
            [new RequiredPermission(Permission.Deploy), new AuthenticationSchemeName("session")],
        ];
        foreach (var route in routes)
        {
            await Send([Header], route);
            Assert.Equal("long", _way);
        }

        await Send([Header], route: null);
        Assert.Equal("long", _way);
    }

    [Fact]
    public async Task A1_a_header_that_is_too_long_for_a_key_is_not_kept()
    {
        var header = "Bearer " + new string('x', 200);
        _keys.Keep(header, _caller, new ClaimsPrincipal(), long.MaxValue);

        await Send([header], new RequiredPermission(Permission.Deploy));

        Assert.Equal("long", _way);
    }

    [Fact]
    public async Task Q3_every_request_is_counted_once_and_gives_back_what_it_has_taken()
    {
        var limits = new LimitOptions { RequestsPerSecond = 1, RequestBurst = 3, RequestsPerSecondPerWorkspace = 0, OpenCommandsPerKey = 1 };
        var admission = Make(limits);

        for (var request = 0; request < 3; request++)
        {
            var context = await Send(admission, [Header], new RequiredPermission(Permission.Deploy));
            Assert.Equal(200, context.Response.StatusCode);
        }

        _way = "";
        Assert.Equal(429, (await Send(admission, [Header], new RequiredPermission(Permission.Deploy))).Response.StatusCode);
        Assert.Equal("", _way);
    }

    private Task<HttpContext> Send(string[] headers, params object[]? route) => Send(Make(new LimitOptions()), headers, route);

    private async Task<HttpContext> Send(Admission admission, string[] headers, params object[]? route)
    {
        var context = new DefaultHttpContext { RequestServices = _services };
        context.Request.Method = HttpMethods.Post;
        context.Request.Headers.Authorization = headers;
        context.SetEndpoint(route is null ? null : new RouteEndpoint(
            _ => Task.CompletedTask, RoutePatternFactory.Parse("/x"), 0, new EndpointMetadataCollection(route), null));
        await admission.Invoke(context);
        return context;
    }

    private Admission Make(LimitOptions options)
    {
        var addresses = new CallerAddresses(options);
        var refused = _services.GetRequiredService<RefusedAttempts>();
        _rates.Add(new RequestRates(options));
        var limits = new CallerLimits(
            _rates[^1], new OpenRequests(options), addresses, new CallerConnections(options, addresses, refused, _clock), refused);
        return new Admission(
            _ =>
            {
                _way = $"short in {WorkspaceScope.Current}";
                return Task.CompletedTask;
            },
            _ =>
            {
                _way = "long";
                return Task.CompletedTask;
            },
            _keys,
            limits);
    }
}
