namespace OrleansRegistry.Cluster;

/// <summary>Whether this silo may act on what it knows: others may have taken its place without its noticing.</summary>
internal interface ISiloLease
{
    /// <summary>Whether it may, at this instant.</summary>
    bool IsHeld { get; }
}
