using System.Reflection;
using Orleans.Concurrency;

namespace OrleansRegistry;

/// <summary>
/// Asks grains again while a silo is being replaced, or its database starts anew, so that callers wait instead of being
/// refused: what only reads, however it failed, and commands that are known not to have been run. Of a command that got
/// no answer nobody knows whether it took effect; it is not repeated.
/// </summary>
internal sealed class RepeatedCalls(TimeProvider clock) : IOutgoingGrainCallFilter
{
    /// <summary>Longer than it takes to notice that a silo is frozen and to move its grains.</summary>
    private static readonly TimeSpan RetryTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var begun = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await context.Invoke();
                return;
            }
            catch (Exception e) when (IsOfClient(context) && MayRepeat(e, context.InterfaceMethod) && clock.GetElapsedTime(begun) < RetryTimeout)
            {
                await Task.Delay(RetryDelay, clock);
            }
        }
    }

    /// <summary>
    /// Whether somebody outside of the cluster asks a grain of the registry: what grains ask each other they repeat
    /// themselves.
    /// </summary>
    private static bool IsOfClient(IOutgoingGrainCallContext context) =>
        context.SourceId is null && context.InterfaceMethod.DeclaringType?.Assembly == typeof(RepeatedCalls).Assembly;

    /// <summary>
    /// Whether the call did nothing. An exception of just this type says that a message never reached its grain; more
    /// special ones don't.
    /// </summary>
    private static bool MayRepeat(Exception e, MethodInfo method) =>
        e is SiloReplacedException
        || e.GetType() == typeof(OrleansMessageRejectionException)
        || ((GrainCalls.IsInterrupted(e) || e is RegistryUnavailableException) && method.IsDefined(typeof(ReadOnlyAttribute)));
}
