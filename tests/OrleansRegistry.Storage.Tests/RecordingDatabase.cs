using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Storage.Tests;

/// <summary>A database that keeps what it is asked.</summary>
internal sealed class RecordingDatabase(RegistryDatabase inner) : RegistryDatabase
{
    private readonly List<Asked> _asked = [];

    public override DbDataSource Writers => inner.Writers;

    public override DbDataSource Readers => new Source(inner.Readers, _asked);

    public override string Invariant => inner.Invariant;

    public override string Dialect => inner.Dialect;

    public override string? NumberEvents => inner.NumberEvents;

    public override string BeginSnapshot => inner.BeginSnapshot;

    public override string ItemsOf => inner.ItemsOf;

    public override string ReplaceRow => inner.ReplaceRow;

    public override string TextsOf => inner.TextsOf;

    public override string LockSchema => inner.LockSchema;

    /// <summary>Reads, and answers all statements that were run.</summary>
    public async Task<IReadOnlyList<Asked>> Record(Func<Task> read)
    {
        _asked.Clear();
        await read();
        return [.. _asked];
    }

    public override string HasLabel(string key, string value) => inner.HasLabel(key, value);

    public override string Contains(string text, string part) => inner.Contains(text, part);

    public override (string Sql, object[] Values) FindByNamePart(string workspace, string part) => inner.FindByNamePart(workspace, part);

    public override Task Prepare(CancellationToken cancellationToken) => inner.Prepare(cancellationToken);

    public override string Describe() => inner.Describe();

    private sealed class Source(DbDataSource inner, List<Asked> asked) : DbDataSource
    {
        public override string ConnectionString => inner.ConnectionString;

        [SuppressMessage("Reliability", "CA2000", Justification = "The caller disposes the connection.")]
        protected override DbConnection CreateDbConnection() => new Connection(inner.CreateConnection(), asked);
    }

    private sealed class Connection(DbConnection inner, List<Asked> asked) : DbConnection
    {
        [AllowNull]
        public override string ConnectionString
        {
            get => inner.ConnectionString;
            set => inner.ConnectionString = value;
        }

        public override string Database => inner.Database;

        public override string DataSource => inner.DataSource;

        public override string ServerVersion => inner.ServerVersion;

        public override ConnectionState State => inner.State;

        public override void ChangeDatabase(string databaseName) => inner.ChangeDatabase(databaseName);

        public override void Close() => inner.Close();

        public override void Open() => inner.Open();

        public override Task OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }

        protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => inner.BeginTransaction(isolationLevel);

        [SuppressMessage("Reliability", "CA2000", Justification = "The caller disposes the command.")]
        protected override DbCommand CreateDbCommand() => new Command(inner.CreateCommand(), asked);
    }

    private sealed class Command(DbCommand inner, List<Asked> asked) : DbCommand
    {
        [AllowNull]
        public override string CommandText
        {
            get => inner.CommandText;
            set => inner.CommandText = value;
        }

        public override int CommandTimeout
        {
            get => inner.CommandTimeout;
            set => inner.CommandTimeout = value;
        }

        public override CommandType CommandType
        {
            get => inner.CommandType;
            set => inner.CommandType = value;
        }

        public override bool DesignTimeVisible { get; set; }

        public override UpdateRowSource UpdatedRowSource { get; set; }

        protected override DbConnection? DbConnection { get; set; }

        protected override DbParameterCollection DbParameterCollection => inner.Parameters;

        protected override DbTransaction? DbTransaction { get; set; }

        public override void Cancel() => inner.Cancel();

        public override void Prepare() => inner.Prepare();

        public override int ExecuteNonQuery() => throw new NotSupportedException("Readers don't write.");

        public override object? ExecuteScalar() => Told().ExecuteScalar();

        public override Task<object?> ExecuteScalarAsync(CancellationToken cancellationToken) => Told().ExecuteScalarAsync(cancellationToken);

        protected override DbParameter CreateDbParameter() => inner.CreateParameter();

        protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => Told().ExecuteReader(behavior);

        protected override Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken) =>
            Told().ExecuteReaderAsync(behavior, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }

        private DbCommand Told()
        {
            asked.Add(Asked.Of(inner));
            return inner;
        }
    }
}

/// <summary>A statement that was run.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Values">The values of its parameters, by name.</param>
internal sealed record Asked(string Text, IReadOnlyList<(string Name, object Value)> Values)
{
    /// <summary>What a command asks.</summary>
    public static Asked Of(DbCommand command) =>
        new(command.CommandText, [.. command.Parameters.Cast<DbParameter>().Select(parameter => (parameter.ParameterName, parameter.Value!))]);
}
