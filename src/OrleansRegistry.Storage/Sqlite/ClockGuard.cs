namespace OrleansRegistry.Storage.Sqlite;

/// <summary>Lets no command reach a model or a statement while the node's clock is behind (rule H6).</summary>
internal sealed class ClockGuard(SqliteClock clock) : IIncomingGrainCallFilter
{
    private const string WrongTime = "The node's clock is behind what is stored; it takes no commands until that has passed.";

    public Task Invoke(IIncomingGrainCallContext context) =>
        clock.IsOff && TimedCalls.Includes(context) ? throw new RegistryUnavailableException(WrongTime) : context.Invoke();
}
