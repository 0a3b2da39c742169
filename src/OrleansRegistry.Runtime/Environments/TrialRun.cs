using OrleansRegistry.Processes;
using OrleansRegistry.Runtime.Native;
using OrleansRegistry.Runtime.Sandboxes;

namespace OrleansRegistry.Runtime.Environments;

/// <summary>Tries a program as a package's process would run, without a package.</summary>
internal sealed class TrialRun(ISandbox sandbox, int? user, TimeProvider clock)
{
    /// <summary>Whether packages run as another user than the node.</summary>
    public bool HasOtherUser => user is not null;

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="IOException">The operating system refuses to start it.</exception>
    public Task<(ChildEnd End, string Output)> Run(IReadOnlyList<string> command, PreparedEnvironment? environment = null) =>
        Trial.Run(
            sandbox,
            new Launch
            {
                Command = command,
                Visible = environment?.Visible ?? [],
                ProgramDirectory = environment?.ProgramDirectory,
                Resources = ProcessResources.Default,
                User = user,
            },
            clock);
}
