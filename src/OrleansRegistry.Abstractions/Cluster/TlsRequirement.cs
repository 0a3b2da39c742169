using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Cluster;

/// <summary>
/// Ends connections that don't begin with a TLS handshake, and says so in one line. The handshake itself would only
/// tell of a corrupted frame.
/// </summary>
internal static partial class TlsRequirement
{
    /// <summary>The first byte of a handshake.</summary>
    private const byte Handshake = 0x16;

    /// <summary>How long to wait for the first byte: as long as for the handshake.</summary>
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Comes before the handshake.</summary>
    public static void RequireTls(this IConnectionBuilder connection, ILogger logger) => connection.Use(next => async context =>
    {
        var first = await FirstByte(context);
        if (first is Handshake)
        {
            await next(context);
            return;
        }

        if (first is not null)
        {
            LogCertificateMissing(logger, context.RemoteEndPoint?.ToString());
        }

        context.Abort();
    });

    /// <summary>The first byte, which stays to be read; null when there is none.</summary>
    private static async Task<byte?> FirstByte(ConnectionContext context)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.ConnectionClosed);
        timeout.CancelAfter(HandshakeTimeout);
        try
        {
            var read = await context.Transport.Input.ReadAsync(timeout.Token);
            byte? first = read.Buffer.IsEmpty ? null : read.Buffer.FirstSpan[0];
            context.Transport.Input.AdvanceTo(read.Buffer.Start);
            return first;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    [LoggerMessage(
        403,
        LogLevel.Warning,
        "Certificate missing: {Remote} came without TLS and was refused. "
        + "A node needs Registry:Cluster:Certificate, Key and Authority; a client its Certificates")]
    private static partial void LogCertificateMissing(ILogger logger, string? remote);
}
