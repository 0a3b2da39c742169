using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace OrleansRegistry.Benchmarks;

/// <summary>A published model <c>iris</c> in the workspace of <see cref="ServerProcess.Key"/>, and one in another.</summary>
internal static class TwoWorkspaces
{
    /// <summary>Makes both; answers a key of the other one, and the version in the first.</summary>
    public static async Task<(string OtherKey, JsonNode Version)> Make(Uri registry)
    {
        using var client = new HttpClient { BaseAddress = registry };
        var version = await Post(ServerProcess.Key, "/v1/model_versions", new JsonObject { ["model_name"] = "iris", ["publish"] = true });
        await Post(ServerProcess.Key, "/v1/workspaces", new JsonObject { ["name"] = "other" });
        var made = await Post(ServerProcess.Key, "/v1/api_keys", new JsonObject { ["name"] = "other", ["role"] = "admin", ["workspace"] = "other" });
        var key = (string)made["key"]!;
        await Post(key, "/v1/model_versions", new JsonObject { ["model_name"] = "iris", ["publish"] = true });
        return (key, version);

        async Task<JsonNode> Post(string caller, string path, JsonObject body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", caller);
            using var answer = await client.SendAsync(request);
            answer.EnsureSuccessStatusCode();
            return (await answer.Content.ReadFromJsonAsync<JsonNode>())!;
        }
    }
}
