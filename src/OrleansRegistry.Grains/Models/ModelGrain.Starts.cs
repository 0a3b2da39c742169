using Microsoft.Extensions.Logging;
using OrleansRegistry.Events;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>Rule L3: versions probe, the model asks, and what they found is a command of the model.</summary>
internal sealed partial class ModelGrain
{
    private const string Prober = "system";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    private readonly HashSet<int> _queued = [];
    private IGrainTimer? _startTimer;

    public async Task Touch()
    {
        await Load();
    }

    public async Task ReportProbe(int ordinal, ServingResult result)
    {
        try
        {
            var command = CommandContext.For(Prober, Role.Operator, clock.GetUtcNow());
            var outcome = await OnVersion(
                command, ordinal, new ServeTransition(result), (model, step, at) => ModelRules.ReportProbe(model, step, Author.Of(command), at));
            if (outcome.Error is { } error)
            {
                LogResultRefused(_key.Id, ordinal, error.Code);
            }
            else if (outcome.Value is { Changed: true })
            {
                metrics.Started(result.IsReady);
            }
        }
        finally
        {
            _queued.Remove(ordinal);
        }
    }

    /// <summary>Has a timer for as long as a version is starting; it keeps the model in memory.</summary>
    private void WatchStarts()
    {
        var starting = _row.Value?.Active.Any(version => version.Status == ServingStatus.Starting) ?? false;
        if (starting)
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
            if (version.Status != ServingStatus.Starting || _queued.Contains(version.Ordinal))
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
