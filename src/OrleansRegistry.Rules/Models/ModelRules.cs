using System.Collections.Immutable;
using OrleansRegistry.Events;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>What a command comes to for a model: the next state and what happened. Pure functions that join the version's
/// <see cref="LifecycleStep"/> with <see cref="PrimarySelection"/>.</summary>
internal static class ModelRules
{
    /// <summary>A new version enters the model (rules N1, L1, P1).</summary>
    public static Outcome<ModelChange> Deploy(ModelState model, LifecycleStep step, DeployCommand command, DateTimeOffset at)
    {
        var version = step.State;
        var isNew = model.NextOrdinal == 1;
        var next = Track(model, version) with
        {
            NextOrdinal = version.Ordinal + 1,
            VersionCount = model.VersionCount + 1,
            LatestVersion = version.WasHighest ? version.Version : model.LatestVersion,
        };
        var by = Author.Of(command.Context);
        if (command.Deployment.Publish)
        {
            next = PrimarySelection.Publish(next, version.Ordinal, command.Deployment.Promote, by, at);
        }

        next = AliasRules.Claim(next, version.Ordinal, command.Deployment.Aliases, by, at);
        if (version.IsRoutable)
        {
            next = PrimarySelection.BecameRoutable(next, version.Ordinal, by, at);
        }

        return TooManyServers(model, next) is { } tooMany ? tooMany : Change(model, next, step, isNew ? [ModelEvents.Created(model.Name)] : []);
    }

    /// <summary>Publishes (rules P1, P3, P5 and HV3).</summary>
    public static Outcome<ModelChange> Publish(ModelState model, LifecycleStep step, PublishCommand command, DateTimeOffset at)
    {
        var isPrimary = model.Primary?.Ordinal == command.Ordinal;
        if (!isPrimary && MovedFrom(model, command.From) is { } moved)
        {
            return moved;
        }

        if (!isPrimary && command.Promote is true && model.Find(command.Ordinal) is { } named && HealthRules.Refusal(named, command.Force) is { } unhealthy)
        {
            return unhealthy;
        }

        var by = Author.Of(command.Context);
        var next = Track(model, step.State);
        if (step.Changed)
        {
            next = PrimarySelection.Publish(next, command.Ordinal, command.Promote, by, at);
        }
        else if (command.Promote is true)
        {
            next = PrimarySelection.Reclaim(next, command.Ordinal, by, at);
        }

        if (step.Changed || command.Promote is true)
        {
            if (AliasRules.TooMany(model, command.Aliases) is { } full)
            {
                return full;
            }

            next = AliasRules.Claim(next, command.Ordinal, command.Aliases, by, at);
        }

        return Change(model, next, step);
    }

    /// <summary>Promotes (rules P2, P5 and HV3).</summary>
    public static Outcome<ModelChange> Promote(ModelState model, LifecycleStep step, PromoteCommand command, DateTimeOffset at)
    {
        var isPrimary = model.Primary?.Ordinal == command.Ordinal;
        return !isPrimary && MovedFrom(model, command.From) is { } moved ? moved
            : !isPrimary && HealthRules.Refusal(model.Find(command.Ordinal)!, command.Force) is { } unhealthy ? unhealthy
            : Change(model, PrimarySelection.Promote(model, command.Ordinal, Author.Of(command.Context), at), step);
    }

    /// <summary>Activates (rules L3, P4).</summary>
    public static Outcome<ModelChange> Activate(ModelState model, LifecycleStep step, ActivateCommand command, DateTimeOffset at)
    {
        if ((command.Serving is not null || command.Runtime is not null) && ForbidOtherPlace(model, step, command.Context.Role) is { } forbidden)
        {
            return forbidden;
        }

        var next = Track(model, step.State);
        if (step is { Changed: true, State.IsRoutable: true })
        {
            next = PrimarySelection.BecameRoutable(next, command.Ordinal, Author.Of(command.Context), at);
            next = AliasRules.BecameRoutable(next, command.Ordinal, at);
        }

        return TooManyServers(model, next) is { } tooMany ? tooMany : Change(model, next, step);
    }

    /// <summary>Replaces the servers of a version (rules SV1 and SV3).</summary>
    public static Outcome<ModelChange> PutServers(ModelState model, LifecycleStep step, Role role)
    {
        if (ForbidOtherPlace(model, step, role) is { } forbidden)
        {
            return forbidden;
        }

        var next = Track(model, step.State);
        return TooManyServers(model, next) is { } tooMany ? tooMany : Change(model, next, step);
    }

    /// <summary>
    /// What was found out of a start (rules L3, P3, P4, X1, X2). A version that restarts was routable all the time.
    /// </summary>
    public static Outcome<ModelChange> ReportProbe(ModelState model, LifecycleStep step, Author by, DateTimeOffset at)
    {
        var next = Track(model, step.State);
        if (step.State.IsRoutable && model.Find(step.State.Ordinal) is { IsRoutable: false })
        {
            next = PrimarySelection.BecameRoutable(next, step.State.Ordinal, by, at);
            next = AliasRules.BecameRoutable(next, step.State.Ordinal, at);
        }

        return Change(model, next, step);
    }

    /// <summary>Deactivates (rules L2, P4).</summary>
    public static Outcome<ModelChange> Deactivate(ModelState model, LifecycleStep step, DeactivateCommand command, DateTimeOffset at) =>
        Leave(model, step, command.PromoteTo, command.Force, command.RefuseIfPrimary, command.RefuseIfReferenced, Author.Of(command.Context), at);

    /// <summary>Deletes (rules L4, L5, P4, AL5, AL6). The last version takes the model along.</summary>
    public static Outcome<ModelChange> Delete(ModelState model, LifecycleStep step, DeleteCommand command, DateTimeOffset at)
    {
        var isLast = model.VersionCount == 1;
        if (!command.ReleaseAliases && AliasRules.KeepsProtected(model, isLast ? null : command.Ordinal) is { } kept)
        {
            return kept;
        }

        var by = Author.Of(command.Context);
        var outcome = Leave(model, step, command.PromoteTo, command.Force, command.RefuseIfPrimary, command.RefuseIfReferenced, by, at);
        if (outcome.Value is not { } change)
        {
            return outcome;
        }

        var next = change.Model with { VersionCount = change.Model.VersionCount - 1 };
        next = isLast ? next with { DeletedAt = at, Aliases = null } : AliasRules.Forget(next, command.Ordinal, by, at);
        return change with
        {
            Model = next,
            Events =
            [
                .. change.Events,
                .. AliasMoves(model, next),
                .. isLast ? [new ModelEvent(ModelEvents.Deleted(), null)] : ImmutableArray<ModelEvent>.Empty,
            ],
        };
    }

    /// <summary>Changes what a version says of itself.</summary>
    public static Outcome<ModelChange> Patch(ModelState model, LifecycleStep step) => Change(model, model, step);

    /// <summary>Marks a version unhealthy, or healthy again (rule HV7).</summary>
    public static Outcome<ModelChange> Mark(ModelState model, LifecycleStep step) => Change(model, Track(model, step.State), step);

    /// <summary>Goes back (rules P5 and HV3).</summary>
    public static Outcome<ModelChange> Rollback(ModelState model, RollbackCommand command, DateTimeOffset at)
    {
        if (MovedFrom(model, command.From) is { } moved)
        {
            return moved;
        }

        return PrimarySelection.Rollback(model, Author.Of(command.Context), at) is not { } next
            ? new RegistryError(ErrorCode.NoPreviousPrimary, "No earlier primary of this model is routable.")
            : HealthRules.Refusal(model.Find(next.Primary!.Ordinal)!, command.Force) is { } unhealthy ? unhealthy
            : Change(model, next, null);
    }

    /// <summary>Leaves a primary that was unhealthy for too long (rule HV4).</summary>
    /// <param name="model">The model.</param>
    /// <param name="primary">The version that is primary.</param>
    /// <param name="isFit">Whether a version is known to answer.</param>
    /// <param name="by">Whose command it is.</param>
    /// <param name="at">The instant of the command.</param>
    public static ModelChange FallBack(
        ModelState model, ModelVersionState primary, Func<ActiveVersion, bool> isFit, Author by, DateTimeOffset at) =>
        Change(model, PrimarySelection.FallBack(model, HealthRules.DownSince(primary.Serving), isFit, by, at), null);

    /// <summary>Changes what a model says of itself; changing the policy moves nothing (rule P4).</summary>
    public static Outcome<ModelChange> Patch(ModelState model, PatchModelCommand command)
    {
        var next = model with
        {
            Description = command.Description.Or(model.Description),
            Labels = LabelSet.Merge(model.Labels, command.Labels),
            PrimaryPolicy = command.PrimaryPolicy ?? model.PrimaryPolicy,
            Protected = command.Protected ?? model.Protected,
            OnUnhealthy = command.OnUnhealthy ?? model.OnUnhealthy,
            FallBackSeconds = command.FallBackSeconds ?? model.FallBackSeconds,
        };
        if (CommandValidation.ValidateLabels(next.Labels) is { IsEmpty: false } problems)
        {
            return RegistryError.Invalid(problems.AsSpan());
        }

        List<string> fields = [];
        if (next.Description != model.Description)
        {
            fields.Add("description");
        }

        if (!LabelSet.Same(next.Labels, model.Labels))
        {
            fields.Add("labels");
        }

        if (next.PrimaryPolicy != model.PrimaryPolicy)
        {
            fields.Add("primary_policy");
        }

        if (next.Protected != model.Protected)
        {
            fields.Add("protected");
        }

        if (next.OnUnhealthy != model.OnUnhealthy)
        {
            fields.Add("on_unhealthy");
        }

        if ((next.FallBackSeconds ?? HealthRules.DefaultFallBackSeconds) != (model.FallBackSeconds ?? HealthRules.DefaultFallBackSeconds))
        {
            fields.Add("fall_back_seconds");
        }

        if (!command.Context.Role.Allows(Permission.Administer) && fields.Find(field => field is not ("description" or "labels")) is { } field)
        {
            return new RegistryError(ErrorCode.Forbidden, $"Only an admin changes {field}.");
        }

        return fields.Count == 0
            ? new ModelChange(model, [], [])
            : new ModelChange(next, [], [new ModelEvent(ModelEvents.Updated(fields), null)]);
    }

    /// <summary>Points an alias to a version that is active (rule AL3).</summary>
    public static Outcome<ModelChange> SetAlias(ModelState model, SetAliasCommand command, ActiveVersion version, DateTimeOffset at) =>
        OnAlias(model, AliasRules.Set(model, command, version, at));

    /// <summary>Goes back with an alias (rule AL7).</summary>
    public static Outcome<ModelChange> RollbackAlias(ModelState model, RollbackAliasCommand command, DateTimeOffset at) =>
        OnAlias(model, AliasRules.Rollback(model, command, at));

    /// <summary>Removes an alias (rule AL8).</summary>
    public static Outcome<ModelChange> RemoveAlias(ModelState model, RemoveAliasCommand command) =>
        OnAlias(model, AliasRules.Remove(model, command));

    /// <summary>
    /// Why a role can't make a change, or null: who moves the primary of a protected model, now or when a start is done,
    /// must be an admin, and so must who moves a protected alias (rules P6 and AL6).
    /// </summary>
    public static RegistryError? Forbid(ModelState model, ModelState next, Role role) =>
        model.Protected && !role.Allows(Permission.Administer)
            && (model.Primary?.Ordinal != next.Primary?.Ordinal || PrimarySelection.Pending(model) != PrimarySelection.Pending(next))
            ? new RegistryError(ErrorCode.Forbidden, "The model is protected: only an admin moves its primary, and this would.")
            : AliasRules.Forbid(model, next, role);

    /// <summary>
    /// Why a role can't have a version answer elsewhere, or null: that leads the calls of whatever points to it away, now or
    /// when a start is done, as moving the pointer would (rules P6 and AL6).
    /// </summary>
    private static RegistryError? ForbidOtherPlace(ModelState model, LifecycleStep step, Role role)
    {
        var ordinal = step.State.Ordinal;
        return !step.Changed || role.Allows(Permission.Administer) ? null
            : model.Protected && (model.Primary?.Ordinal == ordinal || PrimarySelection.Pending(model)?.Ordinal == ordinal)
                ? new RegistryError(ErrorCode.Forbidden, "The model is protected: only an admin changes where its primary answers.")
            : AliasRules.Protecting(model, ordinal) is { } alias
                ? new RegistryError(ErrorCode.Forbidden, $"Alias @{alias} is protected: only an admin changes where its version answers.")
            : null;
    }

    private static Outcome<ModelChange> OnAlias(ModelState model, Outcome<ModelState> outcome) =>
        outcome.TryGet(out var next, out var error) ? Change(model, next, null) : error;

    /// <summary>
    /// Deletes the model: its active versions end at one instant, the others are deleted by belonging to it (rule L5). There may be very many of
    /// those: the write that stores the model's event gives each of them its own, from the rows.
    /// </summary>
    public static ModelChange Delete(ModelState model, IReadOnlyList<LifecycleStep> active, DateTimeOffset at)
    {
        var events = ImmutableArray.CreateBuilder<ModelEvent>();
        foreach (var step in active)
        {
            events.AddRange(step.Events.Select(what => new ModelEvent(what, step.State.Id)));
        }

        var next = model with { Active = [], Primary = null, Aliases = null, VersionCount = 0, DeletedAt = at };
        events.AddRange(PointerMove(model, next));
        events.AddRange(AliasMoves(model, next));
        events.Add(new ModelEvent(ModelEvents.Deleted(), null));
        return new ModelChange(next, [.. active.Select(step => Keep(model, step.State))], events.ToImmutable());
    }

    /// <summary>A version leaves routing; the pointer moves with it (rule P4).</summary>
    private static Outcome<ModelChange> Leave(
        ModelState model, LifecycleStep step, string? promoteTo, bool force, bool refuseIfPrimary, bool refuseIfReferenced, Author by, DateTimeOffset at)
    {
        if (refuseIfReferenced && step.Changed && AliasRules.References(model, step.State.Ordinal) is { IsEmpty: false } references)
        {
            return new RegistryError(ErrorCode.VersionReferenced, $"Version {step.State.Version} is referred to by {string.Join(", ", references)}.")
            {
                References = references,
            };
        }

        var next = Track(model, step.State);
        if (model.Primary?.Ordinal == step.State.Ordinal)
        {
            if (refuseIfPrimary)
            {
                return new RegistryError(ErrorCode.IsPrimary, $"Version {step.State.Version} is primary.");
            }

            int? successor = null;
            if (promoteTo is not null)
            {
                successor = VersionId.TryParse(promoteTo, out var id) && id.ModelId == model.Id ? id.Ordinal : 0;
                if (next.Find(successor.Value) is not { IsRoutable: true } named)
                {
                    return new RegistryError(ErrorCode.NotRoutable, $"promote_to names {promoteTo}, which is not a routable version of this model.");
                }

                if (HealthRules.Refusal(named, force) is { } unhealthy)
                {
                    return unhealthy;
                }
            }

            next = PrimarySelection.Abandon(next, successor, by, at);
        }

        return Change(model, next, step);
    }

    /// <summary>The model with its active table as the version's state says.</summary>
    private static ModelState Track(ModelState model, ModelVersionState version)
    {
        var known = model.Find(version.Ordinal);
        if (!version.IsActive)
        {
            return known is null ? model : model with { Active = model.Active.Remove(known) };
        }

        var entry = (known ?? version.Entry ?? new ActiveVersion
        {
            Ordinal = version.Ordinal,
            Version = version.Version,
            WasHighest = version.WasHighest,
        }) with
        {
            Stage = version.Stage,
            Status = version.Serving?.Status ?? ServingStatus.Ready,
            Url = version.Serving?.Url,
            Attempt = version.Serving?.Attempt ?? 0,
            Openai = OpenaiServing.Of(version.Serving, known?.Openai),
            Servers = ActiveServers.Of(version.Serving, known?.Servers),
            ProbeSeconds = version.Serving?.ProbeSeconds ?? 0,
            Health = version.Serving?.Health,
        };
        if (known is not null)
        {
            return entry == known ? model : model.With(entry);
        }

        var place = ~model.Active.BinarySearch(entry, ActiveVersion.ByOrdinal);
        return model with { Active = model.Active.Insert(place, entry) };
    }

    /// <summary>What a version's row keeps of its entry in the active table when it leaves, and gives back when it returns (rule P4).</summary>
    private static ModelVersionState Keep(ModelState before, ModelVersionState version)
    {
        if (version.IsActive)
        {
            return version with { Entry = null };
        }

        return before.Find(version.Ordinal) is { } entry ? version with { Entry = entry with { Claim = null, AliasClaims = null, Servers = null, ProbeSeconds = 0, Health = null } } : version;
    }

    /// <summary>Rule SV1: a change that adds servers where there are too many, or would be.</summary>
    private static RegistryError? TooManyServers(ModelState before, ModelState after)
    {
        var servers = Servers(after);
        return servers <= ServerRules.MaxOfModel || servers <= Servers(before) ? null : new RegistryError(
            ErrorCode.TooManyServers, $"The active versions of the model would have {servers} servers; they may have {ServerRules.MaxOfModel}.");

        static int Servers(ModelState model) => model.Active.Sum(version => version.PresentServers is { Count: > 1 and var count } ? count : 0);
    }

    private static ModelChange Change(
        ModelState before, ModelState after, LifecycleStep? step, params ReadOnlySpan<EventDraft> first)
    {
        ImmutableArray<ModelEvent> events =
        [
            .. first.ToArray().Select(what => new ModelEvent(what, null)),
            .. step?.Events.Select(what => new ModelEvent(what, step.State.Id)) ?? [],
            .. PointerMove(before, after),
            .. AliasMoves(before, after),
        ];
        return new ModelChange(after, step is { Changed: true } ? [Keep(before, step.State)] : [], events);
    }

    private static IEnumerable<ModelEvent> PointerMove(ModelState before, ModelState after)
    {
        if (before.Primary?.Ordinal == after.Primary?.Ordinal)
        {
            yield break;
        }

        // A claim that waited is told of by the end of the start, and is still its claimant's.
        var author = after.Primary is { } set ? new Author(set.By, set.ByName, set.Comment) : null;
        yield return new ModelEvent(ModelEvents.PrimaryChanged(before, after), after.PrimaryId ?? before.PrimaryId, author);
    }

    /// <summary>What happened to the aliases (rule AL10).</summary>
    private static IEnumerable<ModelEvent> AliasMoves(ModelState before, ModelState after)
    {
        foreach (var name in AliasRules.Names(before, after))
        {
            var (old, next) = (AliasRules.Find(before, name), AliasRules.Find(after, name));
            var isMoved = old?.Target?.Ordinal != next?.Target?.Ordinal;
            if (isMoved || next is null || next.Protected != (old?.Protected ?? false))
            {
                var target = next?.Target ?? old?.Target;
                yield return new ModelEvent(
                    ModelEvents.AliasChanged(before, name, old, next),
                    target is null ? null : new VersionId(before.Id, target.Ordinal),
                    isMoved && next is not null ? new Author(next.By, next.ByName, next.Comment) : null);
            }
        }
    }

    private static RegistryError? MovedFrom(ModelState model, Optional<string> from) =>
        !from.IsSet || from.Value == model.PrimaryId?.ToString()
            ? null
            : new RegistryError(ErrorCode.PrimaryMoved, $"The primary is {model.PrimaryId?.ToString() ?? "none"}, not {from.Value ?? "none"}.");
}

/// <summary>What a command comes to for a model.</summary>
/// <param name="Model">The next state; the same instance when the model doesn't change.</param>
/// <param name="Versions">Rows of versions to store with it.</param>
/// <param name="Events">What happened, in order of cause.</param>
internal sealed record ModelChange(
    ModelState Model, ImmutableArray<ModelVersionState> Versions, ImmutableArray<ModelEvent> Events);

/// <summary>Something that happens to a model or one of its versions.</summary>
/// <param name="What">What it is.</param>
/// <param name="Version">The version, or null for an event of the model.</param>
/// <param name="Author">Who did it, and why; null for whoever gives the command.</param>
internal sealed record ModelEvent(EventDraft What, VersionId? Version, Author? Author = null);
