using OrleansRegistry.Processes;

namespace OrleansRegistry;

/// <summary>A silo in a service runs no packages: their processes belong to a node.</summary>
internal sealed class NoRunner : IProcessRunner
{
    public Task Probed => Task.CompletedTask;

    public string? Off => "This process is a silo in another service, which runs no packages.";

    public IReadOnlyList<NodeEnvironment> Environments => [];

    public bool IsSandboxed => true;

    public DateTimeOffset? FindLastAlive(DateTimeOffset instant) => null;

    public void SayAlive()
    {
    }

    public IDisposable? TryReserve(ProcessResources resources) => null;

    public IProcessLog CreateLog() => throw new InvalidOperationException(Off);

    public IRunningProcess Start(ProcessSpec spec, IProcessLog log) => throw new InvalidOperationException(Off);
}
