using System.Text;

namespace OrleansRegistry.Access;

/// <summary>Files that hold one secret each. Only the user who runs the node can read them.</summary>
internal static class SecretFile
{
    /// <summary>
    /// The text of a file, which is made first when it is not there: whole, or not at all, and without a line break,
    /// which readers would take for a part of it.
    /// </summary>
    /// <exception cref="IOException">It can't be read or made.</exception>
    public static string ReadOrCreate(string file, Func<string> create)
    {
        if (Directory.Exists(file))
        {
            throw new IOException($"{file} is a directory, and a file must be there. Remove it.");
        }

        try
        {
            PrivateDirectory.Create(Path.GetDirectoryName(Path.GetFullPath(file))!);
            if (!File.Exists(file))
            {
                Write(file, create());
            }

            return File.ReadAllText(file).Trim();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{file} can't be read or written: {e.Message}", e);
        }
    }

    private static void Write(string file, string text)
    {
        var part = $"{file}.{Guid.NewGuid():N}";
        try
        {
            using (var stream = PrivateFile.Open(part, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(Encoding.ASCII.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(part, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            // Another node was faster; its file counts.
        }
        finally
        {
            File.Delete(part);
        }
    }
}
