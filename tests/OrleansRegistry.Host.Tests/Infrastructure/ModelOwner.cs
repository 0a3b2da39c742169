using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests.Infrastructure;

/// <summary>
/// The only caller of one model. It keeps the model and its versions as they were after the last acknowledged command, and one command at
/// most whose outcome it does not know. After a crash the registry must show just that, or that with the unknown command in effect.
/// </summary>
internal sealed class ModelOwner(string name, Random random)
{
    private readonly Dictionary<string, string> _versions = [];
    private readonly UsageLedger _ledger = new();
    private string? _modelId;
    private string? _model;
    private string? _pending;
    private bool _modelNotSeen;

    public int Acknowledged { get; private set; }

    public int Refused { get; private set; }

    public int Unknown { get; private set; }

    public int UnknownInEffect { get; private set; }

    /// <summary>Sends random commands until the node is gone.</summary>
    public async Task Work(HttpClient client, Fuse fuse)
    {
        while (_pending is null && !_modelNotSeen)
        {
            var (method, path, body) = Next();
            fuse.Burn();
            var reply = await client.Call(method, path, body);
            switch (reply.Fate)
            {
                case Fate.Unknown or Fate.NotSent:
                    Unknown++;
                    _pending = $"{method} {path} {body?.ToJsonString()}";
                    break;
                case Fate.Refused:
                    // What a refusal is for depends on the state, which Verify compares; only its being 4xx matters here.
                    Refused++;
                    break;
                default:
                    Acknowledged++;
                    if (!await Take(client, reply.Body!))
                    {
                        return;
                    }

                    break;
            }
        }
    }

    /// <summary>Compares the registry with what was acknowledged: the model, its versions, and what is billed for all there ever were.</summary>
    public async Task Verify(HttpClient client)
    {
        var found = await Find(client);
        await VerifyState(client, found);
        foreach (var version in _versions.Values)
        {
            _ledger.Observe(JsonNode.Parse(version)!);
        }

        foreach (var id in _ledger.Unsure((string?)found?["id"]))
        {
            _ledger.Observe(await client.Read($"/v1/model_versions/{id}"));
        }

        await _ledger.Verify(client);
    }

    /// <summary>Compares what is billed for each version by stage (rule B4).</summary>
    public Task VerifyUsage(HttpClient client) => _ledger.VerifyStages(client);

    private async Task VerifyState(HttpClient client, JsonNode? found)
    {
        if (found is null)
        {
            Assert.True(_model is null || _pending is not null, $"{name} is gone.");
        }

        var model = found?.ToJsonString();
        var versions = await Versions(client, found);
        if (_pending is null)
        {
            VerifyVersions(versions);
            if (_modelNotSeen)
            {
                (_model, _modelNotSeen) = (model, false);
            }

            Assert.Equal(_model, model);
            return;
        }

        if (model != _model)
        {
            // In effect, and then just once: the revision went up by one, and all other versions are as they were.
            UnknownInEffect++;
            if (_model is not null && found is not null && (string?)found["id"] == _modelId)
            {
                Assert.Equal((int)JsonNode.Parse(_model)!["revision"]! + 1, (int)found["revision"]!);
            }

            Assert.True(versions.Count(version => _versions.GetValueOrDefault(version.Key) != version.Value) <= 1, $"{_pending} changed more than one version.");
        }
        else
        {
            VerifyVersions(versions);
        }

        (_model, _modelId, _pending) = (model, (string?)found?["id"], null);
        _versions.Clear();
        foreach (var (id, version) in versions)
        {
            _versions[id] = version;
        }
    }

    private void VerifyVersions(Dictionary<string, string> found)
    {
        Assert.Equal(_versions.Keys.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
        foreach (var (id, version) in _versions)
        {
            Assert.Equal(version, found[id]);
        }
    }

    private (HttpMethod Method, string Path, JsonNode? Body) Next()
    {
        if (_model is null || random.Next(4) == 0)
        {
            var deploy = new JsonObject { ["model_name"] = name };
            if (random.Next(2) == 0)
            {
                deploy["publish"] = true;
            }

            if (random.Next(3) == 0)
            {
                deploy["version_bump"] = random.Next(2) == 0 ? "PATCH" : "MAJOR";
            }

            return (HttpMethod.Post, "/v1/model_versions", deploy);
        }

        var id = _versions.Keys.Order().ElementAt(random.Next(_versions.Count));
        return random.Next(8) switch
        {
            0 => (HttpMethod.Post, $"/v1/model_versions/{id}/publish", null),
            1 => (HttpMethod.Post, $"/v1/model_versions/{id}/promote", null),
            2 or 3 => (HttpMethod.Post, $"/v1/model_versions/{id}/deactivate", null),
            4 => (HttpMethod.Post, $"/v1/model_versions/{id}/activate", null),
            5 => (HttpMethod.Delete, $"/v1/model_versions/{id}", null),
            6 => (HttpMethod.Patch, $"/v1/model_versions/{id}", new JsonObject { ["description"] = $"description {random.Next()}" }),
            _ => (HttpMethod.Post, $"/v1/models/{_modelId}/rollback", null),
        };
    }

    /// <summary>Notes an acknowledged command: the version as it was answered, and the model as it is now.</summary>
    private async Task<bool> Take(HttpClient client, JsonNode answer)
    {
        var version = answer["version"] is JsonObject nested ? nested : answer;
        var id = (string)version["id"]!;
        if (!_versions.ContainsKey(id) && !id.StartsWith(_modelId ?? "", StringComparison.Ordinal))
        {
            _versions.Clear();
        }

        _versions[id] = Comparable(version);
        _ledger.Observe(version);
        _modelId = (string)version["model_id"]!;
        if ((bool?)answer["model_deleted"] is true)
        {
            (_model, _modelId) = (null, null);
            _versions.Clear();
            return true;
        }

        try
        {
            _model = (await client.Read($"/v1/models/{_modelId}")).ToJsonString();
            return true;
        }
        catch (InvalidOperationException)
        {
            // Killed between the answer and the look at the model: the version must be there as it was answered all the same.
            _modelNotSeen = true;
            return false;
        }
    }

    private async Task<JsonNode?> Find(HttpClient client) =>
        (await client.Read($"/v1/models?name={Uri.EscapeDataString(name)}"))["items"]!.AsArray().SingleOrDefault();

    private static async Task<Dictionary<string, string>> Versions(HttpClient client, JsonNode? model)
    {
        if (model is null)
        {
            return [];
        }

        var living = await client.ReadAll($"/v1/models/{model["id"]}/versions");
        var deleted = await client.ReadAll($"/v1/models/{model["id"]}/versions?state=deleted");
        return living.Concat(deleted).ToDictionary(version => (string)version["id"]!, Comparable);
    }

    /// <summary>A version without what a move of the pointer changes from outside.</summary>
    private static string Comparable(JsonNode version)
    {
        var copy = version.DeepClone();
        copy.AsObject().Remove("is_primary");
        copy.AsObject().Remove("etag");
        return copy.ToJsonString();
    }
}
