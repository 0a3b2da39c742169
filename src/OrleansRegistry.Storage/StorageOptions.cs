namespace OrleansRegistry.Storage;

/// <summary>Where the rows are: a PostgreSQL database when one is named, else a SQLite file.</summary>
public sealed record StorageOptions
{
    /// <summary>The name of the SQLite file in <see cref="DataDirectory"/>.</summary>
    public const string FileName = "registry.db";

    /// <summary>The directory of the SQLite file; made when it is missing.</summary>
    public string DataDirectory { get; init; } = "data";

    /// <summary>An Npgsql connection string, or null for SQLite.</summary>
    public string? PostgresConnectionString { get; init; }

    /// <summary>After how many days events that are billed and delivered are removed; 0 for never.</summary>
    public int EventRetentionDays { get; init; }
}
