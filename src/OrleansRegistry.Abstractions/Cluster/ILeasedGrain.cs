using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Cluster;

/// <summary>
/// Marks a grain that its silo may have lost to another one without noticing: a silo of a cluster runs its calls, and
/// answers them, only while it holds its lease (<see cref="ISiloLease"/>). All of the registry's grains are of this
/// kind.
/// </summary>
[SuppressMessage("Design", "CA1040", Justification = "The called method's interface says it; it has no method of its own.")]
internal interface ILeasedGrain;
