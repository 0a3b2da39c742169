using System.Collections.Immutable;

namespace OrleansRegistry;

internal static partial class CommandValidation
{
    private static readonly string TypeRule = "must be one of " + string.Join(", ", EventType.All);

    /// <summary>The problems of a new webhook's fields.</summary>
    public static ImmutableArray<FieldError> Validate(CreateWebhookCommand command) => WebhookProblems(command.Url, command.Types, command.Description);

    /// <summary>The problems of a change's fields.</summary>
    public static ImmutableArray<FieldError> Validate(PatchWebhookCommand command) =>
        WebhookProblems(command.Url, command.Types ?? [], command.Description.Value);

    private static ImmutableArray<FieldError> WebhookProblems(string? url, ImmutableArray<string> types, string? description)
    {
        var problems = new FieldProblems();
        problems.Add("url", url is null ? null : FieldRules.Url(url));
        problems.Add("types", types.Any(type => !EventType.All.Contains(type)) ? TypeRule : types.Distinct().Count() == types.Length ? null : "must not name a type twice");
        problems.Add("description", FieldRules.Description(description));
        return problems.ToImmutable();
    }
}
