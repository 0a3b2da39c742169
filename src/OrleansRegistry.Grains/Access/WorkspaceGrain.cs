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
    private readonly CommandRow<WorkspaceState> _row = new(storage, StorageNames.Workspace, context, clock, logger);
    private readonly string _name = GrainKeys.Split(context.GrainId.Key.ToString()!).Id;

    public IGrainContext GrainContext => context;

    public async Task<Outcome<WorkspaceView>> Get() => await _row.Read() is { } row
        ? row.Workspace
        : new RegistryError(ErrorCode.WorkspaceNotFound, $"There is no workspace '{_name}'.");

    public async Task<Outcome<WorkspaceView>> Create(CreateWorkspaceCommand command)
    {
        var now = clock.GetInstant();
        var created = await _row.Change(
            command.Context,
            row => row is null
                ? new WorkspaceState
                {
                    Workspace = new WorkspaceView
                    {
                        Name = _name,
                        Description = command.Description,
                        CreatedAt = now,
                        CreatedBy = command.Context.Actor,
                        CreatedByName = command.Context.ActorName,
                    },
                }
                : new RegistryError(ErrorCode.WorkspaceExists, $"There is a workspace '{_name}'."),
            _ => [AccessEvents.WorkspaceCreated(_name).By(command.Context, now, _name)]);
        return created.TryGet(out var stored, out var error) ? stored.Workspace : error;
    }
}
