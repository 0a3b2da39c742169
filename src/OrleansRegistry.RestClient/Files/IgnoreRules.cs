using System.Text;
using System.Text.RegularExpressions;

namespace OrleansRegistry.RestClient;

/// <summary>What is no part of a model, and stays here (rule C7).</summary>
internal sealed class IgnoreRules
{
    public const string FileName = ".orkignore";

    /// <summary>What makes a folder one of Python's virtual environments.</summary>
    private const string OfEnvironment = "pyvenv.cfg";

    private static readonly string[] NeverFolders =
        [".git", ".hg", ".svn", ".venv", "__pycache__", ".ipynb_checkpoints", ".env", ".ssh", ".aws", ".gnupg"];

    private static readonly Regex[] NeverFiles =
    [
        .. new[]
        {
            ".env", ".env.*", ".netrc", ".pypirc", "*.pem", "*.key", "*.p12", "*.pfx",
            "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".DS_Store", FileName,
        }.Select(never => Pattern(never, RegexOptions.IgnoreCase)),
    ];

    private readonly string _folder;
    private readonly List<(bool IsPath, Regex Pattern)> _patterns;

    private IgnoreRules(string folder, IEnumerable<string> lines)
    {
        _folder = folder;
        _patterns =
        [
            .. lines.Select(line => line.Trim().TrimEnd('/')).Where(line => line.Length > 0 && line[0] != '#')
                .Select(line => (line.Contains('/', StringComparison.Ordinal), Pattern(line.TrimStart('/')))),
        ];
    }

    /// <summary>The rules of a folder: those of its file, if it has one, and what is never uploaded.</summary>
    public static IgnoreRules Of(string folder)
    {
        var file = Path.Combine(folder, FileName);
        return new IgnoreRules(folder, File.Exists(file) ? File.ReadLines(file) : []);
    }

    public bool SkipsFolder(string path) =>
        NeverFolders.Contains(NameOf(path), StringComparer.OrdinalIgnoreCase)
        || File.Exists(Path.Combine(_folder, path, OfEnvironment))
        || Matches(path);

    public bool SkipsFile(string path) => NeverFiles.Any(never => never.IsMatch(NameOf(path))) || Matches(path);

    private bool Matches(string path) => _patterns.Any(rule => rule.Pattern.IsMatch(rule.IsPath ? path : NameOf(path)));

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>A pattern of a shell, as Python's fnmatch reads it: <c>*</c>, <c>?</c>, <c>[abc]</c>, <c>[!abc]</c>.</summary>
    private static Regex Pattern(string glob, RegexOptions options = RegexOptions.None)
    {
        var regex = new StringBuilder(@"\A(?s:");
        for (var at = 0; at < glob.Length; at++)
        {
            var end = glob[at] == '[' && at + 2 < glob.Length ? glob.IndexOf(']', at + 2) : -1;
            if (end < 0)
            {
                regex.Append(glob[at] switch { '*' => ".*", '?' => ".", var c => Regex.Escape(c.ToString()) });
                continue;
            }

            var set = glob[(at + 1)..end].Replace(@"\", @"\\", StringComparison.Ordinal).Replace("[", @"\[", StringComparison.Ordinal);
            regex.Append('[').Append(set[0] == '!' ? "^" + set[1..] : set[0] == '^' ? @"\" + set : set).Append(']');
            at = end;
        }

        return new Regex(regex.Append(@")\z").ToString(), options | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }
}
