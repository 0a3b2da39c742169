namespace OrleansRegistry;

/// <summary>The database can't answer now. The same call may go through later.</summary>
/// <param name="message">The reason.</param>
/// <param name="innerException">
/// Its cause, which must be of a type that whoever catches it knows: what the database's driver throws doesn't travel
/// between processes, and would keep this exception from arriving.
/// </param>
[GenerateSerializer, Alias("OrleansRegistry.RegistryUnavailableException")]
public sealed class RegistryUnavailableException(string message, Exception? innerException = null)
    : Exception(message, innerException);

/// <summary>
/// The silo that was asked may have been replaced by another one, or which one to ask can't be found out now: nothing
/// was done. Another try reaches the silo that counts.
/// </summary>
[GenerateSerializer, Alias("OrleansRegistry.SiloReplacedException")]
internal sealed class SiloReplacedException(string message) : Exception(message);

/// <summary>
/// A stored row is empty or can't be read; the message names it. It is never taken for a new one; only its model is
/// affected.
/// </summary>
[GenerateSerializer, Alias("OrleansRegistry.StateCorruptException")]
internal sealed class StateCorruptException(string message, Exception? innerException = null)
    : Exception(message, innerException);
