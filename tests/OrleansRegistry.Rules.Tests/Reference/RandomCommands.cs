using CsCheck;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Reference;

/// <summary>Draws of a command that says what it means only when the model it meets is known: which version is the primary, which one is starting.</summary>
internal readonly record struct Draws(int Kind, int Version, int A, int B, int C);

/// <summary>Deployments that make a model, perhaps, and what is done with it then.</summary>
internal sealed record CommandSequence(Draws[] Deployments, Draws[] Commands);

/// <summary>Random sequences of commands that lead to interesting places.</summary>
internal static class RandomCommands
{
    private static readonly string[] Prereleases = ["", "", "", "-rc.1", "-rc.2", "-rc.10", "-alpha", "-2"];

    private static readonly string[] ExtremeNumbers =
        ["999999999.0.0", "0.999999999.0", "1.999999999.0", "0.1.999999999", "1.0.999999999", "2.0.0-rc.1"];

    private static readonly string[] Aliases = ["production", "staging", "a-b"];

    private static readonly Gen<Draws> OneCommand =
        Gen.Select(Gen.Int[0, 999], Gen.Int[0, 999], Gen.Int[0, 999], Gen.Int[0, 999], Gen.Int[0, 999])
            .Select((kind, version, a, b, c) => new Draws(kind, version, a, b, c));

    /// <summary>Models as they come and go, and models that begin with many versions and lose few.</summary>
    public static Gen<CommandSequence> Sequences { get; } = Gen.Frequency(
        (5, OneCommand.Array[1, 50].Select(draws => new CommandSequence([], draws))),
        (3, Gen.Select(OneCommand.Array[1, 20], OneCommand.Array[1, 70], (deployments, draws) => new CommandSequence(deployments, draws))));

    /// <summary>The commands that a draw means for a model as it is now; some wait a while first.</summary>
    public static IEnumerable<Command> Resolve(Draws draws, CommandSequence sequence, ModelDriver driver)
    {
        if (draws.Kind % 3 == 0)
        {
            yield return new Command.MoveClock(draws.Version);
        }

        var command = sequence.Deployments.Length > 0 && draws.C % 3 == 0 && driver.Rows.Count > 0
            ? new Command.Promote(1 + (draws.Version % driver.Rows.Count))
            : sequence.Deployments.Length > 0 && draws.C % 6 == 1 && driver.Rows.Count > 0
            ? new Command.SetAlias(Aliases[0], driver.Id(1 + (draws.Version % driver.Rows.Count)))
            : sequence.Deployments.Length > 0 && draws.C % 18 == 4
            ? new Command.RollbackAlias(Aliases[0])
            : Command(draws, driver);
        yield return command with
        {
            By = command is Command.ReportProbe || command is Command.Mark ? "system" : draws.C % 2 == 0 ? "ann" : "ben",
            Force = draws.Version % 3 != 0,
        };
        // By now the command has run. Primaries that are down are few: what may become of them is tried at once.
        var isDown = driver.Model is { Primary: { } primary } model
            && model.Find(primary.Ordinal) is { IsUnhealthy: true } or { Status: ServingStatus.Failed };
        if (isDown && draws.A % 2 == 0 && sequence.Deployments.Length == 0)
        {
            yield return new Command.Deploy { IsPublished = true, Claims = false, Serving = new ServingSpec { Url = "http://well" } };
            yield return SetFallBack(draws);
            yield return new Command.MoveClock(3 * draws.C);
        }

        if (isDown || draws.B % 32 == 0)
        {
            yield return new Command.FallBack { By = "system" };
        }
    }

    public static Command.Deploy Deploy(Draws draws)
    {
        var deploy = new Command.Deploy
        {
            IsPublished = draws.B % 5 < 3,
            Claims = draws.B % 5 < 3 ? Promote(draws.C) : null,
            Serving = Spec(draws.A),
            InstanceType = draws.B % 7 == 0 ? null : "cpu-1x2",
            Aliases = Claimed(draws.Version),
        };
        var (x, y, z) = (draws.Version % 3, draws.A / 10 % 3, draws.B / 10 % 4);
        return (draws.C / 10 % 10) switch
        {
            0 => deploy with { Bump = VersionBump.Major },
            1 => deploy with { Bump = VersionBump.Minor },
            2 => deploy with { Bump = VersionBump.Patch },
            3 => deploy with { Base = FormattableString.Invariant($"{x}") },
            4 => deploy with { Base = FormattableString.Invariant($"{x}.{y}"), Bump = z == 0 ? VersionBump.Patch : null },
            5 => deploy with { Version = FormattableString.Invariant($"{x}.{y}.{z}{Prereleases[draws.Version / 10 % Prereleases.Length]}") },
            6 when draws.Version % 10 == 0 => deploy with { Version = ExtremeNumbers[draws.A % ExtremeNumbers.Length] },
            _ => deploy,
        };
    }

    private static Command Command(Draws draws, ModelDriver driver) =>
        draws.Kind switch
        {
            < 220 => Deploy(draws),
            < 350 => new Command.Publish(Version(draws, driver), Promote(draws.A)) { Aliases = Claimed(draws.B) } is { Claims: true } claim
                ? claim with { From = From(draws, driver) }
                : new Command.Publish(Version(draws, driver), Promote(draws.A)) { Aliases = Claimed(draws.B) },
            < 410 => OnAlias(draws, driver),
            < 450 => new Command.Promote(Version(draws, driver), From(draws, driver)),
            < 540 => new Command.Activate(Version(draws, driver), NewServing(draws, driver)),
            < 640 => new Command.Deactivate(Version(draws, driver), PromoteTo(draws, driver), draws.C % 6 == 0) { RefuseIfReferenced = draws.C % 7 == 0 },
            < 700 => new Command.Delete(Version(draws, driver), PromoteTo(draws, driver), draws.C % 6 == 0)
            {
                RefuseIfReferenced = draws.C % 7 == 0,
                ReleasesAliases = draws.C % 3 == 0,
            },
            < 770 => new Command.Rollback(From(draws, driver)),
            < 830 when driver.Model is { Primary: null, History.IsEmpty: false } => new Command.Rollback(),
            < 790 => new Command.SetPolicy(draws.A % 2 == 0 ? PrimaryPolicy.Manual : PrimaryPolicy.LatestPublished),
            < 800 => new Command.Label(draws.A % 3 == 0 ? null : $"team {draws.A % 3}", draws.B % 2 == 0 ? null : Version(draws, driver)),
            < 812 => SetFallBack(draws),
            < 845 => PutServers(draws, driver),
            < 930 => ReportProbe(draws, driver),
            < 950 => Mark(draws, driver),
            < 955 => new Command.DeleteModel { ReleasesAliases = draws.A % 2 == 0 },
            < 985 => new Command.MoveClock(draws.A % 4 == 0 ? -draws.B * 10 : draws.B),
            _ => new Command.Reload(),
        };

    private static Command.SetFallBack SetFallBack(Draws draws) =>
        new(draws.A % 8 == 0 ? OnUnhealthy.Stay : OnUnhealthy.FallBack, draws.B % 4 == 0 ? null : draws.B % 3);

    private static string[]? Claimed(int draw) => (draw % 9) switch
    {
        0 => [Aliases[0]],
        1 => [Aliases[1], Aliases[2]],
        _ => null,
    };

    private static Command OnAlias(Draws draws, ModelDriver driver)
    {
        var name = Aliases[draws.B % Aliases.Length];
        var from = (draws.C % 6) switch
        {
            0 when driver.Rows.Count > 0 => driver.Id(1 + (draws.A % driver.Rows.Count)),
            1 => new Optional<string>(true, null),
            2 => new Optional<string>(true, driver.Model?.Aliases?.FirstOrDefault(alias => alias.Name == name)?.Target is { } target ? driver.Id(target.Ordinal) : null),
            _ => default,
        };
        return (draws.A % 12) switch
        {
            0 => new Command.RemoveAlias(name, from),
            < 4 => new Command.RollbackAlias(name, from),
            _ => new Command.SetAlias(name, Target(draws, driver), from, (draws.Version % 12) switch { 0 => true, 1 => false, _ => null }),
        };
    }

    private static string Target(Draws draws, ModelDriver driver)
    {
        var ordinal = Version(draws, driver);
        return (draws.A / 12 % 8) switch
        {
            0 => "@primary",
            1 => "@" + Aliases[draws.C % Aliases.Length],
            2 => "@canary",
            3 when ordinal >= 1 && ordinal <= driver.Rows.Count => driver.Id(ordinal),
            _ when ordinal >= 1 && ordinal <= driver.Rows.Count => driver.Rows[ordinal - 1].State.Version,
            _ => "77.0.0",
        };
    }

    private static Command.ReportProbe ReportProbe(Draws draws, ModelDriver driver)
    {
        ActiveVersion[] starting = [.. (driver.Model?.Active ?? []).Where(version => version.IsProbed)];
        var ordinal = starting.Length > 0 && draws.C % 4 != 0 ? starting[draws.Version % starting.Length].Ordinal : Version(draws, driver);
        var start = ordinal >= 1 && ordinal <= driver.Rows.Count ? driver.Rows[ordinal - 1].State.Serving?.Attempt ?? 0 : 0;
        var servers = ordinal >= 1 && ordinal <= driver.Rows.Count ? driver.Rows[ordinal - 1].State.Serving?.Servers : null;
        return new Command.ReportProbe(ordinal, start + (draws.A % 6) switch { 0 => -1, 1 => 1, _ => 0 }, draws.B % 3 != 0)
        {
            Up = servers is null || draws.C % 10 == 0 ? null : [.. servers.Index().Where(server => (draws.C >> server.Index % 9 & 1) == 0).Select(server => server.Item.Url)],
        };
    }

    private static Command.Mark Mark(Draws draws, ModelDriver driver)
    {
        ActiveVersion[] ready = [.. (driver.Model?.Active ?? []).Where(version => version.HasServers)];
        var ordinal = ready.Length > 0 && draws.C % 8 != 0 ? ready[draws.Version % ready.Length].Ordinal : Version(draws, driver);
        var start = ordinal >= 1 && ordinal <= driver.Rows.Count ? driver.Rows[ordinal - 1].State.Serving?.Attempt ?? 0 : 0;
        return new Command.Mark(ordinal, start + (draws.A % 8) switch { 0 => -1, 1 => 1, _ => 0 }, draws.B % 4 != 0);
    }

    /// <summary>Some of the servers that the version has, and others.</summary>
    private static Command.PutServers PutServers(Draws draws, ModelDriver driver)
    {
        var ordinal = Version(draws, driver);
        var serving = ordinal >= 1 && ordinal <= driver.Rows.Count ? driver.Rows[ordinal - 1].State.Serving : null;
        var known = serving is null ? [] : ServerRules.Of(serving).Select(server => new ServingServer { Url = server.Url, HealthUrl = server.HealthUrl });
        ServingServer[] pool =
        [
            .. known.Concat([Slow("x"), new ServingServer { Url = "http://y" }, Slow("z"), Slow("a")]).DistinctBy(server => server.Url).Take(7),
        ];
        ServingServer[] list = draws.C % 8 == 0 ? [.. known] : [.. pool.Index().Where(server => (draws.A >> server.Index & 1) == 1).Select(server => server.Item)];
        return new Command.PutServers(ordinal, list is [] ? pool[..1] : list);
    }

    private static ServingServer Slow(string name) => new() { Url = $"http://{name}", HealthUrl = $"http://{name}/health" };

    private static int Version(Draws draws, ModelDriver driver)
    {
        var count = driver.Rows.Count;
        if (count == 0 || draws.Version % 50 == 49)
        {
            return draws.Version % 2 == 0 ? 0 : count + 1;
        }

        return driver.Model?.Primary is { } primary && draws.Version % 5 == 0 ? primary.Ordinal : 1 + (draws.Version / 5 % count);
    }

    private static bool? Promote(int draw) => (draw % 4) switch { 0 => true, 1 => false, _ => null };

    private static ServingSpec? Spec(int draw) => (draw % 20) switch
    {
        0 or 5 or 10 or 15 => null,
        1 or 6 or 11 => new ServingSpec { Url = "http://a" },
        2 or 7 or 12 => new ServingSpec { Url = "http://b", HealthUrl = "http://b/health" },
        3 => new ServingSpec { Servers = [Slow("c"), Slow("d")], Repeatable = true },
        4 or 8 => new ServingSpec { Servers = [Slow("c"), Slow("d"), new ServingServer { Url = "http://e" }], MinReady = 2 },
        9 or 13 => new ServingSpec { Servers = [.. Enumerable.Range(1, 60).Select(place => Slow($"s{place}"))], MinReady = 64 },
        _ => new ServingSpec { Url = "http://c", HealthUrl = "http://c/health", StartupTimeoutSeconds = 30 },
    };

    private static ServingSpec? NewServing(Draws draws, ModelDriver driver)
    {
        var ordinal = Version(draws, driver);
        var serving = ordinal >= 1 && ordinal <= driver.Rows.Count ? driver.Rows[ordinal - 1].State.Serving : null;
        return (draws.A % 6) switch
        {
            0 => Spec(draws.B),
            1 when serving is not null => new ServingSpec
            {
                Servers = [.. ServerRules.Of(serving).Select(server => new ServingServer { Url = server.Url, HealthUrl = server.HealthUrl })],
                StartupTimeoutSeconds = serving.StartupTimeoutSeconds,
                MinReady = serving.MinReady,
                Repeatable = serving.Repeatable,
            },
            _ => null,
        };
    }

    private static Optional<string> From(Draws draws, ModelDriver driver) => (draws.B % 8) switch
    {
        0 => driver.Model?.PrimaryId?.ToString(),
        1 => new Optional<string>(true, null),
        2 when driver.Rows.Count > 0 => driver.Id(1 + (draws.C % driver.Rows.Count)),
        _ => default,
    };

    private static string? PromoteTo(Draws draws, ModelDriver driver)
    {
        if (driver.Rows.Count == 0)
        {
            return null;
        }

        var ordinal = 1 + (draws.B % driver.Rows.Count);
        return (draws.A % 8) switch
        {
            < 3 => driver.Id(ordinal),
            3 => new VersionId("0therm0de1", ordinal).ToString(),
            _ => null,
        };
    }
}
