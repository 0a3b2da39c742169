namespace OrleansRegistry.Runtime;

/// <summary>Why something does not run.</summary>
/// <param name="Told">What callers are told: no path of the machine, and nothing that a program said.</param>
/// <param name="Detail">What the log says, with what to do about it.</param>
internal sealed record OffReason(string Told, string Detail);
