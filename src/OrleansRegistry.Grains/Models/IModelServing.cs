using Orleans.Concurrency;
using OrleansRegistry.Cluster;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>The calls to a model from inside the silo: to go on with its starts.</summary>
[Alias("OrleansRegistry.IModelServing")]
internal interface IModelServing : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>
    /// Loads the model, so that its timer asks for starts that go on (rule L3), and asks at once. It waits for commands
    /// that came before: what one touch has found is stored at the next.
    /// </summary>
    [Alias("Touch")]
    Task Touch();

    /// <summary>
    /// There may be something new of the model's starts: it asks for it. The call carries nothing, and waits for no
    /// command.
    /// </summary>
    [Alias("Look"), OneWay, AlwaysInterleave]
    Task Look();

    /// <summary>A probe's result, as a command of the model. One that can't be stored now is asked for again.</summary>
    [Alias("Serve"), OneWay]
    Task ReportProbe(int ordinal, ServingResult result);

    /// <summary>A mark, as a command of the model (rule HV7). One that can't be stored now is given later.</summary>
    [Alias("Mark"), OneWay]
    Task Mark(int ordinal, HealthReport report);

    /// <summary>
    /// Leaves a version that is primary, as a command of the model, if it was unhealthy for too long by now (rule HV4). What
    /// can't be stored now is tried again.
    /// </summary>
    [Alias("FallBack"), OneWay]
    Task FallBack(int ordinal);
}
