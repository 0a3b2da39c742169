using System.Globalization;

namespace OrleansRegistry.Reference;

/// <summary>A semantic version, compared as semver.org section 11 says, without the package that the product uses.</summary>
internal sealed record ReferenceNumber(long Major, long Minor, long Patch, string Prerelease)
{
    public static ReferenceNumber Parse(string text)
    {
        var hyphen = text.IndexOf('-', StringComparison.Ordinal);
        var core = hyphen < 0 ? text : text[..hyphen];
        long[] parts = [.. core.Split('.').Select(part => long.Parse(part, CultureInfo.InvariantCulture))];
        return new ReferenceNumber(parts[0], parts[1], parts[2], hyphen < 0 ? "" : text[(hyphen + 1)..]);
    }

    public bool IsOnLine(string line) =>
        line == Text($"{Major}") || line == Text($"{Major}.{Minor}");

    public bool IsAbove(ReferenceNumber other)
    {
        if (Major != other.Major)
        {
            return Major > other.Major;
        }

        if (Minor != other.Minor)
        {
            return Minor > other.Minor;
        }

        if (Patch != other.Patch)
        {
            return Patch > other.Patch;
        }

        if (Prerelease.Length == 0 || other.Prerelease.Length == 0)
        {
            return Prerelease.Length == 0 && other.Prerelease.Length > 0;
        }

        return IsPrereleaseAbove(Prerelease.Split('.'), other.Prerelease.Split('.'));
    }

    public override string ToString() => Text($"{Major}.{Minor}.{Patch}") + (Prerelease.Length == 0 ? "" : "-" + Prerelease);

    private static bool IsPrereleaseAbove(string[] mine, string[] theirs)
    {
        for (var i = 0; i < Math.Min(mine.Length, theirs.Length); i++)
        {
            if (mine[i] == theirs[i])
            {
                continue;
            }

            var isNumber = long.TryParse(mine[i], NumberStyles.None, CultureInfo.InvariantCulture, out var my);
            var isTheirsNumber = long.TryParse(theirs[i], NumberStyles.None, CultureInfo.InvariantCulture, out var their);
            if (isNumber && isTheirsNumber)
            {
                return my > their;
            }

            return isNumber == isTheirsNumber ? string.CompareOrdinal(mine[i], theirs[i]) > 0 : isTheirsNumber;
        }

        return mine.Length > theirs.Length;
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
