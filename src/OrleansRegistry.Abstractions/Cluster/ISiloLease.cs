namespace OrleansRegistry.Cluster;

/// <summary>Whether this silo may act on what it knows: others may have taken its place without its noticing.</summary>
internal interface ISiloLease
{
    /// <summary>Whether it may, at this instant.</summary>
    bool IsHeld { get; }

    /// <summary>
    /// Whether it may answer from the row that a grain has read, each time that it is asked. To be called in the grain's
    /// turn.
    /// </summary>
    /// <param name="grain">The grain.</param>
    Func<bool> Of(IGrainContext grain);
}
