using System.Collections.Immutable;
using OrleansRegistry.Events;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>
/// Rules AL3 to AL8: where aliases go. Pure functions from a model, whose active table already shows what the command
/// did to the version, to the model with its aliases, their claims and the order number.
/// </summary>
internal static class AliasRules
{
    /// <summary>How many versions the history of an alias holds (rule AL7).</summary>
    public const int HistoryLength = 5;

    /// <summary>The alias of a name, or null.</summary>
    public static AliasState? Find(ModelState model, string name) => model.Aliases?.FirstOrDefault(alias => alias.Name == name);

    /// <summary>
    /// The version that a command names: its ordinal, or the number of one that is not active (rule AL3).
    /// </summary>
    public static Outcome<NamedVersion> Target(ModelState model, string version)
    {
        switch (VersionSelector.Parse(version))
        {
            case VersionSelector.Primary:
                return model.Primary is { } primary
                    ? new NamedVersion(primary.Ordinal)
                    : new RegistryError(ErrorCode.NoPrimary, $"Model {model.Name} has no primary version; name a version.");
            case VersionSelector.Canary:
                return NoCanary(model);
            case VersionSelector.ByAlias { Name: var name }:
                return Find(model, name) is not { } alias ? NotFound(model, name)
                    : alias.Target is { } target ? new NamedVersion(target.Ordinal)
                    : Empty(name);
            case VersionSelector.ById { Id: var id }:
                return id.ModelId == model.Id && id.Ordinal >= 1 && id.Ordinal < model.NextOrdinal
                    ? new NamedVersion(id.Ordinal)
                    : RegistryError.Invalid("version", $"must be a version of model {model.Id}");
            case VersionSelector.Exact { Number: var number }:
                return model.Active.FirstOrDefault(entry => entry.Version == number.ToString()) is { } active
                    ? new NamedVersion(active.Ordinal)
                    : new NamedVersion(null, number.ToString());
            default:
                return RegistryError.Invalid("version", FieldRules.AliasTarget(version) ?? "must name one version");
        }
    }

    /// <summary>Points an alias to a version that is active (rule AL3).</summary>
    public static Outcome<ModelState> Set(ModelState model, SetAliasCommand command, ActiveVersion version, DateTimeOffset at)
    {
        var present = Find(model, command.Name);
        if (present?.Target?.Ordinal != version.Ordinal && MovedFrom(model, command.Name, present, command.From) is { } moved)
        {
            return moved;
        }

        if (!version.IsRoutable)
        {
            return new RegistryError(
                ErrorCode.NotRoutable,
                $"Version {version.Version} is {(version.Status == ServingStatus.Starting ? "starting" : "not up")}; an alias is set to a routable version.");
        }

        if (present is null && TooMany(model, [command.Name]) is { } full)
        {
            return full;
        }

        var number = model.Order + 1;
        var reason = command.Version.StartsWith('@') ? AliasReason.Promoted : AliasReason.Set;
        var next = Point(
            model with { Order = number }, command.Name, version, number, reason, Author.Of(command.Context), at);
        return command.Protected is { } isProtected
            ? With(next, Find(next, command.Name)! with { Protected = isProtected })
            : next;
    }

    /// <summary>Goes back to the latest routable version before the present one (rule AL7).</summary>
    public static Outcome<ModelState> Rollback(ModelState model, RollbackAliasCommand command, DateTimeOffset at)
    {
        if (Find(model, command.Name) is not { } alias)
        {
            return NotFound(model, command.Name);
        }

        if (MovedFrom(model, command.Name, alias, command.From) is { } moved)
        {
            return moved;
        }

        for (var index = alias.History.Length - (alias.Target is null ? 1 : 2); index >= 0; index--)
        {
            if (model.Find(alias.History[index].Ordinal) is { IsRoutable: true } target)
            {
                var number = model.Order + 1;
                var shorter = With(model with { Order = number }, alias with { History = alias.History[..(index + 1)] });
                return Point(shorter, alias.Name, target, number, AliasReason.RolledBack, Author.Of(command.Context), at);
            }
        }

        return new RegistryError(ErrorCode.NoPreviousTarget, $"No earlier version of @{command.Name} is routable.");
    }

    /// <summary>Removes an alias, and the claims to it (rules AL4 and AL8).</summary>
    public static Outcome<ModelState> Remove(ModelState model, RemoveAliasCommand command)
    {
        if (Find(model, command.Name) is not { } alias)
        {
            return NotFound(model, command.Name);
        }

        return MovedFrom(model, command.Name, alias, command.From) is { } moved ? moved : model with
        {
            Aliases = Stored(model.Aliases!.Where(other => other != alias)),
            Active = [.. model.Active.Select(version => Claims(version, command.Name) is { } claim
                ? version with { AliasClaims = Others(version, claim) }
                : version)],
        };
    }

    /// <summary>
    /// A version claims aliases (rule AL4): draws a number, makes those that are not there, and points them to the
    /// version now, or when it becomes routable.
    /// </summary>
    public static ModelState Claim(ModelState model, int ordinal, IReadOnlyList<string>? names, Author by, DateTimeOffset at)
    {
        if (names is not { Count: > 0 })
        {
            return model;
        }

        var number = model.Order + 1;
        model = model with { Order = number };
        foreach (var name in names.Where(name => Find(model, name) is null).ToList())
        {
            model = With(model, new AliasState
            {
                Name = name,
                Since = at,
                Reason = AliasReason.Claimed,
                By = by.Actor,
                ByName = by.Name,
                Comment = by.Comment,
            });
        }

        var version = model.Find(ordinal)!;
        IReadOnlyList<AliasClaim> claims =
        [
            .. (version.AliasClaims ?? []).Where(claim => !names.Contains(claim.Alias)),
            .. names.Select(name => new AliasClaim { Alias = name, Number = number, By = by.Actor, ByName = by.Name, Comment = by.Comment }),
        ];
        model = model.With(version with { AliasClaims = claims });
        return version.IsRoutable ? BecameRoutable(model, ordinal, at) : model;
    }

    /// <summary>The version has become routable: its claims to aliases are spent (rule AL4).</summary>
    public static ModelState BecameRoutable(ModelState model, int ordinal, DateTimeOffset at)
    {
        var version = model.Find(ordinal)!;
        if (version.AliasClaims is not { } claims)
        {
            return model;
        }

        version = version with { AliasClaims = null };
        model = model.With(version);
        foreach (var claim in claims)
        {
            if (Find(model, claim.Alias) is { } alias && Wins(claim, alias))
            {
                model = Point(
                    model, alias.Name, version, claim.Number, AliasReason.Claimed, new Author(claim.By, claim.ByName, claim.Comment), at);
            }
        }

        return model;
    }

    /// <summary>The version is deleted: what points to it is empty, and no history knows it (rules AL5 and AL7).</summary>
    public static ModelState Forget(ModelState model, int ordinal, Author by, DateTimeOffset at)
    {
        return model.Aliases is null ? model : model with { Aliases = [.. model.Aliases.Select(Without)] };

        AliasState Without(AliasState alias)
        {
            if (alias.History.All(past => past.Ordinal != ordinal))
            {
                return alias;
            }

            var shorter = alias with { History = [.. alias.History.Where(past => past.Ordinal != ordinal)] };
            return alias.Target?.Ordinal != ordinal ? shorter : shorter with
            {
                Target = null,
                Since = at,
                Reason = AliasReason.Emptied,
                By = by.Actor,
                ByName = by.Name,
                Comment = by.Comment,
            };
        }
    }

    /// <summary>Why a command would make more aliases than a model may have (rule AL1), or null.</summary>
    public static RegistryError? TooMany(ModelState model, IReadOnlyList<string>? names) =>
        names is { Count: > 0 } && (model.Aliases?.Count ?? 0) + names.Count(name => Find(model, name) is null) > FieldRules.MaxAliases
            ? new RegistryError(ErrorCode.TooManyAliases, $"A model has at most {FieldRules.MaxAliases} aliases; remove one first.")
            : null;

    /// <summary>
    /// Why a role can't make a change (rule AL6), or null: only an admin moves a protected alias, now or when a start is
    /// done, changes its protection, removes it, or takes its version out of routing.
    /// </summary>
    public static RegistryError? Forbid(ModelState before, ModelState after, Role role)
    {
        if (role.Allows(Permission.Administer))
        {
            return null;
        }

        var touched = Names(before, after).FirstOrDefault(name => (Find(before, name), Find(after, name)) is var (old, next)
            && (old is { Protected: true } || next is { Protected: true })
            && (!ReferenceEquals(old, next)
                || Pending(before, old!)?.Ordinal != Pending(after, next!)?.Ordinal
                || (old!.Target is { } target && before.Find(target.Ordinal) is not null && after.Find(target.Ordinal) is null)));
        return touched is null
            ? null
            : new RegistryError(ErrorCode.Forbidden, $"Alias @{touched} is protected: only an admin moves it, and this would.");
    }

    /// <summary>
    /// Why a deletion needs <c>release_aliases</c> (rule AL6), or null. <paramref name="ordinal"/> names the version, or is
    /// null for the whole model.
    /// </summary>
    public static RegistryError? KeepsProtected(ModelState model, int? ordinal) =>
        model.Aliases?.FirstOrDefault(alias => alias.Protected && (ordinal is null || alias.Target?.Ordinal == ordinal)) is { } kept
            ? new RegistryError(ErrorCode.AliasProtected, $"Alias @{kept.Name} is protected; release_aliases=true deletes it all the same.")
            : null;

    /// <summary>A protected alias that points to a version, or will when its start is done; null for none.</summary>
    public static string? Protecting(ModelState model, int ordinal) => model.Aliases?.FirstOrDefault(
        alias => alias.Protected && (alias.Target?.Ordinal == ordinal || Pending(model, alias)?.Ordinal == ordinal))?.Name;

    /// <summary>What refers to a version (rule AL9).</summary>
    public static ImmutableArray<string> References(ModelState model, int ordinal) =>
    [
        .. model.Primary?.Ordinal == ordinal ? ["primary"] : ImmutableArray<string>.Empty,
        .. (model.Aliases ?? []).Where(alias => alias.Target?.Ordinal == ordinal).Select(alias => "alias:" + alias.Name),
    ];

    /// <summary>The starting version that takes the alias when it is ready, if nothing else happens, or null.</summary>
    public static ActiveVersion? Pending(ModelState model, AliasState alias) => model.Active
        .Where(version => version.Status == ServingStatus.Starting && Claims(version, alias.Name) is { } claim && Wins(claim, alias))
        .MaxBy(version => Claims(version, alias.Name)!.Number);

    /// <summary>Whether another version takes an alias when it is ready.</summary>
    public static bool PendingChanges(ModelState before, ModelState after) => Names(before, after).Any(name =>
        (Find(before, name) is { } old ? Pending(before, old)?.Ordinal : null) != (Find(after, name) is { } next ? Pending(after, next)?.Ordinal : null));

    /// <summary>The moves of aliases between two states, in the order of their names.</summary>
    public static IEnumerable<AliasChange> Changes(ModelState before, ModelState after) =>
        from name in Names(before, after)
        let old = Find(before, name)?.Target?.Ordinal
        let next = Find(after, name)?.Target?.Ordinal
        where old != next
        select new AliasChange { Alias = name, From = IdOf(before, old), To = IdOf(before, next) };

    /// <summary>The names of the aliases of two states, in their order.</summary>
    public static IEnumerable<string> Names(ModelState before, ModelState after) => (before.Aliases ?? []).Concat(after.Aliases ?? [])
        .Select(alias => alias.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>The error of a name that no alias has.</summary>
    public static RegistryError NotFound(ModelState model, string name) => new(ErrorCode.AliasNotFound, $"Model {model.Name} has no alias @{name}.");

    /// <summary>The error of an alias that points to no version.</summary>
    public static RegistryError Empty(string name) => new(ErrorCode.AliasEmpty, $"Alias @{name} points to no version.");

    /// <summary>The error of <c>@canary</c>.</summary>
    public static RegistryError NoCanary(ModelState model) => new(ErrorCode.NoRollout, $"Model {model.Name} has no rollout, and so no canary.");

    private static string? IdOf(ModelState model, int? ordinal) => ordinal is { } known ? new VersionId(model.Id, known).ToString() : null;

    private static RegistryError? MovedFrom(ModelState model, string name, AliasState? alias, Optional<string> from)
    {
        var present = IdOf(model, alias?.Target?.Ordinal);
        return !from.IsSet || from.Value == present
            ? null
            : new RegistryError(ErrorCode.AliasMoved, $"Alias @{name} points to {present ?? "none"}, not {from.Value ?? "none"}.");
    }

    private static bool Wins(AliasClaim claim, AliasState alias) => alias.Target is null || claim.Number > alias.Order;

    private static AliasClaim? Claims(ActiveVersion version, string name) => version.AliasClaims?.FirstOrDefault(claim => claim.Alias == name);

    private static IReadOnlyList<AliasClaim>? Others(ActiveVersion version, AliasClaim claim) =>
        version.AliasClaims!.Count == 1 ? null : [.. version.AliasClaims.Where(other => other != claim)];

    private static ModelState Point(
        ModelState model, string name, ActiveVersion version, long order, AliasReason reason, Author by, DateTimeOffset at)
    {
        var alias = Find(model, name);
        if (alias?.Target?.Ordinal == version.Ordinal)
        {
            return With(model, alias with { Order = order });
        }

        var target = alias?.History.FirstOrDefault(past => past.Ordinal == version.Ordinal) ?? new AliasTarget(version.Ordinal, version.Version);
        ImmutableArray<AliasTarget> history = [.. (alias?.History ?? []).Where(past => past != target), target];
        return With(model, (alias ?? new AliasState { Name = name, By = by.Actor }) with
        {
            Target = target,
            Order = order,
            Since = at,
            Reason = reason,
            By = by.Actor,
            ByName = by.Name,
            Comment = by.Comment,
            History = history.Length > HistoryLength ? history[^HistoryLength..] : history,
        });
    }

    private static ModelState With(ModelState model, AliasState alias) =>
        model with { Aliases = Stored((model.Aliases ?? []).Where(other => other.Name != alias.Name).Append(alias)) };

    private static List<AliasState>? Stored(IEnumerable<AliasState> aliases)
    {
        List<AliasState> stored = [.. aliases.OrderBy(alias => alias.Name, StringComparer.Ordinal)];
        return stored.Count == 0 ? null : stored;
    }
}

/// <summary>A version as a command on an alias names it.</summary>
/// <param name="Ordinal">Its ordinal, or null where only the catalog knows it.</param>
/// <param name="Number">Its number, where the ordinal is not known.</param>
internal sealed record NamedVersion(int? Ordinal, string? Number = null);
