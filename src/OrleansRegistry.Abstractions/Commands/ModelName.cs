using System.Text;

namespace OrleansRegistry;

/// <summary>
/// Model names: 1 to 128 characters after trimming and Unicode normalization form C, any script, without control characters, <c>\</c> and
/// <c>%</c>. Slashes separate parts (rule A5). They compare exactly.
/// </summary>
internal static class ModelName
{
    /// <summary>The most characters (Unicode's code points) a name may have.</summary>
    public const int MaxLength = 128;

    // The runtime takes it for a sign of swapped bytes, and throws where it is to normalize it.
    private const char Unnormalizable = '\uFFFE';

    /// <summary>
    /// Whether this runtime normalizes names. Without ICU, in the globalization-invariant mode that images of Alpine Linux choose, it leaves them
    /// as they are, and one name could be two models.
    /// </summary>
    public static bool IsNormalizing => Normalize("e\u0301") == "\u00e9";

    /// <summary>What to do when it doesn't.</summary>
    public const string NotNormalizing =
        "The runtime does not normalize names (NFC). Install ICU (icu-libs on Alpine Linux), and don't set DOTNET_SYSTEM_GLOBALIZATION_INVARIANT";

    /// <summary>The form in which a name is stored and compared: trimmed, in normalization form C. A text that has no such form stays as it is.</summary>
    public static string Normalize(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TextProblem(name) is null ? name.Trim().Normalize(NormalizationForm.FormC) : name;
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
            _ when FieldRules.IsLonger(name, MaxLength) => "must have at most 128 characters",
            _ when TextProblem(name) is { } problem => problem,
            _ when !name.IsNormalized(NormalizationForm.FormC) => "must be in Unicode normalization form C",
            _ when name.AsSpan().ContainsAny('\\', '%') => "must not contain \\ or %",
            _ when name.Split('/').Any(part => part is "" or "." or "..") => "must not have a part between its slashes that is empty, . or ..",
            _ when !WellFormedText.IsName(name) => WellFormedText.NameRule,
            _ => null,
        };
    }

    /// <summary>Why a text can be neither a name nor a part of one, whatever its length, or null.</summary>
    internal static string? TextProblem(string text) =>
        !WellFormedText.IsWellFormed(text) ? WellFormedText.Rule
        : text.Contains(Unnormalizable, StringComparison.Ordinal) ? "must not contain U+FFFE"
        : null;
}
