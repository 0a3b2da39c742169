using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Storage;
using OrleansRegistry.Access;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Billing;
using OrleansRegistry.Cluster;
using OrleansRegistry.Models;
using OrleansRegistry.Processes;
using OrleansRegistry.State;
using OrleansRegistry.Versions;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry;

/// <summary>Adds what the grains need to a silo.</summary>
public static class RegistryGrains
{
    /// <summary>
    /// Adds the grains' services. The silo also needs an <see cref="IRegistryCatalog"/>, an <see cref="IBillingCatalog"/>,
    /// an <see cref="IWebhookCatalog"/>, an <see cref="IArtifactCatalog"/>, an <see cref="IArtifactFiles"/>,
    /// an <see cref="IArtifactPackages"/>, an <see cref="IProcessRunner"/>, an <see cref="Outbound.OutboundHttp"/>, a <see cref="WebhookSeal"/>,
    /// and a grain storage named <c>registry</c> that serializes with the
    /// <see cref="IGrainStorageSerializer"/> added here.
    /// </summary>
    public static IServiceCollection AddRegistryGrains(this IServiceCollection services)
    {
        services.AddSingleton<IGrainStorageSerializer, StateSerializer>();
        services.AddSingleton<IHealthProbe, HttpHealthProbe>();
        services.AddSingleton<IVersionNews, ModelNews>();
        services.AddSingleton<LocalRoutes>();
        services.AddSingleton<ILocalRoutes>(provider => provider.GetRequiredService<LocalRoutes>());
        services.AddSingleton<LastSigns>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<LastSigns>());
        services.AddSingleton<VersionParts>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<VersionParts>());
        services.AddSingleton<VersionLogs>();
        services.AddSingleton<ProcessPreparation>();
        services.AddSingleton<VersionProcesses>();
        services.AddSingleton<INodeProcesses>(provider => provider.GetRequiredService<VersionProcesses>());
        services.AddSingleton<RegistryMetrics>();
        services.AddSingleton(provider => new WorkspaceUses(
            workspace => provider.GetRequiredService<IRegistryCatalog>().CountUse(workspace, CancellationToken.None),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ISiloLease, SoleSilo>();
        services.AddOptions<ModelOptions>();
        services.AddOptions<BillingOptions>();
        services.AddSingleton<IIncomingGrainCallFilter, WorkspaceGuard>();
        services.AddSingleton<IIncomingGrainCallFilter, UnknownGrains>();
        services.AddSingleton<IOutgoingGrainCallFilter, WorkspaceGuard>();
        services.AddHostedService<StartWorker>();
        services.AddHostedService<FallbackWorker>();
        services.AddSingleton<WebhookSender>();
        services.AddHostedService<StatementWorker>();
        services.AddHostedService<WebhookWorker>();
        services.AddSingleton<CollectionWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<CollectionWorker>());
        return services;
    }
}
