using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace OrleansRegistry.Storage.Sqlite;

/// <summary>Hands out connections that write, one open at a time.</summary>
internal sealed class SqliteWriters(string connectionString, TimeSpan turnTimeout, WriteTrouble trouble) : DbDataSource
{
    private readonly WriterTurns _turns = new();

    public override string ConnectionString => connectionString;

    protected override DbConnection CreateDbConnection() => new WriterConnection(connectionString, _turns, turnTimeout, trouble);

    private sealed class WriterConnection(string connectionString, WriterTurns turns, TimeSpan turnTimeout, WriteTrouble trouble)
        : SqliteConnection(connectionString)
    {
        private bool _hasTurn;

        public override void Open()
        {
            Enter(CancellationToken.None).GetAwaiter().GetResult();
            Begin();
        }

        public override async Task OpenAsync(CancellationToken cancellationToken)
        {
            await Enter(cancellationToken);
            Begin();
        }

        public override void Close()
        {
            if (State == ConnectionState.Open)
            {
                // A statement may fail at its very end, when its reader is closed.
                trouble.Note(SQLitePCL.raw.sqlite3_errcode(Handle));
            }

            base.Close();
            Return();
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            Return();
        }

        private async Task Enter(CancellationToken cancellationToken)
        {
            try
            {
                await turns.Enter(WorkspaceScope.Current ?? "", turnTimeout, cancellationToken);
                _hasTurn = true;
            }
            catch (TimeoutException e)
            {
                throw new TimeoutException("The SQLite file is busy: no writer's turn within the time a command has.", e);
            }
        }

        private void Begin()
        {
            try
            {
                base.Open();
                using var command = CreateCommand();
                command.CommandText = "pragma synchronous = full; pragma recursive_triggers = off";
                command.ExecuteNonQuery();
            }
            catch (Exception e)
            {
                if (e is SqliteException error)
                {
                    trouble.Note(error.SqliteErrorCode);
                }

                Return();
                throw;
            }
        }

        private void Return()
        {
            if (_hasTurn)
            {
                _hasTurn = false;
                turns.Leave();
            }
        }
    }
}

/// <summary>Hands out connections that only read.</summary>
internal sealed class SqliteReaders(string connectionString) : DbDataSource
{
    public override string ConnectionString => connectionString;

    [SuppressMessage("Reliability", "CA2000", Justification = "The caller disposes the connection.")]
    protected override DbConnection CreateDbConnection() => new SqliteConnection(connectionString);
}
