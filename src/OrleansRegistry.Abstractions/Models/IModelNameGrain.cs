using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>
/// Owns which model id a name belongs to. Key: <see cref="GrainKeys.Name"/>. It calls nobody; a name that was claimed
/// for a model that was never deployed simply keeps its id until somebody deploys; only a command with an unknown
/// outcome leaves such a name.
/// </summary>
[Alias("OrleansRegistry.IModelNameGrain")]
internal interface IModelNameGrain : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>
    /// The model id that the name is claimed for, or null. Claims nothing. Asked by gateways of the release before.
    /// </summary>
    [Alias("Get")]
    Task<string?> Get();

    /// <summary>
    /// Claims the name: the present model id, or a new one when there is none or the present one is
    /// <paramref name="not"/> (a model that said it is deleted). Many callers with the same <paramref name="not"/> get
    /// the same id.
    /// </summary>
    [Alias("Claim")]
    Task<string> Claim(string? not);
}
