namespace OrleansRegistry.State;

/// <summary>A grain whose key a caller may have made up.</summary>
internal interface IPerhapsUnknown
{
    /// <summary>
    /// Whether it is known that nothing is stored under its key, and nothing is under way that could be.
    /// </summary>
    bool IsUnknown { get; }
}

/// <summary>
/// Lets go of activations that nothing is stored for, a second after they have said so: callers can make up any number
/// of keys. Not at once: those who ask for the same key at the same time would be passed on from one activation to the
/// next, which Orleans does twice at most.
/// </summary>
internal sealed class UnknownGrains(TimeProvider clock) : IIncomingGrainCallFilter
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);
    private static readonly DeactivationReason NothingStored = new(DeactivationReasonCode.ApplicationRequested, "Nothing is stored under its key.");

    /// <summary>Answers, and lets go.</summary>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        await context.Invoke();
        var activation = context.TargetContext;
        if (activation?.GrainInstance is IPerhapsUnknown { IsUnknown: true } grain && activation.GetComponent<Leaving>() is null)
        {
            activation.SetComponent(Leaving.Soon);
            _ = Leave(activation, grain);
        }
    }

    private async Task Leave(IGrainContext activation, IPerhapsUnknown grain)
    {
        await Task.Delay(Delay, clock);
        if (grain.IsUnknown)
        {
            activation.Deactivate(NothingStored);
        }
        else
        {
            activation.SetComponent<Leaving>(null);
        }
    }

    /// <summary>On an activation that is looked at again in a second.</summary>
    private sealed class Leaving
    {
        public static readonly Leaving Soon = new();
    }
}
