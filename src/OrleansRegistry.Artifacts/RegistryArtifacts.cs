using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Artifacts;

/// <summary>Adds the files of artifacts to a node.</summary>
internal static partial class RegistryArtifacts
{
    /// <summary>Adds them. Comes behind the storage.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="directory">Where the files are; null for nowhere.</param>
    /// <param name="minFreeBytes">How much of the disk stays free.</param>
    public static IServiceCollection AddRegistryArtifacts(this IServiceCollection services, string? directory, long minFreeBytes)
    {
        services.AddSingleton(new DiskFiles(directory, minFreeBytes));
        services.AddSingleton<ArtifactPackages>();
        services.AddSingleton<IArtifactPackages>(provider => provider.GetRequiredService<ArtifactPackages>());
        services.AddSingleton<IArtifactFiles>(provider => provider.GetRequiredService<DiskFiles>());
        services.AddHostedService<Starter>();
        return services;
    }

    private sealed partial class Starter(
        DiskFiles files, ArtifactPackages packages, IAccessCatalog access, ILogger<Starter> logger) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            await files.Start(access, cancellationToken);
            if (files is { Directory: not null, OffReason: { } reason })
            {
                LogOff(reason);
            }

            packages.RemoveAbandoned();
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        [LoggerMessage(601, LogLevel.Warning, "Artifacts are off: {Reason}")]
        private partial void LogOff(string reason);
    }
}
