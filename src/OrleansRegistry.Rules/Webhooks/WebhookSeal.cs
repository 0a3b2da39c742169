using System.Text;

namespace OrleansRegistry.Webhooks;

/// <summary>
/// Encrypts webhooks' secrets as they are stored (rule H4): AES-256-GCM, with the webhook's id as associated data, so
/// that a secret that was copied into another row can't be read there. Rows of earlier builds have theirs in clear.
/// </summary>
/// <param name="current">The key that secrets are encrypted with.</param>
/// <param name="previous">Another key that they may be encrypted with, or null.</param>
internal sealed class WebhookSeal(SealKey current, SealKey? previous)
{
    private const string Marker = "aes256gcm";
    private const char Separator = '.';

    /// <summary>The row with all secrets encrypted with the current key; the same instance when they are.</summary>
    /// <remarks>A secret that can't be read stays as it is.</remarks>
    public WebhookRow Close(WebhookRow row)
    {
        WebhookSecret[] closed =
        [
            .. row.Secrets.Select(secret => IsCurrent(secret) || Open(row.Webhook.Id, secret) is not { } value
                ? secret
                : secret with { Value = Close(row.Webhook.Id, value) }),
        ];
        return closed.SequenceEqual(row.Secrets, ReferenceEqualityComparer.Instance) ? row : row with { Secrets = [.. closed] };
    }

    /// <summary>A secret in clear, or null when it is encrypted with a key that isn't here, or for another webhook.</summary>
    public string? Open(string webhookId, WebhookSecret secret)
    {
        if (!IsClosed(secret))
        {
            return secret.Value;
        }

        return secret.Value.Split(Separator) is [_, var name, var text] && Find(name)?.Open(text, webhookId) is { } value
            ? Encoding.UTF8.GetString(value)
            : null;
    }

    private string Close(string webhookId, string secret) => $"{Begin(current)}{current.Close(Encoding.UTF8.GetBytes(secret), webhookId)}";

    private SealKey? Find(string name) => name == current.Name ? current : name == previous?.Name ? previous : null;

    private bool IsCurrent(WebhookSecret secret) => secret.Value.StartsWith(Begin(current), StringComparison.Ordinal);

    private static bool IsClosed(WebhookSecret secret) => secret.Value.StartsWith(Marker + Separator, StringComparison.Ordinal);

    private static string Begin(SealKey key) => $"{Marker}{Separator}{key.Name}{Separator}";
}
