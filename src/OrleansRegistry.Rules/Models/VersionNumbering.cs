using System.Globalization;
using System.Numerics;
using Semver;

namespace OrleansRegistry.Models;

/// <summary>Rules N2 to N4: which number a deployment gets. Pure functions over <see cref="SemVersion"/>.</summary>
internal static class VersionNumbering
{
    /// <summary>The highest value a part of a number may have: nine digits (rule N4).</summary>
    public const int MaxPart = 999_999_999;

    private static readonly SemVersion None = new(0, 0, 0);

    /// <summary>
    /// The number after <paramref name="last"/>: its core with one part raised and the lower ones 0 (rule N2). The empty model counts
    /// as 0.0.0. Null when a part would have more than nine digits.
    /// </summary>
    /// <param name="last">The highest number of the model, or of the release line that is continued (rule N3); null for none.</param>
    /// <param name="bump">The part to raise.</param>
    public static SemVersion? Next(SemVersion? last, VersionBump bump)
    {
        var core = last ?? None;
        var next = bump switch
        {
            VersionBump.Major => new SemVersion(core.Major + 1, 0, 0),
            VersionBump.Minor => new SemVersion(core.Major, core.Minor + 1, 0),
            VersionBump.Patch => new SemVersion(core.Major, core.Minor, core.Patch + 1),
        };
        return BigInteger.Max(next.Major, BigInteger.Max(next.Minor, next.Patch)) > MaxPart ? null : next;
    }

    /// <summary>The part that a deployment on a release line raises unless told otherwise (rule N3): <c>1.4</c> PATCH, <c>1</c> MINOR.</summary>
    public static VersionBump DefaultBump(ReleaseLine line) => line.Minor is null ? VersionBump.Minor : VersionBump.Patch;

    /// <summary>Says whether an explicit number is above every number of its own line (rule N4).</summary>
    /// <param name="number">The number asked for.</param>
    /// <param name="lastOfLine">The highest number of its <c>major.minor</c> line, or null.</param>
    public static bool IsAbove(SemVersion number, SemVersion? lastOfLine) =>
        lastOfLine is null || number.ComparePrecedenceTo(lastOfLine) > 0;

    /// <summary>Says whether a number is the highest of its model so far.</summary>
    public static bool IsHighest(SemVersion number, SemVersion? latest) => IsAbove(number, latest);

    /// <summary>
    /// The precedence of a number as a text: of two numbers the one with the higher precedence has the text that is
    /// higher by code points. The database writes the same for the numbers of its rows.
    /// </summary>
    public static string Precedence(SemVersion number)
    {
        var core = string.Create(
            CultureInfo.InvariantCulture, $"{number.Major:D9}.{number.Minor:D9}.{number.Patch:D9}");
        return number.PrereleaseIdentifiers.Count == 0
            ? core + "~"
            : core + "-" + string.Concat(number.PrereleaseIdentifiers.Select(Precedence));
    }

    /// <summary>Reads a number as it is stored.</summary>
    public static SemVersion Parse(string number) => SemVersion.Parse(number, SemVersionStyles.Strict);

    private static string Precedence(PrereleaseIdentifier identifier) => identifier.NumericValue is null
        ? $"2{identifier.Value}!"
        : string.Create(CultureInfo.InvariantCulture, $"1{identifier.Value.Length:D3}{identifier.Value}!");
}

/// <summary>A release line: <c>1</c>, or <c>1.4</c> (rule N3).</summary>
internal readonly record struct ReleaseLine(int Major, int? Minor)
{
    /// <summary>The <c>major.minor</c> line that a number belongs to.</summary>
    public static ReleaseLine Of(SemVersion number) => new((int)number.Major, (int)number.Minor);

    /// <summary>Reads a <c>base</c> that was validated.</summary>
    public static ReleaseLine Parse(string text)
    {
        int[] parts = [.. text.Split('.').Select(part => int.Parse(part, System.Globalization.CultureInfo.InvariantCulture))];
        return new ReleaseLine(parts[0], parts.Length > 1 ? parts[1] : null);
    }

    /// <summary>Says whether a number stands on the line.</summary>
    public bool Contains(SemVersion number) => number.Major == Major && (Minor is null || number.Minor == Minor);
}
