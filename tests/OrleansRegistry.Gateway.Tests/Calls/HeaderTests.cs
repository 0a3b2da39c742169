using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>What passes between a caller and a model's server beside the bodies. Texts stand for bytes here: each character is one.</summary>
[Collection(OnSqlite.Name)]
public sealed class HeaderTests(SqliteServer server)
{
    private const string Empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    private static readonly string[] Spellings = ["caf\u00e9", Bytes("café"), Bytes("имя")];

    private readonly RegistryDriver _registry = server.Driver;

    public static TheoryData<string, string> RoutesAndTexts => [.. from route in Routes from text in Spellings select (route, text)];

    private static string[] Routes => ["POST /v1/models/{0}/predict", "GET /v1/models/{0}/predict/x", "POST /v2/models/{0}/infer", "GET /v2/models/{0}/ready", "POST /v1/completions"];

    [Theory]
    [MemberData(nameof(RoutesAndTexts))]
    public async Task Headers_arrive_byte_for_byte_whatever_their_encoding(string route, string text)
    {
        var head = "";
        await using var backend = RawBackend.Answering($"HTTP/1.1 200 OK\r\nX-Label: {text}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", received => head = received);

        (var id, var answer) = await Call(backend, route, $"X-User: {text}\r\n");

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains($"\r\nX-User: {text}\r\n", head, StringComparison.Ordinal);
        Assert.Contains($"\r\nX-Label: {text}\r\n", answer, StringComparison.Ordinal);
        Assert.Equal("0", (await _registry.Get($"/v1/model_versions/{id}/traffic"))["errors"]);
    }

    [Fact]
    public async Task Headers_of_the_models_own_errors_arrive_byte_for_byte()
    {
        await using var backend = RawBackend.Answering("HTTP/1.1 404 Cach\u00e9\r\nX-Label: caf\u00e9\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        (_, var answer) = await Call(backend, "POST /v1/models/{0}/predict", "");

        Assert.StartsWith("HTTP/1.1 404 Not Found\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Label: caf\u00e9\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("k=v;prop=1;p2")]
    [InlineData("k=")]
    [InlineData("a=1,broken,b=2")]
    [InlineData("  a = 1 , b=%20 ")]
    public async Task Baggage_arrives_as_it_was_sent_and_the_trace_goes_on(string baggage)
    {
        var head = "";
        await using var backend = RawBackend.Answering(Empty, received => head = received);

        await Call(
            backend,
            "POST /v1/models/{0}/predict",
            $"baggage: {baggage}\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: vendor=1,other=2\r\nCorrelation-Context: c=1\r\nRequest-Id: |1.\r\n");

        Assert.Contains($"\r\nbaggage: {baggage.Trim()}\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-", head, StringComparison.Ordinal);
        Assert.DoesNotContain("b7ad6b7169203331", head, StringComparison.Ordinal);
        Assert.Contains("\r\ntracestate: vendor=1,other=2\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nCorrelation-Context: c=1\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nRequest-Id: |1.\r\n", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_answers_connection_header_names_does_not_pass()
    {
        await using var backend = RawBackend.Answering(
            "HTTP/1.1 200 OK\r\nX-Hop: 1\r\nConnection: close, X-Hop\r\nConnection: content-language, Content-Security-Policy, Model-Id\r\nX-Kept: 2\r\nContent-Language: de\r\nContent-Length: 0\r\n\r\n");

        (var id, var answer) = await Call(backend, "POST /v1/models/{0}/predict", "");

        Assert.DoesNotContain("X-Hop", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Content-Language", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nX-Kept: 2\r\n", answer, StringComparison.Ordinal);
        // What the registry says itself is not the server's to take back.
        Assert.Contains("\r\nContent-Security-Policy: default-src 'none'", answer, StringComparison.Ordinal);
        Assert.Contains($"\r\nModel-Id: {id[..10]}\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_registry_says_of_a_call_no_server_says_in_its_place()
    {
        await using var backend = RawBackend.Answering(
            "HTTP/1.1 500 Oh\r\nX-Request-Id: theirs\r\nModel-Request-Id: no\r\nmodel-anything: no\r\nModel-Version: 9.9.9\r\nRegistry-Problem: forbidden\r\n"
            + "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        (_, var answer) = await Call(backend, "POST /v1/models/{0}/predict", "X-Request-Id: mine\r\n");

        Assert.StartsWith("HTTP/1.1 500 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nModel-Version: 0.1.0\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nModel-Request-Id: theirs\r\n", answer, StringComparison.Ordinal);
        Assert.Matches("\r\nX-Request-Id: [0-9a-f]{32}\r\n", answer);
        Assert.DoesNotContain("Registry-Problem", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("model-anything", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Access-Control", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("Content-Length")]
    [InlineData("Content-Type")]
    [InlineData("Content-Encoding, Expires")]
    [InlineData("Host, Authorization, CDN-Loop, traceparent, nonsense, ,")]
    public async Task A_body_arrives_whatever_the_connection_header_names(string named)
    {
        await using var backend = await Backend.Start(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            await http.Response.WriteAsync($"{await reader.ReadToEndAsync()} {http.Request.ContentType}");
        });
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name, backend.Serving()))["id"];

        var answer = await RawCaller.CallNaming(
            server,
            named,
            $"POST /v1/models/{RegistryDriver.InPath(name)}/predict HTTP/1.1",
            "Content-Type: text/x\r\nContent-Encoding: identity\r\nExpires: 0\r\nContent-Length: 4\r\n",
            "body");

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains(named == "Content-Type" ? "body \r\n" : "body text/x\r\n", answer, StringComparison.Ordinal);
        Assert.Equal("0", (await _registry.Get($"/v1/model_versions/{id}/traffic"))["errors"]);
    }

    [Theory]
    [InlineData("Proxy")]
    [InlineData("True-Client-IP")]
    [InlineData("X-Client-IP")]
    [InlineData("X-HTTP-Method")]
    [InlineData("X_Forwarded_For")]
    [InlineData("x_real_ip")]
    [InlineData("Client-Cert")]
    [InlineData("Trailer")]
    public async Task Q10_what_a_caller_could_claim_does_not_pass(string header)
    {
        var head = "";
        await using var backend = RawBackend.Answering(Empty, received => head = received);

        await Call(backend, "POST /v1/models/{0}/predict", $"{header}: 1\r\n");

        Assert.StartsWith("POST / HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain(header, head, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Trailers_do_not_pass_over_http_1_1_and_are_not_promised()
    {
        var head = "";
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            head = await RawBackend.ReadHead(stream, stop);
            var body = await RawBackend.ReadHead(stream, stop);
            await stream.WriteAsync(
                Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nTrailer: Sum\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\nSum: 42\r\n\r\n"),
                stop);
        });

        (_, var answer) = await Call(backend, "POST /v1/models/{0}/predict", "Trailer: Sum\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\nSum: 42\r\n\r\n");

        Assert.DoesNotContain("Trailer", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Trailer", answer, StringComparison.Ordinal);
        Assert.Contains("2\r\n{}\r\n0\r\n\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Sum", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "HTTP/1.1", "Upgrade: websocket\r\nConnection: close, Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n")]
    [InlineData("GET", "HTTP/1.0", "Upgrade: websocket\r\nConnection: close, Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n")]
    [InlineData("GET", "HTTP/1.1", "Upgrade: websocket\r\nConnection: close, Upgrade\r\n")]
    [InlineData("GET", "HTTP/1.1", "Upgrade: websocket\r\nConnection: close, Upgrade\r\nSec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n")]
    [InlineData("GET", "HTTP/1.1", "Upgrade: websocket\r\nConnection: close, Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n")]
    [InlineData("GET", "HTTP/1.1", "Upgrade: websocket\r\nConnection: close, Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 8\r\n")]
    [InlineData("GET", "HTTP/1.1", "Upgrade: websocket\r\nConnection: close\r\n")]
    [InlineData("POST", "HTTP/1.1", "Upgrade: h2c\r\nConnection: close, Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n")]
    [InlineData("POST", "HTTP/1.1", "Upgrade: SPDY/3.1\r\nConnection: close, Upgrade\r\n")]
    public async Task What_is_no_handshake_is_an_ordinary_call(string method, string protocol, string headers)
    {
        var head = "";
        await using var backend = RawBackend.Answering(Empty, received => head = received);
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving);

        var answer = await RawCaller.Exchange(
            server,
            $"{method} /v1/models/{RegistryDriver.InPath(name)}/predict {protocol}\r\nHost: localhost\r\nAuthorization: Bearer {RegistryServer.OperatorKey}\r\n{headers}\r\n");

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.StartsWith(method + " / HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Upgrade", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("HTTP2-Settings", head, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Headers_that_no_route_reads_may_be_in_any_encoding_and_those_that_one_reads_are_named()
    {
        var read = await RawCaller.Call(server, "GET /v1/models HTTP/1.1", "X-User: caf\u00e9\r\n");
        var refused = await RawCaller.Call(
            server, "POST /v1/model_versions HTTP/1.1", "Idempotency-Key: caf\u00e9\r\nContent-Type: application/json\r\nContent-Length: 18\r\n", """{"model_name":"x"}""");

        Assert.StartsWith("HTTP/1.1 200 ", read, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400 ", refused, StringComparison.Ordinal);
        Assert.Contains("\"Idempotency-Key\":", refused, StringComparison.Ordinal);
    }

    /// <summary>Deploys a model at a server and calls it. Answers the version's id and what came back.</summary>
    private async Task<(string Id, string Answer)> Call(
        RawBackend backend, string route, string headers, string? body = null)
    {
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name, backend.Serving))["id"]!;
        body ??= route.EndsWith("completions", StringComparison.Ordinal) ? $$"""{"model":"{{name}}"}""" : "";
        var length = headers.Contains("chunked", StringComparison.Ordinal) ? "" : $"Content-Length: {body.Length}\r\n";
        var line = route.Replace("{0}", RegistryDriver.InPath(name), StringComparison.Ordinal);
        return (id, await RawCaller.Call(server, line + " HTTP/1.1", headers + length, body));
    }

    /// <summary>A text's bytes in UTF-8, each as one character.</summary>
    private static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
