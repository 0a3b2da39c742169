using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace OrleansRegistry.Gateway;

/// <summary>The entity tags of <c>If-Match</c> and <c>If-None-Match</c>.</summary>
internal static class EntityTags
{
    /// <summary>The tags in a header, quotes included, or null when it is no list of tags.</summary>
    public static IReadOnlyList<string>? Parse(IReadOnlyList<string> header) =>
        EntityTagHeaderValue.TryParseStrictList([.. header], out var tags) && (tags.Count == 1 || tags.All(tag => tag.Tag != "*"))
            ? [.. tags.Select(tag => tag.ToString())]
            : null;

    /// <summary>
    /// The tag of an answer that also says what is known in memory: it changes with that. A command with <c>If-Match</c>
    /// asks for what is stored alone.
    /// </summary>
    public static string With(string stored, string known) =>
        $"{stored[..^1]}+{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(known)).AsSpan(0, 4))}\"";

    /// <summary>The tag of what is stored.</summary>
    public static string Stored(string tag) => tag.Split('+') is [var stored, _] ? $"{stored}\"" : tag;

    /// <summary>
    /// Whether one of the tags is, weakly compared, that of the resource. A header that is no list of tags matches
    /// nothing.
    /// </summary>
    public static bool Match(IReadOnlyList<string> header, string tag) =>
        Parse(header)?.Any(candidate => candidate == "*" || candidate == tag || candidate == "W/" + tag) is true;
}
