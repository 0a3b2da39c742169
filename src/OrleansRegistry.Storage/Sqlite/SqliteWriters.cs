using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace OrleansRegistry.Storage.Sqlite;

/// <summary>Hands out connections that write, one open at a time.</summary>
internal sealed class SqliteWriters(string connectionString, TimeSpan patience) : DbDataSource
{
    [SuppressMessage("Usage", "CA2213", Justification = "It has no wait handle, and connections give their turn back after the source is gone.")]
    private readonly SemaphoreSlim _turn = new(1, 1);

    public override string ConnectionString => connectionString;

    protected override DbConnection CreateDbConnection() => new WriterConnection(connectionString, _turn, patience);

    private sealed class WriterConnection(string connectionString, SemaphoreSlim turn, TimeSpan patience) : SqliteConnection(connectionString)
    {
        private bool _hasTurn;

        public override void Open()
        {
            Take(turn.Wait(patience));
            Begin();
        }

        public override async Task OpenAsync(CancellationToken cancellationToken)
        {
            Take(await turn.WaitAsync(patience, cancellationToken));
            Begin();
        }

        public override void Close()
        {
            base.Close();
            Return();
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            Return();
        }

        private void Take(bool taken) =>
            _hasTurn = taken ? true : throw new TimeoutException("The SQLite file is busy: no writer's turn within the time a command has.");

        private void Begin()
        {
            try
            {
                base.Open();
                using var command = CreateCommand();
                command.CommandText = "pragma synchronous = full; pragma recursive_triggers = off";
                command.ExecuteNonQuery();
            }
            catch
            {
                Return();
                throw;
            }
        }

        private void Return()
        {
            if (_hasTurn)
            {
                _hasTurn = false;
                turn.Release();
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
