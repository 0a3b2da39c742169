using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Versions;

namespace OrleansRegistry.WebConsole.Pages;

/// <summary>Commands as people type them into a shell.</summary>
internal static class CurlText
{
    /// <summary>A command on a version.</summary>
    public static string Of(HttpContext context, ConsoleCommand command, string versionId, CommandChoice choice, string tag)
    {
        var path = $"/v1/model_versions/{versionId}{(command.Action == VersionAction.Delete ? "" : $"/{command.Name}")}";
        return Of(context, command.Method, path + command.Query(choice, isDryRun: false), command.Body(choice), tag);
    }

    /// <summary>A request.</summary>
    public static string Of(HttpContext context, string method, string path, JsonObject? body, string? tag)
    {
        const string line = " \\\n  ";
        return $"curl -X {method} '{context.ServerAddress()}{path}'{line}-H \"Authorization: Bearer $ORK_API_KEY\""
            + (tag is null ? "" : $"{line}-H 'If-Match: {tag}'")
            + (body is null ? "" : $"{line}-H 'Content-Type: application/json' -d '{body.ToJsonString()}'");
    }
}
