using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>
/// HTTP/2 on both sides of the gateway, which needs TLS: the model's server has a certificate that the node's process trusts, and so has the
/// node itself.
/// </summary>
public sealed class TlsTests : IAsyncLifetime
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly TestDatabase _database = TestDatabase.Sqlite();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("registry-tls-");
    private readonly X509Certificate2 _certificate = NewCertificate();
    private WebApplication? _backend;

    private string PublicKey => Path.Combine(_directory.FullName, "certificate.pem");

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_certificate)));
        _backend = builder.Build();
        _backend.Run(async http =>
        {
            if (http.Request.Path == "/refuse")
            {
                http.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                return;
            }

            if (http.Request.Path == "/v1/completions")
            {
                // An answer that begins before the request has ended.
                await http.Response.Body.FlushAsync();
                await http.Request.Body.CopyToAsync(Stream.Null);
                await http.Response.WriteAsync(http.Request.Protocol);
                return;
            }

            http.Response.DeclareTrailer("Tokens");
            await http.Response.WriteAsync(http.Request.Protocol);
            http.Response.AppendTrailer("Tokens", "42");
        });
        await _backend.StartAsync();
        await File.WriteAllTextAsync(PublicKey, _certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.ChangeExtension(PublicKey, "key"), _certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    public async ValueTask DisposeAsync()
    {
        await _backend!.DisposeAsync();
        _certificate.Dispose();
        _directory.Delete(recursive: true);
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Calls_are_http_2_on_both_sides_and_trailers_arrive()
    {
        var (process, _) = await RegistryProcess.Start(Settings(trusts: true));
        using (process)
        using (var client = Client(process))
        {
            await Deploy(client);

            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/models/m/predict") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var answer = await client.SendAsync(request).WaitAsync(WaitTimeout);

            Assert.Equal("HTTP/2", await answer.Content.ReadAsStringAsync());
            Assert.Equal(HttpVersion.Version20, answer.Version);
            Assert.Equal("42", Assert.Single(answer.TrailingHeaders.GetValues("Tokens")));
            Assert.Equal("0.1.0", Assert.Single(answer.Headers.GetValues("Model-Version")));
        }
    }

    [Fact]
    public async Task A_long_body_that_names_its_model_late_arrives_over_http_2()
    {
        var (process, _) = await RegistryProcess.Start(Settings(trusts: true));
        using (process)
        using (var client = Client(process))
        {
            await Deploy(client);

            // Several times the window of a stream.
            using var content = new StringContent($$"""{"prompt":"{{new string('x', 5 << 20)}}","model":"m"}""");
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = content,
            };
            using var answer = await client.SendAsync(request).WaitAsync(WaitTimeout);

            Assert.Equal("HTTP/2", await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task A_server_that_refuses_before_it_has_read_the_body_is_heard_over_http_2_too()
    {
        var (process, _) = await RegistryProcess.Start(Settings(trusts: true));
        using (process)
        using (var client = Client(process))
        {
            await Deploy(client);

            using var body = new ByteArrayContent(new byte[16 << 20]);
            using var request = Request("/v1/models/m/predict/refuse", body);
            using var answer = await client.SendAsync(request).WaitAsync(WaitTimeout);

            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
            Assert.Equal("", await answer.Content.ReadAsStringAsync());
            Assert.Equal("0.1.0", Assert.Single(answer.Headers.GetValues("Model-Version")));
        }
    }

    [Fact]
    public async Task An_answer_that_has_begun_is_broken_off_when_the_body_names_a_second_model()
    {
        var (process, _) = await RegistryProcess.Start(Settings(trusts: true));
        using (process)
        using (var client = Client(process))
        {
            await Deploy(client);
            var begun = new TaskCompletionSource();
            using var body = new Parts(["""{"model":"m","prompt":"hi" """, """, "model":"other"}"""], begun.Task);

            using var request = Request("/v1/completions", body);
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(WaitTimeout);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            begun.SetResult();

            await Assert.ThrowsAsync<HttpRequestException>(() => answer.Content.ReadAsStringAsync().WaitAsync(WaitTimeout));
        }
    }

    [Fact]
    public async Task Browsers_are_told_to_come_back_over_tls_only()
    {
        var settings = Settings(trusts: true);
        var (process, _) = await RegistryProcess.Start(settings with { Arguments = [.. settings.Arguments, "--Registry:AllowedHosts=registry.example"] });
        using (process)
        using (var client = Client(process))
        using (var request = new HttpRequestMessage(HttpMethod.Get, "/health/live"))
        {
            request.Headers.Host = "registry.example";
            using var answer = await client.SendAsync(request).WaitAsync(WaitTimeout);

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("max-age=2592000", Assert.Single(answer.Headers.GetValues("Strict-Transport-Security")));
        }
    }

    [Fact]
    public async Task A_server_with_a_certificate_that_nobody_trusts_is_unreachable()
    {
        var (process, _) = await RegistryProcess.Start(Settings(trusts: false));
        using (process)
        using (var client = Client(process))
        {
            await Deploy(client);

            var answer = await client.Call(HttpMethod.Post, "/v1/models/m/predict");

            Assert.Equal(HttpStatusCode.BadGateway, answer.Status);
            Assert.Equal("backend_unreachable", (string?)answer.Body!["code"]);
        }
    }

    private async Task Deploy(HttpClient client)
    {
        var reply = await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject
        {
            ["model_name"] = "m",
            ["publish"] = true,
            ["serving"] = new JsonObject { ["url"] = _backend!.Urls.Single() },
        });
        Assert.Equal(HttpStatusCode.Created, reply.Status);
    }

    private static HttpRequestMessage Request(string path, HttpContent body) => new(HttpMethod.Post, path)
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Content = body,
    };

    private NodeSettings Settings(bool trusts) => NodeSettings.On(_database) with
    {
        Arguments =
        [
            "--urls", "https://127.0.0.1:0",
            $"--Kestrel:Certificates:Default:Path={PublicKey}",
            $"--Kestrel:Certificates:Default:KeyPath={Path.ChangeExtension(PublicKey, "key")}",
        ],
        Environment = trusts ? new Dictionary<string, string> { ["SSL_CERT_FILE"] = PublicKey } : [],
    };

    [SuppressMessage("Reliability", "CA2000", Justification = "The client disposes of its handler.")]
    private HttpClient Client(RegistryProcess process) => new(
        new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == _certificate.GetCertHashString(),
            },
        },
        disposeHandler: true)
    {
        BaseAddress = process.Address,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", NodeSettings.OperatorKey) },
    };

    /// <summary>Sends the parts behind the first one when it may.</summary>
    private sealed class Parts(string[] parts, Task goesOn) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var (place, part) in parts.Index())
            {
                if (place > 0)
                {
                    await goesOn.WaitAsync(WaitTimeout);
                }

                await stream.WriteAsync(Encoding.ASCII.GetBytes(part));
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>A certificate of this machine, which vouches for itself.</summary>
    internal static X509Certificate2 NewCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=registry test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), password: null);
    }
}
