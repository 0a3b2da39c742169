using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Gateway;

/// <summary>Which of its servers a call of a version goes to (rule SV4).</summary>
internal static class ServerChoice
{
    /// <summary>
    /// Of two drawn at random the one with fewer calls. Those that are set aside, or down, are drawn only where there is
    /// no other.
    /// </summary>
    /// <param name="servers">The servers of the version.</param>
    /// <param name="down">Those of them that are down (rule HV2).</param>
    /// <param name="tried">Those that the call was at before: not all.</param>
    /// <param name="records">What is known of servers; nothing of those that are missing.</param>
    /// <param name="now">The instant, as the records have it.</param>
    /// <param name="random">Draws.</param>
    [SuppressMessage("Security", "CA5394", Justification = "Nobody gains by foreseeing a server.")]
    public static string Of(
        IReadOnlyList<string> servers,
        IReadOnlyList<string> down,
        List<string> tried,
        Dictionary<string, ServerRecord> records,
        TimeSpan now,
        Random random)
    {
        var open = servers.Where(server => !tried.Contains(server)).ToList();
        var best = open.FindAll(server => !down.Contains(server) && records.GetValueOrDefault(server)?.IsSetAside(now) is not true);
        open = best.Count > 0 ? best : open;

        var first = random.Next(open.Count);
        // Another one, each with the same chance.
        var second = open.Count == 1 ? first : (first + 1 + random.Next(open.Count - 1)) % open.Count;
        return Calls(open[second]) < Calls(open[first]) ? open[second] : open[first];

        int Calls(string server) => records.GetValueOrDefault(server)?.Calls ?? 0;
    }
}
