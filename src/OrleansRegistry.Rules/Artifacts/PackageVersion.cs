using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansRegistry.Artifacts;

/// <summary>
/// A version of a Python package, as PEP 440 defines and compares them. Its local label (<c>+cpu</c>) says how it was
/// built; it is not compared.
/// </summary>
internal sealed partial class PackageVersion : IComparable<PackageVersion>
{
    private const int MaxLength = 64;

    private readonly ImmutableArray<long> _key;

    private PackageVersion(ImmutableArray<long> release, ImmutableArray<long> key) => (Major, _key) = (release[0], key);

    /// <summary>The first number of the release.</summary>
    public long Major { get; }

    /// <summary>Reads a version; false when the text is none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PackageVersion? version)
    {
        version = null;
        if (text.Length > MaxLength || Pattern().Match(text) is not { Success: true } match)
        {
            return false;
        }

        var release = match.Groups["release"].Value.Split('.').Select(Number).ToImmutableArray();
        var (pre, post, dev) = (match.Groups["pre"], match.Groups["post"], match.Groups["dev"]);
        // Before any pre-release comes what is under development towards it; behind them all, the release itself.
        var phase = pre.Success ? char.ToLowerInvariant(match.Groups["phase"].Value[0]) switch { 'a' => 1, 'b' => 2, _ => 3 }
            : dev.Success && !post.Success ? 0
            : 4;
        // Trailing zeros count for nothing: 1.2 is 1.2.0.
        var significant = release.Length - release.Reverse().TakeWhile(number => number == 0).Count();
        version = new PackageVersion(release,
        [
            Number(match.Groups["epoch"].Value),
            .. release.Take(significant).Select(number => number + 1),
            0,
            phase,
            Number(match.Groups["prenumber"].Value),
            post.Success ? 1 + Number(match.Groups["postnumber"].Value) : 0,
            dev.Success ? Number(match.Groups["devnumber"].Value) : long.MaxValue,
        ]);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(PackageVersion? other) => other is null ? 1 : _key.AsSpan().SequenceCompareTo(other._key.AsSpan());

    private static long Number(string digits) => digits.Length == 0 ? 0 : long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        """
        \Av?((?<epoch>[0-9]{1,9})!)?(?<release>[0-9]{1,15}(\.[0-9]{1,15})*)
        (?<pre>[-_.]?(?<phase>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?<prenumber>[0-9]{0,9}))?
        (?<post>-(?<postnumber>[0-9]{1,9})|[-_.]?(post|rev|r)[-_.]?(?<postnumber>[0-9]{0,9}))?
        (?<dev>[-_.]?dev[-_.]?(?<devnumber>[0-9]{0,9}))?
        (\+[a-z0-9]+([-_.][a-z0-9]+)*)?\z
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
