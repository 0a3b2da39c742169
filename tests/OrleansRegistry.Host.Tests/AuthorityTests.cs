using System.Globalization;
using System.Net;
using OrleansRegistry.Cluster;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>The authority of a cluster's certificates is replaced as docs/operations.md says, while a silo runs.</summary>
[Trait("Database", "PostgreSQL")]
public sealed class AuthorityTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("registry-authority-");
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.Postgres();

    public async ValueTask DisposeAsync()
    {
        _directory.Delete(recursive: true);
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task One_authority_replaces_another_without_a_restart()
    {
        var files = Create("cluster");
        var before = Copy(files, "before");
        var (silo, client) = await RegistryProcess.Start(Node(
            files, "--role=silo", $"--Registry:ClientPort={RegistryProcess.FreePort().ToString(CultureInfo.InvariantCulture)}"));
        using (silo)
        using (client)
        {
            await GetIn(before);

            // First all nodes trust both, then they change their certificates one by one.
            var next = Create("next");
            var authority = await File.ReadAllTextAsync(next.Authority);
            await File.AppendAllTextAsync(files.Authority, authority);
            var both = Copy(next with { Authority = files.Authority }, "both");
            await GetIn(before with { Authority = both.Authority });
            await GetIn(both);
            File.Copy(next.Certificate, files.Certificate, overwrite: true);
            File.Copy(next.Key, files.Key, overwrite: true);
            await GetIn(before with { Authority = both.Authority });
            await GetIn(both);

            // Then the old one has gone.
            await File.WriteAllTextAsync(files.Authority, authority);
            await GetIn(next);
            using var late = RegistryProcess.Run(Node(before with { Authority = both.Authority }, "--role=gateway"));
            await late.WaitForOutput("Connection attempt to endpoint");
            Assert.False(late.IsListening);
        }
    }

    private async Task GetIn(ClusterCertificateFiles files)
    {
        var (gateway, client) = await RegistryProcess.Start(Node(files, "--role=gateway"));
        using (gateway)
        using (client)
        {
            Assert.Equal(HttpStatusCode.OK, (await client.Call(HttpMethod.Get, "/health/ready")).Status);
        }
    }

    private ClusterCertificateFiles Create(string name) => ClusterCertificateFiles.Create(Path.Combine(_directory.FullName, name));

    private ClusterCertificateFiles Copy(ClusterCertificateFiles files, string name)
    {
        var directory = _directory.CreateSubdirectory(name).FullName;
        return new ClusterCertificateFiles(To(files.Certificate), To(files.Key), To(files.Authority));

        string To(string file)
        {
            var copy = Path.Combine(directory, Path.GetFileName(file));
            File.Copy(file, copy);
            return copy;
        }
    }

    private NodeSettings Node(ClusterCertificateFiles files, params string[] arguments) => NodeSettings.On(_database) with
    {
        Environment = NodeSettings.SharedSecret,
        Arguments = [.. arguments, $"--Registry:Cluster:Certificate={files.Certificate}", $"--Registry:Cluster:Key={files.Key}", $"--Registry:Cluster:Authority={files.Authority}"],
    };
}
