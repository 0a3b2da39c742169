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
    /// Whether one of the tags is, weakly compared, that of the resource. A header that is no list of tags matches
    /// nothing.
    /// </summary>
    public static bool Match(IReadOnlyList<string> header, string tag) =>
        Parse(header)?.Any(candidate => candidate == "*" || candidate == tag || candidate == "W/" + tag) is true;
}
