using System.Reflection;
using Orleans.Concurrency;

namespace OrleansRegistry.Storage.Cluster;

/// <summary>
/// Lets a silo run no call to a grain of the registry, and give no answer to one, that doesn't hold its lease. Whether a command whose
/// answer is held back took effect is unknown to its caller.
/// </summary>
internal sealed class LeaseGuard(MembershipLease lease) : IIncomingGrainCallFilter
{
    private const string Why = "This silo may have been replaced by another one, and doesn't answer until it knows that it has not.";

    public Task Invoke(IIncomingGrainCallContext context) =>
        context.InterfaceMethod.DeclaringType?.Assembly == typeof(IModelGrain).Assembly ? Guard(context) : context.Invoke();

    private async Task Guard(IIncomingGrainCallContext context)
    {
        if (!lease.IsHeld)
        {
            throw new SiloReplacedException(Why);
        }

        await context.Invoke();
        if (!lease.IsHeld)
        {
            throw context.InterfaceMethod.IsDefined(typeof(ReadOnlyAttribute)) ? new SiloReplacedException(Why) : new RegistryUnavailableException(Why);
        }
    }
}
