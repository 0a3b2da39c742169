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

/// <summary>The database can't be used as it is; the message says why, in one sentence for an operator.</summary>
public sealed class StorageStartException : Exception
{
    /// <summary>Makes the exception.</summary>
    public StorageStartException()
    {
    }

    /// <summary>Makes the exception with a message.</summary>
    public StorageStartException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with a message and what the database's driver threw.</summary>
    public StorageStartException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
