using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <inheritdoc cref="IVersionNews"/>
internal sealed class ModelNews(IGrainFactory grains) : IVersionNews
{
    public void Tell(string workspace, string modelId)
    {
        WorkspaceScope.Enter(workspace);
        grains.GetGrain<IModelServing>(GrainKeys.Model(workspace, modelId)).Look().Ignore();
    }
}
