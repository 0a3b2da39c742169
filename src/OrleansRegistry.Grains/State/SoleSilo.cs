using OrleansRegistry.Cluster;

namespace OrleansRegistry.State;

/// <summary>A silo that is no member of a cluster: nobody takes its place.</summary>
internal sealed class SoleSilo : ISiloLease
{
    public bool IsHeld => true;

    public Func<bool> Of(IGrainContext grain) => static () => true;
}
