namespace OrleansRegistry.Artifacts;

/// <summary>What the system says when a disk is full.</summary>
internal static class DiskErrors
{
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Says whether it was.</summary>
    public static bool IsFull(IOException e) => e.HResult is NoSpace or QuotaExceeded or WindowsDiskFull;

    /// <summary>The exception for it.</summary>
    public static ArtifactsFullException Full(IOException e) => new($"The disk of the artifacts is full: {e.Message}", e);
}
