using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Orleans.Connections.Security;

namespace OrleansRegistry.Cluster;

/// <summary>The files of a node's certificate, all in PEM.</summary>
/// <param name="Certificate">The node's certificate, followed by those between it and the authority's, if any.</param>
/// <param name="Key">Its private key.</param>
/// <param name="Authority">The certificates of the cluster's authority: several while one replaces another.</param>
public sealed record ClusterCertificateFiles(string Certificate, string Key, string Authority)
{
    private const string AuthorityName = "authority";
    private const string NodeName = "node";
    private const UnixFileMode OthersMayRead = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>
    /// Makes a certificate for a node, and the authority that issues it when there is none yet. Both are valid for ten
    /// years.
    /// </summary>
    /// <param name="directory">
    /// The directory of the node's certificate, its key and the authority's certificate.
    /// </param>
    /// <param name="authorityDirectory">
    /// The directory of the authority and its key, which nodes don't need; null for the same directory.
    /// </param>
    /// <exception cref="IOException">A file can't be read or written.</exception>
    public static ClusterCertificateFiles Create(string directory, string? authorityDirectory = null)
    {
        PrivateDirectory.Create(directory);
        PrivateDirectory.Create(authorityDirectory ??= directory);
        var files = new ClusterCertificateFiles(
            Path.Combine(directory, NodeName + ".crt"), Path.Combine(directory, NodeName + ".key"), Path.Combine(directory, AuthorityName + ".crt"));
        var (authorityCertificate, authorityKey) = (Path.Combine(authorityDirectory, AuthorityName + ".crt"), Path.Combine(authorityDirectory, AuthorityName + ".key"));
        var now = TimeProvider.System.GetUtcNow();
        if (!File.Exists(authorityCertificate))
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=OrleansRegistry cluster authority", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
            using var made = request.CreateSelfSigned(now.AddHours(-1), now.AddYears(10));
            WriteKey(authorityKey, key.ExportPkcs8PrivateKeyPem());
            Write(authorityCertificate, made.ExportCertificatePem());
        }

        using var authority = X509Certificate2.CreateFromPemFile(authorityCertificate, authorityKey);
        using var nodeKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var node = new CertificateRequest($"CN={Environment.MachineName}", nodeKey, HashAlgorithmName.SHA256);
        node.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        node.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        // All authorities have one name: while one replaces another, this tells which of them it was.
        node.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(new X509SubjectKeyIdentifierExtension(authority.PublicKey, critical: false)));
        using var issued = node.Create(authority, now.AddHours(-1), authority.NotAfter, RandomNumberGenerator.GetBytes(16));
        Write(files.Authority, authority.ExportCertificatePem());
        WriteKey(files.Key, nodeKey.ExportPkcs8PrivateKeyPem());
        Write(files.Certificate, issued.ExportCertificatePem());
        return files;
    }

    private static void Write(string file, string pem)
    {
        using var writer = new StreamWriter(PrivateFile.Open(file, FileMode.Create, FileAccess.Write));
        writer.WriteLine(pem);
    }

    /// <summary>
    /// Writes over an old key only where no other user may have it open. Elsewhere a new file takes its place.
    /// </summary>
    private static void WriteKey(string file, string pem)
    {
        if (File.Exists(file) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & OthersMayRead) == 0))
        {
            Write(file, pem);
            return;
        }

        var part = $"{file}.{Guid.NewGuid():N}";
        try
        {
            Write(part, pem);
            File.Move(part, file, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }
}

/// <summary>
/// A node's certificate and its cluster's authority, read again when their files change: new connections use the new
/// ones.
/// </summary>
internal sealed partial class ClusterCertificates
{
    private readonly ClusterCertificateFiles _files;
    private readonly ILogger<ClusterCertificates> _logger;
    private readonly Lock _lock = new();
    private Loaded _loaded;

    /// <summary>Reads the files.</summary>
    /// <exception cref="StartupException">They can't be used.</exception>
    public ClusterCertificates(ClusterCertificateFiles files, ILogger<ClusterCertificates> logger)
    {
        (_files, _logger) = (files, logger);
        try
        {
            _loaded = Load(Read());
        }
        catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException)
        {
            throw new StartupException($"The certificate of the cluster can't be used: {e.Message}", e);
        }
    }

    /// <summary>
    /// How connections are opened and answered: each end shows its certificate and those between it and the
    /// authority's.
    /// </summary>
    public TlsOptions Tls => new()
    {
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        // The chain is built by our policy; no name is expected in it.
        RemoteCertificateValidation = (_, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None,
        LocalServerCertificateSelector = (_, _) => Current().Own.TargetCertificate,
        OnAuthenticateAsServer = (_, options) =>
        {
            var server = (SslServerAuthenticationOptions)options.SslServerAuthenticationOptions;
            (server.ServerCertificateSelectionCallback, server.ServerCertificateContext) = (null, Current().Own);
            server.CertificateChainPolicy = Policy();
        },
        OnAuthenticateAsClient = (_, options) =>
        {
            var client = (SslClientAuthenticationOptions)options.SslClientAuthenticationOptions;
            (client.TargetHost, client.ClientCertificateContext) = ("silo", Current().Own);
            client.CertificateChainPolicy = Policy();
        },
    };

    /// <summary>How to open a connection by hand. Whom to trust is for the caller to say.</summary>
    public SslClientAuthenticationOptions ForClient() =>
        new() { TargetHost = "silo", ClientCertificateContext = Current().Own, CertificateChainPolicy = Policy() };

    /// <summary>
    /// Trusts what the authority has issued, by itself or through certificates that are shown along, while its time is.
    /// </summary>
    public X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            // A stranger's certificate may name any address to get the next one from.
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(Current().Authorities);
        return policy;
    }

    private Loaded Current()
    {
        lock (_lock)
        {
            try
            {
                var contents = Read();
                if (!contents.SequenceEqual(_loaded.Contents))
                {
                    _loaded = Load(contents);
                    LogReloaded(_loaded.Own.TargetCertificate.NotAfter);
                }
            }
            catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException)
            {
                // Half written, perhaps: the next connection tries again.
                LogNotReloaded(e);
            }

            return _loaded;
        }
    }

    /// <summary>
    /// Reads the files. Their times would not do: where secrets are mounted, files are links that stay as they are.
    /// </summary>
    private string[] Read() => [File.ReadAllText(_files.Certificate), File.ReadAllText(_files.Key), File.ReadAllText(_files.Authority)];

    [SuppressMessage("Reliability", "CA2000", Justification = "Open connections go on using what is replaced.")]
    private Loaded Load(string[] contents)
    {
        X509Certificate2Collection chain = [];
        chain.ImportFromPem(contents[0]);
        X509Certificate2Collection authorities = [];
        authorities.ImportFromPem(contents[2]);
        if (authorities.Count == 0)
        {
            throw new CryptographicException($"There is no certificate in {_files.Authority}.");
        }

        var own = X509Certificate2.CreateFromPem(contents[0], contents[1]);
        return new Loaded(SslStreamCertificateContext.Create(own, chain, offline: true), authorities, contents);
    }

    [LoggerMessage(401, LogLevel.Information, "The certificate of the cluster was read again; it is valid until {NotAfter:u}")]
    private partial void LogReloaded(DateTime notAfter);

    [LoggerMessage(402, LogLevel.Error, "The certificate of the cluster has changed and can't be read; the previous one stays in use")]
    private partial void LogNotReloaded(Exception exception);

    private sealed record Loaded(SslStreamCertificateContext Own, X509Certificate2Collection Authorities, string[] Contents);
}
