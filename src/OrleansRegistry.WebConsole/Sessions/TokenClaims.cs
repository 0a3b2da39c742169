using System.Buffers.Text;
using System.Text.Json;

namespace OrleansRegistry.WebConsole;

/// <summary>
/// What a session holds of the token that signed in: the text of its cookie ends with it, and the session's grain knows
/// its keyed hash, so that nobody can change it.
/// </summary>
/// <param name="Workspace">The workspace.</param>
/// <param name="Actor">The caller, as events name them.</param>
/// <param name="Role">What they may do.</param>
/// <param name="ExpiresAt">The instant at which the session ends: with the token, an hour after the sign-in at the latest.</param>
internal sealed record TokenClaims(string Workspace, string Actor, Role Role, DateTimeOffset ExpiresAt)
{
    /// <summary>The claims as text.</summary>
    public string ToText() => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this, SignInJson.Default.TokenClaims));

    /// <summary>The claims of a text, or null when it has none.</summary>
    public static TokenClaims? Parse(string text)
    {
        if (!Base64Url.IsValid(text))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(Base64Url.DecodeFromChars(text), SignInJson.Default.TokenClaims);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
