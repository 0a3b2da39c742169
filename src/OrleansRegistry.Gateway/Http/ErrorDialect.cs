using System.Text.Json.Nodes;

namespace OrleansRegistry.Gateway;

/// <summary>
/// How the clients of another protocol read an error: what the problem's <c>error</c> is on a route with this metadata.
/// </summary>
/// <param name="Write">Makes it from the error.</param>
internal sealed record ErrorDialect(Func<RegistryError, JsonNode> Write)
{
    /// <summary>The Open Inference Protocol: a text.</summary>
    public static ErrorDialect Inference { get; } = new(error => JsonValue.Create(error.Detail));

    /// <summary>OpenAI: an object.</summary>
    public static ErrorDialect OpenAi { get; } = new(error => new JsonObject
    {
        ["message"] = error.Detail,
        ["type"] = ProblemKind.Of(error.Code).Status < 500 ? "invalid_request_error" : "server_error",
        ["param"] = error.Fields is [var field, ..] ? field.Field : null,
        ["code"] = error.Code,
    });
}
