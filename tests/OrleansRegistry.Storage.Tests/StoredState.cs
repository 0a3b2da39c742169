using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>Changes stored rows as a bug, a torn disk or a hand would.</summary>
internal static class StoredState
{
    /// <summary>Changes the state that a row holds.</summary>
    public static async Task Edit(StorageOptions options, string key, Action<JsonNode> edit)
    {
        var payload = JsonNode.Parse((string)(await TestRows.Execute(options, $"select cast(payload as text) from registry_state where key = {Quote(key)}"))!)!;
        edit(payload);
        await Replace(options, key, Quote(payload.ToJsonString()));
    }

    /// <summary>Stores a literal of SQL in place of the state that a row holds.</summary>
    public static Task Replace(StorageOptions options, string key, string literal) => TestRows.Execute(
        options, $"update registry_state set payload = {literal} where key = {Quote(key)}");

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
