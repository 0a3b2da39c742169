using Microsoft.Extensions.Logging;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace OrleansRegistry.Storage.Postgres.Cluster;

/// <summary>Asks a silo what it knows of another one, who can't ask the database.</summary>
[Alias("OrleansRegistry.IWitness")]
internal interface IWitness : IGrainService
{
    /// <summary>What the silo last saw of another one in the membership table.</summary>
    [Alias("Testify"), ResponseTimeout("00:00:00.600")]
    Task<Testimony> Testify(string silo);
}

/// <summary>What a silo knows of another one's membership.</summary>
/// <param name="IsMember">Whether the other one was a member when the silo last looked.</param>
/// <param name="Age">How long ago that look began.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.Testimony")]
internal sealed record Testimony([property: Id(0)] bool IsMember, [property: Id(1)] TimeSpan Age);

/// <inheritdoc cref="IWitness"/>
internal sealed class Witness(GrainId id, Silo silo, ILoggerFactory loggers, MembershipLease lease) : GrainService(id, silo, loggers), IWitness
{
    public Task<Testimony> Testify(string silo) => Task.FromResult(lease.Testify(silo));
}

/// <summary>Reaches the witnesses on other silos.</summary>
internal sealed class Witnesses(IServiceProvider services) : GrainServiceClient<IWitness>(services)
{
    public Task<Testimony> Ask(string peer, string about) => GetGrainService(new SiloIdentity(peer).ToAddress()).Testify(about);
}
