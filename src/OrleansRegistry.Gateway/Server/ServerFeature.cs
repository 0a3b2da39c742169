namespace OrleansRegistry.Gateway;

/// <summary>
/// A part that not every registry has. Whoever adds the part to a node adds one of these to its services.
/// </summary>
/// <param name="Name">The part, as clients know it: lower case. A name, once published, keeps its meaning.</param>
internal sealed record ServerFeature(string Name);
