using System.Collections.Frozen;
using System.Collections.Immutable;
using OrleansRegistry.Versions;
using Semver;

namespace OrleansRegistry.Models;

/// <summary>
/// What <see cref="IModelGrain.Resolve"/> answers from: an immutable picture of a model's active versions, replaced as
/// a whole after each write.
/// </summary>
internal sealed class RoutingTable
{
    private readonly ModelState _model;
    private readonly FrozenDictionary<string, ActiveVersion> _byNumber;
    private readonly ImmutableArray<(SemVersion Number, ActiveVersion Version)> _published;
    private readonly ImmutableDictionary<int, ObservedHealth> _health = ImmutableDictionary<int, ObservedHealth>.Empty;

    /// <summary>Makes the table of a model as its row of this revision says.</summary>
    public RoutingTable(ModelState model, int revision)
    {
        _model = model;
        Revision = revision;
        _byNumber = model.Active.ToFrozenDictionary(version => version.Version, StringComparer.Ordinal);
        _published =
        [
            .. model.Active.Where(version => version is { Stage: Stage.Published, IsRoutable: true })
                .Select(version => (VersionNumbering.Parse(version.Version), version))
                .OrderBy(entry => entry.version.Left && entry.version.Ordinal != model.Primary?.Ordinal)
                .ThenBy(entry => entry.version.IsUnhealthy)
                .ThenByDescending(entry => entry.Item1, SemVersion.PrecedenceComparer),
        ];
    }

    private RoutingTable(RoutingTable table, ImmutableDictionary<int, ObservedHealth> health) =>
        (_model, Revision, _byNumber, _published, _health) = (table._model, table.Revision, table._byNumber, table._published, health);

    /// <summary>The revision of the row.</summary>
    public int Revision { get; }

    /// <summary>The table with what is known now of the servers of versions, by ordinal (rule HV2).</summary>
    public RoutingTable With(ImmutableDictionary<int, ObservedHealth> health) =>
        ReferenceEquals(health, _health) ? this : new(this, health);

    /// <summary>The version that a selector leads to, as gateways of the release before read it: they know no aliases.</summary>
    public Outcome<ResolvedVersion> Resolve(string? selector) =>
        selector?.StartsWith('@') is true && _model.DeletedAt is null ? Invalid() : Route(selector);

    /// <summary>The version that a selector leads to (rules AL2 and P7).</summary>
    public Outcome<ResolvedVersion> Route(string? selector)
    {
        if (_model.DeletedAt is not null)
        {
            return Deleted(_model);
        }

        return VersionSelector.Parse(selector) switch
        {
            VersionSelector.ByAlias { Name: var name } => OfAlias(name),
            VersionSelector.Canary => AliasRules.NoCanary(_model),
            VersionSelector.Primary => _model.Primary is { } primary
                ? Answer(_model.Find(primary.Ordinal)!, ResolvedBy.Primary)
                : new RegistryError(ErrorCode.NoPrimary, $"Model {_model.Name} has no primary version; name a version."),
            VersionSelector.Exact exact => Named(_byNumber.GetValueOrDefault(exact.Number.ToString()), ResolvedBy.Exact, selector!),
            VersionSelector.ById byId => Named(byId.Id.ModelId == _model.Id ? _model.Find(byId.Id.Ordinal) : null, ResolvedBy.Id, selector!),
            VersionSelector.InRange { Range: var range } => Best(range) is { } match
                ? Answer(match, ResolvedBy.Range)
                : new RegistryError(ErrorCode.NoMatchingVersion, $"No routable published version of {_model.Name} is in {selector}."),
            _ => Invalid(),
        };
    }

    /// <summary>The version that a selector leads to, also one that is starting: to it, or to the next primary where there is none (rule W1).</summary>
    public Outcome<ResolvedVersion> Await(string? selector)
    {
        var outcome = Route(selector);
        return outcome.Error?.Code is ErrorCode.VersionStarting or ErrorCode.NoPrimary && Starting(selector) is { } version
            ? new ResolvedVersion
            {
                VersionId = new VersionId(_model.Id, version.Ordinal).ToString(),
                Version = version.Version,
                Revision = Revision,
                ModelName = _model.Name,
                IsStarting = true,
            }
            : outcome;
    }

    /// <summary>The error of a model that is deleted.</summary>
    public static RegistryError Deleted(ModelState model) => new(ErrorCode.ModelDeleted, $"Model {model.Id} is deleted.");

    private static RegistryError Invalid() => new(
        ErrorCode.InvalidSelector, "version must be a number (1.2.3), a range (^1.2, ~1.4, 1.x, >=1.2 <2), a version id or @ and the name of an alias.");

    /// <summary>Rule AL5: an alias answers as its version's number would.</summary>
    private Outcome<ResolvedVersion> OfAlias(string name)
    {
        if (AliasRules.Find(_model, name) is not { } alias)
        {
            return AliasRules.NotFound(_model, name);
        }

        return alias.Target is not { } target ? AliasRules.Empty(name)
            : Named(_model.Find(target.Ordinal), ResolvedBy.Alias, target.Version).TryGet(out var resolved, out var error) ? resolved with { Alias = name }
            : error;
    }

    private ActiveVersion? Starting(string? selector) => VersionSelector.Parse(selector) switch
    {
        VersionSelector.ByAlias { Name: var name } => Of(AliasRules.Find(_model, name)?.Target?.Ordinal),
        VersionSelector.Primary => Of(_model.Primary?.Ordinal ?? _model.PendingPrimary?.Ordinal),
        VersionSelector.Exact exact => _byNumber.GetValueOrDefault(exact.Number.ToString()),
        VersionSelector.ById byId => Of(byId.Id.Ordinal),
        VersionSelector.InRange { Range: var range } => Best(range),
        _ => null,
    };

    private ActiveVersion? Of(int? ordinal) => ordinal is { } known ? _model.Find(known) : null;

    private ActiveVersion? Best(SemVersionRange range)
    {
        foreach ((var number, var version) in _published)
        {
            if (range.Contains(number))
            {
                return version;
            }
        }

        return null;
    }

    private Outcome<ResolvedVersion> Named(ActiveVersion? version, ResolvedBy how, string selector) => version is null
        ? new RegistryError(ErrorCode.VersionNotFound, $"Model {_model.Name} has no active version {selector}.")
        : Answer(version, how);

    /// <summary>
    /// A version that is routable, but not up, is led to and can't be called: that is said here, too.
    /// </summary>
    private Outcome<ResolvedVersion> Answer(ActiveVersion version, ResolvedBy how) => version.Status switch
    {
        ServingStatus.Ready when version.HasServers => WithServers(version, Resolved(version, how)),
        ServingStatus.Ready => Resolved(version, how) with { Start = version.IsManaged ? version.Attempt : null },
        ServingStatus.Starting => new RegistryError(ErrorCode.VersionStarting, $"Version {version.Version} is starting."),
        ServingStatus.Restarting => new RegistryError(ErrorCode.VersionStarting, $"Version {version.Version} is starting again."),
        ServingStatus.Idle => new RegistryError(ErrorCode.VersionStarting, $"Version {version.Version} is idle."),
        ServingStatus.Failed or ServingStatus.Stopped =>
            new RegistryError(ErrorCode.ServingFailed, $"Version {version.Version} is not up: its last start failed."),
    };

    private ResolvedVersion Resolved(ActiveVersion version, ResolvedBy how) => new()
    {
        VersionId = new VersionId(_model.Id, version.Ordinal).ToString(),
        Version = version.Version,
        ResolvedBy = how,
        ServedName = OpenaiOf(version)?.ServedName,
        OpenaiPaths = OpenaiOf(version)?.Paths,
        Revision = Revision,
        ModelName = _model.Name,
    };

    /// <summary>The version with the servers that are called, the first that is not down first (rule HV2).</summary>
    private ResolvedVersion WithServers(ActiveVersion version, ResolvedVersion resolved)
    {
        var servers = version.Called;
        var seen = _health.GetValueOrDefault(version.Ordinal);
        var health = seen?.Attempt == version.Attempt ? seen : null;
        var down = servers.Count > 1 ? health?.Down(servers) ?? [] : [];
        return resolved with
        {
            ServingUrl = servers.FirstOrDefault(server => !down.Contains(server)) ?? servers[0],
            Servers = servers.Count > 1 ? servers : null,
            Down = down.Count > 0 ? down : null,
            Repeatable = version.PresentServers is { Repeatable: true },
            Attempt = version.Attempt,
            IsDoubted = version.IsUnhealthy || health?.IsDoubted(servers) is true,
        };
    }

    /// <summary>How its server is called by OpenAI's routes, unless that is of an earlier start.</summary>
    private static OpenaiServing? OpenaiOf(ActiveVersion version) =>
        version.Openai is { } openai && openai.Attempt == version.Attempt ? openai : null;
}
