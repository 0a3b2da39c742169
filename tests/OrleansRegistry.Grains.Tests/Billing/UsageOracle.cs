using System.Globalization;

namespace OrleansRegistry.Billing;

/// <summary>
/// Tells active time from the events of versions' lives alone, knowing neither meters nor recorded usage: what any reader of the history
/// would add up by hand.
/// </summary>
internal sealed class UsageOracle
{
    private readonly Dictionary<string, Life> _lives = [];

    public UsageOracle(IEnumerable<RegistryEvent> history)
    {
        foreach (var happened in history.Where(happened => happened.VersionId is not null && happened.Type.StartsWith("version.", StringComparison.Ordinal)))
        {
            var life = _lives.GetValueOrDefault(happened.VersionId!) ?? new Life();
            _lives[happened.VersionId!] = life;
            life.Play(happened);
        }
    }

    /// <summary>All versions there ever were.</summary>
    public IEnumerable<string> Versions => _lives.Keys;

    /// <summary>Active time of a version on a stage, within a window, up to now.</summary>
    public long Milliseconds(string versionId, Stage stage, DateTimeOffset from, DateTimeOffset to, DateTimeOffset now) => _lives[versionId]
        .Intervals(now)
        .Where(interval => interval.Stage == stage)
        .Sum(interval => Math.Max(0, Math.Min(interval.End, to.ToUnixTimeMilliseconds()) - Math.Max(interval.Start, from.ToUnixTimeMilliseconds())));

    /// <summary>Active time of all versions within a window, up to now.</summary>
    public long Milliseconds(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now) => Versions.Sum(
        version => Milliseconds(version, Stage.Draft, from, to, now) + Milliseconds(version, Stage.Published, from, to, now));

    private sealed class Life
    {
        private readonly List<(long Start, long End, Stage Stage)> _ended = [];
        private bool _isActive;
        private bool _isUp;
        private Stage _stage;
        private long? _since;

        public IEnumerable<(long Start, long End, Stage Stage)> Intervals(DateTimeOffset now) => _since is { } since
            ? _ended.Append((since, Math.Max(since, now.ToUnixTimeMilliseconds()), _stage))
            : _ended;

        public void Play(RegistryEvent happened)
        {
            var (wasRunning, before) = (_since is not null, _stage);
            Follow(happened);
            var isRunning = _isActive && _isUp;
            if (isRunning == wasRunning && _stage == before)
            {
                // Time goes on, whatever the clock says of this event: it may have been set back since.
                return;
            }

            var at = happened.At.ToUnixTimeMilliseconds();
            if (_since is { } since)
            {
                Assert.True(since <= at, string.Create(CultureInfo.InvariantCulture, $"{happened.Type} of {happened.VersionId} lies before what it ends."));
                _ended.Add((since, at, before));
            }

            _since = isRunning ? at : null;
        }

        private void Follow(RegistryEvent happened)
        {
            switch (happened.Type)
            {
                case EventType.VersionDeployed or EventType.VersionActivated:
                    _isActive = true;
                    _isUp = happened.Data.GetProperty("serving").GetString() is null or "ready";
                    break;
                case EventType.VersionPublished:
                    _stage = Stage.Published;
                    break;
                case EventType.VersionReady:
                    _isUp = true;
                    break;
                case EventType.VersionFailed or EventType.VersionCrashed:
                    _isUp = false;
                    break;
                case EventType.VersionDeactivated or EventType.VersionDeleted:
                    _isActive = false;
                    break;
                default:
                    break;
            }
        }
    }
}
