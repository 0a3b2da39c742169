using Microsoft.Extensions.Logging;
using OrleansRegistry.Events;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>
/// Rules L3, X1 and X2: versions probe, or look after their processes, the model asks, and what they found is a command
/// of the model.
/// </summary>
internal sealed partial class ModelGrain
{
    private const string Prober = "system";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Long: a death that is told twice would count twice.</summary>
    private readonly CommandsUnderWay _queued = new(TimeSpan.FromMinutes(1), clock);
    private IGrainTimer? _startTimer;

    public Task Touch() => Look();

    public async Task Look()
    {
        await Load();
        await AskStarts(CancellationToken.None);
    }

    public async Task ReportProbe(int ordinal, ServingResult result)
    {
        try
        {
            var before = _row.Value?.Find(ordinal)?.Status;
            var command = CommandContext.For(Prober, Role.Operator, clock.GetUtcNow());
            var outcome = await OnVersion(
                command, ordinal, new ServeTransition(result), (model, step, at) => ModelRules.ReportProbe(model, step, Author.Of(command), at));
            if (outcome.Error is { } error)
            {
                LogResultRefused(_key.Id, ordinal, error.Code);
            }
            else if (outcome.Value?.Version.Serving?.Status != before && result.Death is null)
            {
                metrics.Started(result.IsReady);
            }
        }
        finally
        {
            _queued.Remove(ordinal);
        }
    }

    /// <summary>
    /// Has a timer for as long as a version is starting, has a server that is not up yet, or has a process; it keeps the
    /// model in memory. The node keeps the processes that the row tells of, and no others.
    /// </summary>
    private void WatchStarts()
    {
        var active = _row.Value?.Active ?? [];
        processes.Keep(_key.Workspace, _key.Id, active, _row.Value?.Primary?.Ordinal);
        if (active.Any(IsWatched))
        {
            _startTimer ??= this.RegisterGrainTimer(
                AskStarts, new GrainTimerCreationOptions(TimeSpan.Zero, PollInterval) { Interleave = true, KeepAlive = true });
        }
        else
        {
            _startTimer?.Dispose();
            _startTimer = null;
        }
    }

    private async Task AskStarts(CancellationToken cancellationToken)
    {
        foreach (var version in _row.Value?.Active ?? [])
        {
            if (!IsWatched(version) || _queued.Contains(version.Ordinal))
            {
                continue;
            }

            try
            {
                await Ask(version);
            }
            catch (Exception e) when (e is SiloReplacedException || Refusal(e) is not null)
            {
                // The next tick asks again.
                LogNotAsked(_key.Id, version.Ordinal, e.Message);
            }
        }
    }

    private static bool IsWatched(ActiveVersion version) => version.IsProbed || version.NeedsProcess;

    private async Task Ask(ActiveVersion version)
    {
        if (await Version(version.Ordinal).GetProbeResult(version.Attempt) is { } result && _queued.Add(version.Ordinal))
        {
            await this.AsReference<IModelServing>().ReportProbe(version.Ordinal, result);
        }
    }

    [LoggerMessage(101, LogLevel.Debug, "Model {ModelId}: the start of version {Ordinal} goes on, {Code}")]
    private partial void LogResultRefused(string modelId, int ordinal, string code);

    [LoggerMessage(102, LogLevel.Debug, "Model {ModelId}: the start of version {Ordinal} can't be checked now: {Why}")]
    private partial void LogNotAsked(string modelId, int ordinal, string why);
}
