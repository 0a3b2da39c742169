using System.Globalization;
using System.Text.Json;

namespace OrleansRegistry.Reference;

/// <summary>Reads a model's events from the first on: what somebody who follows them believes.</summary>
internal sealed class EventReplay
{
    /// <summary>How many events were read.</summary>
    public int Read { get; private set; }

    public SortedDictionary<int, ReplayedVersion> Versions { get; } = [];

    public string? PrimaryId { get; private set; }

    /// <summary>Who moved the pointer last.</summary>
    public string? PrimaryBy { get; private set; }

    /// <summary>Where each alias points to that is not empty.</summary>
    public SortedDictionary<string, string> Aliases { get; } = new(StringComparer.Ordinal);

    public bool IsDeleted { get; private set; }

    public IReadOnlyList<ReplayedInterval> Usage => _usage;

    private readonly List<ReplayedInterval> _usage = [];

    public void Follow(IReadOnlyList<StoredEvent> events)
    {
        for (; Read < events.Count; Read++)
        {
            Assert.True(Read == 0 || events[Read].At >= events[Read - 1].At, "Time runs back.");
            Assert.False(IsDeleted, "Something happened after the model was deleted.");
            Quick.Equal(Read == 0, events[Read].Type == EventType.ModelCreated);
            using var data = JsonDocument.Parse(events[Read].Data);
            Apply(events[Read], data.RootElement);
        }
    }

    private void Apply(StoredEvent happened, JsonElement data)
    {
        switch (happened.Type)
        {
            case EventType.ModelCreated:
                Assert.Null(happened.VersionId);
                return;
            case EventType.ModelUpdated:
                Assert.NotEqual(0, data.GetProperty("fields").GetArrayLength());
                return;
            case EventType.ModelDeleted:
                Assert.Null(PrimaryId);
                Assert.Empty(Aliases);
                IsDeleted = true;
                return;
            case EventType.VersionDeployed:
                Versions.Add(Ordinal(happened), new ReplayedVersion(
                    data.GetProperty("version").GetString()!, "draft", data.GetProperty("stage").GetString()!, Serving(data)));
                return;
            case EventType.PrimaryChanged:
                Quick.Equal(PrimaryId, data.GetProperty("from").GetString());
                Quick.Equal(NumberOf(PrimaryId), data.GetProperty("from_version").GetString());
                PrimaryId = data.GetProperty("to").GetString();
                Quick.Equal(NumberOf(PrimaryId), data.GetProperty("to_version").GetString());
                PrimaryBy = happened.Actor;
                Quick.Equal(PrimaryId ?? data.GetProperty("from").GetString(), happened.VersionId);
                Assert.Contains(data.GetProperty("reason").GetString(), (string[])["published", "promoted", "fallback", "rollback", "activated"]);
                return;
            case EventType.AliasChanged:
                Move(happened, data);
                return;
            case EventType.UsageRecorded:
                Record(happened, data);
                return;
            default:
                Versions[Ordinal(happened)] = Next(Versions[Ordinal(happened)], happened.Type, data);
                return;
        }
    }

    private static ReplayedVersion Next(ReplayedVersion version, string type, JsonElement data) => type switch
    {
        EventType.VersionPublished => version with { State = "published", Stage = "published" },
        EventType.VersionReady => version with { Serving = "ready" },
        EventType.VersionFailed => version with { Serving = "failed" },
        EventType.VersionCrashed => version with { Serving = version.Serving == "starting" ? "starting" : "restarting" },
        EventType.VersionUpdated or EventType.VersionServersChanged or EventType.VersionUnhealthy or EventType.VersionHealthy => version,
        EventType.VersionDeactivated => version with { State = "inactive", Serving = version.Serving is null ? null : "stopped" },
        EventType.VersionActivated => version with { State = data.GetProperty("stage").GetString()!, Serving = Serving(data) },
        EventType.VersionDeleted => version with { State = "deleted", Serving = version.Serving is null ? null : "stopped" },
        _ => throw new ArgumentException(type, nameof(type)),
    };

    private void Move(StoredEvent happened, JsonElement data)
    {
        var name = data.GetProperty("alias").GetString()!;
        var (from, to) = (Aliases.GetValueOrDefault(name), data.GetProperty("to").GetString());
        Quick.Equal(from, data.GetProperty("from").GetString());
        Quick.Equal(NumberOf(from), data.GetProperty("from_version").GetString());
        Quick.Equal(NumberOf(to), data.GetProperty("to_version").GetString());
        Quick.Equal(to ?? from, happened.VersionId);
        Assert.Contains(data.GetProperty("reason").GetString(), (string[])["set", "claimed", "promoted", "rolled_back", "emptied", "removed"]);
        if (to is null)
        {
            Aliases.Remove(name);
        }
        else
        {
            Aliases[name] = to;
        }
    }

    private void Record(StoredEvent happened, JsonElement data)
    {
        var interval = new ReplayedInterval(
            Ordinal(happened),
            data.GetProperty("stage").GetString()!,
            data.GetProperty("instance_type").GetString(),
            data.GetProperty("started_at").GetDateTimeOffset(),
            data.GetProperty("ended_at").GetDateTimeOffset());
        Assert.True(interval.StartedAt < interval.EndedAt, "An interval without length.");
        Quick.Equal(happened.At, interval.EndedAt);
        Assert.False(_usage.Exists(other => other.Ordinal == interval.Ordinal && other.EndedAt > interval.StartedAt), "Intervals overlap.");
        _usage.Add(interval);
    }

    private string? NumberOf(string? id) => id is null ? null : Versions[Ordinal(id)].Number;

    private static int Ordinal(StoredEvent happened) => Ordinal(happened.VersionId!);

    private static int Ordinal(string id) => int.Parse(id.Split('-')[1], CultureInfo.InvariantCulture);

    private static string? Serving(JsonElement data) => data.GetProperty("serving").GetString();
}

internal sealed record ReplayedVersion(string Number, string State, string Stage, string? Serving);

internal sealed record ReplayedInterval(int Ordinal, string Stage, string? InstanceType, DateTimeOffset StartedAt, DateTimeOffset EndedAt)
{
    public long Milliseconds => (EndedAt - StartedAt).Ticks / TimeSpan.TicksPerMillisecond;
}
