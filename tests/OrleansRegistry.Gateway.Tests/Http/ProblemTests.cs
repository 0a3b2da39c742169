using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace OrleansRegistry.Gateway.Tests.Http;

public sealed class ProblemTests
{
    [Fact]
    public void Every_code_has_a_status_and_nothing_else_has()
    {
        var codes = typeof(ErrorCode).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!);

        Assert.Equal(codes.Order(StringComparer.Ordinal), ProblemKind.All.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(ErrorCode.ValidationFailed, 400)]
    [InlineData(ErrorCode.ModelNotFound, 404)]
    [InlineData(ErrorCode.PrimaryMoved, 409)]
    [InlineData(ErrorCode.VersionDeleted, 410)]
    [InlineData(ErrorCode.RevisionMismatch, 412)]
    [InlineData(ErrorCode.IdempotencyKeyReused, 422)]
    [InlineData(ErrorCode.StateCorrupt, 500)]
    [InlineData(ErrorCode.Unavailable, 503)]
    public void A_code_keeps_its_status(string code, int status) => Assert.Equal(status, ProblemKind.Of(code).Status);

    public static TheoryData<Exception, int, string> Failures => new()
    {
        { new TimeoutException("secret"), 503, ErrorCode.Unavailable },
        { new OrleansException("secret"), 503, ErrorCode.Unavailable },
        { new SiloUnavailableException("secret"), 503, ErrorCode.Unavailable },
        { new RegistryUnavailableException("secret"), 503, ErrorCode.Unavailable },
        { new SqliteException("secret", 5), 503, ErrorCode.Unavailable },
        { new StateCorruptException("Row x can't be read."), 500, ErrorCode.StateCorrupt },
        { new InvalidOperationException("secret"), 500, ErrorCode.InternalError },
        { new OperationCanceledException("secret"), 503, ErrorCode.Unavailable },
        { new IOException("secret"), 503, ErrorCode.Unavailable },
        { new BadHttpRequestException("secret", 400), 400, ErrorCode.ValidationFailed },
        { new BadHttpRequestException("secret", 408), 400, ErrorCode.ValidationFailed },
        { new BadHttpRequestException("secret", 413), 413, ErrorCode.PayloadTooLarge },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task What_is_thrown_becomes_a_problem_without_its_inside(Exception thrown, int status, string code)
    {
        var context = await Answer("POST", thrown);

        Assert.Equal(status, context.Response.StatusCode);
        var problem = await Body(context);
        Assert.Equal(code, (string)problem["code"]!);
        Assert.DoesNotContain("secret", problem.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(code == ErrorCode.Unavailable ? "1" : "", context.Response.Headers.RetryAfter.ToString());
        Assert.Equal("nosniff", context.Response.Headers.XContentTypeOptions);
        Assert.False(context.Response.Headers.ContainsKey("X-Half-Done"));
    }

    [Fact]
    public async Task The_outcome_of_a_command_is_said_to_be_unknown_E1()
    {
        Assert.Contains("unknown", (string)(await Body(await Answer("POST", new TimeoutException())))["detail"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("unknown", (string)(await Body(await Answer("GET", new TimeoutException())))["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_answered_who_is_gone()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        var context = await Answer("GET", new OperationCanceledException(), gone.Token);

        Assert.Equal(0, context.Response.Body.Length);
    }

    private static async Task<HttpContext> Answer(string method, Exception thrown, CancellationToken aborted = default)
    {
        await using var services = new ServiceCollection().BuildServiceProvider();
        var context = new DefaultHttpContext { RequestAborted = aborted, RequestServices = services };
        context.Request.Method = method;
        context.Response.Body = new MemoryStream();
        var middleware = new ProblemMiddleware(
            http =>
            {
                http.Response.Headers["X-Half-Done"] = "1";
                throw thrown;
            },
            NullLogger<ProblemMiddleware>.Instance);
        await middleware.InvokeAsync(context);
        return context;
    }

    private static async Task<JsonNode> Body(HttpContext context)
    {
        context.Response.Body.Position = 0;
        return (await JsonNode.ParseAsync(context.Response.Body, cancellationToken: TestContext.Current.CancellationToken))!;
    }
}
