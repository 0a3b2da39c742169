using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using OrleansRegistry.Storage;

namespace OrleansRegistry.Testing;

/// <summary>Looks at stored rows, and changes them, behind the registry's back.</summary>
public static class TestRows
{
    /// <summary>How many characters the rows of a kind hold.</summary>
    public static async Task<int> Size(StorageOptions options, string kind) => Convert.ToInt32(
        await Execute(options, $"select sum(length(cast(payload as text))) from registry_state where kind = '{kind}'"), CultureInfo.InvariantCulture);

    /// <summary>Runs a statement, and answers its first value.</summary>
    public static async Task<object?> Execute(StorageOptions options, string sql)
    {
        ArgumentNullException.ThrowIfNull(options);
        await using DbConnection connection = options.PostgresConnectionString is { } postgres
            ? new NpgsqlConnection(postgres)
            : new SqliteConnection($"Data Source={Path.Combine(options.DataDirectory, StorageOptions.FileName)};Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync();
    }
}
