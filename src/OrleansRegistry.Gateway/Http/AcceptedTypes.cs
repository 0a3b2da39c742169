using System.Net.Mime;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Reads what the header <c>Accept</c> prefers (RFC 9110, section 12.5.1), on routes that answer JSON or something
/// else.
/// </summary>
internal static class AcceptedTypes
{
    private const int Named = 2;

    /// <summary>
    /// Whether a type is preferred to JSON. Of two that are liked equally well it is the one that was named.
    /// </summary>
    public static bool Prefer(HttpRequest request, string type)
    {
        var accepted = request.GetTypedHeaders().Accept;
        var (rank, quality) = Best(accepted, new MediaTypeHeaderValue(type));
        var json = Best(accepted, new MediaTypeHeaderValue(MediaTypeNames.Application.Json)).Quality;
        return quality > json || (quality > 0 && quality == json && rank == Named);
    }

    /// <summary>How well a type is liked: the most special range that it is in has the say.</summary>
    private static (int Rank, double Quality) Best(IEnumerable<MediaTypeHeaderValue> accepted, MediaTypeHeaderValue type) =>
        accepted.Select(range => (Rank: Rank(range, type), Quality: range.Quality ?? 1)).Where(range => range.Rank >= 0).DefaultIfEmpty().Max();

    private static int Rank(MediaTypeHeaderValue range, MediaTypeHeaderValue type) =>
        range.MatchesAllTypes ? 0
        : range.MatchesAllSubTypes ? (range.Type.Equals(type.Type, StringComparison.OrdinalIgnoreCase) ? 1 : -1)
        : range.MediaType.Equals(type.MediaType, StringComparison.OrdinalIgnoreCase) ? Named
        : -1;
}
