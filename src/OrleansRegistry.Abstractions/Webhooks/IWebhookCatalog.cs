using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>
/// Reads over the stored webhooks. They activate no grain; rows that can't be read are left out, and logged.
/// </summary>
internal interface IWebhookCatalog
{
    /// <summary>The most webhooks a workspace may have.</summary>
    const int MaxWebhooks = 100;

    /// <summary>The webhooks of a workspace, oldest first.</summary>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    Task<ImmutableArray<WebhookView>> List(string workspace, CancellationToken cancellationToken);

    /// <summary>The keys of the grains of all enabled webhooks, of all workspaces.</summary>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    Task<ImmutableArray<string>> ListEnabled(CancellationToken cancellationToken);
}
