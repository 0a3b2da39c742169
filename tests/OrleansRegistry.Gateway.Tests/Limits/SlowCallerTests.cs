using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Limits;

/// <summary>Callers who hold connections and do nothing with them, on a node that has few. The server's own clock decides when it has waited enough.</summary>
public sealed class SlowCallerTests(SlowCallerTests.Server server) : IClassFixture<SlowCallerTests.Server>
{
    private const int Connections = 12;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Q3_who_does_not_finish_a_request_or_read_an_answer_is_cut_off()
    {
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = await Backend.Start(http => Pour(http, left));
        await server.Driver.DeployPrimary("endless", backend.Serving());

        var answers = await Task.WhenAll(
            Talk("POST /v1/model_versions HTTP/1.1\r\nHost: localhost\r\nX: "),
            Talk(Head("POST /v1/model_versions", "Content-Length: 1000", "Content-Type: application/json") + "{"),
            Talk(Head("POST /v1/model_versions", "Transfer-Encoding: chunked", "Content-Type: application/json") + "1\r\n{\r\n"),
            DontRead(Head("GET /v1/models/endless/predict"), left.Task));

        Assert.All(answers[..3], answer => Assert.StartsWith("HTTP/1.1 4", answer, StringComparison.Ordinal));
        Assert.StartsWith("HTTP/1.1 408 ", answers[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Q3_connections_beyond_the_limit_are_refused_but_for_health_and_those_before_it_are_served()
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 1 };
        using var client = new HttpClient(handler, disposeHandler: false) { BaseAddress = server.Address };
        (await client.GetAsync(new Uri("/health/live", UriKind.Relative), TestContext.Current.CancellationToken)).EnsureSuccessStatusCode().Dispose();
        List<TcpClient> open = [];
        try
        {
            string answer;
            do
            {
                Assert.True(open.Count <= Connections, "More connections than there may be.");
                open.Add(await Connect());
                answer = await Ask(open[^1].GetStream(), Head("GET /v1/models"));
            }
            while (answer.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal));

            Assert.StartsWith("HTTP/1.1 429 ", answer, StringComparison.Ordinal);
            Assert.Contains("Registry:Limits:Connections", answer, StringComparison.Ordinal);
            Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
            open.Add(await Connect());
            Assert.StartsWith("HTTP/1.1 200 ", await Ask(open[^1].GetStream(), Head("GET /health/live")), StringComparison.Ordinal);
            (await client.GetAsync(new Uri("/health/live", UriKind.Relative), TestContext.Current.CancellationToken)).EnsureSuccessStatusCode().Dispose();
        }
        finally
        {
            open.ForEach(connection => connection.Dispose());
        }
    }

    [Fact]
    public async Task Q3_where_connections_are_scarce_nobody_keeps_one_without_a_key()
    {
        List<TcpClient> open = [];
        try
        {
            for (var i = 0; i < Connections * 2; i++)
            {
                open.Add(await Connect());
                await Ask(open[^1].GetStream(), "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
            }

            open.Add(await Connect());
            Assert.StartsWith("HTTP/1.1 200 ", await Ask(open[^1].GetStream(), Head("GET /v1/models")), StringComparison.Ordinal);
        }
        finally
        {
            open.ForEach(connection => connection.Dispose());
        }
    }

    private static string Head(string line, params string[] headers) =>
        $"{line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {RegistryServer.OperatorKey}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n";

    /// <summary>Answers without an end, until the caller is gone.</summary>
    private static async Task Pour(HttpContext http, TaskCompletionSource left)
    {
        var piece = new byte[64 * 1024];
        try
        {
            while (true)
            {
                await http.Response.Body.WriteAsync(piece, http.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            left.SetResult();
        }
    }

    private static async Task<string> Ask(NetworkStream stream, string request)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        return await RawCaller.ReadAnswer(stream).WaitAsync(WaitTimeout);
    }

    /// <summary>Sends the beginning of a request and nothing more; what is answered until the server hangs up.</summary>
    private async Task<string> Talk(string beginning)
    {
        using var client = await Connect();
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(beginning));
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync().WaitAsync(WaitTimeout);
    }

    private async Task<string> DontRead(string request, Task left)
    {
        using var client = await Connect();
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        await left.WaitAsync(WaitTimeout);
        return "";
    }

    private async Task<TcpClient> Connect()
    {
        var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
        return client;
    }

    /// <summary>A node with few connections.</summary>
    public sealed class Server : SqliteServer
    {
        protected override IReadOnlyList<string> Settings => [$"--Registry:Limits:Connections={Connections}", "--Registry:Calls:ActivityTimeoutSeconds=2"];
    }
}
