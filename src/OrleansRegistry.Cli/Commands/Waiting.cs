using System.CommandLine;
using System.Globalization;
using OrleansRegistry.Cli.Output;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>Waits for a version, and shows how it stands (rule K6).</summary>
internal static class Waiting
{
    // On a terminal a line is written over each second; in a log a line each ten seconds is enough.
    private static readonly TimeSpan OnTerminal = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan InLog = TimeSpan.FromSeconds(10);

    public static Option<TimeSpan?> Option() =>
        Inputs.Duration("--wait", "Wait until it is ready; for 15m unless a time is given.", alone: Inputs.LongestWait);

    /// <summary>How long the user wants to wait; null for not at all.</summary>
    public static TimeSpan? TimeOf(Session session, Option<TimeSpan?> option) =>
        session.Has(option) ? session.Value(option) ?? Inputs.LongestWait : null;

    /// <exception cref="StartFailedException">It will not become ready.</exception>
    /// <exception cref="TimedOutException">It took too long.</exception>
    public static async Task<ModelVersion> UntilReady(
        Session session,
        ModelVersion version,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        var terminal = session.Terminal;
        var begun = terminal.Clock.GetTimestamp();
        var waiting = session.Registry.WaitForVersion(version.Id, timeout, cancellationToken: cancellationToken);
        try
        {
            while (true)
            {
                using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var ended = await Task.WhenAny(
                    waiting,
                    Task.Delay(terminal.IsRich ? OnTerminal : InLog, terminal.Clock, pause.Token));
                await pause.CancelAsync();
                if (ended == waiting)
                {
                    return await waiting;
                }

                var now = await session.Registry.GetVersion(version.Id, cancellationToken: cancellationToken);
                var seconds = (long)terminal.Clock.GetElapsedTime(begun).TotalSeconds;
                var line = string.Create(
                    CultureInfo.InvariantCulture, $"{now.ModelName} {now.Version}: {now.Serving?.Status ?? now.State}, {seconds} s. {now.Serving?.Message}").TrimEnd();
                Show(terminal, line);
            }
        }
        finally
        {
            if (terminal.IsRich)
            {
                await terminal.Error.WriteAsync("\r\u001b[K");
            }
        }
    }

    private static void Show(Terminal terminal, string line)
    {
        var safe = SafeText.Line(line);
        if (terminal.IsRich)
        {
            terminal.Error.Write($"\r\u001b[K{(safe.Length > 79 ? safe[..79] : safe)}");
        }
        else
        {
            terminal.Error.WriteLine(safe);
        }

        terminal.Error.Flush();
    }
}
