using OrleansRegistry.Models;
using OrleansRegistry.Versions;
using Semver;

namespace OrleansRegistry.Storage.Check;

/// <summary>Compares a model's row with the rows of its versions, and both with what its events say. Pure.</summary>
internal static class ModelAudit
{
    /// <summary>Every disagreement.</summary>
    /// <param name="model">The model.</param>
    /// <param name="versions">All its versions.</param>
    /// <param name="events">All its events, or null when the first ones were removed because of their age.</param>
    public static IEnumerable<Finding> Compare(ModelState model, IReadOnlyList<ModelVersionState> versions, IReadOnlyList<RegistryEvent>? events) =>
        Name(model)
            .Concat(Numbers(model, versions))
            .Concat(ActiveTable(model, versions))
            .Concat(Primary(model))
            .Concat(Aliases(model, versions))
            .Concat(versions.SelectMany(version => Name(model, version)))
            .Concat(versions.SelectMany(Meter))
            .Concat(events is null ? [] : History(model, versions, events));

    private static IEnumerable<Finding> Name(ModelState model)
    {
        if (ModelName.Normalize(model.Name) != model.Name)
        {
            yield return Of(model, "has a name that is not in normalization form C: nobody finds it by its name");
        }
    }

    private static IEnumerable<Finding> Numbers(ModelState model, IReadOnlyList<ModelVersionState> versions)
    {
        if (!versions.Select(version => version.Ordinal).Order().SequenceEqual(Enumerable.Range(1, model.NextOrdinal - 1)))
        {
            yield return Of(model, $"has other versions than 1 to {model.NextOrdinal - 1}");
        }

        List<SemVersion> numbers = [];
        foreach (var version in versions)
        {
            if (SemVersion.TryParse(version.Version, SemVersionStyles.Strict, out var number))
            {
                numbers.Add(number);
            }
            else
            {
                yield return Of(version, $"has the number {version.Version}, which is none");
            }
        }

        var highest = numbers.Max(SemVersion.PrecedenceComparer);
        if (highest?.ToString() != model.LatestVersion)
        {
            yield return Of(model, $"says that {model.LatestVersion} is its highest number; it is {highest}");
        }

        var living = model.DeletedAt is null ? versions.Count(version => version.State != VersionState.Deleted) : 0;
        if (living != model.VersionCount)
        {
            yield return Of(model, $"counts {model.VersionCount} versions; there are {living}");
        }

        var counts = Count(model, versions);
        if (counts != model.Counts)
        {
            yield return Of(model, $"says that its versions are {model.Counts}; they are {counts}");
        }

        if (model.DeletedAt is null && living == 0)
        {
            yield return Of(model, "is not deleted, but has no version left");
        }
    }

    private static VersionCounts Count(ModelState model, IReadOnlyList<ModelVersionState> versions)
    {
        if (model.DeletedAt is not null)
        {
            return new VersionCounts { Deleted = versions.Count };
        }

        return new VersionCounts
        {
            Draft = versions.Count(version => version.State == VersionState.Draft),
            Published = versions.Count(version => version.State == VersionState.Published),
            Inactive = versions.Count(version => version.State == VersionState.Inactive),
            Deleted = versions.Count(version => version.State == VersionState.Deleted),
            Starting = versions.Count(version => version.IsActive && version.Serving?.Status == ServingStatus.Starting),
            Failed = versions.Count(version => version.IsActive && version.Serving?.Status == ServingStatus.Failed),
        };
    }

    private static IEnumerable<Finding> ActiveTable(ModelState model, IReadOnlyList<ModelVersionState> versions)
    {
        var active = versions.Where(version => version.IsActive).ToDictionary(version => version.Ordinal);
        foreach (var entry in model.Active)
        {
            if (!active.Remove(entry.Ordinal, out var version))
            {
                yield return Of(model, $"routes to version {entry.Ordinal}, which is not active");
            }
            else if ((entry.Version, entry.Stage, entry.Status, entry.Url)
                != (version.Version, version.Stage, version.Serving?.Status ?? ServingStatus.Ready, version.Serving?.Url))
            {
                yield return Of(model, $"disagrees with the row of version {entry.Ordinal}");
            }
        }

        foreach (var ordinal in active.Keys)
        {
            yield return Of(model, $"does not know version {ordinal}, which is active");
        }
    }

    private static IEnumerable<Finding> Primary(ModelState model)
    {
        // One that was given serving is primary while it starts, and when its start fails (rule L3).
        if (model.Primary is { } primary && !model.Active.Any(entry => entry.Ordinal == primary.Ordinal))
        {
            yield return Of(model, $"has version {primary.Ordinal} as primary, which is not active");
        }
    }

    /// <summary>Rule AL5: an alias points to a version that is not deleted, or is empty.</summary>
    private static IEnumerable<Finding> Aliases(ModelState model, IReadOnlyList<ModelVersionState> versions)
    {
        var numbers = versions.Where(version => version.State != VersionState.Deleted).ToDictionary(version => version.Ordinal, version => version.Version);
        foreach (var alias in model.Aliases ?? [])
        {
            if (alias.Target is { } target && numbers.GetValueOrDefault(target.Ordinal) != target.Version)
            {
                yield return Of(model, $"has alias @{alias.Name} on version {target.Ordinal}, which is deleted or has another number");
            }

            if (alias.Order > model.Order)
            {
                yield return Of(model, $"has alias @{alias.Name} with order number {alias.Order}; it has drawn {model.Order}");
            }
        }
    }

    private static IEnumerable<Finding> Name(ModelState model, ModelVersionState version)
    {
        if (version.ModelName != model.Name)
        {
            yield return Of(version, $"names its model {version.ModelName}, which is {model.Name}");
        }
    }

    private static IEnumerable<Finding> Meter(ModelVersionState version)
    {
        if (version.IsBilled != version.Meter.RunningSince is not null)
        {
            yield return Of(version, version.IsBilled ? "is up, but its meter stands still" : "is not up, but its meter runs");
        }
    }

    private static IEnumerable<Finding> History(ModelState model, IReadOnlyList<ModelVersionState> versions, IReadOnlyList<RegistryEvent> events)
    {
        var replay = EventReplay.Of(events);
        if (replay.Unreadable is { } unreadable)
        {
            yield return Of(model, $"has an event of type {unreadable.Type} that says {unreadable.Data.GetRawText()}, which can't be played");
            yield break;
        }

        if (replay.Primary != (model.Primary is { } primary ? new VersionId(model.Id, primary.Ordinal).ToString() : null))
        {
            yield return Of(model, $"has another primary than its events say, which is {replay.Primary ?? "none"}");
        }

        foreach (var name in replay.Aliases.Keys.Union((model.Aliases ?? []).Select(alias => alias.Name)).Order(StringComparer.Ordinal))
        {
            var told = replay.Aliases.GetValueOrDefault(name);
            if (told != (AliasRules.Find(model, name)?.Target is { } target ? new VersionId(model.Id, target.Ordinal).ToString() : null))
            {
                yield return Of(model, $"has alias @{name} elsewhere than its events say, which is {told ?? "none"}");
            }
        }

        if (replay.IsDeleted != model.DeletedAt is not null)
        {
            yield return Of(model, replay.IsDeleted ? "is not deleted, but its events say so" : "is deleted, but its events don't say so");
        }

        foreach (var version in versions)
        {
            var expected = replay.Versions.GetValueOrDefault(new VersionId(model.Id, version.Ordinal).ToString());
            var found = new ReplayedVersion
            {
                // Versions are deleted by belonging to a model that is (rule L5): their rows stay as they were.
                State = model.DeletedAt is null ? version.State : VersionState.Deleted,
                Stage = version.Stage,
                Serving = version.Serving?.Status,
                DraftMilliseconds = version.Meter.DraftMilliseconds,
                PublishedMilliseconds = version.Meter.PublishedMilliseconds,
            };
            if (expected != found)
            {
                yield return Of(version, $"is {found}, but its events say {expected?.ToString() ?? "nothing"}");
            }
        }
    }

    private static Finding Of(ModelState model, string problem) => new($"model {model.Id}", problem);

    private static Finding Of(ModelVersionState version, string problem) => new($"version {new VersionId(version.ModelId, version.Ordinal)}", problem);
}
