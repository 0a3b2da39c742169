using System.Reflection;
using OrleansRegistry.Cluster;
using OrleansRegistry.Storage;

namespace OrleansRegistry.Host;

/// <summary>
/// The command line: <c>check</c> looks at the stored rows, <c>backup</c> copies them, <c>health</c> asks a node whether it is ready,
/// <c>new-key</c> draws an API key, <c>new-certificate</c> makes a certificate for a node of a cluster, anything else runs the server, with
/// <c>--role</c> a part of it.
/// </summary>
internal static class RegistryProgram
{
    /// <summary>The exit code of a node whose settings or surroundings don't let it start, or of a check that found something.</summary>
    public const int Failed = 1;

    /// <summary>The version of this build.</summary>
    public static string Version { get; } =
        typeof(RegistryProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Runs until it is done or told to stop; what keeps it from starting is one clear message, not a stack trace.</summary>
    public static async Task<int> Run(string[] args)
    {
        try
        {
            if (args is ["check", .. var rest])
            {
                return await CheckCommand.Run(rest, Console.Out);
            }

            if (args is ["backup", .. var copied])
            {
                return await BackupCommand.Run(copied, Console.Out, Console.Error);
            }

            if (args is ["health", var url, ..] && Uri.TryCreate(url, UriKind.Absolute, out var node))
            {
                return await HealthCommand.Run(node);
            }

            if (args is ["new-key", ..])
            {
                await Console.Out.WriteLineAsync(ApiKey.Create());
                return 0;
            }

            if (args is ["new-certificate", var directory, .. var others])
            {
                await Console.Out.WriteLineAsync(ClusterCertificateFiles.Create(directory, others.FirstOrDefault()).ToString());
                return 0;
            }

            OwnAssemblies.Load();
            await using var app = RegistryHost.Build([.. args.Select(ToSetting)]);
            var lifetime = app.Lifetime;
            try
            {
                await app.RunAsync();
            }
            catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // Told to stop before it had started.
            }

            return 0;
        }
        catch (Exception e) when (e is InvalidSettingsException or StorageStartException or ClusterCertificateException or IOException)
        {
            await Console.Error.WriteLineAsync($"orleans-registry can't start. {e.Message}");
            return Failed;
        }
    }

    /// <summary>What has a short form on the command line.</summary>
    private static string ToSetting(string argument) =>
        argument == "--insecure-cluster" ? "--Registry:InsecureCluster=true"
        : argument == "--role" || argument.StartsWith("--role=", StringComparison.Ordinal) ? $"--Registry:{argument[2..]}"
        : argument;
}
