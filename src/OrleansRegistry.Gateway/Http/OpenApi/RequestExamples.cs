using System.Text.Json.Nodes;

namespace OrleansRegistry.Gateway;

/// <summary>What bodies look like. The tests send each of them.</summary>
internal static class RequestExamples
{
    private static readonly Dictionary<Type, string> Bodies = new()
    {
        [typeof(DeployRequest)] = """
            {
              "model_name": "iris", "version_bump": "MINOR", "publish": true, "instance_type": "cpu-1x2",
              "serving": { "url": "http://10.0.0.7:8000/predict", "health_url": "http://10.0.0.7:8000/health" },
              "artifact": { "uri": "s3://models/iris/1.4.0.onnx" }, "labels": { "team": "vision" }
            }
            """,
        [typeof(PublishRequest)] = """{ "promote": true }""",
        [typeof(PatchVersionRequest)] = """{ "description": "Trained on the May data.", "labels": { "team": "vision", "draft": null } }""",
        [typeof(PatchModelRequest)] = """{ "description": "Tells irises apart.", "primary_policy": "manual" }""",
        [typeof(CreateApiKeyRequest)] = """{ "name": "ci", "role": "deployer" }""",
        [typeof(CreateWorkspaceRequest)] = """{ "name": "vision", "description": "The vision team" }""",
        [typeof(CreateWebhookRequest)] = """{ "url": "https://hooks.example.com/registry", "types": ["version.published", "primary.changed"] }""",
        [typeof(PatchWebhookRequest)] = """{ "types": ["version.failed"], "state": "enabled" }""",
        [typeof(PutRatesRequest)] = """
            { "rates": [{ "instance_type": "cpu-1x2", "stage": "published", "price_per_minute": "0.0125", "effective_from": "2026-01-01" }] }
            """,
    };

    /// <summary>The example of a type of bodies, or null where there is nothing to show.</summary>
    public static JsonNode? Of(Type type) => Bodies.TryGetValue(type, out var body) ? JsonNode.Parse(body) : null;
}
