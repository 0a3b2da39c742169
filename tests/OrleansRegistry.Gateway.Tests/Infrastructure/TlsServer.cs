using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>A node on SQLite with TLS, which HTTP/2 needs.</summary>
public sealed class TlsServer : SqliteServer
{
    /// <summary>Whose certificate it shows.</summary>
    public const string Subject = "CN=registry test";

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
}
