using System.Globalization;

namespace OrleansRegistry.Gateway;

/// <summary>
/// How many keys a workspace may have. Commands at the same instant can overrun it by as many as there are.
/// </summary>
internal sealed class KeyQuota(LimitOptions options, IAccessCatalog catalog, TimeProvider clock)
{
    /// <summary>Why a workspace can't have another key, or null.</summary>
    public async Task<RegistryError?> Refusal(string workspace, CancellationToken cancellationToken) =>
        options.KeysPerWorkspace > 0 && await catalog.CountKeys(workspace, clock.GetUtcNow(), cancellationToken) is var count && count >= options.KeysPerWorkspace
            ? new RegistryError(
                ErrorCode.QuotaExceeded,
                string.Create(CultureInfo.InvariantCulture, $"The workspace has {count} valid keys, which is its quota; revoke one first."))
            : null;
}
