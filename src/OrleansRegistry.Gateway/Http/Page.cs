using System.Collections.Immutable;

namespace OrleansRegistry.Gateway;

/// <summary>One page of a list.</summary>
/// <param name="Items">The items.</param>
/// <param name="NextPageToken">Leads to the next page, or null after the last.</param>
internal sealed record Page<T>(ImmutableArray<T> Items, string? NextPageToken);

/// <summary>Makes pages.</summary>
internal static class Page
{
    /// <summary>The page of a list that was asked for one item more than the page has.</summary>
    public static Page<T> Of<T>(ImmutableArray<T> items, int size, Func<T, string> tokenOf) =>
        items.Length > size ? new Page<T>(items[..size], tokenOf(items[size - 1])) : new Page<T>(items, null);
}
