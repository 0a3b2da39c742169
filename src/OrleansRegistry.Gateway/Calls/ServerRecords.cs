using System.Diagnostics.Metrics;

namespace OrleansRegistry.Gateway;

/// <summary>
/// What this gateway knows of the servers of versions that have several: those that calls run at, and those that have
/// failed lately. It is in memory only, and each gateway has its own (rules SV4 and SV5).
/// </summary>
internal sealed class ServerRecords : IDisposable
{
    private static readonly TimeSpan KeepFailures = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Workspace, string VersionId), Dictionary<string, ServerRecord>> _versions = [];
    private readonly long[] _answered = new long[CallAttempts.Max];
    private readonly long[] _failed = new long[CallAttempts.Max];
    private readonly TimeProvider _clock;
    private readonly long _begun;
    private readonly Meter _meter;

    /// <summary>Begins with nothing.</summary>
    public ServerRecords(IMeterFactory meters, TimeProvider clock)
    {
        (_clock, _begun) = (clock, clock.GetTimestamp());
        _meter = meters.Create("OrleansRegistry.Gateway");
        _meter.CreateObservableCounter(
            "orleans_registry.call.attempts",
            () => Count("answered", _answered).Concat(Count("failed", _failed)),
            "{attempt}",
            "Attempts of calls to versions with several servers, by number and result.");
        _meter.CreateObservableGauge(
            "orleans_registry.servers.set_aside",
            CountSuspects,
            "{server}",
            "Servers that this gateway has set aside.");
    }

    /// <summary>How many servers anything is known of.</summary>
    internal int Known
    {
        get
        {
            lock (_lock)
            {
                return _versions.Values.Sum(records => records.Count);
            }
        }
    }

    private TimeSpan Now => _clock.GetElapsedTime(_begun);

    /// <summary>Begins an attempt at the server that rule SV4 chooses.</summary>
    /// <param name="workspace">The version's workspace.</param>
    /// <param name="version">The version.</param>
    /// <param name="servers">Its servers, as the call was resolved.</param>
    /// <param name="down">Those of them that are down.</param>
    /// <param name="tried">Those that the call was at before: not all.</param>
    public ServerAttempt Begin(
        string workspace, string version, IReadOnlyList<string> servers, IReadOnlyList<string> down, List<string> tried)
    {
        lock (_lock)
        {
            if (!_versions.TryGetValue((workspace, version), out var records))
            {
                records = new Dictionary<string, ServerRecord>(StringComparer.Ordinal);
                _versions[(workspace, version)] = records;
            }

            var url = ServerChoice.Of(servers, down, tried, records, Now, Random.Shared);
            if (!records.TryGetValue(url, out var record))
            {
                records[url] = record = new ServerRecord();
            }

            return new ServerAttempt(this, (workspace, version), url, number: tried.Count, record.Begin(Now));
        }
    }

    /// <summary>Forgets servers that have failed, and that nobody has called for a while.</summary>
    public void Retire()
    {
        lock (_lock)
        {
            var since = Now - KeepFailures;
            foreach ((var version, var records) in _versions)
            {
                foreach ((var url, var record) in records)
                {
                    if (record.IsStale(since))
                    {
                        Remove(version, records, url);
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal void Report(ServerAttempt attempt, bool hasFailed)
    {
        lock (_lock)
        {
            var record = _versions[attempt.Version][attempt.Url];
            if (hasFailed)
            {
                record.Failed(attempt.Call, Now);
                _failed[attempt.Number]++;
            }
            else
            {
                record.Answered();
                _answered[attempt.Number]++;
            }
        }
    }

    internal void End(ServerAttempt attempt)
    {
        lock (_lock)
        {
            var records = _versions[attempt.Version];
            var record = records[attempt.Url];
            record.End(attempt.Call);
            if (record.IsBlank)
            {
                Remove(attempt.Version, records, attempt.Url);
            }
        }
    }

    private void Remove(
        (string Workspace, string VersionId) version, Dictionary<string, ServerRecord> records, string url)
    {
        records.Remove(url);
        if (records.Count == 0)
        {
            _versions.Remove(version);
        }
    }

    private int CountSuspects()
    {
        lock (_lock)
        {
            return _versions.Values.Sum(records => records.Values.Count(record => record.IsSuspect));
        }
    }

    private List<Measurement<long>> Count(string result, long[] counts)
    {
        lock (_lock)
        {
            return
            [
                .. counts.Select((count, number) => new Measurement<long>(
                    count,
                    new KeyValuePair<string, object?>("attempt", number + 1),
                    new KeyValuePair<string, object?>("result", result))),
            ];
        }
    }
}

/// <summary>An attempt of a call at a server, until its answer is sent. Disposing ends it.</summary>
/// <param name="records">Where it is counted.</param>
/// <param name="version">The version.</param>
/// <param name="url">The server.</param>
/// <param name="number">How many attempts came before.</param>
/// <param name="call">What the server's record knows it as.</param>
internal sealed class ServerAttempt(
    ServerRecords records, (string Workspace, string VersionId) version, string url, int number, ServerCall call)
    : IDisposable
{
    /// <summary>The version.</summary>
    public (string Workspace, string VersionId) Version => version;

    /// <summary>The server.</summary>
    public string Url => url;

    /// <summary>How many attempts of its call came before it.</summary>
    public int Number => number;

    /// <summary>What the server's record knows it as.</summary>
    public ServerCall Call => call;

    /// <summary>Whether it is known what became of it.</summary>
    public bool IsReported { get; private set; }

    /// <summary>The server has answered, or failed (rule SV5).</summary>
    public void Report(bool hasFailed)
    {
        IsReported = true;
        records.Report(this, hasFailed);
    }

    /// <inheritdoc/>
    public void Dispose() => records.End(this);
}
