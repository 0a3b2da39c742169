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

    private readonly string _directory;
    private readonly string _file;
    private FileStream? _lock;

    public SqliteDatabase(string directory)
    {
        _directory = Path.GetFullPath(directory);
        _file = Path.Combine(_directory, StorageOptions.FileName);
        Writers = new SqliteWriters(ConnectionString(SqliteOpenMode.ReadWriteCreate), TimeSpan.FromSeconds(StatementSeconds));
        Readers = new SqliteReaders(ConnectionString(SqliteOpenMode.ReadOnly));
    }

    public override DbDataSource Writers { get; }

    public override DbDataSource Readers { get; }

    public override string Invariant => "System.Data.SQLite";

    public override string Dialect => "Sqlite";

    public override string? NumberEvents => null;

    public override string BeginSnapshot => "begin";

    public override string ItemsOf => "select key as place, value as item from json_each({0})";

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
            _lock = new FileStream(Path.Combine(_directory, LockFileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartupException($"The data directory {_directory} can't be written: {e.Message}", e);
        }
        catch (IOException e) when (Directory.Exists(_directory) && File.Exists(Path.Combine(_directory, LockFileName)))
        {
            throw new StartupException(
                $"Another instance uses the data directory {_directory}. One SQLite file serves one instance; use PostgreSQL for more, or another Registry__DataDirectory.", e);
        }
        catch (IOException e)
        {
            throw new StartupException($"The data directory {_directory} can't be made: {e.Message}", e);
        }

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

    public override async ValueTask DisposeAsync()
    {
        foreach (var source in new[] { Writers, Readers })
        {
            using var connection = new SqliteConnection(source.ConnectionString);
            SqliteConnection.ClearPool(connection);
        }

        await base.DisposeAsync();
        if (_lock is not null)
        {
            await _lock.DisposeAsync();
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

    private string ConnectionString(SqliteOpenMode mode) => new SqliteConnectionStringBuilder
    {
        DataSource = _file,
        Mode = mode,
        DefaultTimeout = StatementSeconds,
    }.ToString();
}
