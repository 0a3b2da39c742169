namespace OrleansRegistry.Versions;

/// <summary>Labels as states hold them.</summary>
internal static class LabelSet
{
    /// <summary>No labels.</summary>
    public static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    /// <summary>The labels sorted by key, so that equal labels are stored as equal JSON.</summary>
    public static IReadOnlyDictionary<string, string> From(IEnumerable<KeyValuePair<string, string>> labels) =>
        new Dictionary<string, string>(labels.OrderBy(label => label.Key, StringComparer.Ordinal));

    /// <summary>
    /// Applies a merge patch (RFC 7396) to labels: null removes, as a value one label and as a whole all.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Merge(
        IReadOnlyDictionary<string, string> labels, Optional<IReadOnlyDictionary<string, string?>> patch)
    {
        if (!patch.IsSet)
        {
            return labels;
        }

        if (patch.Value is null)
        {
            return None;
        }

        var merged = labels.ToDictionary();
        foreach ((var key, var value) in patch.Value)
        {
            if (value is null)
            {
                merged.Remove(key);
            }
            else
            {
                merged[key] = value;
            }
        }

        return From(merged);
    }

    /// <summary>Says whether two sets hold the same labels.</summary>
    public static bool Same(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        a.Count == b.Count && a.All(label => b.TryGetValue(label.Key, out var value) && value == label.Value);
}
