using Microsoft.Extensions.Hosting;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Keeps a node from starting whose secret is another than the one that the keys in the database were made with. It
/// runs when the database is there, and before anything else: a node that has none, as after a restore that left it
/// out, must not draw one.
/// </summary>
internal sealed class SecretAgreement(AccessSecret secret, IAccessCatalog catalog) : IHostedService
{
    private const string Setting = "auth_secret";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // In this order: a node that starts beside this one makes the file before it agrees on it.
        if (await catalog.FindAgreed(Setting, cancellationToken) is not null && !secret.IsThere)
        {
            throw new IOException($"{secret.File} is missing, and the keys in the database were made with it. {Remedy}");
        }

        if (await catalog.Agree(Setting, secret.Fingerprint, cancellationToken) != secret.Fingerprint)
        {
            throw new IOException($"The keys in the database were made with another secret than Registry__Auth__Secret, or the file {secret.File}. {Remedy}");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private const string Remedy =
        "No key would be valid; all nodes need the same secret. If it is lost, remove the row auth_secret of the table registry_setting, and set Registry__Auth__AdminKey to get in.";
}
