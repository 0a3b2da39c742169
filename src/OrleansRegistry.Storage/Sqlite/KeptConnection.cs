using System.Data;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace OrleansRegistry.Storage.Sqlite;

/// <summary>A connection that keeps the statements that ran on it compiled. One writer uses it at a time.</summary>
internal sealed class KeptConnection : SqliteConnection
{
    /// <summary>How many statements are kept. Writers have fewer; a text that is made up for each run must not fill the memory.</summary>
    private const int MaxStatements = 64;

    private const int Ok = 0;
    private const int Row = 100;
    private const int Done = 101;

    private readonly Dictionary<string, SqliteCommand> _statements = new(StringComparer.Ordinal);
    private SqliteDataReader? _reader;

    private KeptConnection(string connectionString)
        : base(connectionString)
    {
    }

    /// <summary>How the last statement ended.</summary>
    public int ErrorCode => SQLitePCL.raw.sqlite3_errcode(Handle);

    /// <summary>Whether the next writer finds it as a new one: its last statement succeeded, and no transaction is open.</summary>
    public bool IsClean
    {
        get
        {
            _reader?.Dispose();
            return ErrorCode is Ok or Row or Done && SQLitePCL.raw.sqlite3_get_autocommit(Handle) != 0;
        }
    }

    /// <summary>Makes one that is open. What it commits is on the disk.</summary>
    public static KeptConnection Make(string connectionString)
    {
        var connection = new KeptConnection(connectionString);
        try
        {
            connection.Open();
            using var command = new SqliteCommand("pragma synchronous = full; pragma recursive_triggers = off", connection);
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Makes a command, which runs the statement of its text that is kept.</summary>
    public override SqliteCommand CreateCommand() => new WriterCommand(this) { CommandTimeout = DefaultTimeout, Transaction = Transaction };

    protected override void Dispose(bool disposing)
    {
        _reader?.Dispose();
        base.Dispose(disposing);
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The connection disposes its commands when it is closed.")]
    private SqliteDataReader Run(SqliteCommand command, CommandBehavior behavior)
    {
        var statement = Find(command.CommandText);
        statement.Parameters.Clear();
        foreach (SqliteParameter parameter in command.Parameters)
        {
            statement.Parameters.Add(parameter);
        }

        (statement.Transaction, statement.CommandTimeout) = (command.Transaction, command.CommandTimeout);
        return _reader = statement.ExecuteReader(behavior);
    }

    [SuppressMessage("Security", "CA2100", Justification = "The text of a command.")]
    [SuppressMessage("Reliability", "CA2000", Justification = "The connection disposes its commands when it is closed.")]
    private SqliteCommand Find(string text)
    {
        if (!_statements.TryGetValue(text, out var statement))
        {
            statement = new SqliteCommand(text, this);
            if (_statements.Count < MaxStatements)
            {
                _statements.Add(text, statement);
            }
        }

        return statement;
    }

    private sealed class WriterCommand(KeptConnection connection) : SqliteCommand("", connection)
    {
        public override SqliteDataReader ExecuteReader(CommandBehavior behavior) => connection.Run(this, behavior);
    }
}
