using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using System.Text.Json;

namespace OrleansRegistry.Storage.Catalog;

/// <summary>Reads rows.</summary>
internal static class CatalogReader
{
    /// <summary>All rows of a query.</summary>
    public static async Task<ImmutableArray<T>> Read<T>(
        DbConnection connection, CatalogQuery query, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        var rows = ImmutableArray.CreateBuilder<T>();
        await using var command = query.On(connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows.ToImmutable();
    }

    /// <summary>A row of <c>position, type, at, workspace, model_id, version_id, actor, data</c>.</summary>
    public static RegistryEvent Event(DbDataReader row) => new()
    {
        Id = row.GetInt64(0).ToString(CultureInfo.InvariantCulture),
        Type = row.GetString(1),
        At = DateTimeOffset.Parse(row.GetString(2), CultureInfo.InvariantCulture),
        Workspace = row.GetString(3),
        ModelId = row.GetString(4),
        VersionId = Text(row, 5),
        Actor = row.GetString(6),
        Data = JsonElement.Parse(row.GetString(7)),
    };

    /// <summary>How messages name the version of a row that begins with <c>model_id, ordinal</c>.</summary>
    public static string VersionName(DbDataReader row) => $"version {new VersionId(row.GetString(0), row.GetInt32(1))}";

    /// <summary>A text, or null.</summary>
    public static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
