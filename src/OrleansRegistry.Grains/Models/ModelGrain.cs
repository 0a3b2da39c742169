using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;
using OrleansRegistry.Events;
using OrleansRegistry.State;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <inheritdoc cref="IModelGrain"/>
/// <remarks>
/// A command runs in three steps: the version prepares, the rules decide, one write stores everything; then the model takes over. The
/// state in memory is always the one last confirmed. This part loads and commits; the commands and the starts have files of their own.
/// </remarks>
internal sealed partial class ModelGrain(
    [FromKeyedServices(StorageNames.Registry)] IGrainStorage storage,
    IGrainContext context,
    IGrainFactory grains,
    IRegistryCatalog catalog,
    IArtifactCatalog artifacts,
    IOptions<ModelOptions> options,
    WorkspaceUses uses,
    LocalRoutes routes,
    VersionProcesses processes,
    TimeProvider clock,
    RegistryMetrics metrics,
    ILogger<ModelGrain> logger)
    : IGrainBase, IModelGrain, IModelServing, IPerhapsUnknown
{
    /// <summary>How far a silo's clock may be from the database's, which judges deadlines last.</summary>
    private static readonly TimeSpan ClocksApart = TimeSpan.FromSeconds(2);

    /// <summary>How long a caller who has seen all waits here for a change: it holds up whoever wants to move the model.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);

    private readonly StateRow<ModelState> _row = new(storage, StorageNames.Model, context.GrainId);
    private readonly (string Workspace, string Id) _key = GrainKeys.Split(context.GrainId.Key.ToString()!);
    private TaskCompletionSource? _changed;
    private Task? _loading;
    private bool _isLoaded;
    private DateTimeOffset? _doubtfulUntil;
    private IGrainTimer? _doubtTimer;

    public IGrainContext GrainContext => context;

    /// <summary>What resolves are answered from, as it is last confirmed.</summary>
    private RoutingTable? Table
    {
        get;
        set
        {
            field = value;
            Show();
        }
    }

    private LocalRoute ShownRoute => field ??= routes.Enter(context, _key.Workspace, _key.Id);

    public bool IsUnknown => _isLoaded && _row.Value is null && _doubtfulUntil is null;

    /// <summary>First of all nobody is answered from here any more: another activation may take over.</summary>
    Task IGrainBase.OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        ShownRoute.Leave();
        return Task.CompletedTask;
    }

    public Task<Outcome<ResolvedVersion>> Resolve(string? selector) =>
        Select(selector, static (table, named) => table.Resolve(named));

    public Task<Outcome<ResolvedVersion>> Route(string? selector) =>
        Select(selector, static (table, named) => table.Route(named));

    public async Task<Outcome<ResolvedVersion>> Await(string? selector, int seen)
    {
        if (Table?.Revision == seen)
        {
            _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _changed.Task.WaitAsync(MaxWait, clock)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        return await Select(selector, static (table, named) => table.Await(named));
    }

    private async Task<Outcome<ResolvedVersion>> Select(
        string? selector, Func<RoutingTable, string?, Outcome<ResolvedVersion>> select)
    {
        try
        {
            await Load();
        }
        catch (Exception e) when (e is not RegistryUnavailableException && Refusal(e) is { } refusal)
        {
            // A row that can't be read now is asked for again by who resolves.
            return refusal;
        }

        Use();
        return Table is null ? NoSuchModel() : select(Table, selector);
    }

    /// <summary>Reads the row on first use; resolves that come meanwhile wait for the same read.</summary>
    private async Task Load()
    {
        if (_isLoaded)
        {
            return;
        }

        var loading = _loading ??= Reread();
        try
        {
            await loading;
        }
        finally
        {
            if (_loading == loading)
            {
                _loading = null;
            }
        }
    }

    private async Task Reread()
    {
        await _row.Read();
        _isLoaded = true;
        Confirmed();
    }

    /// <summary>Lets the process answer from the table, unless the outcome of a write is unknown.</summary>
    private void Show() => ShownRoute.Show(_doubtfulUntil is null ? Table : null);

    /// <summary>The state in memory is what is stored: routing follows it, and starts are watched.</summary>
    private void Confirmed()
    {
        Table = _row.Value is { } model ? new RoutingTable(model, _row.Version) : null;
        _changed?.SetResult();
        _changed = null;
        WatchStarts();
        WatchHealth();
    }

    /// <summary>
    /// The start of every command's turn. Answers why the command can't run: its deadline is too near, the database is away, or a write
    /// with unknown outcome can't be cleared up yet.
    /// </summary>
    private async Task<RegistryError?> Begin(CommandContext command)
    {
        if (command.Actor != Prober)
        {
            Use();
        }

        try
        {
            await Load();
            if (_doubtfulUntil is not null)
            {
                await ClearDoubt();
            }
        }
        catch (Exception e) when (Refusal(e) is { } refusal)
        {
            return refusal;
        }

        return TooLate(command) ? Unavailable() : null;
    }

    /// <summary>Stores a change in one write and takes it over. Answers the error when it is not known to be stored.</summary>
    private async Task<RegistryError?> Commit(CommandContext command, ModelChange change, IReadOnlyList<int> expected, DateTimeOffset at)
    {
        // The second: a message that Orleans has sent again, although it had come through.
        if (TooLate(command) || _row.Value?.LastCommand == command.CommandId)
        {
            return Unavailable();
        }

        // Whoever stamped the deadline may have another time of day.
        var now = clock.GetUtcNow();
        var deadline = command.Deadline - now < CommandContext.Lifetime ? command.Deadline : now + CommandContext.Lifetime;
        var next = Stamp(change.Model, command, at);
        var written = next with
        {
            NotAfter = deadline,
            VersionWrites = [.. change.Versions.Zip(expected, (version, row) => new VersionWrite
            {
                Key = GrainKeys.Version(_key.Workspace, version.Id),
                Expect = row == 0 ? null : row,
                State = version,
            })],
            Events =
            [
                .. change.Events.Select(
                    happened => happened.What.By(happened.Author ?? Author.Of(command), at, happened.Version)),
            ],
        };
        uses.Add(_key.Workspace, Growth(_row.Value, next));
        var began = clock.GetTimestamp();
        try
        {
            await _row.Write(written, next);
            metrics.Committed(clock.GetElapsedTime(began));
        }
        catch (Exception e) when (Refusal(e) is not null)
        {
            metrics.InDoubt();
            LogDoubt(_key.Id, command.CommandId, e);
            if (!await IsStoredAfterAll(command, deadline))
            {
                return Unavailable();
            }
        }

        Confirmed();
        logger.LogStored(context.GrainId.Key, written.Events);
        foreach (var version in change.Versions)
        {
            _ = Version(version.Ordinal).TakeOver(command.CommandId, version);
        }

        return null;
    }

    /// <summary>How much more the workspace holds after a write. What becomes less is left to the next count.</summary>
    private static WorkspaceUse Growth(ModelState? before, ModelState after) => new(
        before is null ? 1 : 0,
        Math.Max(0, after.VersionCount - (before?.VersionCount ?? 0)),
        Math.Max(0, after.Active.Length - (before?.Active.Length ?? 0)),
        ArtifactBytes: 0);

    /// <summary>A write failed: what the row says now decides. While it can't be read, or until the deadline, the model is in doubt.</summary>
    private async Task<bool> IsStoredAfterAll(CommandContext command, DateTimeOffset deadline)
    {
        _doubtfulUntil = deadline + ClocksApart;
        Show();
        _doubtTimer ??= this.RegisterGrainTimer(OnDoubt, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        try
        {
            await ClearDoubt();
        }
        catch (Exception e) when (Refusal(e) is not null)
        {
            return false;
        }

        return _row.Value?.LastCommand == command.CommandId;
    }

    /// <summary>Rereads the row. The doubt ends when the write can't take effect any more: it has, another has, or its deadline is over.</summary>
    private async Task ClearDoubt()
    {
        var before = _row.Version;
        try
        {
            await Reread();
        }
        catch when (clock.GetUtcNow() > _doubtfulUntil)
        {
            // It has taken effect by now or never will (rule E1): nobody is answered any more from what was before.
            _isLoaded = false;
            throw;
        }

        if (_row.Version != before || clock.GetUtcNow() > _doubtfulUntil)
        {
            _doubtfulUntil = null;
            _doubtTimer?.Dispose();
            _doubtTimer = null;
            Show();
        }
    }

    private async Task OnDoubt(CancellationToken cancellationToken)
    {
        try
        {
            if (_doubtfulUntil is not null)
            {
                await ClearDoubt();
            }
        }
        catch (Exception e) when (Refusal(e) is not null)
        {
            // The database is still away; the next tick, or the next command, tries again.
        }
    }

    private static ModelState Stamp(ModelState model, CommandContext command, DateTimeOffset at) =>
        model with { LastInstant = at, LastCommand = command.CommandId, PendingPrimary = PrimarySelection.Pending(model) };

    /// <summary>The instant of a command: never before the last one of this model, and whole milliseconds, as it is stored.</summary>
    private DateTimeOffset Now(ModelState? model)
    {
        var now = clock.GetInstant();
        return model is not null && model.LastInstant > now ? model.LastInstant : now;
    }

    private bool TooLate(CommandContext command) => command.Deadline - clock.GetUtcNow() < CommandContext.StatementTimeout;

    private IModelVersionGrain Version(int ordinal) =>
        grains.GetGrain<IModelVersionGrain>(GrainKeys.Version(_key.Workspace, new VersionId(_key.Id, ordinal)));

    /// <summary>What an exception of a row or a version's grain means to the caller; null for a bug.</summary>
    private static RegistryError? Refusal(Exception e) => e switch
    {
        StateCorruptException => new RegistryError(ErrorCode.StateCorrupt, e.Message),
        RegistryUnavailableException or TimeoutException or OrleansException => Unavailable(),
        _ => null,
    };

    private static RegistryError Unavailable() => new(
        ErrorCode.Unavailable, "The registry can't store or read this model now. A command may have taken effect: look before you repeat it.");

    private RegistryError NoSuchModel() => new(ErrorCode.ModelNotFound, $"There is no model {_key.Id}.");

    [LoggerMessage(100, LogLevel.Warning, "Model {ModelId}: the outcome of command {CommandId} is in doubt")]
    private partial void LogDoubt(string modelId, Guid commandId, Exception exception);
}
