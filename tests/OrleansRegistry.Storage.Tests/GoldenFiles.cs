namespace OrleansRegistry.Storage.Tests;

/// <summary>
/// Stored JSON that is kept in the tree. A file beside this one's directories is what this build stores; <c>Earlier</c> holds what earlier
/// builds have stored, and <c>Least</c> the fields without which a row is corrupt.
/// </summary>
internal static class GoldenFiles
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Golden");

    /// <summary>The files of rows that this build must read although it would not write them so.</summary>
    public static IReadOnlyList<string> Foreign { get; } =
    [
        .. Directory.GetDirectories(Root).SelectMany(directory => Directory.GetFiles(directory))
            .Select(file => Path.GetRelativePath(Root, file)).Order(StringComparer.Ordinal),
    ];

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    /// <summary>The kind of the row: <c>model</c> for <c>Earlier/model.json</c> and <c>Earlier/model.2.json</c>.</summary>
    public static string KindOf(string file) => Path.GetFileName(file).Split('.')[0];
}
