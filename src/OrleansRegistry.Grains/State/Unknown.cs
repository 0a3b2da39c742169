namespace OrleansRegistry.State;

/// <summary>A grain whose key a caller may have made up.</summary>
internal interface IPerhapsUnknown
{
    /// <summary>Whether it is known that nothing is stored under its key, and nothing is under way that could be.</summary>
    bool IsUnknown { get; }
}

/// <summary>Lets go of activations that nothing is stored for, once they have answered: callers can make up any number of keys.</summary>
internal sealed class UnknownGrains : IIncomingGrainCallFilter
{
    private static readonly DeactivationReason NothingStored = new(DeactivationReasonCode.ApplicationRequested, "Nothing is stored under its key.");

    /// <summary>Answers, and lets go.</summary>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        await context.Invoke();
        if (context.TargetContext is { GrainInstance: IPerhapsUnknown { IsUnknown: true } } activation)
        {
            activation.Deactivate(NothingStored);
        }
    }
}
