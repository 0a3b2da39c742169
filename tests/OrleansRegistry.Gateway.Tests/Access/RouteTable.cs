using System.Text.RegularExpressions;

namespace OrleansRegistry.Gateway.Tests.Access;

/// <summary>
/// Every route there is, with what it asks of its caller: the golden list. A route that is added, or asks for something else, fails the tests
/// until it stands here too.
/// </summary>
internal static partial class RouteTable
{
    /// <summary>Routes for everybody.</summary>
    public const string Anybody = "anybody";

    /// <summary>A path of a route, with a text in place of each parameter.</summary>
    public static string Path(string pattern, Func<string, string> textOf) =>
        Parameter().Replace(pattern, match => Uri.EscapeDataString(textOf(match.Groups[1].Value)));

    /// <summary>What leads to nothing, but has the form that a parameter asks for.</summary>
    public static string Nothing(string pattern, string parameter) => parameter switch
    {
        "id" when pattern.Contains("model_versions", StringComparison.Ordinal) => "0000000000-1",
        "number" or "version" => "0.1.0",
        "prefix" => "00000000",
        "month" => "2001-01",
        "rest" or "path" => "a",
        "alias" => "nothing",
        "sha256" or "digest" => new string('0', 64),
        "documentName" => "v1",
        _ => "0000000000",
    };

    /// <summary>Method, pattern, permission.</summary>
    public static IReadOnlyList<(string Method, string Pattern, string Needs)> All { get; } =
    [
        ("DELETE", "/v1/api_keys/{prefix}", "Administer"),
        ("GET", "/v1/api_keys", "Administer"),
        ("POST", "/v1/api_keys", "Administer"),
        ("POST", "/v1/api_keys/{prefix}/rotate", "Administer"),
        ("GET", "/v1/workspaces", "Operate"),
        ("POST", "/v1/workspaces", "Operate"),
        ("GET", "/v1/me", "Resolve"),
        ("GET", "/v1/server", "Resolve"),

        ("POST", "/v1/model_versions", "Deploy"),
        ("GET", "/v1/models", "Read"),
        ("GET", "/v1/models/{model}", "Read"),
        ("PATCH", "/v1/models/{model}", "Deploy"),
        ("DELETE", "/v1/models/{model}", "Administer"),
        ("POST", "/v1/models/{model}/rollback", "Deploy"),
        ("GET", "/v1/models/{model}/aliases", "Read"),
        ("GET", "/v1/models/{model}/aliases/{alias}", "Read"),
        ("PUT", "/v1/models/{model}/aliases/{alias}", "Deploy"),
        ("POST", "/v1/models/{model}/aliases/{alias}/rollback", "Deploy"),
        ("DELETE", "/v1/models/{model}/aliases/{alias}", "Deploy"),
        ("GET", "/v1/models/{model}/resolve", "Resolve"),
        ("GET", "/v1/models/{model}/primary_history", "Read"),
        ("GET", "/v1/models/{model}/traffic", "Read"),
        ("GET", "/v1/models/{model}/versions", "Read"),
        ("GET", "/v1/models/{model}/versions/{number}", "Read"),
        ("GET", "/v1/models/{model}/events", "Read"),

        ("GET", "/v1/model_versions/{id}", "Read"),
        ("PATCH", "/v1/model_versions/{id}", "Deploy"),
        ("DELETE", "/v1/model_versions/{id}", "Administer"),
        ("GET", "/v1/model_versions/{id}/servers", "Read"),
        ("PUT", "/v1/model_versions/{id}/servers", "Deploy"),
        ("POST", "/v1/model_versions/{id}/publish", "Deploy"),
        ("POST", "/v1/model_versions/{id}/promote", "Deploy"),
        ("POST", "/v1/model_versions/{id}/activate", "Deploy"),
        ("POST", "/v1/model_versions/{id}/deactivate", "Deploy"),
        ("GET", "/v1/model_versions/{id}/events", "Read"),
        ("GET", "/v1/model_versions/{id}/traffic", "Read"),
        ("GET", "/v1/model_versions/{id}/usage", "Read"),
        ("GET", "/v1/model_versions/{id}/logs", "Deploy"),

        ("GET", "/v1/model_versions/{id}/artifact", "Read"),
        ("GET", "/v1/model_versions/{id}/artifact/{**path}", "Deploy"),

        ("POST", "/v1/artifacts", "Deploy"),
        ("POST", "/v1/artifacts/missing", "Deploy"),
        ("PATCH", "/v1/artifacts/files/{sha256}", "Deploy"),
        ("GET", "/v1/artifacts/{digest}", "Read"),
        ("GET", "/v1/artifacts/{digest}/files/{**path}", "Deploy"),

        ("GET", "/v1/environments", "Deploy"),
        ("POST", "/v1/environments/match", "Deploy"),

        ("GET", "/v1/events", "Read"),
        ("GET", "/v1/billing/usage", "Read"),
        ("GET", "/v1/billing/statements", "Read"),
        ("GET", "/v1/billing/statements/{month}", "Read"),
        ("POST", "/v1/billing/statements/{month}/close", "Administer"),
        ("GET", "/v1/billing/rates", "Read"),
        ("PUT", "/v1/billing/rates", "Administer"),

        ("GET", "/v1/webhooks", "Administer"),
        ("POST", "/v1/webhooks", "Administer"),
        ("GET", "/v1/webhooks/{id}", "Administer"),
        ("PATCH", "/v1/webhooks/{id}", "Administer"),
        ("DELETE", "/v1/webhooks/{id}", "Administer"),
        ("POST", "/v1/webhooks/{id}/rotate_secret", "Administer"),
        ("POST", "/v1/webhooks/{id}/redeliver", "Administer"),
        ("GET", "/v1/webhooks/{id}/deliveries", "Administer"),

        ("CONNECT", "/v1/models/{model}/predict", "Invoke"),
        ("GET", "/v1/models/{model}/predict", "Invoke"),
        ("POST", "/v1/models/{model}/predict", "Invoke"),
        ("CONNECT", "/v1/models/{model}/predict/{**rest}", "Invoke"),
        ("GET", "/v1/models/{model}/predict/{**rest}", "Invoke"),
        ("POST", "/v1/models/{model}/predict/{**rest}", "Invoke"),
        ("CONNECT", "/v1/model_versions/{id}/predict", "Invoke"),
        ("GET", "/v1/model_versions/{id}/predict", "Invoke"),
        ("POST", "/v1/model_versions/{id}/predict", "Invoke"),
        ("CONNECT", "/v1/model_versions/{id}/predict/{**rest}", "Invoke"),
        ("GET", "/v1/model_versions/{id}/predict/{**rest}", "Invoke"),
        ("POST", "/v1/model_versions/{id}/predict/{**rest}", "Invoke"),
        ("POST", "/v1/chat/completions", "Invoke"),
        ("POST", "/v1/completions", "Invoke"),
        ("POST", "/v1/embeddings", "Invoke"),

        ("GET", "/openai/v1/models", "Resolve"),
        ("GET", "/openai/v1/models/{model}", "Resolve"),
        ("POST", "/openai/v1/chat/completions", "Invoke"),
        ("POST", "/openai/v1/completions", "Invoke"),
        ("POST", "/openai/v1/embeddings", "Invoke"),
        ("POST", "/openai/v1/responses", "Invoke"),
        ("POST", "/openai/v1/moderations", "Invoke"),
        ("POST", "/openai/v1/rerank", "Invoke"),
        ("POST", "/openai/v1/score", "Invoke"),
        ("POST", "/openai/v1/audio/speech", "Invoke"),
        ("POST", "/openai/v1/audio/transcriptions", "Invoke"),
        ("POST", "/openai/v1/audio/translations", "Invoke"),
        ("POST", "/openai/v1/images/generations", "Invoke"),
        ("POST", "/openai/v1/images/edits", "Invoke"),
        ("POST", "/openai/v1/{**path}", "Invoke"),
        ("GET", "/openai/v1/{**path}", "Resolve"),
        ("PUT", "/openai/v1/{**path}", "Resolve"),
        ("PATCH", "/openai/v1/{**path}", "Resolve"),
        ("DELETE", "/openai/v1/{**path}", "Resolve"),
        ("POST", "/models/{model}/predict", "Invoke"),
        ("POST", "/model_versions/{id}/predict", "Invoke"),

        ("GET", "/v2", "Resolve"),
        ("GET", "/v2/models/{model}", "Invoke"),
        ("GET", "/v2/models/{model}/ready", "Invoke"),
        ("POST", "/v2/models/{model}/infer", "Invoke"),
        ("GET", "/v2/models/{model}/versions/{version}", "Invoke"),
        ("GET", "/v2/models/{model}/versions/{version}/ready", "Invoke"),
        ("POST", "/v2/models/{model}/versions/{version}/infer", "Invoke"),

        ("GET", "/v2/health/live", Anybody),
        ("GET", "/v2/health/ready", Anybody),
        ("*", "/health/live", Anybody),
        ("*", "/health/ready", Anybody),
        ("*", "/health/startup", Anybody),
        ("GET", "/openapi/v1.json", Anybody),
        ("*", "/", Anybody),
    ];

    [GeneratedRegex(@"\{\**(\w+)\}")]
    private static partial Regex Parameter();
}
