using System.Data.Common;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Hosting;
using OrleansRegistry.Cluster;

namespace OrleansRegistry.Storage.Postgres.Cluster;

/// <summary>
/// Tries, before a silo joins, whether members take its connections. Orleans would try for minutes, and end without
/// the cause where it is the certificate.
/// </summary>
internal sealed class MemberCheck(PostgresDatabase database, ClusterCertificates? certificates = null) : IHostedService
{
    private const string Settings = "Registry:Cluster:Certificate, Key and Authority";

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    // Who refuses a certificate closes the connection; who takes it says who it is.
    private static readonly TimeSpan RefusalTimeout = TimeSpan.FromSeconds(5);

    // A member that is just ending closes connections too.
    private static readonly TimeSpan SecondTry = TimeSpan.FromSeconds(1);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        string? problem = null;
        foreach (var silo in await FindMembers(cancellationToken))
        {
            try
            {
                var found = await Try(silo.Endpoint, cancellationToken);
                if (found is not null)
                {
                    await Task.Delay(SecondTry, TimeProvider.System, cancellationToken);
                    found = await Try(silo.Endpoint, cancellationToken);
                }

                if (found is null)
                {
                    return;
                }

                problem = found;
            }
            catch (Exception e) when (e is SocketException or TimeoutException)
            {
                // It is gone, or out of reach: that is the membership's to find out.
            }
        }

        if (problem is not null)
        {
            throw new StartupException(problem);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<List<SiloAddress>> FindMembers(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.Members.OpenConnectionAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "select registry_live_members()";
            return [.. ((string[])(await command.ExecuteScalarAsync(cancellationToken))!).Select(member => new SiloIdentity(member).ToAddress())];
        }
        catch (Exception e) when (e is DbException or TimeoutException)
        {
            throw new StartupException($"{database.Describe()} can't be used: {e.Message}", e);
        }
    }

    /// <summary>Why a member takes no connections of this silo; null when it does.</summary>
    /// <exception cref="SocketException">Nobody is there.</exception>
    /// <exception cref="TimeoutException">Nobody answers.</exception>
    private async Task<string?> Try(IPEndPoint member, CancellationToken cancellationToken)
    {
        using var socket = new Socket(member.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(member, cancellationToken).AsTask().WaitAsync(ConnectTimeout, cancellationToken);
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        var isSecured = false;
        var isTrusted = true;
        await using var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        var options = certificates?.ForClient() ?? new SslClientAuthenticationOptions { TargetHost = "silo" };
        options.RemoteCertificateValidationCallback = (_, _, _, errors) =>
        {
            isSecured = true;
            isTrusted = certificates is null || (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;
            return isTrusted;
        };
        var isRefused = false;
        try
        {
            await tls.AuthenticateAsClientAsync(options, cancellationToken).WaitAsync(ConnectTimeout, cancellationToken);
            isRefused = certificates is not null && await IsClosed(tls, cancellationToken);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            isRefused = true;
        }

        return (certificates, isSecured) switch
        {
            (null, true) => $"The silo {member} asks for a certificate, and this node has none: set {Settings}.",
            _ when !isTrusted => $"The silo {member} shows a certificate that the node's authority has not issued (Registry:Cluster:Authority).",
            (not null, true) when isRefused => $"The silo {member} refuses this node's certificate: its authority has not issued it, or it has expired (Registry:Cluster:Certificate).",
            _ => null,
        };
    }

    private static async Task<bool> IsClosed(SslStream tls, CancellationToken cancellationToken)
    {
        try
        {
            return await tls.ReadAsync(new byte[1], cancellationToken).AsTask().WaitAsync(RefusalTimeout, cancellationToken) == 0;
        }
        catch (TimeoutException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
