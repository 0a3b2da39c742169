using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansRegistry.Cluster;

namespace OrleansRegistry.Abstractions.Tests;

/// <summary>Whose certificates let a process into a cluster.</summary>
public sealed class ClusterCertificatesTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("registry-certificates-");
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Only_what_the_authority_has_issued_is_trusted_and_only_while_its_time_is()
    {
        var files = Create("cluster");
        var certificates = Load(files);
        using var own = X509Certificate2.CreateFromPem(File.ReadAllText(files.Certificate));
        using var strangers = X509Certificate2.CreateFromPem(File.ReadAllText(Create("stranger").Certificate));
        using var authority = Authority(files);
        using var expired = Issue(authority, _now.AddHours(-1), _now.AddMinutes(-1));
        using var later = Issue(authority, _now.AddHours(1), _now.AddHours(2));

        Assert.True(IsTrusted(certificates, own));
        Assert.False(IsTrusted(certificates, strangers));
        Assert.False(IsTrusted(certificates, expired));
        Assert.False(IsTrusted(certificates, later));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void H1_a_new_key_is_not_written_into_a_file_that_others_may_have_open()
    {
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var files = Create("cluster");
        var (certificate, key) = (File.ReadAllText(files.Certificate), File.ReadAllText(files.Key));
        File.SetUnixFileMode(files.Key, own | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        using (var others = File.OpenText(files.Key))
        {
            Create("cluster");

            Assert.Equal(key, others.ReadToEnd());
        }

        Assert.Equal(own, File.GetUnixFileMode(files.Key));
        Assert.NotEqual(key, File.ReadAllText(files.Key));
        Assert.NotEqual(certificate, File.ReadAllText(files.Certificate));
        Load(files);

        // Who lets a group read it has reasons, and the group stays.
        File.SetUnixFileMode(files.Key, own | UnixFileMode.GroupRead);
        Create("cluster");
        Assert.Equal(own | UnixFileMode.GroupRead, File.GetUnixFileMode(files.Key));
    }

    [Fact]
    public void A_certificate_below_another_one_is_trusted_when_that_is_shown_too()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Request("root", rootKey, isAuthority: true).CreateSelfSigned(_now.AddHours(-1), _now.AddYears(1));
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middle = Request("middle", middleKey, isAuthority: true).Create(root, _now.AddHours(-1), _now.AddDays(1), [1]);
        using var middleWithKey = middle.CopyWithPrivateKey(middleKey);
        using var leaf = Issue(middleWithKey, _now.AddHours(-1), _now.AddHours(1));
        var files = Create("cluster");
        File.WriteAllText(files.Authority, root.ExportCertificatePem());
        var certificates = Load(files);

        Assert.False(IsTrusted(certificates, leaf));
        Assert.True(IsTrusted(certificates, leaf, middle));
    }

    [Fact]
    public void Nothing_is_fetched_from_where_a_certificate_says()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Request("root", rootKey, isAuthority: true).CreateSelfSigned(_now.AddHours(-1), _now.AddYears(1));
        var address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/issuer";
        using var leaf = Issue(root, _now.AddHours(-1), _now.AddHours(1), new X509AuthorityInformationAccessExtension(null, [address]));

        Assert.False(IsTrusted(Load(Create("cluster")), leaf));
        Assert.False(listener.Pending());
    }

    [Fact]
    public void Files_that_change_are_read_again_also_behind_links_and_those_that_make_no_sense_are_not_taken()
    {
        var (before, after) = (Create("before"), Create("after"));
        var links = new ClusterCertificateFiles(Link("certificate"), Link("key"), Link("authority"));
        Point(links, before);
        var certificates = Load(links);
        using var old = X509Certificate2.CreateFromPem(File.ReadAllText(before.Certificate));
        using var renewed = X509Certificate2.CreateFromPem(File.ReadAllText(after.Certificate));
        Assert.True(IsTrusted(certificates, old));

        var content = File.ReadAllText(before.Authority);
        foreach (var half in (string[])["", content[..(content.Length / 2)]])
        {
            File.WriteAllText(before.Authority, half);
            Assert.True(IsTrusted(certificates, old));
        }

        Point(links, after);
        Assert.False(IsTrusted(certificates, old));
        Assert.True(IsTrusted(certificates, renewed));
    }

    [Fact]
    public void An_authority_that_is_empty_keeps_a_node_from_starting()
    {
        var files = Create("cluster");
        File.WriteAllText(files.Authority, "");

        Assert.Throws<StartupException>(() => Load(files));
    }

    private static ClusterCertificates Load(ClusterCertificateFiles files) => new(files, NullLogger<ClusterCertificates>.Instance);

    private static bool IsTrusted(ClusterCertificates certificates, X509Certificate2 shown, params ReadOnlySpan<X509Certificate2> along)
    {
        using var chain = new X509Chain { ChainPolicy = certificates.Policy() };
        foreach (var other in along)
        {
            chain.ChainPolicy.ExtraStore.Add(other);
        }

        return chain.Build(shown);
    }

    private static X509Certificate2 Authority(ClusterCertificateFiles files) =>
        X509Certificate2.CreateFromPemFile(files.Authority, Path.ChangeExtension(files.Authority, ".key"));

    private static X509Certificate2 Issue(X509Certificate2 authority, DateTimeOffset from, DateTimeOffset to, params ReadOnlySpan<X509Extension> extensions)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request("leaf", key, isAuthority: false);
        foreach (var extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        return request.Create(authority, from, to, RandomNumberGenerator.GetBytes(16));
    }

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        return request;
    }

    private static void Point(ClusterCertificateFiles links, ClusterCertificateFiles files)
    {
        foreach (var (link, file) in new[] { (links.Certificate, files.Certificate), (links.Key, files.Key), (links.Authority, files.Authority) })
        {
            File.Delete(link);
            File.CreateSymbolicLink(link, file);
        }
    }

    private ClusterCertificateFiles Create(string name) => ClusterCertificateFiles.Create(Path.Combine(_directory.FullName, name));

    private string Link(string name) => Path.Combine(_directory.FullName, name);
}
