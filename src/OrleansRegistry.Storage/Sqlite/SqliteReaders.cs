using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace OrleansRegistry.Storage.Sqlite;

/// <summary>Hands out connections that only read.</summary>
internal sealed class SqliteReaders(string connectionString) : DbDataSource
{
    public override string ConnectionString => connectionString;

    [SuppressMessage("Reliability", "CA2000", Justification = "The caller disposes the connection.")]
    protected override DbConnection CreateDbConnection() => new SqliteConnection(connectionString);
}
