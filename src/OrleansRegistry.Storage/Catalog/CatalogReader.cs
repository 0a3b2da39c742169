using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using OrleansRegistry.Models;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Storage.Catalog;

/// <summary>Reads rows.</summary>
internal static class CatalogReader
{
    /// <summary>The rows of a query, all or at most a number of them.</summary>
    public static async Task<ImmutableArray<T>> Read<T>(
        DbConnection connection, CatalogQuery query, Func<DbDataReader, T> read, CancellationToken cancellationToken, int? limit = null)
    {
        var rows = ImmutableArray.CreateBuilder<T>();
        await using var command = query.On(connection, limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows.ToImmutable();
    }

    /// <summary>An event, of a row of <c>catalog_event</c>.</summary>
    /// <exception cref="StateCorruptException">The row can't be read.</exception>
    public static RegistryEvent Event(DbDataReader row) => Guard($"event {row.GetValue(0)} of {Text(row, 4) ?? row.GetString(3)}", () => new RegistryEvent
    {
        Id = row.GetInt64(0).ToString(CultureInfo.InvariantCulture),
        Type = row.GetString(1),
        At = DateTimeOffset.Parse(row.GetString(2), CultureInfo.InvariantCulture),
        Workspace = row.GetString(3),
        ModelId = Text(row, 4),
        ModelName = Text(row, 5),
        VersionId = Text(row, 6),
        Version = Text(row, 7),
        Actor = row.GetString(8),
        ActorName = Text(row, 9),
        Comment = Text(row, 10),
        Data = JsonElement.Parse(row.GetString(11)),
    });

    /// <summary>A model's state, of a row that begins with <c>workspace, model_id, payload</c>.</summary>
    /// <exception cref="StateCorruptException">The row can't be read.</exception>
    public static ModelState Model(DbDataReader row)
    {
        var what = $"model {row.GetString(1)}";
        var stored = StateJson.Read<ModelState>(Text(row, 2), what);
        return (stored.Workspace, stored.Id) == (row.GetString(0), row.GetString(1)) ? stored : throw Misplaced(what);
    }

    /// <summary>A version's state, of a row that begins with <c>workspace, model_id, ordinal, payload</c>.</summary>
    /// <exception cref="StateCorruptException">The row can't be read.</exception>
    public static ModelVersionState Version(DbDataReader row)
    {
        var what = VersionName(row);
        var stored = StateJson.Read<ModelVersionState>(Text(row, 3), what);
        return (stored.Workspace, stored.ModelId, stored.Ordinal) == (row.GetString(0), row.GetString(1), row.GetInt32(2)) ? stored : throw Misplaced(what);
    }

    /// <summary>How messages name the version of a row that begins with <c>workspace, model_id, ordinal</c>.</summary>
    public static string VersionName(DbDataReader row) => $"version {row.GetString(1)}-{row.GetValue(2)}";

    /// <summary>A text, or null.</summary>
    public static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    /// <summary>A text that a readable row has.</summary>
    /// <exception cref="FormatException">It is missing.</exception>
    public static string Required(DbDataReader row, int column) => Text(row, column) ?? throw new FormatException($"{row.GetName(column)} is missing.");

    /// <summary>Reads what no statement of ours would have stored otherwise; a value of another form is a corrupt row.</summary>
    /// <exception cref="StateCorruptException">The row can't be read.</exception>
    public static T Guard<T>(string what, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is FormatException or InvalidCastException or OverflowException or JsonException)
        {
            throw new StateCorruptException($"The stored row of {what} can't be read: {e.Message}", e);
        }
    }

    private static StateCorruptException Misplaced(string what) => new($"The row of {what} holds the state of another.");
}
