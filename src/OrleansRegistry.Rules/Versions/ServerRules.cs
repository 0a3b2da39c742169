namespace OrleansRegistry.Versions;

/// <summary>
/// Rules SV1 to SV3: the servers of a version. The row of a version with one keeps it in <see cref="ServingState.Url"/>
/// alone, where its status says whether it is up.
/// </summary>
internal static class ServerRules
{
    /// <summary>The most servers in the active versions of a model that have several (rule SV1).</summary>
    public const int MaxOfModel = 256;

    /// <summary>All servers of a version that the registry doesn't run, the first one first; at least one.</summary>
    public static IReadOnlyList<ServerState> Of(ServingState serving) => serving.Servers ??
    [
        new ServerState
        {
            Url = serving.Url,
            HealthUrl = serving.HealthUrl,
            Since = serving.Since,
            UpAttempt = IsOneUp(serving) ? serving.Attempt : null,
        },
    ];

    /// <summary>Servers that nobody has asked yet.</summary>
    public static IReadOnlyList<ServerState> From(IReadOnlyList<ServingServer> servers) =>
        [.. servers.Select(server => new ServerState { Url = server.Url, HealthUrl = server.HealthUrl })];

    /// <summary>A serving spec with these servers, at least one.</summary>
    public static ServingState With(this ServingState serving, IReadOnlyList<ServerState> servers)
    {
        var first = serving with { Url = servers[0].Url, HealthUrl = servers[0].HealthUrl, Servers = null };
        return servers is [var only] && only.IsUp(first) == IsOneUp(first) ? first : first with { Servers = servers };
    }

    /// <summary>Whether calls may go to a server.</summary>
    public static bool IsUp(this ServerState server, ServingState serving) => server.UpAttempt == serving.Attempt;

    /// <summary>Rule SV2: how many of a version's servers must be up.</summary>
    public static int Needed(ServingState serving, int count) => Math.Min(serving.MinReady ?? 1, count);

    /// <summary>Whether two lists name the same servers.</summary>
    public static bool IsSame(IReadOnlyList<ServerState> servers, IEnumerable<ServerState> others) =>
        servers.Select(server => (server.Url, server.HealthUrl)).SequenceEqual(others.Select(server => (server.Url, server.HealthUrl)));

    /// <summary>An attempt to start begins: those without a health URL are up, the others are waited for (rule SV2).</summary>
    public static ServingState Start(ServingState serving, DateTimeOffset at)
    {
        ServerState[] servers = [.. Of(serving).Select(server => Wait(server with { UpAttempt = null }, serving, at))];
        return (serving with { Status = HasEnough(servers, serving) ? ServingStatus.Ready : ServingStatus.Starting }).With(servers);
    }

    /// <summary>Servers have answered: they are up from now on, and the version is ready when they are enough (rule SV2).</summary>
    public static LifecycleStep Answer(ModelVersionState version, ServingState serving, ServingResult result, DateTimeOffset at)
    {
        // A node of the release before has asked the first one.
        var answered = result.Up ?? [serving.Url];
        var known = Of(serving);
        ServerState[] servers =
        [
            .. known.Select(server => server.IsUp(serving) || !answered.Contains(server.Url) ? server : ComeUp(server, serving, at)),
        ];
        return serving.Status == ServingStatus.Starting && HasEnough(servers, serving)
            ? LifecycleStep.To(
                version with { Serving = (serving with { Status = ServingStatus.Ready, Since = at, Message = null }).With(servers) },
                [VersionEvents.Ready()])
            : servers.SequenceEqual(known) ? LifecycleStep.Same(version)
            : Change(version, serving, servers);
    }

    /// <summary>Replaces the list (rule SV3). No start: what both lists have stays as it is.</summary>
    public static LifecycleStep Replace(ModelVersionState version, ServingState serving, IReadOnlyList<ServingServer> list, DateTimeOffset at)
    {
        var known = Of(serving);
        ServerState[] servers =
        [
            .. From(list).Select(server => known.FirstOrDefault(other => other.Url == server.Url) is { } other
                ? other.IsUp(serving) ? other with { HealthUrl = server.HealthUrl } : Wait(other with { HealthUrl = server.HealthUrl }, serving, at)
                : Wait(server, serving, at)),
        ];
        if (IsSame(known, servers))
        {
            return LifecycleStep.Same(version);
        }

        if (serving.Status.IsUp() && !servers.Any(server => server.IsUp(serving)))
        {
            if (known.Any(server => server.IsUp(serving)))
            {
                return LifecycleStep.Refused(version, new RegistryError(
                    ErrorCode.NoServerLeft, "No server of the list is up yet: add the new ones, wait until one is up, and remove the old ones then."));
            }

            servers = [.. servers.Select(server => ComeUp(server, serving, at))];
        }

        return Change(version, serving, servers);
    }

    private static LifecycleStep Change(ModelVersionState version, ServingState serving, ServerState[] servers) => LifecycleStep.To(
        version with { Serving = serving.With(servers) }, [VersionEvents.ServersChanged(servers.Length, servers.Count(server => server.IsUp(serving)))]);

    /// <summary>Whether the only server of a version is up, where nothing else is known of it.</summary>
    private static bool IsOneUp(ServingState serving) => serving.HealthUrl is null || serving.Status.IsUp();

    private static ServerState Wait(ServerState server, ServingState serving, DateTimeOffset at) =>
        server.HealthUrl is null ? ComeUp(server, serving, at) : server with { Since = at };

    private static ServerState ComeUp(ServerState server, ServingState serving, DateTimeOffset at) =>
        server with { UpAttempt = serving.Attempt, Since = at };

    private static bool HasEnough(ServerState[] servers, ServingState serving) =>
        servers.Count(server => server.IsUp(serving)) >= Needed(serving, servers.Length);
}
