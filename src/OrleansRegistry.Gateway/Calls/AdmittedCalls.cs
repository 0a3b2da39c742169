using OrleansRegistry.Processes;

namespace OrleansRegistry.Gateway;

/// <inheritdoc cref="IAdmittedCalls"/>
internal sealed class AdmittedCalls(TrafficMeter meter, CallOptions options) : IAdmittedCalls
{
    public Task WaitForEnd(string workspace, VersionId version) =>
        meter.Drain(workspace, version, TimeSpan.FromSeconds(options.GraceSeconds), CancellationToken.None);
}
