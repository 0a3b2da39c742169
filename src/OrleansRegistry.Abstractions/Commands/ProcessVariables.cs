using System.Collections.Frozen;
using System.Text;

namespace OrleansRegistry;

/// <summary>The variables (<c>env</c>) that a package's process may be given (rule X15).</summary>
internal static class ProcessVariables
{
    /// <summary>How many there may be.</summary>
    public const int MaxCount = 64;

    /// <summary>The length of all names and values together, in UTF-8.</summary>
    public const int MaxBytes = 32 * 1024;

    private const string Reserved = "REGISTRY_";

    private const string OfLoader = "LD_";

    /// <summary>
    /// What the C library obeys beside <c>LD_…</c>, which the dynamic loader does: code that they load would run in the
    /// programs that set the limits of a process, before they do.
    /// </summary>
    private static readonly FrozenSet<string> OfLibrary = ["GCONV_PATH", "GLIBC_TUNABLES", "LOCPATH", "NLSPATH"];

    /// <summary>None.</summary>
    public static FrozenDictionary<string, string> None { get; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Says what is wrong with variables: the name of the wrong one and why, or null.</summary>
    /// <param name="variables">Names and values.</param>
    public static (string? Name, string Reason)? Problem(IReadOnlyDictionary<string, string> variables)
    {
        if (variables.Count > MaxCount)
        {
            return (null, $"at most {MaxCount} variables are taken");
        }

        foreach (var (name, value) in variables)
        {
            if (!IsName(name))
            {
                return (name, "a name has letters, digits and underscores of ASCII, and begins with no digit");
            }

            if (name.StartsWith(Reserved, StringComparison.Ordinal))
            {
                return (name, $"names that begin with {Reserved} are the registry's");
            }

            if (name.StartsWith(OfLoader, StringComparison.Ordinal) || OfLibrary.Contains(name))
            {
                return (name, "the dynamic loader obeys it, before the limits of the process are set; set it in a command of your own");
            }

            if (value.Contains('\0', StringComparison.Ordinal))
            {
                return (name, "a value has no NUL");
            }

            if (!WellFormedText.IsWellFormed(value))
            {
                return (name, WellFormedText.Rule);
            }
        }

        return variables.Sum(pair => Encoding.UTF8.GetByteCount(pair.Key) + Encoding.UTF8.GetByteCount(pair.Value)) > MaxBytes
            ? (null, $"names and values together have at most {MaxBytes} bytes")
            : null;
    }

    private static bool IsName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
}
