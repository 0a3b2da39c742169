using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>
/// Sums of active time over the stored rows (rules B1 to B4): intervals that have ended, and those that still run up
/// to now. Each sum is one
/// statement, and so one snapshot. Every method throws <see cref="RegistryUnavailableException"/> when the database
/// can't answer, and
/// <see cref="StateCorruptException"/> when a row that might run can't be read: a bill that lacks something is worse
/// than none.
/// </summary>
internal interface IBillingCatalog
{
    /// <summary>
    /// The active time of a workspace within a window, by version, stage, instance type and part of the window.
    /// Deleted versions and models count
    /// what they used. The sums come one after the other: by the model's name, its id and the version's ordinal, in
    /// parts that may have to be added
    /// up. So they can be worked on without holding all of them.
    /// </summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="window">The window.</param>
    /// <param name="seed">The sums to add to, made anew when the statement has to be begun again.</param>
    /// <param name="add">Adds a sum.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<T> Fold<T>(string workspace, UsageWindow window, Func<T> seed, Action<T, UsageSum> add, CancellationToken cancellationToken);

    /// <summary>The active time of a version so far, or null when there never was one.</summary>
    Task<VersionUsage?> FindUsage(string workspace, VersionId id, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>When the first active time of a workspace began, or null when there was none.</summary>
    Task<DateTimeOffset?> FindFirstUsage(string workspace, CancellationToken cancellationToken);

    /// <summary>The statement of a month that is closed, without its lines, or null when it is not.</summary>
    Task<StatementView?> FindStatement(string workspace, BillingMonth month, CancellationToken cancellationToken);

    /// <summary>Lines of the statement of a month that is closed, in order.</summary>
    Task<ImmutableArray<StatementLine>> ListStatementLines(
        string workspace, BillingMonth month, int skip, int take, CancellationToken cancellationToken);

    /// <summary>
    /// Stores lines of a statement that is about to be closed. They count once a row of the month names the closing.
    /// </summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="month">The month.</param>
    /// <param name="closing">The command that closes it.</param>
    /// <param name="place">How many lines come before them.</param>
    /// <param name="lines">The lines, in order.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task StoreStatementLines(
        string workspace,
        BillingMonth month,
        Guid closing,
        int place,
        ImmutableArray<StatementLine> lines,
        CancellationToken cancellationToken);

    /// <summary>Removes the lines of every other closing of a month that is closed.</summary>
    Task RemoveOtherStatementLines(
        string workspace, BillingMonth month, Guid closing, CancellationToken cancellationToken);

    /// <summary>The months of a workspace that are closed, oldest first.</summary>
    Task<ImmutableArray<ClosedMonth>> ListClosed(string workspace, CancellationToken cancellationToken);

    /// <summary>The workspaces that have rates: those that are billed.</summary>
    Task<ImmutableArray<string>> ListRated(CancellationToken cancellationToken);
}

/// <summary>A month that is closed, in short.</summary>
/// <param name="Month">The month.</param>
/// <param name="ClosedAt">When it was closed.</param>
/// <param name="Currency">The currency.</param>
/// <param name="TotalAmount">The sum of the amounts.</param>
internal sealed record ClosedMonth(BillingMonth Month, DateTimeOffset ClosedAt, string Currency, string TotalAmount);

/// <summary>Which active time to add up.</summary>
internal sealed record UsageWindow
{
    /// <summary>Time before it doesn't count; whole milliseconds.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Time from it on doesn't count; whole milliseconds.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Until when intervals count that still run; whole milliseconds.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>
    /// Instants inside of the window, rising, at which it is cut into parts: part 0 is before the first one.
    /// </summary>
    public ImmutableArray<DateTimeOffset> Cuts { get; init; } = [];

    /// <summary>When a part begins.</summary>
    public DateTimeOffset StartOf(int part) => part == 0 ? From : Cuts[part - 1];

    /// <summary>When a part ends.</summary>
    public DateTimeOffset EndOf(int part) => part == Cuts.Length ? To : Cuts[part];
}

/// <summary>Active time of a version, on one stage and instance type, within one part of a window.</summary>
public sealed record UsageSum
{
    /// <summary>The version whose time it is.</summary>
    public required VersionId Id { get; init; }

    /// <summary>The name of the version's model.</summary>
    public required string ModelName { get; init; }

    /// <summary>The version's number.</summary>
    public required string Version { get; init; }

    /// <summary>The stage it ran on.</summary>
    public required Stage Stage { get; init; }

    /// <summary>The instance type that it ran on, or null when the deployment named none.</summary>
    public string? InstanceType { get; init; }

    /// <summary>The part of the window.</summary>
    public required int Part { get; init; }

    /// <summary>The active time; more than 0.</summary>
    public required long Milliseconds { get; init; }
}

/// <summary>The active time of one version so far.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.VersionUsage")]
public sealed record VersionUsage
{
    /// <summary>The version's id.</summary>
    [Id(0)]
    public required string VersionId { get; init; }

    /// <summary>The instance type that it runs on, for billing, or null.</summary>
    [Id(1)]
    public string? InstanceType { get; init; }

    /// <summary>Active time on the draft stage.</summary>
    [Id(2)]
    public decimal DraftSeconds { get; init; }

    /// <summary>Active time on the published stage.</summary>
    [Id(3)]
    public decimal PublishedSeconds { get; init; }

    /// <summary>Both.</summary>
    [Id(4)]
    public decimal TotalSeconds { get; init; }

    /// <summary>Since when the interval runs that is counted up to now, or null when none runs.</summary>
    [Id(5)]
    public DateTimeOffset? RunningSince { get; init; }

    /// <summary>Up to when time is counted.</summary>
    [Id(6)]
    public DateTimeOffset AsOf { get; init; }
}
