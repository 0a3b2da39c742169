using Microsoft.Extensions.Hosting;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Keeps a node from starting that would take its first key from a file which holds none. It runs when the database is
/// there, and before the secret is drawn and anything else is made.
/// </summary>
internal sealed class FirstKeyCheck(AccessOptions options, IAccessCatalog catalog) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!await catalog.HasKeys(cancellationToken))
        {
            AccessBootstrapper.CheckFile(options);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
