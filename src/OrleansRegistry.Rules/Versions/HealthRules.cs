namespace OrleansRegistry.Versions;

/// <summary>Rules HV3 and HV7: the marks of a version. Pure functions.</summary>
internal static class HealthRules
{
    /// <summary>A version gets no other mark for so long.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(10);

    /// <summary>After so many seconds a primary that is unhealthy is left, where the model doesn't say so (rule HV4).</summary>
    public const int DefaultFallBackSeconds = 60;

    private const int MaxAskSeconds = 30;

    /// <summary>A new spec with how often its servers are asked, where it doesn't say so (rule HV1).</summary>
    public static ServingState WithProbes(this ServingState spec) =>
        spec is { Runtime: null, ProbeSeconds: null } && ServerRules.Of(spec).Any(server => server.HealthUrl is not null)
            ? spec with { ProbeSeconds = ServingSpec.DefaultProbeSeconds }
            : spec;

    /// <summary>How often a model asks a version what its servers have said: twice in an interval, and at least every 30 seconds (rule HV1).</summary>
    public static int AskSeconds(int probeSeconds) => Math.Clamp(probeSeconds / 2, 1, MaxAskSeconds);

    /// <summary>The mark that a version gets now, or null for none.</summary>
    /// <param name="version">The version, and the mark that it has.</param>
    /// <param name="health">What is known of its servers.</param>
    /// <param name="now">The instant.</param>
    public static HealthReport? Due(ActiveVersion version, ObservedHealth health, DateTimeOffset now) =>
        version.HasServers && health.Judge(version.Called) is { } report && report.IsUnhealthy != version.IsUnhealthy
            && !(version.PresentHealth is { } mark && now - mark.Since < MinInterval)
            ? report
            : null;

    /// <summary>Marks a version, if it is still in the start that the mark names.</summary>
    public static LifecycleStep Mark(ModelVersionState version, HealthReport report, DateTimeOffset at)
    {
        if (!version.IsActive || version.Serving is not { Runtime: null, Status: ServingStatus.Ready } serving
            || serving.Attempt != report.Attempt || IsUnhealthy(serving) == report.IsUnhealthy)
        {
            return LifecycleStep.Same(version);
        }

        return LifecycleStep.To(
            version with { Serving = serving with { Health = new HealthMark { Attempt = serving.Attempt, IsUnhealthy = report.IsUnhealthy, Since = at } } },
            [report.Because is { } because ? VersionEvents.Unhealthy(because) : VersionEvents.Healthy(at - serving.Health!.Since)]);
    }

    /// <summary>Whether a version is unhealthy (rule HV3).</summary>
    public static bool IsUnhealthy(ServingState serving) => serving.Status == ServingStatus.Restarting
        || (serving.Status == ServingStatus.Ready && serving.Health is { IsUnhealthy: true } mark && mark.Attempt == serving.Attempt);

    /// <summary>Since when a version is unhealthy or has failed without a break (rule HV4), or null for one that is neither.</summary>
    public static DateTimeOffset? DownSince(ServingState? serving) => serving switch
    {
        { Status: ServingStatus.Restarting or ServingStatus.Failed } => serving.Since,
        not null when IsUnhealthy(serving) => serving.Health!.Since,
        _ => null,
    };

    /// <summary>Why the primary can't move to a version, or null.</summary>
    public static RegistryError? Refusal(ActiveVersion version, bool force) => force || !version.IsUnhealthy ? null : new RegistryError(
        ErrorCode.VersionUnhealthy,
        $"Version {version.Version} is unhealthy: {(version.IsManaged ? "its process is starting again" : "none of its servers answers")}. Wait until it is healthy, or say force.");
}

/// <summary>A mark to give.</summary>
/// <param name="Attempt">The attempt to start that it is of.</param>
/// <param name="Because">Why the version is unhealthy; null for one that is healthy.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.HealthReport")]
internal sealed record HealthReport([property: Id(0)] int Attempt, [property: Id(1)] UnhealthyBecause? Because)
{
    /// <summary>Whether the version is unhealthy.</summary>
    public bool IsUnhealthy => Because is not null;
}

/// <summary>What a server has answered to a probe, once its version was ready (rule HV1).</summary>
/// <param name="Url">The server's base address.</param>
/// <param name="IsGood">Whether it answered 2xx.</param>
/// <param name="At">When.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ProbeSign")]
internal sealed record ProbeSign([property: Id(0)] string Url, [property: Id(1)] bool IsGood, [property: Id(2)] DateTimeOffset At);
