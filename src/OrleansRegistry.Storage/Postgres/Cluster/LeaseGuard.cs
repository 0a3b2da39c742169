using OrleansRegistry.Cluster;

namespace OrleansRegistry.Storage.Postgres.Cluster;

/// <summary>
/// Lets a silo run no call to a grain of the registry, and give no answer to one, that doesn't hold its lease. Whether
/// a command whose answer is held back took effect is unknown to its caller. While the silo's clock is off its models
/// only resolve. A grain that was activated before the database was started last gives way to one that reads its row.
/// </summary>
internal sealed class LeaseGuard(MembershipLease lease, DatabaseEpoch epoch, ClockCheck check) : IIncomingGrainCallFilter
{
    private const string WrongTime = "This silo's clock is too far from the database's; it takes no commands until they agree.";

    private const string Why = "This silo may have been replaced by another one, and doesn't answer until it knows that it has not.";

    private const string Anew = "The database was started anew; the row is read again.";

    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (check.IsOff && TimedCalls.Includes(context))
        {
            throw new RegistryUnavailableException(WrongTime);
        }

        return IsLeased(context.InterfaceMethod.DeclaringType) ? Guard(context) : context.Invoke();
    }

    private async Task Guard(IIncomingGrainCallContext context)
    {
        if (!lease.IsHeld)
        {
            throw new SiloReplacedException(Why);
        }

        if (epoch.IsOver(context.TargetContext))
        {
            context.TargetContext.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, Anew));
            throw new SiloReplacedException(Anew);
        }

        await context.Invoke();
        if (!lease.IsHeld)
        {
            throw TimedCalls.IsRead(context) ? new SiloReplacedException(Why) : new RegistryUnavailableException(Why);
        }
    }

    private static bool IsLeased(Type? grain) => typeof(ILeasedGrain).IsAssignableFrom(grain);
}
