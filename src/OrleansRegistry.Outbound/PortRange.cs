using System.Globalization;
using System.Net;

namespace OrleansRegistry.Outbound;

/// <summary>Ports from one to another, written <c>443</c> or <c>8000-8999</c>.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Last">The last of them.</param>
public readonly record struct PortRange(int First, int Last)
{
    /// <summary>Whether a port is one of them.</summary>
    public bool Contains(int port) => port >= First && port <= Last;

    /// <summary>Reads the ports; null when they are none.</summary>
    public static PortRange? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ends = text.Split('-');
        return ends.Length <= 2 && Port(ends[0]) is { } first && Port(ends[^1]) is { } last && first <= last
            ? new PortRange(first, last)
            : null;
    }

    private static int? Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= IPEndPoint.MaxPort
            ? port
            : null;
}
