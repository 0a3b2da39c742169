using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace OrleansRegistry.Storage.Sqlite;

/// <summary>
/// Lends one connection that writes to one writer at a time. It stays open between them with its statements compiled:
/// compiling one and its triggers takes several times as long as running it.
/// </summary>
internal sealed class SqliteWriters(string connectionString, TimeSpan turnTimeout, WriteTrouble trouble) : DbDataSource
{
    private readonly WriterTurns _turns = new();

    // What no writer has at the moment.
    private KeptConnection? _kept;
    private volatile bool _isDisposed;

    public override string ConnectionString => connectionString;

    protected override DbConnection CreateDbConnection() => new WriterConnection(this);

    protected override void Dispose(bool disposing)
    {
        End();
        base.Dispose(disposing);
    }

    protected override async ValueTask DisposeAsyncCore()
    {
        End();
        await base.DisposeAsyncCore();
    }

    private void End()
    {
        _isDisposed = true;
        Interlocked.Exchange(ref _kept, null)?.Dispose();
    }

    /// <summary>Waits for the turn and takes the connection.</summary>
    private async Task<KeptConnection> Take(CancellationToken cancellationToken)
    {
        try
        {
            await _turns.Enter(WorkspaceScope.Current ?? "", turnTimeout, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException("The SQLite file is busy: no writer's turn within the time a command has.", e);
        }

        try
        {
            return Interlocked.Exchange(ref _kept, null) ?? KeptConnection.Make(connectionString);
        }
        catch (Exception e)
        {
            if (e is SqliteException error)
            {
                trouble.Note(error.SqliteErrorCode);
            }

            _turns.Leave();
            throw;
        }
    }

    /// <summary>Takes the connection back, unless it is better to begin with another one, and gives the turn on.</summary>
    private void Return(KeptConnection connection)
    {
        // A statement may fail at its very end, when its reader is closed.
        trouble.Note(connection.ErrorCode);
        if (connection.IsClean)
        {
            _kept = connection;
        }
        else
        {
            connection.Dispose();
        }

        if (_isDisposed)
        {
            End();
        }

        _turns.Leave();
    }

    /// <summary>
    /// What a writer sees of the connection: open as long as it has the turn. Orleans takes connections of the driver's
    /// type alone.
    /// </summary>
    private sealed class WriterConnection(SqliteWriters writers) : SqliteConnection(writers.ConnectionString)
    {
        private KeptConnection? _kept;

        public override ConnectionState State => _kept?.State ?? ConnectionState.Closed;

        private KeptConnection Kept => _kept ?? throw new InvalidOperationException("The connection is closed.");

        public override void Open() => OpenAsync(CancellationToken.None).GetAwaiter().GetResult();

        public override async Task OpenAsync(CancellationToken cancellationToken) => _kept = await writers.Take(cancellationToken);

        public override void Close()
        {
            if (_kept is { } kept)
            {
                _kept = null;
                writers.Return(kept);
            }
        }

        public override SqliteCommand CreateCommand() => Kept.CreateCommand();

        public override SqliteTransaction BeginTransaction(IsolationLevel isolationLevel, bool deferred) =>
            Kept.BeginTransaction(isolationLevel, deferred);

        protected override void Dispose(bool disposing)
        {
            Close();
            base.Dispose(disposing);
        }
    }
}
