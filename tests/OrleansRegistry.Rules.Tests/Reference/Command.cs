namespace OrleansRegistry.Reference;

/// <summary>A command on the one name of a test, as the rules' words say it; versions are named by ordinal.</summary>
internal abstract record Command
{
    private Command()
    {
    }

    public string By { get; init; } = "ann";

    public string? Comment { get; init; }

    /// <summary>Whether the primary may move to a version that is unhealthy.</summary>
    public bool Force { get; init; }

    public sealed record Deploy : Command
    {
        public VersionBump? Bump { get; init; }

        public string? Version { get; init; }

        public string? Base { get; init; }

        public bool IsPublished { get; init; }

        public bool? Claims { get; init; }

        public ServingSpec? Serving { get; init; }

        public string? InstanceType { get; init; }

        public IReadOnlyList<string>? Aliases { get; init; }
    }

    public sealed record Publish(int Ordinal, bool? Claims = null, Optional<string> From = default) : Command
    {
        public IReadOnlyList<string>? Aliases { get; init; }
    }

    public sealed record Promote(int Ordinal, Optional<string> From = default) : Command;

    public sealed record Activate(int Ordinal, ServingSpec? Serving = null) : Command;

    public sealed record Deactivate(int Ordinal, string? PromoteTo = null, bool RefuseIfPrimary = false) : Command
    {
        public bool RefuseIfReferenced { get; init; }
    }

    public sealed record Delete(int Ordinal, string? PromoteTo = null, bool RefuseIfPrimary = false) : Command
    {
        public bool RefuseIfReferenced { get; init; }

        public bool ReleasesAliases { get; init; }
    }

    /// <summary>The version is named by its number, its id, <c>@alias</c> or <c>@primary</c>.</summary>
    public sealed record SetAlias(string Name, string Version, Optional<string> From = default, bool? Protected = null) : Command;

    public sealed record RollbackAlias(string Name, Optional<string> From = default) : Command;

    public sealed record RemoveAlias(string Name, Optional<string> From = default) : Command;

    public sealed record Rollback(Optional<string> From = default) : Command;

    public sealed record SetPolicy(PrimaryPolicy Policy) : Command;

    public sealed record SetFallBack(OnUnhealthy OnUnhealthy, int? Seconds = null) : Command;

    /// <summary>It is asked whether the primary has been unhealthy for too long.</summary>
    public sealed record FallBack : Command;

    public sealed record Label(string? Value, int? Ordinal) : Command;

    public sealed record PutServers(int Ordinal, IReadOnlyList<ServingServer> Servers) : Command;

    public sealed record ReportProbe(int Ordinal, int Attempt, bool IsReady) : Command
    {
        /// <summary>The servers that have answered; null for the first.</summary>
        public IReadOnlyList<string>? Up { get; init; }
    }

    public sealed record Mark(int Ordinal, int Attempt, bool IsUnhealthy) : Command;

    public sealed record DeleteModel : Command
    {
        public bool ReleasesAliases { get; init; }
    }

    /// <summary>The clock goes on, or back.</summary>
    public sealed record MoveClock(int Milliseconds) : Command;

    /// <summary>Every state is written as JSON and read again.</summary>
    public sealed record Reload : Command;
}

/// <summary>What a command came to. The primary is compared before and after.</summary>
internal sealed record Answer(string? Error)
{
    public static readonly Answer Unchanged = new((string?)null);

    public bool Changed { get; init; }

    public bool Moved { get; init; }

    /// <summary>When the pointer moved: from which version.</summary>
    public int? From { get; init; }

    /// <summary>When the pointer moved: to which version.</summary>
    public int? To { get; init; }

    /// <summary>The number that a deployment got.</summary>
    public string? Number { get; init; }

    public bool ModelDeleted { get; init; }

    /// <summary>The moves of aliases, in the order of their names, each as <c>name: from to</c>.</summary>
    public string AliasMoves { get; init; } = "";
}
