using System.Data.Common;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OrleansRegistry.Storage;

/// <summary>
/// Healthy while the database answers, can be written and is whole, and degraded while it isn't: what needs no database
/// goes on, and would end if all nodes were taken out of service for what they share.
/// </summary>
internal sealed class StorageHealth(RegistryDatabase database) : IHealthCheck
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            // A frozen database keeps the driver even from giving up in time.
            await Ask(cancellationToken).WaitAsync(Timeout, cancellationToken);
            return database.FindTrouble() is { } trouble ? HealthCheckResult.Degraded(trouble) : HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is DbException or TimeoutException or IOException)
        {
            return HealthCheckResult.Degraded("The database does not answer.", e);
        }
    }

    private async Task Ask(CancellationToken cancellationToken)
    {
        await using var connection = await database.Readers.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "select count(*) from registry_schema";
        await command.ExecuteScalarAsync(cancellationToken);
    }
}
