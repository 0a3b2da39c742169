namespace OrleansRegistry.Gateway;

/// <summary>
/// A part that not every registry has. Whoever adds the part to a node adds one of these to its services.
/// </summary>
/// <param name="Name">The part, as clients know it: lower case. A name, once published, keeps its meaning.</param>
/// <param name="OffReason">Why this node doesn't have it after all, or null when it does; null for a part that it always has.</param>
internal sealed record ServerFeature(string Name, Func<string?>? OffReason = null);
