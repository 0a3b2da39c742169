using Semver;

namespace OrleansRegistry.Models;

/// <summary>
/// The text by which a caller names a version. Numbers and npm-style ranges are parsed by the Semver package.
/// </summary>
internal abstract record VersionSelector
{
    /// <summary>The longest selector that is read.</summary>
    public const int MaxLength = 256;

    private VersionSelector()
    {
    }

    /// <summary>Reads a selector; null selects the primary. Answers null for a text that is none.</summary>
    public static VersionSelector? Parse(string? text)
    {
        if (text is null)
        {
            return new Primary();
        }

        if (string.IsNullOrWhiteSpace(text) || text.Length > MaxLength)
        {
            return null;
        }

        if (VersionId.TryParse(text, out var id))
        {
            return new ById(id);
        }

        if (SemVersion.TryParse(text, SemVersionStyles.Strict, out var number))
        {
            return number.Metadata.Length == 0 ? new Exact(number) : null;
        }

        return SemVersionRange.TryParseNpm(text, out var range) ? new InRange(range) : null;
    }

    /// <summary>No selector.</summary>
    public sealed record Primary : VersionSelector;

    /// <summary>An exact number.</summary>
    public sealed record Exact(SemVersion Number) : VersionSelector;

    /// <summary>A range: the highest published routable match; prereleases only if the range names one.</summary>
    public sealed record InRange(SemVersionRange Range) : VersionSelector;

    /// <summary>A version id.</summary>
    public sealed record ById(VersionId Id) : VersionSelector;
}
