using System.Reflection;
using Orleans.Concurrency;

namespace OrleansRegistry.Storage;

/// <summary>The calls of grains that go by the clock.</summary>
internal static class TimedCalls
{
    /// <summary>
    /// Whether a call is one of them: commands on models and statements. A model also does something by itself, when a
    /// version has started.
    /// </summary>
    public static bool Includes(IIncomingGrainCallContext context) => context.Grain is IModelGrain or IBillingGrain && !IsRead(context);

    /// <summary>Whether a call only reads.</summary>
    public static bool IsRead(IIncomingGrainCallContext context) => context.InterfaceMethod.IsDefined(typeof(ReadOnlyAttribute));
}
