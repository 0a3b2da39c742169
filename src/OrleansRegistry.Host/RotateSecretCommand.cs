using System.Data.Common;
using System.Globalization;
using OrleansRegistry.Access;
using OrleansRegistry.Gateway;
using OrleansRegistry.Storage;
using OrleansRegistry.Storage.Access;

namespace OrleansRegistry.Host;

/// <summary>
/// <c>rotate-secret</c>: has the database go over from the previous secret to the present one, and lists the keys that
/// still need the previous one.
/// </summary>
internal static class RotateSecretCommand
{
    /// <summary>Goes over; answers the exit code, 0 when nothing needs the previous secret any more.</summary>
    /// <exception cref="StartupException">The settings or the database don't fit; nothing was changed.</exception>
    public static async Task<int> Run(string[] args, TextWriter output, TimeProvider clock)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddSecretFiles();
        var settings = RegistrySettings.Read(builder.Configuration);
        var secret = settings.Access.OpenSecret();
        if (!secret.IsThere || secret.PreviousFingerprint is not { } before)
        {
            throw new StartupException("Registry:Auth:Secret, or the file secret, must hold the new secret, and Registry:Auth:PreviousSecret the old one.");
        }

        await using var database = RegistryStorage.Open(settings.Storage);
        try
        {
            var rotation = new SecretRotation(database, CancellationToken.None);
            var agreed = await rotation.FindAgreed(SecretAgreement.Setting);
            if (agreed is null || (agreed != before && agreed != secret.Fingerprint))
            {
                throw new StartupException($"{database.Describe()} was used with neither of the two secrets.");
            }

            return await Rotate(rotation, secret, output, clock.GetUtcNow()) ? 0 : RegistryProgram.Failed;
        }
        catch (Exception e) when (e is DbException or TimeoutException or RegistryUnavailableException)
        {
            throw new StartupException($"{database.Describe()} can't be changed: {e.Message}", e);
        }
    }

    private static async Task<bool> Rotate(SecretRotation rotation, AccessSecret secret, TextWriter output, DateTimeOffset now)
    {
        var webhooks = await rotation.Encrypt(secret.Seal);
        await rotation.Agree(SecretAgreement.Setting, secret.Fingerprint);
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"Webhooks: {webhooks.Total}, of which {webhooks.Changed} were rewritten and {webhooks.Total - webhooks.Changed - webhooks.Unreadable.Length} are under the new secret already."));
        foreach (var id in webhooks.Unreadable)
        {
            await output.WriteLineAsync($"webhook {id}: its secret can't be read, rotate it");
        }

        var keys = await rotation.ListUnused(secret.Fingerprint, now);
        await output.WriteLineAsync(keys.IsEmpty
            ? "No key needs Registry:Auth:PreviousSecret any more."
            : string.Create(CultureInfo.InvariantCulture, $"Keys that were not used since, and are invalid without Registry:Auth:PreviousSecret: {keys.Length}"));
        foreach (var key in keys)
        {
            await output.WriteLineAsync(
                $"key {key.Prefix} of {key.Workspace}: {key.Name} ({EnumNames<Role>.Of(key.Role)}), last used {key.LastUsedAt?.ToString("u", CultureInfo.InvariantCulture) ?? "never"}");
        }

        foreach (var row in rotation.Corrupt)
        {
            await output.WriteLineAsync($"{row}: the row can't be read");
        }

        return keys.IsEmpty && webhooks.Unreadable.IsEmpty && rotation.Corrupt.Count == 0;
    }
}
