using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>A node on SQLite with TLS, which HTTP/2 needs. It keeps what it warns of.</summary>
public sealed class TlsServer : SqliteServer
{
    /// <summary>Whose certificate it shows.</summary>
    public const string Subject = "CN=registry test";

    private readonly ConcurrentQueue<string> _warnings = [];

    /// <summary>What the node has warned of so far.</summary>
    public IReadOnlyCollection<string> Warnings => _warnings;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Settings
    {
        get
        {
            var certificate = Path.Combine(Directory.CreateDirectory(Database.Options.DataDirectory).FullName, "certificate.pem");
            using var key = RSA.Create(2048);
            var request = new CertificateRequest(Subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            File.WriteAllText(certificate, made.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
            return ["--urls=https://127.0.0.1:0", $"--Kestrel:Certificates:Default:Path={certificate}", $"--Kestrel:Certificates:Default:KeyPath={certificate}"];
        }
    }

    /// <inheritdoc/>
    protected override void Configure(IServiceCollection services)
    {
        base.Configure(services);
        services.AddSingleton<ILoggerProvider>(_ => new Keeper(_warnings));
    }

    private sealed class Keeper(ConcurrentQueue<string> warnings) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                warnings.Enqueue(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
