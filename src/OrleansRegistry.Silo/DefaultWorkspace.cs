using Microsoft.Extensions.Hosting;

namespace OrleansRegistry;

/// <summary>Makes the workspace <c>default</c>, which always is there, where no gateway has made it yet.</summary>
internal sealed class DefaultWorkspace(IGrainFactory grains, TimeProvider clock) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var made = await grains.GetGrain<IWorkspaceGrain>(GrainKeys.Workspace(GrainKeys.DefaultWorkspace))
            .Create(new CreateWorkspaceCommand { Context = CommandContext.For("system", Role.Operator, clock.GetUtcNow()) });
        if (made.Error is { } error && error.Code != ErrorCode.WorkspaceExists)
        {
            throw new IOException($"The workspace {GrainKeys.DefaultWorkspace} can't be made: {error.Detail}");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
