using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <inheritdoc cref="IVersionNews"/>
internal sealed partial class ModelNews(IGrainFactory grains, ILogger<ModelNews> logger) : IVersionNews
{
    [SuppressMessage("Design", "CA1031", Justification = "Whatever it is, the model asks by itself.")]
    public void Tell(string workspace, string modelId)
    {
        try
        {
            WorkspaceScope.Enter(workspace);
            grains.GetGrain<IModelServing>(GrainKeys.Model(workspace, modelId)).Look().Ignore();
        }
        catch (Exception e)
        {
            // The silo has just begun, or ends.
            LogNotTold(modelId, e);
        }
    }

    [LoggerMessage(104, LogLevel.Debug, "Model {ModelId} could not be told of its processes")]
    private partial void LogNotTold(string modelId, Exception exception);
}
