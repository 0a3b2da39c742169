using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansRegistry.Access;
using OrleansRegistry.Cluster;

namespace OrleansRegistry.Host;

/// <summary>
/// Looks, before a node makes or joins anything, at what would keep it from starting. A node listens last, when its
/// silo is a member, its rows are there and its first key is made; without this a port in use would be found only then,
/// and be told below all that the silo says of its end.
/// </summary>
internal static class StartCheck
{
    /// <summary>
    /// Checks certificates, ports and the data directory, which is made when it is not there and all else is well.
    /// </summary>
    /// <exception cref="StartupException">The node can't start; the message names the setting.</exception>
    public static async Task Run(WebApplication app)
    {
        var settings = app.Services.GetRequiredService<RegistrySettings>();
        if (settings.Certificates is { } certificates)
        {
            Read(certificates);
        }

        if (settings.Options.Role != NodeRole.Gateway)
        {
            Listen(nameof(settings.Options.SiloPort), settings.ListenAddress, settings.Options.SiloPort);
            Listen(nameof(settings.Options.ClientPort), settings.ListenAddress, settings.Options.ClientPort);
        }

        await ListenForHttp(app, [settings.Urls, .. settings.HealthUrls, .. settings.MetricsUrls]);
        if (settings.KeepsFiles)
        {
            DataFiles.Check(settings, app.Services.GetService<AccessSecret>());
        }

        var place = settings.RunnerPlace;
        CheckDirectory("Registry:Artifacts:Directory", settings.ArtifactDirectory, place.DataDirectory);
        if (settings.Options.Role != NodeRole.Gateway)
        {
            CheckDirectory("Registry:DataDirectory", place.RunDirectory, place.DataDirectory);
        }

        if (settings.KeepsFiles)
        {
            MakeDirectory(settings.Options.DataDirectory);
        }
    }

    private static void Read(ClusterCertificateFiles files)
    {
        try
        {
            _ = new ClusterCertificates(files, NullLogger<ClusterCertificates>.Instance);
        }
        catch (StartupException e)
        {
            throw new StartupException($"Registry:Cluster:Certificate, Key and Authority: {e.Message}", e);
        }
    }

    private static void Listen(string setting, IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
        }
        catch (SocketException e)
        {
            throw new StartupException(
                $"Registry:{setting} is {port}, and on {address} that can't be listened on: {e.Message}.", e);
        }
    }

    /// <summary>Listens as the node will, with its addresses and certificates, and stops at once.</summary>
    private static async Task ListenForHttp(WebApplication app, string[] urls)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel().UseUrls(urls);
        foreach (var configure in app.Services.GetServices<IConfigureOptions<KestrelServerOptions>>())
        {
            builder.Services.AddSingleton(configure);
        }

        await using var rehearsal = builder.Build();
        try
        {
            await rehearsal.StartAsync();
            await rehearsal.StopAsync();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or SocketException or CryptographicException or UnauthorizedAccessException)
        {
            // What follows in another line is advice for a developer's machine.
            var why = e.Message.Split('\n')[0].TrimEnd('.', '\r');
            var named = Named(app.Configuration, why) ?? $"{string.Join(';', urls)} (ASPNETCORE_URLS)";
            throw new StartupException($"{named} can't be listened on (Kestrel:Certificates, if it is https): {why}.", e);
        }
    }

    /// <summary>
    /// The endpoints of the settings, which take the place of all other addresses: those that a failure names, or all.
    /// </summary>
    private static string? Named(IConfiguration settings, string why)
    {
        var endpoints = settings.GetSection("Kestrel:Endpoints").GetChildren()
            .Select(endpoint => (Setting: $"{endpoint.Path}:Url", Url: endpoint["Url"]))
            .Where(endpoint => endpoint.Url is not null)
            .ToList();
        var failed = endpoints.Where(endpoint => why.Contains($":{PortOf(endpoint.Url!)}:", StringComparison.Ordinal)).ToList();
        return endpoints.Count == 0 ? null
            : string.Join(" and ", (failed.Count > 0 ? failed : endpoints).Select(endpoint => $"{endpoint.Url} ({endpoint.Setting})"));

        static int PortOf(string url) => BindingAddress.Parse(url).Port;
    }

    /// <summary>Looks for a file in the place of a directory, or of one above it but for the data directory.</summary>
    private static void CheckDirectory(string setting, string? directory, string data)
    {
        var place = directory is null ? null : Path.GetFullPath(directory);
        for (; place is not null && place != data; place = Path.GetDirectoryName(place))
        {
            if (File.Exists(place))
            {
                throw new StartupException($"{setting} needs the directory {directory}, and {place} is a file.");
            }
        }
    }

    private static void MakeDirectory(string directory)
    {
        try
        {
            PrivateDirectory.Create(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                $"Registry:DataDirectory is {directory}, and that directory can't be made: {e.Message}", e);
        }
    }
}
