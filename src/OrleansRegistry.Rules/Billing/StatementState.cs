using OrleansRegistry.Events;

namespace OrleansRegistry.Billing;

/// <summary>
/// What the row of a closed month stores. It is written once; its lines, which name its command, have rows of their
/// own.
/// </summary>
internal sealed record StatementState : CommandState
{
    /// <summary>The statement as callers see it.</summary>
    public required StatementView Statement { get; init; }
}
