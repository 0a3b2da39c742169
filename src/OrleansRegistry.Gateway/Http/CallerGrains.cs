namespace OrleansRegistry.Gateway;

/// <summary>The grains of a caller's workspace.</summary>
internal static class CallerGrains
{
    /// <summary>The grain of a model.</summary>
    public static IModelGrain GetModel(this IGrainFactory grains, RequestCaller caller, string modelId) =>
        grains.GetGrain<IModelGrain>(GrainKeys.Model(caller.Workspace, modelId));
}
