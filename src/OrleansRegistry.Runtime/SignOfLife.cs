using System.Globalization;

namespace OrleansRegistry.Runtime;

/// <summary>
/// Files whose times say until when the node is known to have lived, one for each time that it was started: a time is set
/// whole or not at all. What a former run has left counts until the versions of that run are settled, however often the
/// node is started meanwhile.
/// </summary>
internal sealed class SignOfLife
{
    private const int MaxFormer = 64;
    private const string Prefix = "run.";
    private const string Extension = ".alive";

    private readonly string _path;
    private readonly List<(DateTimeOffset Start, DateTimeOffset Last)> _former = [];

    /// <summary>Finds the signs of former runs.</summary>
    /// <param name="directory">The directory of the files, which may not be there yet.</param>
    /// <param name="start">When this run began.</param>
    public SignOfLife(string directory, DateTimeOffset start)
    {
        _path = PathOf(directory, start.ToUnixTimeMilliseconds());
        if (!Directory.Exists(directory))
        {
            return;
        }

        var starts = Directory.GetFiles(directory, $"{Prefix}*{Extension}")
            .Select(path => Path.GetFileName(path)[Prefix.Length..^Extension.Length])
            .Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (long?)null)
            .OfType<long>().Where(number => number < start.ToUnixTimeMilliseconds()).OrderDescending().ToList();
        foreach (var old in starts.Skip(MaxFormer))
        {
            File.Delete(PathOf(directory, old));
        }

        _former.AddRange(starts.Take(MaxFormer).Select(number => (
            DateTimeOffset.FromUnixTimeMilliseconds(number), new DateTimeOffset(File.GetLastWriteTimeUtc(PathOf(directory, number))))));
    }

    /// <summary>The last sign of the former run that an instant lies in; null where there is none.</summary>
    public DateTimeOffset? FindLast(DateTimeOffset instant)
    {
        if (_former is [])
        {
            return null;
        }

        // Without the run's own, all that is known is the instant itself.
        var (start, last) = _former.FirstOrDefault(run => run.Start <= instant, (default, instant));
        return last >= instant ? last : start == _former[0].Start ? null : instant;
    }

    /// <summary>Gives one.</summary>
    public void Give(DateTimeOffset now)
    {
        try
        {
            if (!File.Exists(_path))
            {
                PrivateFile.Open(_path, FileMode.OpenOrCreate, FileAccess.Write).Dispose();
            }

            File.SetLastWriteTimeUtc(_path, now.UtcDateTime);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A bill loses the time since the last sign if the node ends now, and gains none.
        }
    }

    private static string PathOf(string directory, long start) =>
        Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{start}{Extension}"));
}
