using Orleans.Concurrency;
using OrleansRegistry.Cluster;

namespace OrleansRegistry.Versions;

/// <summary>
/// One version: its state machine, its serving status and its meter. Key: <see cref="GrainKeys.Version"/>. Only its
/// model calls it, and it calls nobody: it says what a command comes to, and the model writes.
/// </summary>
[Alias("OrleansRegistry.IModelVersionGrain")]
internal interface IModelVersionGrain : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>
    /// Runs the state machine and writes nothing. A version that prepared and heard no outcome rereads its row first.
    /// </summary>
    /// <param name="commandId">Names the preparation for <see cref="TakeOver"/>.</param>
    /// <param name="transition">The request to the version.</param>
    /// <param name="at">The instant of the command.</param>
    [Alias("Prepare")]
    Task<PreparedVersion> Prepare(Guid commandId, VersionTransition transition, DateTimeOffset at);

    /// <summary>
    /// The model wrote what was prepared last. Ignored unless <paramref name="commandId"/> is that preparation.
    /// </summary>
    [Alias("TakeOver"), OneWay]
    Task TakeOver(Guid commandId, ModelVersionState written);

    /// <summary>
    /// The result of the probes of an attempt to start, or what is new of its process; null while there is nothing new.
    /// Begins the probes, or the process, if none runs; never waits for it.
    /// </summary>
    [Alias("AskServing")]
    Task<ServingResult?> GetProbeResult(int attempt);

    /// <summary>
    /// What the servers of a version that is ready have answered since this was asked last (rule HV1). Goes on asking
    /// them for as long as it is asked. What gets no answer soon is asked again.
    /// </summary>
    [Alias("TakeSigns"), ResponseTimeout(GrainCalls.ReadTimeout)]
    Task<IReadOnlyList<ProbeSign>> TakeSigns(int attempt);
}

/// <summary>The answer of a version to <see cref="IModelVersionGrain.Prepare"/>.</summary>
/// <param name="Step">
/// The result of the command; null when there is no such version, or a new one exists already.
/// </param>
/// <param name="RowVersion">The version of the row that it is based on; 0 when there is no row.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PreparedVersion")]
internal sealed record PreparedVersion([property: Id(0)] LifecycleStep? Step, [property: Id(1)] int RowVersion);
