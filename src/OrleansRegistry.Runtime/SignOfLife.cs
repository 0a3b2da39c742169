namespace OrleansRegistry.Runtime;

/// <summary>A file whose time says when the node is known to have lived: a time is set whole or not at all.</summary>
/// <param name="path">The file.</param>
internal sealed class SignOfLife(string path)
{
    /// <summary>The last sign, or null.</summary>
    public DateTimeOffset? Last => File.Exists(path) ? new DateTimeOffset(File.GetLastWriteTimeUtc(path)) : null;

    /// <summary>Gives one.</summary>
    public void Give(DateTimeOffset now)
    {
        try
        {
            if (!File.Exists(path))
            {
                File.Create(path).Dispose();
            }

            File.SetLastWriteTimeUtc(path, now.UtcDateTime);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A bill loses the time since the last sign if the node ends now, and gains none.
        }
    }
}
