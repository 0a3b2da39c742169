using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>A version with two servers over HTTP/2, which needs TLS, of which one fails.</summary>
public sealed class Http2ServersTests : IAsyncLifetime
{
    private const int InternalError = 2;
    private const int RefusedStream = 7;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly TestDatabase _database = TestDatabase.Sqlite();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("registry-tls-");
    private readonly X509Certificate2 _certificate = TlsTests.NewCertificate();
    private readonly ConcurrentQueue<string> _seen = [];
    private WebApplication? _backend;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_certificate)));
        _backend = builder.Build();
        _backend.Run(Answer);
        await _backend.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "certificate.pem"), _certificate.ExportCertificatePem());
    }

    public async ValueTask DisposeAsync()
    {
        await _backend!.DisposeAsync();
        _certificate.Dispose();
        _directory.Delete(recursive: true);
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task SV6_a_call_is_made_again_over_http_2_where_it_may_be()
    {
        var (process, client) = await RegistryProcess.Start(NodeSettings.On(_database) with
        {
            Environment = new Dictionary<string, string> { ["SSL_CERT_FILE"] = Path.Combine(_directory.FullName, "certificate.pem") },
        });
        using (process)
        using (client)
        {
            var own = _backend!.Urls.Single();
            var gone = $"https://127.0.0.1:{RegistryProcess.FreePort()}";
            await Deploy(client, "gone", isRepeatable: false, gone, own);
            await Deploy(client, "refused", isRepeatable: false, own + "/refused", own);
            await Deploy(client, "broken", isRepeatable: false, own + "/broken", own);
            await Deploy(client, "repeatable", isRepeatable: true, own + "/broken", own);

            Assert.Equal("200 2 HTTP/2 POST {}", await CallUntilItFailed(client, "gone", HttpMethod.Post));
            // The client repeats streams that were refused by itself, then it is another server's turn.
            Assert.Equal("200 2 HTTP/2 GET ", await CallUntilItFailed(client, "refused", HttpMethod.Get));
            Assert.Equal("200 2 HTTP/2 GET ", await CallUntilItFailed(client, "broken", HttpMethod.Get));
            Assert.Equal("200 2 HTTP/2 POST {}", await CallUntilItFailed(client, "repeatable", HttpMethod.Post));
            Assert.Equal(["/broken", "/"], _seen);
            Assert.StartsWith("502 - {", await CallUntilItFailed(client, "broken", HttpMethod.Post), StringComparison.Ordinal);
            Assert.Equal(["/broken"], _seen);

            // Both break off while the rest is waited for. Which side the client notices first is a matter of chance.
            await Deploy(client, "rude", isRepeatable: false, own + "/rude", own + "/rude?again");
            for (var calls = 0; calls < 20; calls++)
            {
                Assert.Equal("HTTP/1.1 502 Bad Gateway", await BeginCall(client, "rude"));
            }
        }
    }

    /// <summary>Sends a call without the end of its body; the first line of the answer.</summary>
    private static async Task<string?> BeginCall(HttpClient client, string model)
    {
        using var caller = new TcpClient();
        await caller.ConnectAsync(client.BaseAddress!.Host, client.BaseAddress.Port);
        await using var stream = caller.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/models/{model}/predict HTTP/1.1\r\nHost: {client.BaseAddress.Authority}\r\n"
            + $"Authorization: {client.DefaultRequestHeaders.Authorization}\r\nContent-Length: 10\r\n\r\n{{"));
        using var reader = new StreamReader(stream);
        return await reader.ReadLineAsync().WaitAsync(WaitTimeout);
    }

    private async Task Answer(HttpContext http)
    {
        _seen.Enqueue(http.Request.Path.Value!);
        if (http.Request.Path == "/rude")
        {
            http.Features.GetRequiredFeature<IHttpResetFeature>().Reset(InternalError);
            return;
        }

        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync();
        if (http.Request.Path != "/")
        {
            http.Features.GetRequiredFeature<IHttpResetFeature>().Reset(http.Request.Path == "/refused" ? RefusedStream : InternalError);
            return;
        }

        await http.Response.WriteAsync($"{http.Request.Protocol} {http.Request.Method} {body}");
    }

    /// <summary>Calls until a call was at the server that fails: its status, attempts and text.</summary>
    private async Task<string> CallUntilItFailed(HttpClient client, string model, HttpMethod method)
    {
        while (true)
        {
            _seen.Clear();
            using var request = new HttpRequestMessage(method, $"/v1/models/{model}/predict")
            {
                Content = method == HttpMethod.Get ? null : new StringContent("{}"),
            };
            using var answer = await client.SendAsync(request).WaitAsync(WaitTimeout);
            var attempts = answer.Headers.TryGetValues("Model-Attempts", out var values) ? values.Single() : "-";
            if (attempts != "-" || answer.StatusCode != HttpStatusCode.OK)
            {
                return $"{(int)answer.StatusCode} {attempts} {await answer.Content.ReadAsStringAsync()}";
            }
        }
    }

    private static async Task Deploy(HttpClient client, string model, bool isRepeatable, params string[] servers) =>
        (await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject
        {
            ["model_name"] = model,
            ["publish"] = true,
            ["serving"] = new JsonObject
            {
                ["servers"] = new JsonArray([.. servers.Select(server => new JsonObject { ["url"] = server })]),
                ["repeatable"] = isRepeatable,
            },
        })).MustBe(HttpStatusCode.Created);
}
