using Microsoft.Data.Sqlite;

namespace OrleansRegistry.Storage.Sqlite;

/// <summary>What keeps the file from being written: from the first write that failed until one that succeeds.</summary>
internal sealed class WriteTrouble
{
    private const int ReadOnly = 8;
    private const int IOError = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int NotADatabase = 26;

    private volatile string? _reason;

    /// <summary>The reason; null when the last write is not known to have failed.</summary>
    public string? Reason => _reason;

    /// <summary>Whether an error says that the file is damaged.</summary>
    public static bool IsDamage(SqliteException error) => error.SqliteErrorCode is Corrupt or NotADatabase;

    /// <summary>
    /// Notes how the last statement of a connection ended. That one was wrong, or had to wait too long, is no trouble.
    /// </summary>
    /// <param name="code">The result code.</param>
    public void Note(int code) => _reason = code switch
    {
        Full => "The disk is full: commands are refused, and reads go on.",
        ReadOnly => "The SQLite file can't be written: commands are refused, and reads go on.",
        IOError => "The disk of the SQLite file fails: commands are refused.",
        Corrupt or NotADatabase => "The SQLite file is damaged: commands may be refused.",
        _ => _reason,
    };

    /// <summary>Notes that a write succeeded.</summary>
    public void Clear() => _reason = null;
}
