using System.Collections.Immutable;
using OrleansRegistry.Events;

namespace OrleansRegistry.Versions;

/// <summary>The result of a command for one version.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.LifecycleStep")]
internal sealed record LifecycleStep
{
    private LifecycleStep(ModelVersionState state) => State = state;

    /// <summary>The version after the command; as it was, if nothing changed.</summary>
    [Id(0)]
    public ModelVersionState State { get; init; }

    /// <summary>Why the command is refused, or null.</summary>
    [Id(1)]
    public RegistryError? Refusal { get; private init; }

    /// <summary>The events, in order; empty if nothing changed.</summary>
    [Id(2)]
    public ImmutableArray<EventDraft> Events { get; private init; } = [];

    /// <summary>Whether the version's row changes.</summary>
    public bool Changed => !Events.IsEmpty;

    public static LifecycleStep To(ModelVersionState state, ImmutableArray<EventDraft> events) => new(state) { Events = events };

    public static LifecycleStep Same(ModelVersionState state) => new(state);

    public static LifecycleStep Refused(ModelVersionState state, RegistryError why) => new(state) { Refusal = why };

    /// <summary>This step, and then another.</summary>
    public LifecycleStep Then(Func<ModelVersionState, LifecycleStep> next)
    {
        var step = next(State);
        return step with { Events = [.. Events, .. step.Events] };
    }
}
