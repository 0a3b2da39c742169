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

        if (text[0] == '@')
        {
            return text[1..] switch
            {
                "primary" => new Primary(),
                "canary" => new Canary(),
                var name => FieldRules.Alias(name) is null ? new ByAlias(name) : null,
            };
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

    /// <summary>
    /// The selector behind the last <c>@</c> of a model's name (rule AL2): a text that is no other selector names an
    /// alias.
    /// </summary>
    public static string Behind(string text) => Parse(text) is null && Parse('@' + text) is not null ? '@' + text : text;

    /// <summary>No selector, or <c>@primary</c>.</summary>
    public sealed record Primary : VersionSelector;

    /// <summary><c>@canary</c>: the candidate of a rollout.</summary>
    public sealed record Canary : VersionSelector;

    /// <summary><c>@</c> and the name of an alias (rule AL2).</summary>
    public sealed record ByAlias(string Name) : VersionSelector;

    /// <summary>An exact number.</summary>
    public sealed record Exact(SemVersion Number) : VersionSelector;

    /// <summary>A range: the highest published routable match; prereleases only if the range names one.</summary>
    public sealed record InRange(SemVersionRange Range) : VersionSelector;

    /// <summary>A version id.</summary>
    public sealed record ById(VersionId Id) : VersionSelector;
}
