namespace OrleansRegistry.Reference;

/// <summary>
/// The rules once more, written from the sentences of the design and from nothing else: objects that change in place, lists that are
/// searched from end to end, nothing kept that can be counted again. It shares no code with the product but the names of errors
/// and the shapes of commands. <see cref="Hits"/> counts the clauses that were reached.
/// </summary>
internal sealed partial class ReferenceRegistry(int maxActive = 1000)
{
    private bool _happened;
    private bool _touched;
    private DateTimeOffset _at;

    public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(56);

    public ReferenceModel? Model { get; private set; }

    public Dictionary<string, int> Hits { get; } = [];

    public Answer Run(Command command)
    {
        if (command is Command.MoveClock clock)
        {
            Now += TimeSpan.FromMilliseconds(clock.Milliseconds);
            return Answer.Unchanged;
        }

        if (command is Command.Reload)
        {
            return Answer.Unchanged;
        }

        var deleted = command is Command.Deploy && Model is { IsDeleted: true } ? Model : null;
        if (deleted is not null)
        {
            // The name is free again: a new model.
            Hit("L5 the name of a deleted model is deployed again");
            Model = null;
        }

        var primary = Model?.Primary;
        var pending = Model?.Pending;
        var aliases = Pointers();
        _happened = false;
        _touched = false;
        _at = Model is not null && Model.LastInstant > Now ? Model.LastInstant : Now;
        if (_at > Now)
        {
            Hit("the clock stands before the last command");
        }

        var (error, number) = command is Command.Deploy deploy ? Deploy(deploy) : (On(command), null);
        Hit($"{command.GetType().Name} {error ?? "done"}");
        if (error is not null)
        {
            Model ??= deleted;
            return new Answer(error);
        }

        if (_touched)
        {
            Model!.LastInstant = _at;
        }

        foreach (var version in Model!.Versions)
        {
            version.Note(_at);
        }

        var moved = primary?.Ordinal != Model.Primary?.Ordinal;
        if (moved)
        {
            Model.Moves.Add((_at, Model.Primary?.Ordinal));
        }

        return new Answer((string?)null)
        {
            Changed = _happened || pending?.Ordinal != Model.Pending?.Ordinal
                || aliases.Keys.Union(Pointers().Keys).Any(name => aliases.GetValueOrDefault(name).Pending != Pointers().GetValueOrDefault(name).Pending),
            AliasMoves = string.Join("; ",
                from name in aliases.Keys.Union(Pointers().Keys).Order(StringComparer.Ordinal)
                let before = aliases.GetValueOrDefault(name).Target
                let after = Pointers().GetValueOrDefault(name).Target
                where before != after
                select $"{name}: {(before is { } from ? Id(from) : null)} {(after is { } to ? Id(to) : null)}"),
            Moved = moved,
            From = moved ? primary?.Ordinal : null,
            To = moved ? Model.Primary?.Ordinal : null,
            Number = number?.ToString(),
            ModelDeleted = Model.IsDeleted,
        };
    }

    private Dictionary<string, (int? Target, int? Pending)> Pointers() => (Model?.Aliases ?? []).ToDictionary(
        alias => alias.Key, alias => (alias.Value.Version?.Ordinal, Model!.PendingOf(alias.Value)?.Ordinal));

    private (string? Error, ReferenceNumber? Number) Deploy(Command.Deploy command)
    {
        // L6
        if (Model is not null && Model.Versions.Count(version => version.IsActive) >= maxActive)
        {
            return (ErrorCode.TooManyActiveVersions, null);
        }

        var (error, number) = Number(command, Model is null ? [] : [.. Model.Versions.Select(version => version.Number)]);
        if (number is null)
        {
            return (error, null);
        }

        if (IsTooMany(null, command.Serving))
        {
            return (ErrorCode.TooManyServers, null);
        }

        Model ??= new ReferenceModel();
        var version = new ReferenceVersion
        {
            Ordinal = Model.Versions.Count + 1,
            Number = number,
            WasHighest = Model.Versions.All(other => number.IsAbove(other.Number)),
            State = VersionState.Draft,
            Stage = Stage.Draft,
            InstanceType = command.InstanceType,
        };
        Model.Versions.Add(version);
        _happened = _touched = true;
        Take(version, command.Serving);
        BeginStart(version);
        if (command.IsPublished)
        {
            PublishDraft(version, command.Claims, command.By);
        }

        ClaimAliases(version, command.Aliases, command.By);
        if (version.IsRoutable)
        {
            BecomeRoutable(version, command.By);
        }

        return (null, number);
    }

    private (string? Error, ReferenceNumber? Number) Number(Command.Deploy command, List<ReferenceNumber> given)
    {
        // N4
        if (command.Version is { } text)
        {
            var number = ReferenceNumber.Parse(text);
            if (given.Contains(number))
            {
                Hit("N4 a number that was given before");
                return (ErrorCode.VersionExists, null);
            }

            var line = given.Where(other => other.Major == number.Major && other.Minor == number.Minor).ToList();
            if (!line.TrueForAll(number.IsAbove))
            {
                Hit("N4 a number below its line");
                return (ErrorCode.ValidationFailed, null);
            }

            if (given.Exists(other => other.IsAbove(number)))
            {
                Hit("N4 a number below the highest");
            }

            return (null, number);
        }

        var bump = command.Bump ?? VersionBump.Minor;
        var numbers = given;
        if (command.Base is { } name)
        {
            // N3
            numbers = [.. given.Where(number => number.IsOnLine(name))];
            if (numbers.Count == 0)
            {
                Hit("N3 a line without a number");
                return (ErrorCode.ValidationFailed, null);
            }

            bump = name.Contains('.', StringComparison.Ordinal) ? VersionBump.Patch : VersionBump.Minor;
            Hit($"N3 {bump}");
        }

        // N2
        var highest = numbers.Find(number => numbers.TrueForAll(other => other == number || number.IsAbove(other)))
            ?? new ReferenceNumber(0, 0, 0, "");
        var next = bump switch
        {
            VersionBump.Major => new ReferenceNumber(highest.Major + 1, 0, 0, ""),
            VersionBump.Minor => new ReferenceNumber(highest.Major, highest.Minor + 1, 0, ""),
            _ => new ReferenceNumber(highest.Major, highest.Minor, highest.Patch + 1, ""),
        };
        if (next.Major > 999_999_999 || next.Minor > 999_999_999 || next.Patch > 999_999_999)
        {
            Hit("N4 a part of ten digits");
            return (ErrorCode.ValidationFailed, null);
        }

        if (highest.Prerelease.Length > 0)
        {
            Hit("N2 from the core of a prerelease");
        }

        return (null, next);
    }

    private string? On(Command command) => command switch
    {
        Command.Publish c => OnVersion(c.Ordinal, c, version => Publish(version, c)),
        Command.Promote c => OnVersion(c.Ordinal, c, version => Promote(version, c)),
        Command.Activate c => OnVersion(c.Ordinal, c, version => Activate(version, c)),
        Command.Deactivate c => OnVersion(c.Ordinal, c, version => Deactivate(version, c)),
        Command.Delete c => OnVersion(c.Ordinal, c, version => Delete(version, c)),
        Command.PutServers c => OnVersion(c.Ordinal, c, version => PutServers(version, c)),
        Command.ReportProbe c => OnVersion(c.Ordinal, c, version => ReportProbe(version, c)),
        Command.Mark c => OnVersion(c.Ordinal, c, version => Mark(version, c)),
        Command.Label { Ordinal: { } ordinal } c => OnVersion(ordinal, c, version => Label(version, c)),
        Command.Rollback c => OnModel(() => Rollback(c)),
        Command.SetAlias c => OnModel(() => SetAlias(c)),
        Command.RollbackAlias c => OnModel(() => RollbackAlias(c)),
        Command.RemoveAlias c => OnModel(() => RemoveAlias(c)),
        Command.SetPolicy c => OnModel(() => SetPolicy(c)),
        Command.SetFallBack c => OnModel(() => SetFallBack(c)),
        Command.FallBack c => OnModel(() => FallBack(c)),
        Command.Label c => OnModel(() => Label(c)),
        Command.DeleteModel c => OnModel(() => DeleteModel(c)),
        _ => throw new ArgumentException($"{command}", nameof(command)),
    };

    private string? OnVersion(int ordinal, Command command, Func<ReferenceVersion, string?> run)
    {
        if (Model?.Versions.Find(version => version.Ordinal == ordinal) is not { } version)
        {
            return ErrorCode.VersionNotFound;
        }

        if (Model.IsDeleted)
        {
            return ErrorCode.VersionDeleted;
        }

        var what = command is Command.Publish
            ? version.Stage == Stage.Draft ? "publish a draft" : "publish a published one"
            : command.GetType().Name;
        Hit($"cell: {what}, {version.Condition}");
        return run(version);
    }

    private string? OnModel(Func<string?> run)
    {
        if (Model is null)
        {
            return ErrorCode.ModelNotFound;
        }

        return Model.IsDeleted ? ErrorCode.ModelDeleted : run();
    }

    private string? Publish(ReferenceVersion version, Command.Publish command)
    {
        switch (version.State)
        {
            case VersionState.Deleted:
                return ErrorCode.VersionDeleted;
            case VersionState.Inactive:
                return ErrorCode.VersionInactive;
            default:
                break;
        }

        if (IsMoved(version, command.From))
        {
            return ErrorCode.PrimaryMoved;
        }

        if (command.Claims == true && IsRefused(version, command))
        {
            return ErrorCode.VersionUnhealthy;
        }

        if (version.State == VersionState.Draft)
        {
            PublishDraft(version, command.Claims, command.By);
        }
        else if (command.Claims == true)
        {
            // A new claim; only a publish sets the publish number.
            Hit("P1 a published version claims anew");
            ClaimPointer(version, Draw(), PrimaryReason.Promoted, command.By);
        }
        else
        {
            return null;
        }

        ClaimAliases(version, command.Aliases, command.By);
        return null;
    }

    private void PublishDraft(ReferenceVersion version, bool? promote, string by)
    {
        _happened = true;
        version.State = VersionState.Published;
        version.Stage = Stage.Published;
        version.PublishNumber = Draw();
        bool claims;
        if (promote is { } said)
        {
            claims = said;
            Hit($"P1 promote: {said}");
        }
        else if (Model!.Policy == PrimaryPolicy.Manual)
        {
            claims = false;
            Hit("P1 manual");
        }
        else if (!version.WasHighest)
        {
            claims = false;
            Hit("P1 was not the highest");
        }
        else if (version.Serving is null && Model.Primary is { Serving: not null })
        {
            claims = false;
            Hit("P1 lacks the serving spec that the primary has");
        }
        else
        {
            claims = true;
            Hit("P1 claims by itself");
        }

        if (claims)
        {
            ClaimPointer(version, version.PublishNumber.Value, promote == true ? PrimaryReason.Promoted : PrimaryReason.Published, by);
        }
        else if (Model!.Primary != version)
        {
            Hit("P4 held back by its publish");
            version.IsHeldBack = true;
        }
    }

    private string? Promote(ReferenceVersion version, Command.Promote command)
    {
        if (version.State == VersionState.Deleted)
        {
            return ErrorCode.VersionDeleted;
        }

        if (version.State == VersionState.Inactive)
        {
            return ErrorCode.VersionInactive;
        }

        if (!version.IsRoutable)
        {
            return ErrorCode.NotRoutable;
        }

        if (IsMoved(version, command.From))
        {
            return ErrorCode.PrimaryMoved;
        }

        if (IsRefused(version, command))
        {
            return ErrorCode.VersionUnhealthy;
        }

        if (version.Stage == Stage.Draft)
        {
            Hit("P2 a draft is promoted");
        }

        Name(version, PrimaryReason.Promoted, command.By);
        return null;
    }

    private string? Activate(ReferenceVersion version, Command.Activate command)
    {
        if (version.State == VersionState.Deleted)
        {
            return ErrorCode.VersionDeleted;
        }

        var isFailed = version.IsActive && version.Status == ServingStatus.Failed;
        var getsServing = version.IsActive && version.Serving is null && command.Serving is not null;
        if (version.IsActive && !isFailed && !getsServing)
        {
            return command.Serving is null || IsSame(version, command.Serving) ? null : ErrorCode.VersionActive;
        }

        if (!version.IsActive && Model!.Versions.Count(other => other.IsActive) >= maxActive)
        {
            return ErrorCode.TooManyActiveVersions;
        }

        if (IsTooMany(version, command.Serving ?? version.Serving))
        {
            return ErrorCode.TooManyServers;
        }

        Hit(getsServing ? "L3 activate brings serving" : command.Serving is null ? "L3 activate as it was" : "L3 activate elsewhere");
        if (getsServing && version == Model!.Primary)
        {
            Hit(command.Serving! is { Servers: null, HealthUrl: null } ? "L3 the primary gets serving that is ready at once" : "L3 the primary gets serving that starts");
        }

        _happened = _touched = true;
        if (command.Serving is { } spec)
        {
            Take(version, spec);
        }

        version.State = version.Stage == Stage.Draft ? VersionState.Draft : VersionState.Published;
        BeginStart(version);
        if (version.IsRoutable)
        {
            BecomeRoutable(version, command.By);
        }

        return null;
    }

    private string? Deactivate(ReferenceVersion version, Command.Deactivate command)
    {
        if (version.State == VersionState.Deleted)
        {
            return ErrorCode.VersionDeleted;
        }

        return version.State == VersionState.Inactive
            ? null
            : command.RefuseIfReferenced && IsReferenced(version) ? ErrorCode.VersionReferenced
            : Leave(version, VersionState.Inactive, command.PromoteTo, command.RefuseIfPrimary, command);
    }

    private string? Delete(ReferenceVersion version, Command.Delete command)
    {
        if (version.State == VersionState.Deleted)
        {
            return ErrorCode.VersionDeleted;
        }

        var isLast = Model!.Versions.TrueForAll(other => other == version || other.State == VersionState.Deleted);
        if (!command.ReleasesAliases && Model.Aliases.Values.Any(alias => alias.IsProtected && (isLast || alias.Version == version)))
        {
            return ErrorCode.AliasProtected;
        }

        if (command.RefuseIfReferenced && IsReferenced(version))
        {
            return ErrorCode.VersionReferenced;
        }

        if (Leave(version, VersionState.Deleted, command.PromoteTo, command.RefuseIfPrimary, command) is { } refusal)
        {
            return refusal;
        }

        if (isLast)
        {
            Hit("L5 the last version takes the model along");
            Model.Aliases.Clear();
            Model.IsDeleted = true;
        }

        foreach (var alias in Model.Aliases.Values)
        {
            alias.History.Remove(version);
            if (alias.Version == version)
            {
                Move(alias, null, AliasReason.Emptied, command.By);
            }
        }

        return null;
    }

    private string? Leave(ReferenceVersion version, VersionState to, string? promoteTo, bool refuseIfPrimary, Command command)
    {
        var by = command.By;
        var isPrimary = Model!.Primary == version;
        ReferenceVersion? named = null;
        if (isPrimary)
        {
            if (refuseIfPrimary)
            {
                return ErrorCode.IsPrimary;
            }

            if (promoteTo is not null)
            {
                named = Model.Versions.Find(other => IdOf(other) == promoteTo && other.IsRoutable && other != version);
                if (named is null)
                {
                    return ErrorCode.NotRoutable;
                }

                if (IsRefused(named, command))
                {
                    return ErrorCode.VersionUnhealthy;
                }
            }
        }
        else if (promoteTo is not null)
        {
            Hit("P4 promote_to of a version that is not primary");
        }

        _happened = _touched = true;
        version.State = to;
        version.Status = version.Serving is null ? null : ServingStatus.Stopped;
        version.IsUnhealthy = null;
        version.DownSince = null;
        if (version.Claim is not null)
        {
            Hit("P3 a claim is dropped");
            version.Claim = null;
        }

        if (version.AliasClaims.Count > 0)
        {
            Hit("AL4 a claim is dropped");
            version.AliasClaims.Clear();
        }

        if (!isPrimary)
        {
            return null;
        }

        Model.Primary = null;
        if (named is not null)
        {
            Hit("P4 the pointer moves to promote_to");
            Name(named, PrimaryReason.Promoted, by);
            return null;
        }

        var candidates = Model.Versions.Where(other => other.IsRoutable && other.State == VersionState.Published).ToList();
        var healthy = candidates.FindAll(candidate => candidate.IsUnhealthy != true);
        if (healthy.Count > 0 && healthy.Count < candidates.Count)
        {
            Hit("P4 an unhealthy version is passed over");
        }

        candidates = healthy.Count > 0 ? healthy : candidates;
        var preferred = candidates.FindAll(candidate => !candidate.IsHeldBack);
        if (preferred.Count == 0)
        {
            preferred = candidates;
        }

        var next = preferred.Find(one => preferred.TrueForAll(other => other.PublishNumber <= one.PublishNumber));
        if (next is null)
        {
            Hit("P4 the pointer falls to none");
            return null;
        }

        Hit(next.IsHeldBack ? "P4 the pointer falls to a version held back" : "P4 the pointer falls to a version not held back");
        if (!next.IsHeldBack && candidates.Exists(other => other.PublishNumber > next.PublishNumber))
        {
            Hit("P4 a version held back is passed over");
        }

        if (next.IsLeft)
        {
            Hit("P7 a version left becomes primary by a fallback");
        }

        Point(next, next.PublishNumber!.Value, PrimaryReason.Fallback, by);
        return null;
    }

    private string? ReportProbe(ReferenceVersion version, Command.ReportProbe command)
    {
        if (!version.IsActive || version.Attempt != command.Attempt
            || !(version.Status == ServingStatus.Starting || (version.Status == ServingStatus.Ready && command.IsReady)))
        {
            Hit("L3 a result is dropped");
            return null;
        }

        if (command.IsReady && !ComesUp(version, command))
        {
            return null;
        }

        _happened = _touched = true;
        version.Status = command.IsReady ? ServingStatus.Ready : ServingStatus.Failed;
        version.DownSince = command.IsReady ? version.DownSince : _at;
        Hit($"L3 {version.Status}");
        if (version == Model!.Primary)
        {
            Hit($"L3 the primary is {version.Status}");
        }

        if (command.IsReady)
        {
            BecomeRoutable(version, command.By);
        }
        else if (version.Claim is not null)
        {
            Hit("P3 failed keeps the claim");
        }

        if (!command.IsReady && version.AliasClaims.Count > 0)
        {
            Hit("AL4 failed keeps the claim");
        }

        return null;
    }

    private string? Label(ReferenceVersion version, Command.Label command)
    {
        if (version.State == VersionState.Deleted)
        {
            return ErrorCode.VersionDeleted;
        }

        if (version.Label != command.Value)
        {
            version.Label = command.Value;
            _happened = _touched = true;
        }

        return null;
    }

    private string? Label(Command.Label command)
    {
        if (Model!.Label != command.Value)
        {
            Model.Label = command.Value;
            _happened = _touched = true;
        }

        return null;
    }

    private string? SetPolicy(Command.SetPolicy command)
    {
        if (Model!.Policy != command.Policy)
        {
            Model.Policy = command.Policy;
            _happened = _touched = true;
        }

        return null;
    }

    private string? Rollback(Command.Rollback command)
    {
        if (IsMoved(null, command.From))
        {
            return ErrorCode.PrimaryMoved;
        }

        var left = Model!.Primary;
        var earlier = left is null ? Model.History : Model.History.TakeWhile(past => past != left).ToList();
        if (earlier.LastOrDefault(past => past.IsRoutable) is not { } target)
        {
            return ErrorCode.NoPreviousPrimary;
        }

        Hit(left is null ? "P5 rollback without a primary" : "P5 rollback from a primary");
        if (IsRefused(target, command))
        {
            return ErrorCode.VersionUnhealthy;
        }

        if (earlier[^1] != target)
        {
            Hit("P5 rollback passes over versions that are not routable");
        }

        Model.History = [.. Model.History.TakeWhile(past => past != target), target];
        if (left is not null)
        {
            left.IsHeldBack = left.IsLeft = true;
        }

        Name(target, PrimaryReason.Rollback, command.By);
        return null;
    }

    private string? SetAlias(Command.SetAlias command)
    {
        var (error, version) = Named(command.Version);
        if (version is null)
        {
            return error;
        }

        if (version.State == VersionState.Deleted)
        {
            return ErrorCode.VersionDeleted;
        }

        if (version.State == VersionState.Inactive)
        {
            return ErrorCode.VersionInactive;
        }

        var alias = Model!.Aliases.GetValueOrDefault(command.Name);
        if (alias?.Version != version && IsElsewhere(alias, command.From))
        {
            return ErrorCode.AliasMoved;
        }

        if (!version.IsRoutable)
        {
            return ErrorCode.NotRoutable;
        }

        if (alias?.Version == version)
        {
            Hit(command.From.IsSet ? "AL3 from is not asked of the present version" : "AL3 the present version again");
        }

        var isProtected = command.Protected ?? alias?.IsProtected ?? false;
        alias ??= Model.Aliases[command.Name] = new ReferenceAlias { Name = command.Name };
        _happened |= alias.IsProtected != isProtected;
        alias.IsProtected = isProtected;
        alias.Number = Draw();
        Aim(alias, version, command.Version.StartsWith('@') ? AliasReason.Promoted : AliasReason.Set, command.By);
        return null;
    }

    /// <summary>The version that a text names, which is no range (rule AL3).</summary>
    private (string? Error, ReferenceVersion? Version) Named(string text)
    {
        if (text == "@canary")
        {
            return (ErrorCode.NoRollout, null);
        }

        if (text == "@primary")
        {
            return (ErrorCode.NoPrimary, Model!.Primary);
        }

        if (text.StartsWith('@'))
        {
            var other = Model!.Aliases.GetValueOrDefault(text[1..]);
            return (other is null ? ErrorCode.AliasNotFound : ErrorCode.AliasEmpty, other?.Version);
        }

        return (ErrorCode.VersionNotFound, Model!.Versions.Find(version => IdOf(version) == text || version.Number.ToString() == text));
    }

    private string? RollbackAlias(Command.RollbackAlias command)
    {
        if (Model!.Aliases.GetValueOrDefault(command.Name) is not { } alias)
        {
            return ErrorCode.AliasNotFound;
        }

        if (IsElsewhere(alias, command.From))
        {
            return ErrorCode.AliasMoved;
        }

        var earlier = alias.History.Where(past => past != alias.Version).ToList();
        if (earlier.LastOrDefault(past => past.IsRoutable) is not { } target)
        {
            return ErrorCode.NoPreviousTarget;
        }

        if (earlier[^1] != target)
        {
            Hit("AL7 rollback passes over versions that are not routable");
        }

        if (alias.Version is null)
        {
            Hit("AL7 rollback of an empty alias");
        }

        alias.History = [.. alias.History.TakeWhile(past => past != target), target];
        alias.Number = Draw();
        Aim(alias, target, AliasReason.RolledBack, command.By);
        return null;
    }

    private string? RemoveAlias(Command.RemoveAlias command)
    {
        if (Model!.Aliases.GetValueOrDefault(command.Name) is not { } alias)
        {
            return ErrorCode.AliasNotFound;
        }

        if (IsElsewhere(alias, command.From))
        {
            return ErrorCode.AliasMoved;
        }

        Hit("alias Removed");
        Model.Aliases.Remove(command.Name);
        foreach (var version in Model.Versions.Where(version => version.AliasClaims.Remove(command.Name)))
        {
            Hit("AL4 removing drops a claim");
        }

        _happened = _touched = true;
        return null;
    }

    private void ClaimAliases(ReferenceVersion version, IReadOnlyList<string>? names, string by)
    {
        if (names is null)
        {
            return;
        }

        var number = Draw();
        foreach (var name in names)
        {
            if (!Model!.Aliases.TryGetValue(name, out var alias))
            {
                Hit("AL4 a claim makes the alias");
                alias = Model.Aliases[name] = new ReferenceAlias { Name = name, Since = _at, Reason = AliasReason.Claimed, By = by };
            }

            if (version.IsRoutable)
            {
                alias.Number = number;
                Aim(alias, version, AliasReason.Claimed, by);
            }
            else
            {
                Hit("AL4 a claim waits");
                version.AliasClaims[name] = (number, by);
            }
        }
    }

    private void SpendAliasClaims(ReferenceVersion version)
    {
        foreach (var (name, (number, by)) in version.AliasClaims)
        {
            var alias = Model!.Aliases[name];
            if (alias.Version is null || number > alias.Number)
            {
                Hit("AL4 a claim wins later");
                alias.Number = number;
                Aim(alias, version, AliasReason.Claimed, by);
            }
            else
            {
                Hit("AL4 a claim loses");
            }
        }

        version.AliasClaims.Clear();
        if (Model!.Aliases.Values.Any(alias => alias.Version == version))
        {
            Hit("AL5 activating brings the alias back");
        }
    }

    private void Aim(ReferenceAlias alias, ReferenceVersion version, AliasReason reason, string by)
    {
        if (alias.Version == version)
        {
            return;
        }

        alias.History.Remove(version);
        alias.History.Add(version);
        if (alias.History.Count > 5)
        {
            Hit("AL7 the sixth version");
            alias.History.RemoveAt(0);
        }

        Move(alias, version, reason, by);
    }

    private void Move(ReferenceAlias alias, ReferenceVersion? version, AliasReason reason, string by)
    {
        Hit($"alias {reason}");
        _happened = _touched = true;
        (alias.Version, alias.Reason, alias.By, alias.Since) = (version, reason, by, _at);
    }

    private bool IsElsewhere(ReferenceAlias? alias, Optional<string> from) =>
        from.IsSet && from.Value != (alias?.Version is { } version ? IdOf(version) : null);

    private bool IsReferenced(ReferenceVersion version) =>
        Model!.Primary == version || Model.Aliases.Values.Any(alias => alias.Version == version);

    private string? DeleteModel(Command.DeleteModel command)
    {
        if (!command.ReleasesAliases && Model!.Aliases.Values.Any(alias => alias.IsProtected))
        {
            return ErrorCode.AliasProtected;
        }

        foreach (var version in Model!.Versions.Where(version => version.IsActive))
        {
            version.State = VersionState.Deleted;
            version.Status = version.Serving is null ? null : ServingStatus.Stopped;
            version.IsUnhealthy = null;
            version.DownSince = null;
            version.Claim = null;
            version.AliasClaims.Clear();
        }

        Model.Primary = null;
        Model.Aliases.Clear();
        Model.IsDeleted = true;
        _happened = _touched = true;
        return null;
    }

    private void BeginStart(ReferenceVersion version)
    {
        version.Attempt += version.Serving is null ? 0 : 1;
        version.IsUnhealthy = null;
        version.DownSince = null;
        version.Servers.ForEach(server => server.IsUp = server.HealthUrl is null);
        version.Status = version.Serving is null ? null
            : version.HasEnough ? ServingStatus.Ready
            : ServingStatus.Starting;
    }

    private void BecomeRoutable(ReferenceVersion version, string by)
    {
        if (version.Claim is { } claim)
        {
            version.Claim = null;
            Spend(version, claim);
        }

        SpendAliasClaims(version);
        if (Model!.Primary is null && version.State == VersionState.Published)
        {
            Hit($"P4 routable without a primary, {Model.Policy}");
            if (Model.Policy == PrimaryPolicy.LatestPublished)
            {
                if (version.IsHeldBack)
                {
                    Hit("P4 a version held back becomes routable without a primary");
                }

                Point(version, version.PublishNumber!.Value, PrimaryReason.Activated, by);
            }
        }
    }

    private void ClaimPointer(ReferenceVersion version, long number, PrimaryReason reason, string by)
    {
        var claim = new ReferenceClaim(number, reason, by);
        if (version.IsRoutable)
        {
            Spend(version, claim);
        }
        else
        {
            Hit(version.Claim is null ? "P3 a claim waits" : "P3 a claim replaces a claim");
            version.Claim = claim;
        }
    }

    private void Spend(ReferenceVersion version, ReferenceClaim claim)
    {
        if (Model!.Primary is not null && claim.Number <= Model.PointerNumber)
        {
            Hit("P3 a claim loses");
            return;
        }

        Hit(Model.Primary is null ? "P3 a claim wins without a primary" : "P3 a claim wins");
        version.IsHeldBack = version.IsLeft = false;
        Point(version, claim.Number, claim.Reason, claim.By);
    }

    private void Name(ReferenceVersion version, PrimaryReason reason, string by)
    {
        version.IsHeldBack = version.IsLeft = false;
        Point(version, Draw(), reason, by);
    }

    private void Point(ReferenceVersion version, long number, PrimaryReason reason, string by)
    {
        _touched = true;
        Model!.PointerNumber = number;
        if (Model.Primary == version)
        {
            Hit("P5 the present primary again");
            return;
        }

        _happened = true;
        Hit($"primary {reason}");
        Model.Primary = version;
        Model.Reason = reason;
        Model.PointerBy = by;
        Model.Since = _at;
        Model.History.Remove(version);
        Model.History.Add(version);
        if (Model.History.Count > 10)
        {
            Hit("P5 the eleventh primary");
            Model.History.RemoveAt(0);
        }
    }

    private long Draw()
    {
        _touched = true;
        return ++Model!.LastNumber;
    }

    private bool IsMoved(ReferenceVersion? target, Optional<string> from)
    {
        if (!from.IsSet)
        {
            return false;
        }

        if (target is not null && target == Model!.Primary)
        {
            Hit("P5 from is not asked of the present primary");
            return false;
        }

        var id = Model!.Primary is null ? null : IdOf(Model.Primary);
        return from.Value != id;
    }

    /// <summary>Only the ids tell the reference anything about models.</summary>
    public required Func<int, string> Id { get; init; }

    private string IdOf(ReferenceVersion version) => Id(version.Ordinal);

    private void Hit(string clause) => Hits[clause] = Hits.GetValueOrDefault(clause) + 1;
}

internal sealed class ReferenceModel
{
    public List<ReferenceVersion> Versions { get; } = [];

    public List<ReferenceVersion> History { get; set; } = [];

    public SortedDictionary<string, ReferenceAlias> Aliases { get; } = new(StringComparer.Ordinal);

    /// <summary>The starting version that takes the alias by becoming ready: the highest claim to it.</summary>
    public ReferenceVersion? PendingOf(ReferenceAlias alias) => Versions
        .FindAll(version => version.IsActive && version.Status == ServingStatus.Starting
            && version.AliasClaims.TryGetValue(alias.Name, out var claim) && (alias.Version is null || claim.Number > alias.Number))
        .OrderBy(version => version.AliasClaims[alias.Name].Number).LastOrDefault();

    public PrimaryPolicy Policy { get; set; }

    public bool FallsBack { get; set; }

    public int FallBackSeconds { get; set; } = 60;

    public string? Label { get; set; }

    public bool IsDeleted { get; set; }

    public DateTimeOffset LastInstant { get; set; }

    public long LastNumber { get; set; }

    public ReferenceVersion? Primary { get; set; }

    /// <summary>Each time that the primary became another one: when, and which version it then was.</summary>
    public List<(DateTimeOffset At, int? Ordinal)> Moves { get; } = [];

    /// <summary>What was primary at an instant, once all that happened in it had happened.</summary>
    public int? PrimaryAt(DateTimeOffset at) => Moves.FindLast(move => move.At <= at).Ordinal;

    public long PointerNumber { get; set; }

    public PrimaryReason Reason { get; set; }

    public string? PointerBy { get; set; }

    public DateTimeOffset Since { get; set; }

    /// <summary>The starting version that would take the pointer by becoming ready: by the highest claim, else as the latest published.</summary>
    public ReferenceVersion? Pending
    {
        get
        {
            var starting = Versions.FindAll(version => version.IsActive && version.Status == ServingStatus.Starting);
            var claiming = starting.FindAll(version => version.Claim is { } claim && (Primary is null || claim.Number > PointerNumber));
            if (claiming.Count > 0)
            {
                return claiming.OrderBy(version => version.Claim!.Number).Last();
            }

            return Primary is null && Policy == PrimaryPolicy.LatestPublished
                ? starting.Where(version => version.State == VersionState.Published).OrderBy(version => version.PublishNumber).LastOrDefault()
                : null;
        }
    }
}

internal sealed class ReferenceAlias
{
    public required string Name { get; init; }

    public ReferenceVersion? Version { get; set; }

    public long Number { get; set; }

    public AliasReason Reason { get; set; }

    public string By { get; set; } = "";

    public DateTimeOffset Since { get; set; }

    public bool IsProtected { get; set; }

    public List<ReferenceVersion> History { get; set; } = [];
}

internal sealed record ReferenceClaim(long Number, PrimaryReason Reason, string By);

internal sealed class ReferenceVersion
{
    private readonly List<(DateTimeOffset At, bool IsRoutable, Stage Stage)> _times = [];

    public required int Ordinal { get; init; }

    public required ReferenceNumber Number { get; init; }

    public bool WasHighest { get; init; }

    public string? InstanceType { get; init; }

    public VersionState State { get; set; }

    public Stage Stage { get; set; }

    /// <summary>What it was deployed or activated with.</summary>
    public ServingSpec? Serving { get; set; }

    public List<ReferenceServer> Servers { get; set; } = [];

    /// <summary>SV2</summary>
    public bool HasEnough => Servers.Count(server => server.IsUp) >= Math.Min(Serving?.MinReady ?? 1, Servers.Count);

    /// <summary>Null without a serving spec.</summary>
    public ServingStatus? Status { get; set; }

    public int Attempt { get; set; }

    /// <summary>Null where it had no mark since its start.</summary>
    public bool? IsUnhealthy { get; set; }

    /// <summary>Since when it is unhealthy, or has failed; null while it is neither.</summary>
    public DateTimeOffset? DownSince { get; set; }

    public string? Label { get; set; }

    public long? PublishNumber { get; set; }

    public bool IsHeldBack { get; set; }

    public bool IsLeft { get; set; }

    public SortedDictionary<string, (long Number, string By)> AliasClaims { get; } = new(StringComparer.Ordinal);

    public ReferenceClaim? Claim { get; set; }

    public bool IsActive => State is VersionState.Draft or VersionState.Published;

    public bool IsRoutable => IsActive && (Serving is null || Status == ServingStatus.Ready);

    /// <summary>The column of the lifecycle's table.</summary>
    public string Condition => State switch
    {
        VersionState.Deleted => "deleted",
        VersionState.Inactive => "inactive",
        _ when IsRoutable => "ready",
        _ => Status == ServingStatus.Starting ? "starting" : "failed",
    };

    /// <summary>Since when it has been routable on its stage without a break, or null.</summary>
    public DateTimeOffset? RoutableSince => _times.Count > 0 && _times[^1].IsRoutable ? _times[^1].At : null;

    /// <summary>Remembers what is true from an instant on.</summary>
    public void Note(DateTimeOffset at)
    {
        if (_times.Count == 0 || _times[^1].IsRoutable != IsRoutable || _times[^1].Stage != Stage)
        {
            _times.Add((at, IsRoutable, Stage));
        }
    }

    /// <summary>The time it was routable on a stage, without the interval that is still running.</summary>
    public long Milliseconds(Stage stage)
    {
        var sum = TimeSpan.Zero;
        for (var i = 0; i + 1 < _times.Count; i++)
        {
            if (_times[i].IsRoutable && _times[i].Stage == stage)
            {
                sum += _times[i + 1].At - _times[i].At;
            }
        }

        return sum.Ticks / TimeSpan.TicksPerMillisecond;
    }
}
