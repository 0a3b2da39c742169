using System.Text.Json.Serialization;

namespace OrleansRegistry.Gateway;

/// <summary>Makes a webhook.</summary>
internal sealed class CreateWebhookRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static string Example => """{ "url": "https://hooks.example.com/registry", "types": ["version.published", "primary.changed"] }""";

    /// <summary>Where events are posted to: an http or https URL without user information.</summary>
    [JsonRequired]
    public string Url { get; set; } = "";

    /// <summary>The types of events it is told of, at least one; left out or null for all.</summary>
    public IReadOnlyList<string>? Types { get; set; }

    /// <summary>The only model it is told of, by id or name; left out or null for all.</summary>
    public string? Model { get; set; }

    /// <summary>Free text, at most 4,096 characters.</summary>
    public string? Description { get; set; }

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) => fields.WithRefused(
        [
            .. CommandValidation.Validate(ToCommand(fields.Unsent, null)),
            .. Limiting.Problems("types", Types),
            .. Limiting.ModelProblems("model", Model),
        ],
        ("url", Url));

    internal CreateWebhookCommand ToCommand(CommandContext context, string? modelId) =>
        new() { Context = context, Url = Url, Types = [.. Types ?? []], ModelId = modelId, Description = Description };
}

/// <summary>Changes a webhook by JSON merge patch (RFC 7396): a field left out stays, null removes.</summary>
internal sealed class PatchWebhookRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static string Example => """{ "types": ["version.failed"], "state": "enabled" }""";

    /// <inheritdoc/>
    public static bool IsMergePatch => true;

    /// <summary>Where events are posted to.</summary>
    public string Url { get; set; } = "";

    /// <summary>The types of events it is told of, at least one; null for all.</summary>
    public IReadOnlyList<string>? Types { get; set; }

    /// <summary>The only model it is told of, by id or name; null for all.</summary>
    public string? Model { get; set; }

    /// <summary>Free text, at most 4,096 characters.</summary>
    public string? Description { get; set; }

    /// <summary>Whether it is told of events. One that is enabled again goes on where it stopped.</summary>
    public WebhookState State { get; set; }

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields)
    {
        var command = ToCommand(fields.Unsent, fields, null);
        return fields.WithRefused(
            [
                .. CommandValidation.Validate(command),
                .. Limiting.Problems("types", Types),
                .. Limiting.ModelProblems("model", Model),
            ],
            ("url", command.Url));
    }

    internal PatchWebhookCommand ToCommand(CommandContext context, RequestFields fields, string? modelId)
    {
        var url = fields.Optional("url", Url);
        var state = fields.Optional("state", State);
        return new PatchWebhookCommand
        {
            Context = context,
            Url = url.IsSet ? url.Value : null,
            Types = fields.Optional("types", Types) is { IsSet: true, Value: var types } ? [.. types ?? []] : null,
            ModelId = fields.Optional("model", modelId),
            Description = fields.Optional("description", Description),
            State = state.IsSet ? state.Value : null,
        };
    }
}
