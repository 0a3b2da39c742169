namespace OrleansRegistry;

/// <summary>What one gateway has seen, since its last report, of calls to a version with servers (rule HV1).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.CallSigns")]
internal sealed record CallSigns
{
    /// <summary>The start in which the version was called.</summary>
    [Id(0)]
    public required int Attempt { get; init; }

    /// <summary>How many calls could not be begun: there was no connection to any server that they were sent to.</summary>
    [Id(1)]
    public int NotBegun { get; init; }

    /// <summary>The servers at which calls have succeeded.</summary>
    [Id(2)]
    public IReadOnlyList<string> Succeeded { get; init; } = [];
}

/// <summary>What is known of the servers of a version whose servers are asked.</summary>
/// <param name="Down">Those that are down, and since when (rule HV2).</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ServerSigns")]
internal sealed record ServerSigns([property: Id(0)] IReadOnlyList<DownServer> Down);

/// <summary>A server that is down.</summary>
/// <param name="Url">Its base address.</param>
/// <param name="Since">Since when.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.DownServer")]
internal sealed record DownServer([property: Id(0)] string Url, [property: Id(1)] DateTimeOffset Since);
