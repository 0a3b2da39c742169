using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansRegistry.State;

namespace OrleansRegistry.Access;

/// <inheritdoc cref="IWorkspaceGrain"/>
internal sealed class WorkspaceGrain(
    [FromKeyedServices(StorageNames.Registry)] IGrainStorage storage, IGrainContext context, TimeProvider clock, ILogger<WorkspaceGrain> logger)
    : IGrainBase, IWorkspaceGrain
{
    private readonly StateRow<WorkspaceState> _row = new(storage, StorageNames.Workspace, context.GrainId);
    private readonly string _name = GrainKeys.Split(context.GrainId.Key.ToString()!).Id;
    private bool _isConfirmed;

    public IGrainContext GrainContext => context;

    public async Task<Outcome<WorkspaceView>> Get()
    {
        await Confirm();
        return _row.Value is { } row ? row.Workspace : new RegistryError(ErrorCode.WorkspaceNotFound, $"There is no workspace '{_name}'.");
    }

    public async Task<Outcome<WorkspaceView>> Create(CreateWorkspaceCommand command)
    {
        if (CommandValidation.Validate(_name, command) is { IsEmpty: false } problems)
        {
            return RegistryError.Invalid(problems.AsSpan());
        }

        await Confirm();
        if (_row.Value is not null)
        {
            return new RegistryError(ErrorCode.WorkspaceExists, $"There is a workspace '{_name}'.");
        }

        var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
        if (command.Context.Deadline - now < CommandContext.StatementTimeout)
        {
            return StoreErrors.Unavailable();
        }

        var next = new WorkspaceState
        {
            Workspace = new WorkspaceView { Name = _name, Description = command.Description, CreatedAt = now, CreatedBy = command.Context.Actor },
            LastCommand = command.Context.CommandId,
        };
        _isConfirmed = false;
        var written = next with { Events = [AccessEvents.WorkspaceCreated(_name).By(command.Context, now, _name)], NotAfter = command.Context.Deadline };
        try
        {
            await _row.Write(written, next);
            _isConfirmed = true;
        }
        catch (RegistryUnavailableException)
        {
            // The row says whether it was stored after all; while it can't be read, the next call asks it again.
            await Confirm();
        }

        if (_row.Value?.LastCommand != command.Context.CommandId)
        {
            return StoreErrors.Unavailable();
        }

        logger.LogStored(context.GrainId.Key, written.Events);
        return next.Workspace;
    }

    /// <summary>Reads the row on first use, and again after a write whose outcome is unknown.</summary>
    private async Task Confirm()
    {
        if (!_isConfirmed)
        {
            await _row.Read();
            _isConfirmed = true;
        }
    }
}
