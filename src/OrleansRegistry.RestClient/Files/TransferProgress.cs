namespace OrleansRegistry.RestClient;

/// <summary>The state of an upload or a download.</summary>
/// <param name="Done">The bytes that are there.</param>
/// <param name="Total">All bytes.</param>
public readonly record struct TransferProgress(long Done, long Total);
