using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Storage.Postgres.Cluster;

/// <summary>
/// Ends a silo that can't go on, as one that the others have declared dead: with one line and an exit code, so that
/// it is started again. Orleans' own way leaves a dump of the process.
/// </summary>
internal sealed class SiloEnd(ILoggerFactory logs) : IFatalErrorHandler
{
    /// <summary>The exit code of a node that failed.</summary>
    private const int Failed = 1;

    // How Orleans says it.
    private const string DeclaredDead = "told I am dead";

    private int _isOver;

    public bool IsUnexpected(Exception exception) => exception is not OperationCanceledException;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
        {
            return;
        }

        var why = string.Join(' ', $"{context} {exception?.Message}".Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        // What waits to be written is written first.
        logs.Dispose();
        Console.Error.WriteLine(why.Contains(DeclaredDead, StringComparison.Ordinal)
            ? "orleans-registry ends. The silo is no member of the cluster any more: others have declared it dead. Start it again."
            : $"orleans-registry ends. {why}");
        Environment.Exit(Failed);
    }
}
