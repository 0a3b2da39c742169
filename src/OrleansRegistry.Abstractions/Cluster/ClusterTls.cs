using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace OrleansRegistry.Cluster;

/// <summary>
/// Mutual TLS for every connection of a cluster, between silos and between clients and silos. Whoever has a certificate of the cluster's own
/// authority belongs to it; names in certificates don't matter, so the authority must be used for nothing else.
/// </summary>
public static class ClusterTls
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Secures a client's connections.</summary>
    public static IClientBuilder UseClusterTls(this IClientBuilder client, ClusterCertificateFiles files)
    {
        ArgumentNullException.ThrowIfNull(client);
        client.Services.AddClusterCertificates(files);
        client.Services.AddOptions<ClientConnectionOptions>().Configure<ClusterCertificates>(
            (options, certificates) => options.ConfigureConnection(connection => connection.UseTls(certificates, isServer: false)));
        return client;
    }

    /// <summary>Adds the certificates of this node.</summary>
    internal static void AddClusterCertificates(this IServiceCollection services, ClusterCertificateFiles files) =>
        services.AddSingleton(provider => new ClusterCertificates(files, provider.GetRequiredService<ILogger<ClusterCertificates>>()));

    /// <summary>Secures connections on one of their ends.</summary>
    internal static void UseTls(this IConnectionBuilder connection, ClusterCertificates certificates, bool isServer) =>
        connection.Use(next => context => Secure(context, next, certificates, isServer));

    /// <summary>Shakes hands, and lets the rest of the pipeline speak through TLS. Who doesn't belong to the cluster gets no further.</summary>
    private static async Task Secure(ConnectionContext context, ConnectionDelegate next, ClusterCertificates certificates, bool isServer)
    {
        var plain = context.Transport;
        await using var stream = new SslStream(new TransportStream(plain), leaveInnerStreamOpen: false);
        try
        {
            using var patience = new CancellationTokenSource(HandshakeTimeout);
            await (isServer
                ? stream.AuthenticateAsServerAsync(certificates.ForServer(), patience.Token)
                : stream.AuthenticateAsClientAsync(certificates.ForClient(), patience.Token));
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            certificates.Refused(context.RemoteEndPoint, e);
            context.Abort();
            return;
        }

        context.Transport = new SecureTransport(PipeReader.Create(stream), PipeWriter.Create(stream));
        try
        {
            await next(context);
        }
        finally
        {
            context.Transport = plain;
        }
    }

    private sealed record SecureTransport(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>The two directions of a transport as one stream.</summary>
    private sealed class TransportStream(IDuplexPipe transport) : Stream
    {
        private readonly Stream _input = transport.Input.AsStream(leaveOpen: true);
        private readonly Stream _output = transport.Output.AsStream(leaveOpen: true);

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _input.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            _output.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _input.Dispose();
                _output.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
