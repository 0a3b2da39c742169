using System.Text.RegularExpressions;

namespace OrleansRegistry.RestClient;

/// <summary>How a user names a version: <c>name</c>, <c>name@1.2.0</c>, <c>name@^1</c>, <c>name@staging</c> or an
/// id.</summary>
/// <param name="Model">What stands before the last <c>@</c>, or all of it: a model's name, or an id.</param>
/// <param name="Selector">The selector that stands behind it: a number, a range, or an alias with an <c>@</c> of its own,
/// <c>@staging</c>; null for none.</param>
public readonly partial record struct VersionReference(string Model, string? Selector)
{
    /// <summary>Whether it is a version's id: that of its model, and a count.</summary>
    public bool IsId => Selector is null && IdPattern().IsMatch(Model);

    /// <summary>Whether it names a whole number, which is one version for ever.</summary>
    public bool IsNumber => Selector is not null && NumberPattern().IsMatch(Selector);

    /// <summary>Reads a reference.</summary>
    /// <exception cref="ArgumentException">One side of the <c>@</c> is empty.</exception>
    public static VersionReference Parse(string reference)
    {
        var at = reference.LastIndexOf('@');
        return at < 0 && reference.Length > 0 ? new VersionReference(reference, null)
            : at > 0 && at < reference.Length - 1 ? new VersionReference(reference[..at], Behind(reference[(at + 1)..]))
            : throw new ArgumentException(
                $"The version is \"{reference}\", and must be name, name@number, name@range, name@alias or an id.",
                nameof(reference));
    }

    /// <summary>What is no other selector names an alias.</summary>
    private static string Behind(string text) =>
        AliasPattern().IsMatch(text) && !IdPattern().IsMatch(text) && !RangePattern().IsMatch(text) ? "@" + text : text;

    [GeneratedRegex(@"^[a-z][a-z0-9_-]{0,30}[a-z0-9]\z", RegexOptions.CultureInvariant)]
    private static partial Regex AliasPattern();

    [GeneratedRegex(@"^v(x|[0-9]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex RangePattern();

    [GeneratedRegex("^[0-9a-z]{10}-[1-9][0-9]{0,9}$", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();

    [GeneratedRegex(@"^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex NumberPattern();
}
