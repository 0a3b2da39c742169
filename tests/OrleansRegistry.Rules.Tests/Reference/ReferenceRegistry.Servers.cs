namespace OrleansRegistry.Reference;

/// <summary>Rules SV1 to SV3.</summary>
internal sealed partial class ReferenceRegistry
{
    private string? PutServers(ReferenceVersion version, Command.PutServers command)
    {
        if (version.State == VersionState.Deleted)
        {
            return ErrorCode.VersionDeleted;
        }

        if (version.Serving is null)
        {
            return ErrorCode.NotServable;
        }

        if (IsSame(version, command.Servers))
        {
            Hit("SV3 the same list");
            return null;
        }

        var next = Enumerable.ToList(command.Servers.Select(server => new ReferenceServer(server.Url, server.HealthUrl)
        {
            IsUp = server.HealthUrl is null || version.Servers.Exists(old => old.Url == server.Url && old.IsUp),
        }));
        if (version.Status == ServingStatus.Ready && !next.Exists(server => server.IsUp))
        {
            return ErrorCode.NoServerLeft;
        }

        if (version.IsActive && IsTooMany(version, new ServingSpec { Servers = command.Servers }))
        {
            return ErrorCode.TooManyServers;
        }

        Hit($"SV3 {version.Condition}");
        version.Servers = next;
        _happened = _touched = true;
        return null;
    }

    /// <summary>SV2: servers have answered. Whether the version is ready by that.</summary>
    private bool ComesUp(ReferenceVersion version, Command.ReportProbe command)
    {
        foreach (var server in version.Servers.Where(server => !server.IsUp && (command.Up ?? [version.Servers[0].Url]).Contains(server.Url)))
        {
            server.IsUp = true;
            _happened = _touched = true;
        }

        if (version.Status == ServingStatus.Ready)
        {
            Hit(_happened ? "SV2 one comes up later" : "L3 a result is dropped");
            return false;
        }

        Hit(version.HasEnough ? "SV2 enough are up" : "SV2 too few are up");
        return version.HasEnough;
    }

    /// <summary>SV1</summary>
    private bool IsTooMany(ReferenceVersion? version, ServingSpec? serving)
    {
        var others = (Model?.Versions ?? []).Where(other => other != version && other.IsActive).Sum(other => Several(other.Servers.Count));
        var now = version is { IsActive: true } ? Several(version.Servers.Count) : 0;
        var next = Several(serving?.Servers?.Count ?? 0);
        return others + next > 256 && next > now;

        static int Several(int count) => count > 1 ? count : 0;
    }

    private static void Take(ReferenceVersion version, ServingSpec? serving)
    {
        version.Serving = serving;
        version.Servers = serving is null ? [] : Enumerable.ToList(ListOf(serving).Select(server => new ReferenceServer(server.Url, server.HealthUrl)));
    }

    private static bool IsSame(ReferenceVersion version, ServingSpec spec) => version.Serving is { } serving
        && (serving.StartupTimeoutSeconds, serving.MinReady ?? 1, serving.Repeatable) == (spec.StartupTimeoutSeconds, spec.MinReady ?? 1, spec.Repeatable)
        && IsSame(version, ListOf(spec));

    private static bool IsSame(ReferenceVersion version, IReadOnlyList<ServingServer> list) =>
        version.Servers.Select(server => (server.Url, server.HealthUrl)).SequenceEqual(list.Select(server => (server.Url, server.HealthUrl)));

    private static IReadOnlyList<ServingServer> ListOf(ServingSpec serving) =>
        serving.Servers ?? [new ServingServer { Url = serving.Url, HealthUrl = serving.HealthUrl }];
}

internal sealed class ReferenceServer(string url, string? healthUrl)
{
    public string Url => url;

    public string? HealthUrl => healthUrl;

    public bool IsUp { get; set; }
}
