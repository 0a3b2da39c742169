using Microsoft.Extensions.Hosting;
using OrleansRegistry.Access;

namespace OrleansRegistry.Storage.Access;

/// <summary>
/// Keeps a node from starting whose secrets are others than the one that the database was used with. It runs when the
/// database is there, and before anything else: a node that has none, as after a restore that left it out, must not
/// draw one. <c>rotate-secret</c> has the database go over to another secret.
/// </summary>
internal sealed class SecretAgreement(AccessSecret secret, IAccessCatalog catalog) : IHostedService
{
    /// <summary>The setting of the deployment that has the secret's fingerprint.</summary>
    public const string Setting = "auth_secret";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // In this order: a node that starts beside this one makes the file before it agrees on it.
        if (await catalog.FindAgreed(Setting, cancellationToken) is not null && !secret.IsThere)
        {
            throw new IOException($"{secret.File} is missing, and the keys in the database were made with it. {Remedy}");
        }

        var agreed = await catalog.Agree(Setting, secret.Fingerprint, cancellationToken);
        if (agreed != secret.Fingerprint && agreed != secret.PreviousFingerprint)
        {
            throw new IOException($"The keys in the database were made with another secret than Registry__Auth__Secret, or the file {secret.File}. {Remedy}");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private const string Remedy =
        "No key would be valid; all nodes need the same secret. To replace it, set the old one as Registry__Auth__PreviousSecret until rotate-secret has run. "
        + "If it is lost, remove the row auth_secret of the table registry_setting, and set Registry__Auth__AdminKey to get in.";
}
