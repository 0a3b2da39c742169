namespace OrleansRegistry.Models;

/// <summary>What a name's row stores.</summary>
internal sealed record ModelNameState
{
    public required string ModelId { get; init; }
}
