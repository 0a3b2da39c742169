namespace OrleansRegistry.WebConsole;

/// <summary>A line of the list of sessions.</summary>
/// <param name="Id">Names the session among those of its key.</param>
/// <param name="CreatedAt">The instant of the sign-in.</param>
/// <param name="LastUsedAt">The instant of the last use that was stored.</param>
/// <param name="ExpiresAt">The instant at which it ends at the latest.</param>
/// <param name="IsOwn">Whether it is the one that asks.</param>
public sealed record SessionRow(string Id, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt, bool IsOwn);
