using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace OrleansRegistry;

/// <summary>
/// The text that a browser's session is known by: <c>ors_{prefix}{id}_{secret}{checksum}</c>. The prefix is that of the
/// API key that signed in, and the id has 10 characters of <see cref="ModelId.Alphabet"/>; together they name the
/// session and are no secret. The secret has 43 random characters of 62, which are 256 bits.
/// </summary>
internal static class SessionToken
{
    /// <summary>The beginning of every such text.</summary>
    public const string Marker = "ors_";

    private const int IdLength = 10;
    private const int SecretLength = 43;
    private const int Length = 4 + ApiKey.PrefixLength + IdLength + 1 + SecretLength + SecretText.ChecksumLength;

    private static readonly SearchValues<char> IdCharacters = SearchValues.Create(ModelId.Alphabet);

    /// <summary>Draws the text of a new session.</summary>
    /// <param name="keyPrefix">The prefix of the key that signs in.</param>
    public static string Create(string keyPrefix)
    {
        var text = $"{Marker}{keyPrefix}{RandomNumberGenerator.GetString(ModelId.Alphabet, IdLength)}_{RandomNumberGenerator.GetString(SecretText.Digits, SecretLength)}";
        return text + SecretText.Checksum(text);
    }

    /// <summary>Reads which session a text belongs to. Any other text, or one with a wrong checksum, is refused.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out SessionId? session)
    {
        session = null;
        if (text is not { Length: Length } || !text.StartsWith(Marker, StringComparison.Ordinal) || !SecretText.HasChecksum(text)
            || text[Marker.Length + ApiKey.PrefixLength + IdLength] != '_'
            || !SessionId.TryParse(text.Substring(Marker.Length, ApiKey.PrefixLength), text.Substring(Marker.Length + ApiKey.PrefixLength, IdLength), out session))
        {
            return false;
        }

        return true;
    }

    /// <summary>Whether a text has the form of a session's id.</summary>
    internal static bool IsId(ReadOnlySpan<char> text) => text.Length == IdLength && !text.ContainsAnyExcept(IdCharacters);
}

/// <summary>Names a session.</summary>
/// <param name="KeyPrefix">The prefix of the API key that signed in.</param>
/// <param name="Id">The session among those of the key.</param>
internal sealed record SessionId(string KeyPrefix, string Id)
{
    /// <summary>Reads a session's id from its two parts.</summary>
    public static bool TryParse(string keyPrefix, string id, [NotNullWhen(true)] out SessionId? session)
    {
        session = ApiKey.IsPrefix(keyPrefix) && SessionToken.IsId(id) ? new SessionId(keyPrefix, id) : null;
        return session is not null;
    }
}
