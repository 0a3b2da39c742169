using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OrleansRegistry.Host;

/// <summary>Healthy while a silo answers.</summary>
internal sealed class ClusterHealth(IGrainFactory grains) : IHealthCheck
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await grains.GetGrain<IWorkspaceGrain>(GrainKeys.Workspace(GrainKeys.DefaultWorkspace)).Get().WaitAsync(Timeout, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is TimeoutException or OrleansException or RegistryUnavailableException)
        {
            return HealthCheckResult.Unhealthy("No silo answers.");
        }
    }
}
