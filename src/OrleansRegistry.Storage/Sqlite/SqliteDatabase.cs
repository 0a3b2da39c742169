using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace OrleansRegistry.Storage.Sqlite;

/// <summary>
/// One SQLite file in write-ahead mode. Writers pass one at a time through a queue of ours, which is fair and holds no thread, where
/// SQLite's own lock is polled by sleeping ones; readers have connections of their own and wait for nobody.
/// </summary>
internal sealed class SqliteDatabase : RegistryDatabase
{
    /// <summary>The name of the file by which a process has the directory for itself.</summary>
    public const string LockFileName = "registry.lock";

    // What the system says of a file that another process has locked.
    private const int LockedOnLinux = 11;
    private const int LockedOnMac = 35;
    private const int LockedOnWindows = unchecked((int)0x80070020);

    private const long MinFreeBytes = 1 << 20;

    private readonly string _directory;
    private readonly string _file;
    private FileStream? _lock;
    private volatile IReadOnlyList<string> _damage = [];

    public SqliteDatabase(string directory)
    {
        _directory = Path.GetFullPath(directory);
        _file = Path.Combine(_directory, StorageOptions.FileName);
        Writers = new SqliteWriters(ConnectionString(SqliteOpenMode.ReadWriteCreate, isPooled: false), TimeSpan.FromSeconds(StatementSeconds), Trouble);
        Readers = new SqliteReaders(ConnectionString(SqliteOpenMode.ReadOnly, isPooled: true));
    }

    /// <summary>What keeps the file from being written.</summary>
    public WriteTrouble Trouble { get; } = new();

    public override DbDataSource Writers { get; }

    public override DbDataSource Readers { get; }

    public override string Invariant => "System.Data.SQLite";

    public override string Dialect => "Sqlite";

    public override string? NumberEvents => null;

    public override string BeginSnapshot => "begin";

    public override string ItemsOf => "select key as place, value as item from json_each({0})";

    public override string ReplaceRow =>
        """
        update registry_state set payload = @payload, version = version + 1, modified_on = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
        where key = @key and kind = @kind and version = @version
        """;

    public override string TextsOf => "select value as item from json_each({0})";

    public override string LockSchema => "select 1";

    public override string HasLabel(string key, string value) =>
        $"exists (select 1 from json_each(labels) where key = {key} and value = {value})";

    public override string Contains(string text, string part) => $"instr({text}, {part}) > 0";

    public override (string Sql, object[] Values) FindByNamePart(string workspace, string part) => (
        """
        select search.model_id from registry_search_text as indexed cross join registry_search as search
        where indexed.registry_search_text match {2} and search.id = indexed.rowid and search.workspace = {0}
            and instr(search.search_name, {1}) > 0
        """,
        [workspace, part, Grams(part)]);

    public override string Describe() => $"The SQLite file {_file}";

    /// <summary>Takes the directory for this process alone, for as long as it lives; the system gives it back after a crash.</summary>
    public override async Task Prepare(CancellationToken cancellationToken)
    {
        try
        {
            PrivateDirectory.Create(_directory);
            _lock = PrivateFile.Open(Path.Combine(_directory, LockFileName), FileMode.OpenOrCreate, FileAccess.ReadWrite);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartupException($"The data directory {_directory} can't be written: {e.Message}", e);
        }
        catch (IOException e) when (e.HResult is LockedOnLinux or LockedOnMac or LockedOnWindows)
        {
            throw new StartupException(
                $"Another instance uses the data directory {_directory}. One SQLite file serves one instance; use PostgreSQL for more, or another Registry__DataDirectory.", e);
        }
        catch (IOException e)
        {
            throw new StartupException($"The data directory {_directory} can't be {(Directory.Exists(_directory) ? "written" : "made")}: {e.Message}", e);
        }

        NoteLog();
        MakeFile();
        try
        {
            await using var connection = await Writers.OpenConnectionAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "pragma journal_mode = wal";
            await command.ExecuteScalarAsync(cancellationToken);
        }
        catch (SqliteException e)
        {
            throw new StartupException($"{Describe()} can't be opened: {e.Message}", e);
        }
    }

    public override string? FindTrouble() => _damage is [var first, ..] ? $"The SQLite file is damaged: {first}" : Trouble.Reason;

    public override bool IsDamage(DbException error) => error is SqliteException e && WriteTrouble.IsDamage(e);

    /// <summary>
    /// Goes through the whole file, and the log beside it unless a node has read it already. Answers what is damaged.
    /// </summary>
    public override async Task<IReadOnlyList<string>> FindDamage(CancellationToken cancellationToken)
    {
        if (_lock is null && !IsInUse())
        {
            NoteLog();
        }

        return _damage = [.. _damage, .. await Task.Run(() => CheckPages(cancellationToken), cancellationToken)];
    }

    /// <summary>Writes what is there already, as far as the disk. A disk that has room for no more than that is full.</summary>
    public async Task TryWrite(CancellationToken cancellationToken)
    {
        if (new DriveInfo(_directory).AvailableFreeSpace < MinFreeBytes)
        {
            return;
        }

        await using var connection = await Writers.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "update registry_schema set version = version";
        await command.ExecuteNonQueryAsync(cancellationToken);
        Trouble.Clear();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        using (var connection = new SqliteConnection(Readers.ConnectionString))
        {
            SqliteConnection.ClearPool(connection);
        }

        if (_lock is not null)
        {
            await _lock.DisposeAsync();
        }
    }

    /// <summary>Looks at the log before SQLite does, which goes on without what it can't read.</summary>
    private void NoteLog()
    {
        if (WalFile.CountLost(_file + "-wal") is > 0 and var lost)
        {
            _damage = [$"{_file}-wal can't be read to its end: {lost} transactions that were acknowledged are lost"];
        }
    }

    private bool IsInUse()
    {
        var file = Path.Combine(_directory, LockFileName);
        if (!File.Exists(file))
        {
            return false;
        }

        try
        {
            new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.None).Dispose();
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private List<string> CheckPages(CancellationToken cancellationToken)
    {
        List<string> damage = [];
        using var connection = (SqliteConnection)Readers.OpenConnection();
        using var stop = cancellationToken.Register(() => SQLitePCL.raw.sqlite3_interrupt(connection.Handle));
        using var command = connection.CreateCommand();
        command.CommandText = "pragma quick_check(20)";
        try
        {
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                // The first row has a title above its line.
                damage.AddRange(reader.GetString(0).Split('\n').Where(line => line.Length > 0 && line != "ok" && !line.StartsWith("***", StringComparison.Ordinal)));
            }
        }
        catch (SqliteException e) when (WriteTrouble.IsDamage(e))
        {
            damage.Add(e.Message);
        }

        return damage;
    }

    /// <summary>Makes the file for its user alone. SQLite gives the files beside it the same mode.</summary>
    private void MakeFile()
    {
        try
        {
            PrivateFile.Open(_file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"{Describe()} can't be opened: {e.Message}", e);
        }
    }

    /// <summary>Asks the index for every three characters of a text.</summary>
    private static string Grams(string part)
    {
        string[] runes = [.. part.EnumerateRunes().Select(rune => rune.ToString())];
        return string.Join(" AND ", Enumerable.Range(0, runes.Length - 2)
            .Select(place => string.Concat(runes.AsSpan(place, 3)).Replace("\"", "\"\"", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .Select(gram => $"\"{gram}\""));
    }

    private string ConnectionString(SqliteOpenMode mode, bool isPooled) => new SqliteConnectionStringBuilder
    {
        DataSource = _file,
        Mode = mode,
        Pooling = isPooled,
        DefaultTimeout = StatementSeconds,
    }.ToString();
}
