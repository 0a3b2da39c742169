using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>What the executable makes of its arguments. What is called wrongly does nothing: it makes no file.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("registry-command-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("There is no command statuss.", "statuss")]
    [InlineData("There is no command Registry:Role=silo.", "Registry:Role=silo")]
    [InlineData("check doesn't take all.", "check", "all")]
    [InlineData("serve doesn't take now.", "serve", "now")]
    [InlineData("backup needs FILE.", "backup")]
    [InlineData("health needs URL.", "health")]
    [InlineData("node-1 is no http or https URL.", "health", "node-1")]
    [InlineData("new-certificate needs DIRECTORY [AUTHORITY_DIRECTORY].", "new-certificate")]
    [InlineData("new-key takes no settings.", "new-key", "--Registry:Role=silo")]
    [InlineData("There is no option --rol.", "--rol=silo")]
    [InlineData("There is no option --Registery:DataDirectory.", "serve", "--Registery:DataDirectory", "data")]
    [InlineData("There is no option -r.", "-r", "silo")]
    [InlineData("--role needs a value.", "--role")]
    public async Task What_is_called_wrongly_says_so_and_how_it_is_called(string problem, params string[] arguments)
    {
        var (exitCode, output) = await Run(arguments);

        Assert.Equal(2, exitCode);
        Assert.StartsWith(problem + Environment.NewLine, output, StringComparison.Ordinal);
        Assert.Contains("Usage: registry", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Usage: registry", "--help")]
    [InlineData("Usage: registry", "backup", "-h")]
    [InlineData("0.", "--version")]
    [InlineData("ork_", "new-key")]
    public async Task What_only_says_something_makes_nothing(string said, params string[] arguments)
    {
        var (exitCode, output) = await Run(arguments);

        Assert.Equal(0, exitCode);
        Assert.StartsWith(said, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_says_why_a_node_is_not_ready()
    {
        var (exitCode, output) = await Run("health", "http://127.0.0.1:1");
        Assert.Equal((1, "http://127.0.0.1:1/ can't be reached: Connection refused (127.0.0.1:1)"), (exitCode, output.TrimEnd()));
    }

    [Theory]
    [InlineData("DataDirectory is taken,", "--Registry:DataDirectory=taken")]
    [InlineData("DataDirectory is taken/data,", "--Registry:DataDirectory=taken/data")]
    [InlineData("DataDirectory is /proc/registry,", "--Registry:DataDirectory=/proc/registry")]
    [InlineData("https://127.0.0.1:0 (ASPNETCORE_URLS) can't be listened on (Kestrel:Certificates, if it is https): Unable to configure HTTPS endpoint. No server certificate", "--urls=https://127.0.0.1:0")]
    [InlineData("nowhere.pem", "--urls=https://127.0.0.1:0", "--Kestrel:Certificates:Default:Path=nowhere.pem", "--Kestrel:Certificates:Default:KeyPath=nowhere.pem")]
    [InlineData("Registry:Cluster:Certificate, Key and Authority: ", "--Registry:Cluster:Certificate=a.crt", "--Registry:Cluster:Key=a.key", "--Registry:Cluster:Authority=b.crt")]
    [InlineData("Registry:SiloPort is TAKEN, ", "--Registry:SiloPort=TAKEN")]
    [InlineData("Registry:ClientPort is TAKEN, ", "--Registry:ClientPort=TAKEN")]
    [InlineData("address already in use", "--urls=http://127.0.0.1:TAKEN")]
    [InlineData(". http://127.0.0.1:TAKEN (Kestrel:Endpoints:web:Url) can't be listened on", "--Kestrel:Endpoints:web:Url=http://127.0.0.1:TAKEN", "--Kestrel:Endpoints:free:Url=http://127.0.0.1:0")]
    [InlineData(". https://127.0.0.1:0 (Kestrel:Endpoints:web:Url) can't be listened on", "--Kestrel:Endpoints:web:Url=https://127.0.0.1:0")]
    [InlineData("Registry:Artifacts:Directory needs the directory taken,", "--Registry:Artifacts:Directory=taken")]
    [InlineData("Registry:Artifacts:Directory needs the directory taken/files,", "--Registry:Artifacts:Directory=taken/files")]
    public async Task What_keeps_a_node_from_starting_is_one_line_that_names_the_setting_and_nothing_is_made(string named, params string[] arguments)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var taken = $"{((IPEndPoint)listener.LocalEndpoint).Port}";
        var file = Path.Combine(_directory.FullName, "taken");
        await File.WriteAllTextAsync(file, "");

        var (exitCode, output) = await RegistryProcess.RunToEnd(
            _directory.FullName,
            ["--urls=http://127.0.0.1:0", $"--Registry:SiloPort={RegistryProcess.FreePort()}", .. arguments.Select(argument => argument.Replace("TAKEN", taken, StringComparison.Ordinal))]);

        Assert.Equal(1, exitCode);
        var line = Assert.Single(output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("orleans-registry can't start. ", line, StringComparison.Ordinal);
        Assert.Contains(named.Replace("TAKEN", taken, StringComparison.Ordinal), line, StringComparison.Ordinal);
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(_directory.FullName));
    }

    [Fact]
    public async Task A_file_where_the_node_keeps_its_processes_is_named_with_the_setting()
    {
        var file = Path.Combine(_directory.CreateSubdirectory("data").FullName, "run");
        await File.WriteAllTextAsync(file, "");

        var (exitCode, output) = await RegistryProcess.RunToEnd(
            _directory.FullName, ["--urls=http://127.0.0.1:0", $"--Registry:SiloPort={RegistryProcess.FreePort()}", "--Registry:DataDirectory=data"]);

        Assert.Equal(1, exitCode);
        Assert.Contains($"Registry:DataDirectory needs the directory {file}, and {file} is a file.", output, StringComparison.Ordinal);
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(Path.Combine(_directory.FullName, "data")));
    }

    [Fact]
    public async Task Health_says_what_is_wrong_with_a_certificate()
    {
        var listening = new TaskCompletionSource<EndPoint>();
        var handshake = Handshake(listening);

        var (exitCode, output) = await Run("health", $"https://{await listening.Task}");

        Assert.Equal(1, exitCode);
        Assert.Contains("certificate", output, StringComparison.Ordinal);
        Assert.DoesNotContain("inner exception", output, StringComparison.Ordinal);
        await handshake;
    }

    /// <summary>A server with a certificate of nobody's authority, for one caller.</summary>
    private static async Task Handshake(TaskCompletionSource<EndPoint> listening)
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        listening.SetResult(listener.LocalEndpoint);
        using var caller = await listener.AcceptTcpClientAsync();
        await using var stream = new SslStream(caller.GetStream());
        try
        {
            await stream.AuthenticateAsServerAsync(certificate);
            _ = await stream.ReadAsync(new byte[1]);
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // The caller doesn't like the certificate.
        }
    }

    private async Task<(int ExitCode, string Output)> Run(params string[] arguments)
    {
        var answer = await RegistryProcess.RunToEnd(_directory.FullName, arguments);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.FullName));
        return answer;
    }
}
