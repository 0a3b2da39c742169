using System.Net.Sockets;
using System.Text;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Http;

/// <summary>What holds for every route, and for paths that are none.</summary>
[Collection(OnSqlite.Name)]
public sealed class HttpTests(SqliteServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Theory]
    [InlineData("/")]
    [InlineData("/v1")]
    [InlineData("/v1/nothing")]
    [InlineData("/v1/models//versions")]
    [InlineData("/v1/models/x/nothing")]
    [InlineData("/v1/models/x/predictions")]
    [InlineData("/v2/models")]
    [InlineData("/v2/models/x/nothing")]
    [InlineData("/v1/billing")]
    public async Task A_path_that_is_none_is_404(string path) => (await _registry.Get(path)).IsProblem(404, ErrorCode.NotFound);

    [Theory]
    [InlineData("GET", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true)]
    [InlineData("GET", "text/html", true)]
    [InlineData("HEAD", "text/html", true)]
    [InlineData("GET", "application/json, text/html;q=0.5", false)]
    [InlineData("GET", "*/*", false)]
    [InlineData("POST", "text/html", false)]
    public async Task The_root_leads_browsers_to_the_page_that_shows_the_interface_and_is_no_path_for_others(string method, string accept, bool leads)
    {
        var stranger = await server.DriverOf(null).Send(new HttpMethod(method), "/", null, ("Accept", accept));
        if (leads)
        {
            Assert.Equal("/scalar", stranger.Is(302).Header("Location"));
            Assert.Equal("Accept", stranger.Header("Vary"));
        }
        else
        {
            stranger.IsProblem(401, ErrorCode.Unauthenticated);
            (await _registry.Send(new HttpMethod(method), "/", null, ("Accept", accept))).IsProblem(404, ErrorCode.NotFound);
        }
    }

    [Theory]
    [InlineData("PUT", "/v1/models", "GET")]
    [InlineData("GET", "/v1/model_versions", "POST")]
    [InlineData("POST", "/v1/models/x", "DELETE, GET, HEAD, PATCH")]
    [InlineData("GET", "/v1/models/x/rollback", "POST")]
    [InlineData("OPTIONS", "/v1/events", "GET")]
    [InlineData("FROB", "/v1/model_versions/x", "DELETE, GET, HEAD, PATCH")]
    [InlineData("TRACE", "/v1/model_versions/x/publish", "POST")]
    public async Task A_method_that_a_path_does_not_take_is_405(string method, string path, string allowed)
    {
        var reply = (await _registry.Send(new HttpMethod(method), path, null)).Is(405);

        Assert.Equal(ErrorCode.MethodNotAllowed, reply["code"]);
        Assert.Contains(allowed, reply["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("live")]
    [InlineData("ready")]
    [InlineData("startup")]
    public async Task Health_is_answered_in_json(string route)
    {
        var reply = (await _registry.Get("/health/" + route)).Is(200);

        Assert.Equal("healthy", reply["status"]);
        Assert.Equal(route != "live", reply.Body!["checks"]!.AsObject().Count > 0);
    }

    [Fact]
    public async Task Answers_do_not_name_the_server()
    {
        var reply = await _registry.Get("/v1/models");

        Assert.Null(reply.Header("Server"));
        Assert.Equal("nosniff", reply.Header("X-Content-Type-Options"));
    }

    [Theory]
    [InlineData("zz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("2;a\nb\r\n{}\r\n0\r\n\r\n")]
    [InlineData("2\r\n{}{}\r\n0\r\n\r\n")]
    public async Task A_body_that_is_not_well_chunked_is_a_problem(string body)
    {
        var answer = await Exchange(
            $"POST /v1/model_versions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {RegistryServer.OperatorKey}\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n" + body);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"validation_failed\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST /v1/model_versions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2, 3\r\nContent-Type: application/json\r\n\r\n{}")]
    [InlineData("GET /v1/models/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /v1/models\0 HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.1\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\r\n\r\n")]
    public async Task What_is_no_http_is_400(string request) =>
        Assert.StartsWith("HTTP/1.1 400 ", await Exchange(request), StringComparison.Ordinal);

    [Theory]
    [InlineData("Content-Length: 1048577\r\n\r\n", 0)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n100001\r\n", 1048577)]
    public async Task A_body_has_at_most_1_MiB(string headers, int length)
    {
        var answer = await Exchange($"POST /v1/model_versions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {RegistryServer.OperatorKey}\r\nContent-Type: application/json\r\n{headers}{new string(' ', length)}");

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"payload_too_large\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(33, true)]
    [InlineData(32, false)]
    public async Task A_body_is_at_most_32_levels_deep(int depth, bool isTooDeep)
    {
        var reply = await _registry.Post("/v1/model_versions", $$"""{"model_name":{{new string('[', depth - 1)}}{{new string(']', depth - 1)}}}""");

        reply.IsInvalid(isTooDeep ? "body" : "model_name");
    }

    [Fact]
    public async Task A_head_has_at_most_32_KiB_and_100_headers()
    {
        Assert.StartsWith("HTTP/1.1 431 ", await Exchange($"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX: {new string('x', 32 * 1024)}\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith(
            "HTTP/1.1 431 ",
            await Exchange($"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n{string.Concat(Enumerable.Range(0, 100).Select(n => $"X-{n}: x\r\n"))}\r\n"),
            StringComparison.Ordinal);
    }

    private async Task<string> Exchange(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        await reader.BaseStream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
