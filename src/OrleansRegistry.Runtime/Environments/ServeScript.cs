namespace OrleansRegistry.Runtime.Environments;

/// <summary>The server of Python packages, <c>serve.py</c>: a part of this assembly that interpreters read as a file.</summary>
internal static class ServeScript
{
    private const string Name = "serve.py";

    /// <summary>Writes it into a directory; everybody may read it.</summary>
    /// <returns>Its path.</returns>
    public static string Write(string directory)
    {
        var path = Path.Combine(directory, Name);
        using var script = typeof(ServeScript).Assembly.GetManifestResourceStream(Name)!;
        File.Delete(path);
        using (var file = File.Create(path))
        {
            script.CopyTo(file);
        }

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        return path;
    }
}
