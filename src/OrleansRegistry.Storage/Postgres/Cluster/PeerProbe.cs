using Microsoft.Extensions.Logging;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace OrleansRegistry.Storage.Postgres.Cluster;

/// <summary>Asks a silo what it knows of another one, who can't ask the database.</summary>
[Alias("OrleansRegistry.IPeerProbe")]
internal interface IPeerProbe : IGrainService
{
    /// <summary>The silo's last sight of another one in the membership table.</summary>
    [Alias("Probe"), ResponseTimeout("00:00:00.600")]
    Task<PeerProbeResult> Probe(string silo);
}

/// <summary>The knowledge of a silo about another one's membership.</summary>
/// <param name="IsMember">Whether the other one was a member when the silo last checked.</param>
/// <param name="Age">How long ago that check began.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PeerProbeResult")]
internal sealed record PeerProbeResult([property: Id(0)] bool IsMember, [property: Id(1)] TimeSpan Age);

/// <inheritdoc cref="IPeerProbe"/>
internal sealed class PeerProbe(GrainId id, Silo silo, ILoggerFactory loggers, MembershipLease lease)
    : GrainService(id, silo, loggers), IPeerProbe
{
    public Task<PeerProbeResult> Probe(string silo) => Task.FromResult(lease.Probe(silo));
}

/// <summary>Asks the other silos.</summary>
internal sealed class PeerProbeClient(IServiceProvider services) : GrainServiceClient<IPeerProbe>(services)
{
    public Task<PeerProbeResult> Probe(string peer, string about) =>
        GetGrainService(new SiloIdentity(peer).ToAddress()).Probe(about);
}
