using System.Text.Json;
using OrleansRegistry.Models;
using Semver;

namespace OrleansRegistry.Reference;

/// <summary>What is true of a model after every command, whatever the command was.</summary>
internal static class Invariants
{
    public static void Hold(ModelDriver driver, EventReplay replay, Answer answer)
    {
        if (driver.Model is not { } model)
        {
            return;
        }

        PrimaryIsActive(model);
        HistoryIsOfDifferentVersionsAndEndsWithThePrimary(model);
        if (answer.Number is not null)
        {
            NumbersAreUniqueAndRise(model, driver.Rows);
        }

        AliasesPointToVersionsThatAreNotDeleted(model, driver.Rows);
        TableIsAsTheRowsSay(model, driver.Rows);
        CountsAreAsTheRowsSay(model, driver.Rows);
        EventsTellTheStates(model, driver.Rows, replay);
        UsageIsAsTheMetersSay(driver.Rows, replay);
    }

    private static void PrimaryIsActive(ModelState model)
    {
        if (model.Primary is not { } primary)
        {
            return;
        }

        // Not always routable: one that was given serving stays primary while it starts, and when the start fails (L3).
        Assert.True(model.Find(primary.Ordinal) is { } entry && entry.Version == primary.Version, "The primary is not active.");
        Assert.InRange(primary.Order, 1, model.Order);
    }

    private static void HistoryIsOfDifferentVersionsAndEndsWithThePrimary(ModelState model)
    {
        Assert.True(model.History.Length <= 10, "The history holds more than ten.");
        Quick.Equal(model.History.Length, model.History.Select(past => past.Ordinal).Distinct().Count());
        if (model.Primary is { } primary)
        {
            Quick.Equal(new PastPrimary(primary.Ordinal, primary.Version), model.History[^1]);
        }
    }

    private static void AliasesPointToVersionsThatAreNotDeleted(ModelState model, IReadOnlyList<StoredVersion> rows)
    {
        var aliases = model.Aliases ?? [];
        Assert.True(model.Aliases is null or { Count: > 0 }, "No aliases are stored as none.");
        Quick.SameItems(aliases.Select(alias => alias.Name).Distinct().Order(StringComparer.Ordinal), aliases.Select(alias => alias.Name));
        foreach (var alias in aliases)
        {
            Assert.True(alias.Order <= model.Order && alias.History.Length <= 5, "An alias has too much.");
            Quick.Equal(alias.History.Length, alias.History.Select(past => past.Ordinal).Distinct().Count());
            Assert.True(alias.Target is null || alias.Target == alias.History[^1], "The history does not end with the version.");
            Assert.True(
                alias.History.All(past => rows[past.Ordinal - 1].State is var row && row.Version == past.Version && row.State != VersionState.Deleted),
                "The history has a version that is deleted.");
        }
    }

    private static void NumbersAreUniqueAndRise(ModelState model, IReadOnlyList<StoredVersion> rows)
    {
        Quick.Equal(rows.Count + 1, model.NextOrdinal);
        SemVersion[] numbers = [.. rows.Select(row => SemVersion.Parse(row.State.Version, SemVersionStyles.Strict))];
        for (var i = 0; i < numbers.Length; i++)
        {
            Quick.Equal(i + 1, rows[i].State.Ordinal);
            for (var earlier = 0; earlier < i; earlier++)
            {
                var isOnLine = numbers[earlier].Major == numbers[i].Major && numbers[earlier].Minor == numbers[i].Minor;
                Assert.True(!isOnLine || SemVersion.ComparePrecedence(numbers[earlier], numbers[i]) < 0, "A number is not above its line.");
            }
        }

        Quick.Equal(numbers.Max(SemVersion.PrecedenceComparer)!.ToString(), model.LatestVersion);
    }

    private static void TableIsAsTheRowsSay(ModelState model, IReadOnlyList<StoredVersion> rows)
    {
        Quick.SameItems(rows.Where(row => row.State.IsActive).Select(row => row.State.Ordinal), model.Active.Select(entry => entry.Ordinal));
        if (model.DeletedAt is null)
        {
            Quick.Equal(rows.Count(row => row.State.State != VersionState.Deleted), model.VersionCount);
        }
        else
        {
            Quick.Equal((0, 0), (model.VersionCount, model.Active.Length));
        }

        foreach (var entry in model.Active)
        {
            var version = rows[entry.Ordinal - 1].State;
            Quick.Equal(version.Version, entry.Version);
            Quick.Equal(version.Stage, entry.Stage);
            Quick.Equal(version.WasHighest, entry.WasHighest);
            Quick.Equal(version.Serving?.Url, entry.Url);
            Quick.Equal(version.Serving?.Attempt ?? 0, entry.Attempt);
            Quick.Equal(version.Serving?.Status ?? ServingStatus.Ready, entry.Status);
            Quick.Equal(version.Serving?.Health, entry.Health);
            Quick.Equal(version.IsRoutable, entry.IsRoutable);
            Quick.Equal(version.IsRoutable, version.Meter.RunningSince is not null);
            Quick.Equal(version.State == VersionState.Published, entry.PublishNumber is not null);
            Assert.True((entry.Claim is null && entry.AliasClaims is null) || !entry.IsRoutable, "A routable version still has its claim.");
            Assert.True(
                (entry.AliasClaims ?? []).All(claim => AliasRules.Find(model, claim.Alias) is not null), "A claim is to an alias that is not there.");
            Assert.True(version is { Entry: null }, "An active version's row repeats what the table says.");
        }
    }

    private static void CountsAreAsTheRowsSay(ModelState model, IReadOnlyList<StoredVersion> rows)
    {
        // Rule L5: by belonging to a model that is deleted; the rows stay as they were.
        int Count(VersionState state) => rows.Count(row => (model.DeletedAt is null ? row.State.State : VersionState.Deleted) == state);
        int Up(ServingStatus status) => rows.Count(row => model.DeletedAt is null && row.State.IsActive && row.State.Serving?.Status == status);
        var told = new VersionCounts
        {
            Draft = Count(VersionState.Draft),
            Published = Count(VersionState.Published),
            Inactive = Count(VersionState.Inactive),
            Deleted = Count(VersionState.Deleted),
            Starting = Up(ServingStatus.Starting),
            Failed = Up(ServingStatus.Failed),
        };
        Quick.Equal(told, model.Counts);
    }

    private static void EventsTellTheStates(ModelState model, IReadOnlyList<StoredVersion> rows, EventReplay replay)
    {
        Quick.Equal(model.PrimaryId?.ToString(), replay.PrimaryId);
        Quick.Equal(model.Primary?.By, model.Primary is null ? null : replay.PrimaryBy);
        Quick.SameItems(
            (model.Aliases ?? []).Where(alias => alias.Target is not null).Select(alias => (alias.Name, new VersionId(model.Id, alias.Target!.Ordinal).ToString())),
            replay.Aliases.Select(alias => (alias.Key, alias.Value)));
        Quick.Equal(model.DeletedAt is not null, replay.IsDeleted);
        Quick.Equal(rows.Count, replay.Versions.Count);
        foreach (var row in rows)
        {
            var version = row.State;
            // Rule L5: by belonging to a model that is deleted; the row stays as it was.
            var state = model.DeletedAt is null ? version.State : VersionState.Deleted;
            var told = new ReplayedVersion(version.Version, Snake(state), Snake(version.Stage), version.Serving is { } serving ? Snake(serving.Status) : null);
            Quick.Equal(told, replay.Versions[version.Ordinal]);
        }
    }

    private static void UsageIsAsTheMetersSay(IReadOnlyList<StoredVersion> rows, EventReplay replay)
    {
        foreach (var row in rows)
        {
            var version = row.State;
            long draft = 0;
            long published = 0;
            foreach (var interval in replay.Usage)
            {
                if (interval.Ordinal == version.Ordinal)
                {
                    draft += interval.Stage == "draft" ? interval.Milliseconds : 0;
                    published += interval.Stage == "published" ? interval.Milliseconds : 0;
                    Quick.Equal(version.InstanceType, interval.InstanceType);
                }
            }

            Quick.Equal((draft, published), (version.Meter.DraftMilliseconds, version.Meter.PublishedMilliseconds));
        }
    }

    private static string Snake<T>(T value)
        where T : struct, Enum => Names<T>.All[value];

    private static class Names<T>
        where T : struct, Enum
    {
        public static readonly Dictionary<T, string> All =
            Enum.GetValues<T>().ToDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));
    }
}
