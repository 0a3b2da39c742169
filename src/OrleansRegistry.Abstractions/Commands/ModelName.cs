using System.Text;

namespace OrleansRegistry;

/// <summary>
/// Model names: 1 to 128 characters after trimming and Unicode normalization form C, any script, without control characters and the
/// characters that can't stand in a path segment. They compare exactly.
/// </summary>
public static class ModelName
{
    /// <summary>The most characters (UTF-16 code units) a name may have.</summary>
    public const int MaxLength = 128;

    /// <summary>The form in which a name is stored and compared: trimmed, in normalization form C. A text that is no Unicode stays as it is.</summary>
    public static string Normalize(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return WellFormedText.IsWellFormed(name) ? name.Trim().Normalize(NormalizationForm.FormC) : name;
    }

    /// <summary>The form in which a name's prefix is searched: lower case, by the invariant culture.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Globalization", "CA1308", Justification = "The folded name is compared, never shown.")]
    public static string Fold(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.ToLowerInvariant();
    }

    /// <summary>What is wrong with a normalized name, or null.</summary>
    public static string? Problem(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name switch
        {
            "" => "must not be empty",
            { Length: > MaxLength } => "must have at most 128 characters",
            "." or ".." => "must not be . or ..",
            _ when !WellFormedText.IsWellFormed(name) => WellFormedText.Rule,
            _ when name.AsSpan().ContainsAny('/', '\\', '%') => "must not contain / \\ or %",
            _ when !WellFormedText.IsName(name) => WellFormedText.NameRule,
            _ => null,
        };
    }
}
