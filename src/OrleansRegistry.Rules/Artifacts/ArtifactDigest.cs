using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansRegistry.Artifacts;

/// <summary>
/// The digest of an artifact (rule F3): SHA-256 of its format, of what it requires, and of a line for each file. A
/// client can make it by itself, as <c>docs/artifacts.md</c> shows.
/// </summary>
internal static class ArtifactDigest
{
    /// <summary>The digest of a manifest that is well formed, 64 lower-case hexadecimal digits.</summary>
    public static string Of(ArtifactManifest manifest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{NameOf(manifest.Format)}\n{Canonical(manifest.Requires)}"));
        foreach (var file in Sort(manifest.Files))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{file.Sha256} {file.Size} {file.Path}\n")));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Files in the order of their paths' bytes. (Texts compare by UTF-16, which is another order.)</summary>
    public static ImmutableArray<ArtifactFile> Sort(ImmutableArray<ArtifactFile> files) =>
    [
        .. files.Select(file => (File: file, Bytes: Encoding.UTF8.GetBytes(file.Path)))
            .OrderBy(file => file.Bytes, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)))
            .Select(file => file.File),
    ];

    /// <summary>How a format is written.</summary>
    public static string NameOf(ArtifactFormat format) => format switch
    {
        ArtifactFormat.Onnx => "onnx",
        ArtifactFormat.Python => "python",
        ArtifactFormat.PythonPickle => "python-pickle",
    };

    /// <summary>
    /// As RFC 8785 writes JSON: names in order, nothing between. Names and versions that are well formed have no
    /// character that JSON escapes. No packages are the same as none named.
    /// </summary>
    private static string Canonical(ArtifactRequirements requires)
    {
        List<string> members = [];
        if (requires.Packages is { Count: > 0 } packages)
        {
            var pairs = packages.OrderBy(package => package.Key, StringComparer.Ordinal)
                .Select(package => $"\"{package.Key}\":\"{package.Value}\"");
            members.Add($"\"packages\":{{{string.Join(',', pairs)}}}");
        }

        if (requires.Python is { } python)
        {
            members.Add($"\"python\":\"{python}\"");
        }

        return $"{{{string.Join(',', members)}}}";
    }
}
