using System.Text.Json;

namespace OrleansRegistry.Storage.Check;

/// <summary>A model as its events alone tell of it.</summary>
internal sealed class EventReplay
{
    private readonly Dictionary<string, ReplayedVersion> _versions = [];
    private readonly Dictionary<string, string?> _aliases = [];

    /// <summary>Versions by id.</summary>
    public IReadOnlyDictionary<string, ReplayedVersion> Versions => _versions;

    /// <summary>The primary's id, or null.</summary>
    public string? Primary { get; private set; }

    /// <summary>The id of the version that each alias points to; null for an empty one.</summary>
    public IReadOnlyDictionary<string, string?> Aliases => _aliases;

    /// <summary>Whether the model is deleted.</summary>
    public bool IsDeleted { get; private set; }

    /// <summary>The first event that is not as its type is stored, or null; nothing behind it was played.</summary>
    public RegistryEvent? Unreadable { get; private set; }

    /// <summary>Plays a model's events, in order of cause.</summary>
    public static EventReplay Of(IEnumerable<RegistryEvent> events)
    {
        var replay = new EventReplay();
        foreach (var happened in events)
        {
            try
            {
                replay.Play(happened);
            }
            catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
            {
                replay.Unreadable = happened;
                break;
            }
        }

        return replay;
    }

    private void Play(RegistryEvent happened)
    {
        switch (happened.Type)
        {
            case EventType.ModelDeleted:
                IsDeleted = true;
                break;
            case EventType.PrimaryChanged:
                Primary = happened.Data.GetProperty("to").GetString();
                break;
            case EventType.AliasChanged:
                _aliases[happened.Data.GetProperty("alias").GetString()!] = happened.Data.GetProperty("to").GetString();
                break;
            case EventType.VersionDeployed:
                _versions[happened.VersionId!] = new ReplayedVersion { State = VersionState.Draft, Stage = Stage.Draft, Serving = Serving(happened) };
                break;
            case EventType.VersionPublished:
                Change(happened, version => version with { State = VersionState.Published, Stage = Stage.Published });
                break;
            case EventType.VersionActivated:
                Change(happened, version => version with
                {
                    State = version.Stage.ActiveState(),
                    Serving = Serving(happened),
                });
                break;
            case EventType.VersionReady:
                Change(happened, version => version with { Serving = ServingStatus.Ready });
                break;
            case EventType.VersionFailed:
                Change(happened, version => version with { Serving = ServingStatus.Failed });
                break;
            case EventType.VersionCrashed:
                Change(happened, version => version.Serving == ServingStatus.Starting ? version : version with { Serving = ServingStatus.Restarting });
                break;
            case EventType.VersionDeactivated:
                Change(happened, version => version with { State = VersionState.Inactive, Serving = Stopped(version) });
                break;
            case EventType.VersionDeleted:
                Change(happened, version => version with { State = VersionState.Deleted, Serving = Stopped(version) });
                break;
            case EventType.UsageRecorded:
                Change(happened, version => Add(version, happened.Data));
                break;
        }
    }

    private void Change(RegistryEvent happened, Func<ReplayedVersion, ReplayedVersion> change)
    {
        if (happened.VersionId is { } id && _versions.TryGetValue(id, out var version))
        {
            _versions[id] = change(version);
        }
    }

    private static ReplayedVersion Add(ReplayedVersion version, JsonElement usage)
    {
        var length = (long)(usage.GetProperty("ended_at").GetDateTimeOffset() - usage.GetProperty("started_at").GetDateTimeOffset()).TotalMilliseconds;
        return usage.GetProperty("stage").GetString() == "draft"
            ? version with { DraftMilliseconds = version.DraftMilliseconds + length }
            : version with { PublishedMilliseconds = version.PublishedMilliseconds + length };
    }

    private static ServingStatus? Serving(RegistryEvent happened) =>
        happened.Data.GetProperty("serving").GetString() is { } status ? Enum.Parse<ServingStatus>(status, ignoreCase: true) : null;

    private static ServingStatus? Stopped(ReplayedVersion version) => version.Serving is null ? null : ServingStatus.Stopped;
}

/// <summary>A version as its events leave it.</summary>
internal sealed record ReplayedVersion
{
    public VersionState State { get; init; }

    public Stage Stage { get; init; }

    public ServingStatus? Serving { get; init; }

    public long DraftMilliseconds { get; init; }

    public long PublishedMilliseconds { get; init; }
}
