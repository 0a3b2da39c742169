using System.Collections.Immutable;
using System.Globalization;
using OrleansRegistry.Events;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Versions;

/// <summary>
/// The state machine of a version: rules L1 to L4 and the table of the lifecycle, a function for each row. Pure: from a
/// version and an instant to a <see cref="LifecycleStep"/>; which version is primary is no matter of these functions.
/// </summary>
internal static class Lifecycle
{
    /// <summary>A new version, a draft; its descriptive fields are those of <paramref name="version"/>.</summary>
    public static LifecycleStep Deploy(ModelVersionState version, DateTimeOffset at)
    {
        var deployed = version with
        {
            State = VersionState.Draft,
            Stage = Stage.Draft,
            Serving = version.Serving is { } serving ? Start(serving.WithProbes(), at) : null,
            CreatedAt = at,
            ActivatedAt = at,
        };
        return Step(null, deployed, at, VersionEvents.Deployed(deployed));
    }

    /// <summary>Publishes a draft; a published version stays as it is.</summary>
    public static LifecycleStep Publish(ModelVersionState version, DateTimeOffset at) => version.State switch
    {
        VersionState.Draft => Step(
            version,
            version with { State = VersionState.Published, Stage = Stage.Published, PublishedAt = at },
            at,
            VersionEvents.Published()),
        VersionState.Published => LifecycleStep.Same(version),
        VersionState.Inactive => Inactive(version),
        VersionState.Deleted => Gone(version),
    };

    /// <summary>Promotion changes no version: it only asks that this one is routable (rule P2).</summary>
    public static LifecycleStep Promote(ModelVersionState version) => version.State switch
    {
        VersionState.Draft or VersionState.Published => StatusOf(version) switch
        {
            ServingStatus.Ready or ServingStatus.Restarting or ServingStatus.Idle => LifecycleStep.Same(version),
            ServingStatus.Starting => NotRoutable(version, "starting"),
            ServingStatus.Failed or ServingStatus.Stopped => NotRoutable(version, "not up: its last start failed"),
        },
        VersionState.Inactive => Inactive(version),
        VersionState.Deleted => Gone(version),
    };

    /// <summary>
    /// Starts an inactive or failed version, or brings serving to one that has none (rule L3). <paramref name="spec"/>,
    /// when given, is where it answers from now on, or how it is run.
    /// </summary>
    public static LifecycleStep Activate(ModelVersionState version, ServingState? spec, DateTimeOffset at, bool byOperator = false) => version.State switch
    {
        VersionState.Draft or VersionState.Published or VersionState.Inactive when spec is { Runtime: not null } && version.Artifact?.Digest is null =>
            LifecycleStep.Refused(version, RegistryError.Invalid("runtime", "needs an artifact that the registry has; this version names none by its digest")),
        VersionState.Draft or VersionState.Published => StatusOf(version) switch
        {
            ServingStatus.Failed => Begin(version, spec, at, byOperator),
            ServingStatus.Ready when version.Serving is null && spec is not null => Begin(version, spec, at, byOperator),
            ServingStatus.Starting or ServingStatus.Ready or ServingStatus.Restarting or ServingStatus.Idle or ServingStatus.Stopped =>
                spec is null || IsSame(version.Serving, spec) ? LifecycleStep.Same(version) : Active(version),
        },
        VersionState.Inactive => Begin(version, spec, at, byOperator),
        VersionState.Deleted => Gone(version),
    };

    /// <summary>Replaces the servers of a version (rule SV3).</summary>
    public static LifecycleStep PutServers(ModelVersionState version, IReadOnlyList<ServingServer> servers, DateTimeOffset at) => version.State switch
    {
        VersionState.Draft or VersionState.Published or VersionState.Inactive => version.Serving is { Runtime: null } serving
            ? ServerRules.Replace(version, serving, servers, at)
            : LifecycleStep.Refused(version, new RegistryError(
                ErrorCode.NotServable, $"Version {version.Version} {(version.Serving is null ? "has no serving spec" : "is run by the registry")}.")),
        VersionState.Deleted => Gone(version),
    };

    /// <summary>Takes a version out of routing (rule L2).</summary>
    public static LifecycleStep Deactivate(ModelVersionState version, DateTimeOffset at) => version.State switch
    {
        VersionState.Draft or VersionState.Published => Step(
            version,
            version with { State = VersionState.Inactive, Serving = Stop(version.Serving, at), DeactivatedAt = at },
            at,
            VersionEvents.Deactivated()),
        VersionState.Inactive => LifecycleStep.Same(version),
        VersionState.Deleted => Gone(version),
    };

    /// <summary>Deletes a version for ever (rule L4).</summary>
    public static LifecycleStep Delete(ModelVersionState version, DateTimeOffset at) => version.State switch
    {
        VersionState.Draft or VersionState.Published or VersionState.Inactive => Step(
            version,
            version with { State = VersionState.Deleted, Serving = Stop(version.Serving, at), DeletedAt = at },
            at,
            VersionEvents.Deleted()),
        VersionState.Deleted => Gone(version),
    };

    /// <summary>
    /// Applies what was found out of a start (rules L3, X1 and X2), but only to the attempt it names: that it is up or
    /// can't be, while that start goes on, and that its process has died, whenever there is to be one.
    /// </summary>
    public static LifecycleStep ReportProbe(ModelVersionState version, ServingResult result, DateTimeOffset at)
    {
        if (!version.IsActive || version.Serving is not { } serving || serving.Attempt != result.Attempt)
        {
            return LifecycleStep.Same(version);
        }

        if (result.Death is { } death)
        {
            return serving.Runtime is { } runtime && serving.Status.NeedsProcess()
                ? Die(version, serving, runtime, death, at)
                : LifecycleStep.Same(version);
        }

        if (serving.Runtime is null && serving.Status is ServingStatus.Starting or ServingStatus.Ready && result.IsReady)
        {
            return Settle(version, ServerRules.Answer(version, serving, result, at), at);
        }

        if (serving.Status != ServingStatus.Starting && (serving.Runtime is null || serving.Status != ServingStatus.Restarting))
        {
            return LifecycleStep.Same(version);
        }

        var status = result.IsReady ? ServingStatus.Ready : ServingStatus.Failed;
        return Step(
            version,
            version with { Serving = serving with { Status = status, Since = at, Message = result.Message } },
            at,
            result.IsReady ? VersionEvents.Ready() : VersionEvents.Failed(result));
    }

    /// <summary>Changes description and labels; a deleted version stays as it was.</summary>
    public static LifecycleStep Patch(
        ModelVersionState version, Optional<string> description, Optional<IReadOnlyDictionary<string, string?>> labels, DateTimeOffset at) =>
        version.State switch
        {
            VersionState.Draft or VersionState.Published or VersionState.Inactive => Describe(version, description, labels, at),
            VersionState.Deleted => Gone(version),
        };

    /// <summary>A spec as a version stores it, not yet started.</summary>
    private static ServingState From(ServingSpec spec)
    {
        var serving = new ServingState
        {
            Url = spec.Url,
            HealthUrl = spec.HealthUrl,
            StartupTimeoutSeconds = spec.StartupTimeoutSeconds,
            ServedName = spec.ServedName,
            OpenaiPaths = spec.OpenaiPaths,
            MinReady = spec.MinReady is 1 ? null : spec.MinReady,
            Repeatable = spec.Repeatable,
            ProbeSeconds = spec.ProbeSeconds,
        };
        return spec.Servers is { } servers ? serving.With(ServerRules.From(servers)) : serving;
    }

    /// <summary>What a command brings of both, not yet started, or null.</summary>
    /// <param name="serving">Where it answers, or null.</param>
    /// <param name="runtime">How the registry runs it, or null.</param>
    /// <param name="byOperator">Whether an operator says so.</param>
    public static ServingState? From(ServingSpec? serving, RuntimeSpec? runtime, bool byOperator = false) =>
        serving is not null ? From(serving) : runtime is not null ? From(runtime, byOperator) : null;

    /// <summary>A runtime as a version stores it, not yet started.</summary>
    private static ServingState From(RuntimeSpec spec, bool byOperator) => new()
    {
        Url = "",
        StartupTimeoutSeconds = spec.StartupTimeoutSeconds,
        Runtime = new RuntimeState { Environment = spec.Environment, Command = spec.Command, Env = spec.Env, ByOperator = byOperator },
    };

    /// <summary>
    /// The process has died (rule X2). One that was up stays routable while it is started again; one that wasn't goes
    /// on starting, and has failed when it took longer than it may.
    /// </summary>
    private static LifecycleStep Die(
        ModelVersionState version, ServingState serving, RuntimeState runtime, ProcessDeath death, DateTimeOffset at)
    {
        var (restarts, wait) = death.IsLost
            ? (runtime.Restarts, (TimeSpan?)TimeSpan.Zero)
            : RestartRules.AfterDeath(runtime.Restarts, at, TimeSpan.FromMilliseconds(death.ReadyMilliseconds), death.Chance);
        var crashed = VersionEvents.Crashed(death);
        if (wait is null || (death.IsLate && serving.Status == ServingStatus.Starting))
        {
            var message = wait is null
                ? string.Create(CultureInfo.InvariantCulture, $"{death.Message} It died {RestartRules.MaxDeaths} times in {RestartRules.Window.TotalMinutes} minutes.")
                : death.Message;
            var failed = serving with { Status = ServingStatus.Failed, Since = at, Message = message };
            return Step(
                version, version with { Serving = failed }, at, crashed, VersionEvents.Failed(new ServingResult(serving.Attempt, IsReady: false, message)));
        }

        var status = serving.Status == ServingStatus.Starting ? ServingStatus.Starting : ServingStatus.Restarting;
        var again = serving with
        {
            Status = status,
            Since = status == serving.Status ? serving.Since : at,
            Message = death.Message,
            Attempt = serving.Attempt + 1,
            Runtime = runtime with { Failures = restarts.Failures, Deaths = restarts.Deaths, NotBefore = at + wait },
        };
        var (settled, closed) = ActiveTime.Settle(version, version with { Serving = again }, at, death.LastAlive);
        return LifecycleStep.To(settled, closed is null ? [crashed] : [crashed, VersionEvents.Usage(closed)]);
    }

    private static LifecycleStep Begin(ModelVersionState version, ServingState? spec, DateTimeOffset at, bool byOperator)
    {
        var serving = spec is null ? version.Serving : spec.WithProbes() with { Attempt = version.Serving?.Attempt ?? 0 };
        if (serving?.Runtime is { } runtime)
        {
            serving = serving with { Runtime = runtime with { ByOperator = byOperator } };
        }

        var activated = version with
        {
            State = version.Stage.ActiveState(),
            Serving = serving is null ? null : Start(serving, at),
            ActivatedAt = at,
        };
        return Step(version, activated, at, VersionEvents.Activated(activated));
    }

    private static LifecycleStep Describe(
        ModelVersionState version, Optional<string> description, Optional<IReadOnlyDictionary<string, string?>> labels, DateTimeOffset at)
    {
        var patched = version with
        {
            Description = description.Or(version.Description),
            Labels = LabelSet.Merge(version.Labels, labels),
        };
        if (CommandValidation.ValidateLabels(patched.Labels) is { IsEmpty: false } problems)
        {
            return LifecycleStep.Refused(version, RegistryError.Invalid(problems.AsSpan()));
        }

        ImmutableArray<string> fields =
        [
            .. patched.Description != version.Description ? ["description"] : ImmutableArray<string>.Empty,
            .. LabelSet.Same(patched.Labels, version.Labels) ? ImmutableArray<string>.Empty : ["labels"],
        ];
        return fields.IsEmpty ? LifecycleStep.Same(version) : Step(version, patched, at, VersionEvents.Updated(fields));
    }

    /// <summary>The step with the time that it ends or begins to count (rule B1).</summary>
    private static LifecycleStep Settle(ModelVersionState before, LifecycleStep step, DateTimeOffset at) =>
        step.Changed ? Step(before, step.State, at, step.Events) : step;

    private static LifecycleStep Step(
        ModelVersionState? before, ModelVersionState after, DateTimeOffset at, params ImmutableArray<EventDraft> what)
    {
        (var settled, var closed) = ActiveTime.Settle(before, after, at);
        return LifecycleStep.To(settled, closed is null ? what : what.Add(VersionEvents.Usage(closed)));
    }

    private static ServingState Start(ServingState serving, DateTimeOffset at)
    {
        var started = serving with { Status = ServingStatus.Starting, Since = at, Message = null, Health = null, Attempt = serving.Attempt + 1 };
        return serving.Runtime is { } runtime
            ? started with { Runtime = runtime with { Failures = 0, Deaths = [], NotBefore = null } }
            : ServerRules.Start(started, at);
    }

    private static ServingState? Stop(ServingState? serving, DateTimeOffset at) =>
        serving is null or { Status: ServingStatus.Stopped } ? serving : serving with { Status = ServingStatus.Stopped, Since = at, Message = null, Health = null };

    private static bool IsSame(ServingState? serving, ServingState spec) =>
        serving is not null && serving.Url == spec.Url && serving.HealthUrl == spec.HealthUrl
        && serving.StartupTimeoutSeconds == spec.StartupTimeoutSeconds && serving.ServedName == spec.ServedName
        && ServingState.IsSame(serving.OpenaiPaths, spec.OpenaiPaths) && IsSame(serving.Runtime, spec.Runtime)
        && ServerRules.IsSame(ServerRules.Of(serving), ServerRules.Of(spec)) && serving.MinReady == spec.MinReady
        && serving.Repeatable == spec.Repeatable && (spec.ProbeSeconds is null || spec.ProbeSeconds == (serving.ProbeSeconds ?? 0));

    private static bool IsSame(RuntimeState? runtime, RuntimeState? spec) => (runtime, spec) switch
    {
        (null, null) => true,
        ({ } one, { } other) => one.Environment == other.Environment
            && (one.Command ?? []).SequenceEqual(other.Command ?? [])
            && LabelSet.Same(one.Env ?? LabelSet.None, other.Env ?? LabelSet.None),
        _ => false,
    };

    /// <summary>A version that is only registered counts as ready.</summary>
    private static ServingStatus StatusOf(ModelVersionState version) => version.Serving?.Status ?? ServingStatus.Ready;

    private static LifecycleStep NotRoutable(ModelVersionState version, string why) => LifecycleStep.Refused(
        version, new RegistryError(ErrorCode.NotRoutable, $"Version {version.Version} is {why}; only a routable version can be primary."));

    private static LifecycleStep Active(ModelVersionState version) => LifecycleStep.Refused(
        version,
        new RegistryError(
            ErrorCode.VersionActive,
            "The version is up or starting where it is; deactivate it before it gets another serving spec or runtime."));

    private static LifecycleStep Inactive(ModelVersionState version) => LifecycleStep.Refused(
        version, new RegistryError(ErrorCode.VersionInactive, $"Version {version.Version} is inactive; activate it first."));

    private static LifecycleStep Gone(ModelVersionState version) => LifecycleStep.Refused(
        version, new RegistryError(ErrorCode.VersionDeleted, $"Version {version.Version} is deleted."));
}
