using System.Collections.Immutable;
using OrleansRegistry.Events;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>
/// Rules P1 to P5 and HV4: where the primary pointer goes. Pure functions from a model, whose active table already shows what the command did
/// to the version, to the model with its order number, claims, pointer and history.
/// </summary>
internal static class PrimarySelection
{
    /// <summary>How many primaries the history holds (rule P5).</summary>
    public const int HistoryLength = 10;

    /// <summary>A draft was published (rule P1): draws its publish number and, if it is a claim, spends it now or lets it wait (rule P3).</summary>
    public static ModelState Publish(ModelState model, int ordinal, bool? promote, Author by, DateTimeOffset at)
    {
        var version = model.Find(ordinal)!;
        var number = model.Order + 1;
        var claims = promote ?? ClaimsByItself(model, version);
        version = version with
        {
            PublishNumber = number,
            HeldBack = version.HeldBack || (!claims && model.Primary?.Ordinal != ordinal),
        };
        model = (model with { Order = number }).With(version);
        return claims ? Enter(model, version, ClaimOf(number, ReasonOf(promote), by), at) : model;
    }

    /// <summary>A published version claims the pointer anew (<c>promote: true</c>); its publish number stays.</summary>
    public static ModelState Reclaim(ModelState model, int ordinal, Author by, DateTimeOffset at)
    {
        var number = model.Order + 1;
        return Enter(model with { Order = number }, model.Find(ordinal)!, ClaimOf(number, PrimaryReason.Promoted, by), at);
    }

    /// <summary>Somebody named the version, which is routable (rule P2): draws a number and takes the pointer, or renews it.</summary>
    public static ModelState Promote(ModelState model, int ordinal, Author by, DateTimeOffset at) =>
        Draw(model, ordinal, PrimaryReason.Promoted, by, at);

    /// <summary>The version has become routable: its claim is spent (rule P3), or it ends a time without primary (rule P4).</summary>
    public static ModelState BecameRoutable(ModelState model, int ordinal, Author by, DateTimeOffset at)
    {
        var version = model.Find(ordinal)!;
        if (version.Claim is { } claim)
        {
            model = Spend(model, version, claim, at);
        }

        return model.Primary is null && model.PrimaryPolicy == PrimaryPolicy.LatestPublished && version.PublishNumber is { } number
            ? Point(model, version, number, PrimaryReason.Activated, by, at)
            : model;
    }

    /// <summary>The primary has left the active table (rule P4): the pointer moves to whom the call names, to the fallback, or to none.</summary>
    /// <param name="model">The model, its pointer still on the version that left.</param>
    /// <param name="promoteTo">The ordinal of the routable version the call names, or null.</param>
    /// <param name="by">Whose command it is, and why.</param>
    /// <param name="at">The instant of the command.</param>
    public static ModelState Abandon(ModelState model, int? promoteTo, Author by, DateTimeOffset at)
    {
        model = model with { Primary = null };
        if (promoteTo is { } named)
        {
            return Draw(model, named, PrimaryReason.Promoted, by, at);
        }

        return InLine(model).FirstOrDefault() is { } fallback ? FallBackTo(model, fallback, by, at) : model;
    }

    /// <summary>
    /// The primary is unhealthy, or has failed (rule HV4): if that is so for as long as the model says, the pointer goes to
    /// the first healthy version that answers calls, and the one left is as after a rollback; else nothing changes.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="downSince">Since when its primary is unhealthy or has failed, or null while it is neither.</param>
    /// <param name="isFit">Whether a version is known to answer.</param>
    /// <param name="by">Whose command it is.</param>
    /// <param name="at">The instant of the command.</param>
    public static ModelState FallBack(
        ModelState model, DateTimeOffset? downSince, Func<ActiveVersion, bool> isFit, Author by, DateTimeOffset at)
    {
        if (model is not { GuardedPrimary: { } left, Primary: { } primary } || downSince is not { } since
            || at - (since > primary.Since ? since : primary.Since) < TimeSpan.FromSeconds(model.FallBackSeconds ?? HealthRules.DefaultFallBackSeconds)
            || Successor(model, isFit) is not { } successor)
        {
            return model;
        }

        return FallBackTo(model.With(left with { HeldBack = true, Left = true }), successor, by, at);
    }

    /// <summary>The version that takes the pointer when the primary is unhealthy for too long (rule HV4), or null for none.</summary>
    /// <param name="model">The model.</param>
    /// <param name="isFit">Whether a version is known to answer.</param>
    public static ActiveVersion? Successor(ModelState model, Func<ActiveVersion, bool> isFit) => InLine(model).FirstOrDefault(
        version => version is { IsUnhealthy: false, Url: not null } && version.Ordinal != model.Primary?.Ordinal && isFit(version));

    /// <summary>Goes back to the latest primary before the present one that is routable (rule P5), or answers null.</summary>
    public static ModelState? Rollback(ModelState model, Author by, DateTimeOffset at)
    {
        var before = model.Primary is null ? model.History.Length : model.History.Length - 1;
        for (var index = before - 1; index >= 0; index--)
        {
            var target = model.History[index].Ordinal;
            if (model.Find(target) is not { IsRoutable: true })
            {
                continue;
            }

            if (model.Primary is { } left)
            {
                model = model.With(model.Find(left.Ordinal)! with { HeldBack = true, Left = true });
            }

            return Draw(model with { History = model.History[..(index + 1)] }, target, PrimaryReason.Rollback, by, at);
        }

        return null;
    }

    /// <summary>The starting version that takes the pointer when it is ready, if nothing else happens, or null.</summary>
    public static PastPrimary? Pending(ModelState model)
    {
        var next = model.Active
            .Where(version => version.Status == ServingStatus.Starting && version.Claim is { } claim && claim.Number > (model.Primary?.Order ?? 0))
            .MaxBy(version => version.Claim!.Number);
        if (next is null && model is { Primary: null, PrimaryPolicy: PrimaryPolicy.LatestPublished })
        {
            next = model.Active.Where(version => version is { Status: ServingStatus.Starting, PublishNumber: not null })
                .MaxBy(version => version.PublishNumber);
        }

        return next is null ? null
            : next.Ordinal == model.PendingPrimary?.Ordinal ? model.PendingPrimary
            : new PastPrimary(next.Ordinal, next.Version);
    }

    private static bool ClaimsByItself(ModelState model, ActiveVersion version) =>
        model.PrimaryPolicy == PrimaryPolicy.LatestPublished
        && version.WasHighest
        && !(version.Url is null && model.Primary is { } primary && model.Find(primary.Ordinal)?.Url is not null);

    private static Claim ClaimOf(long number, PrimaryReason reason, Author by) =>
        new() { Number = number, Reason = reason, By = by.Actor, ByName = by.Name, Comment = by.Comment };

    private static PrimaryReason ReasonOf(bool? promote) => promote is true ? PrimaryReason.Promoted : PrimaryReason.Published;

    private static ModelState Enter(ModelState model, ActiveVersion version, Claim claim, DateTimeOffset at) =>
        version.IsRoutable ? Spend(model, version, claim, at) : model.With(version with { Claim = claim });

    private static ModelState Spend(ModelState model, ActiveVersion version, Claim claim, DateTimeOffset at)
    {
        version = version with { Claim = null };
        model = model.With(version);
        return model.Primary is null || claim.Number > model.Primary.Order
            ? Point(
                model.With(version with { HeldBack = false, Left = false }),
                version,
                claim.Number,
                claim.Reason,
                new Author(claim.By, claim.ByName, claim.Comment),
                at)
            : model;
    }

    /// <summary>The versions that a fallback may lead to, the first one first (rule P4).</summary>
    private static IEnumerable<ActiveVersion> InLine(ModelState model) => model.Active
        .Where(version => version is { IsRoutable: true, PublishNumber: not null })
        .OrderBy(version => version.IsUnhealthy)
        .ThenBy(version => version.HeldBack)
        .ThenByDescending(version => version.PublishNumber);

    private static ModelState FallBackTo(ModelState model, ActiveVersion version, Author by, DateTimeOffset at) =>
        Point(model, version, version.PublishNumber!.Value, PrimaryReason.Fallback, by, at);

    private static ModelState Draw(ModelState model, int ordinal, PrimaryReason reason, Author by, DateTimeOffset at)
    {
        var number = model.Order + 1;
        var version = model.Find(ordinal)! with { HeldBack = false, Left = false };
        return Point((model with { Order = number }).With(version), version, number, reason, by, at);
    }

    private static ModelState Point(
        ModelState model, ActiveVersion version, long order, PrimaryReason reason, Author by, DateTimeOffset at)
    {
        if (model.Primary is { } primary && primary.Ordinal == version.Ordinal)
        {
            return model with { Primary = primary with { Order = order } };
        }

        var present = model.History.FirstOrDefault(past => past.Ordinal == version.Ordinal)
            ?? new PastPrimary(version.Ordinal, version.Version);
        ImmutableArray<PastPrimary> history = [.. model.History.Where(past => past != present), present];
        return model with
        {
            Primary = new PrimaryPointer
            {
                Ordinal = version.Ordinal,
                Version = version.Version,
                Since = at,
                Reason = reason,
                By = by.Actor,
                ByName = by.Name,
                Comment = by.Comment,
                Order = order,
            },
            History = history.Length > HistoryLength ? history[^HistoryLength..] : history,
        };
    }
}
