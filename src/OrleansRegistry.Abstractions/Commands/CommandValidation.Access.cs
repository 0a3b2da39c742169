using System.Collections.Immutable;

namespace OrleansRegistry;

internal static partial class CommandValidation
{
    private const int MaxKeyModels = 100;

    /// <summary>The problems of a new API key's fields.</summary>
    /// <param name="command">The command.</param>
    /// <param name="now">The instant: a key can't expire before it is made.</param>
    public static ImmutableArray<FieldError> Validate(CreateApiKeyCommand command, DateTimeOffset now)
    {
        var problems = new FieldProblems();
        problems.Add("name", FieldRules.KeyName(command.Name));
        problems.Add("workspace", FieldRules.Workspace(command.Workspace));
        problems.Add("role", Enum.IsDefined(command.Role) ? null : "must be a role");
        problems.Add(
            "models",
            command.ModelIds.IsEmpty ? null
            : command.Role != Role.Invoker ? "can only be given to a key of role invoker"
            : command.ModelIds.Length > MaxKeyModels ? $"must name at most {MaxKeyModels} models"
            : null);
        problems.Add("expires_at", command.ExpiresAt <= now ? "must be in the future" : null);
        return problems.ToImmutable();
    }

    /// <summary>The problems of a rotation.</summary>
    public static ImmutableArray<FieldError> Validate(RotateApiKeyCommand command)
    {
        var problems = new FieldProblems();
        problems.Add(
            "overlap_seconds",
            command.OverlapSeconds is < 0 or > RotateApiKeyCommand.MaxOverlapSeconds ? $"must be 0 to {RotateApiKeyCommand.MaxOverlapSeconds}" : null);
        return problems.ToImmutable();
    }

    /// <summary>Whether a text can be the name of a workspace.</summary>
    public static bool IsWorkspace(string name) => FieldRules.Workspace(name) is null;

    /// <summary>The problems of a new workspace.</summary>
    public static ImmutableArray<FieldError> Validate(string name, CreateWorkspaceCommand command)
    {
        var problems = new FieldProblems();
        problems.Add("name", FieldRules.Workspace(name));
        problems.Add("description", FieldRules.Description(command.Description));
        return problems.ToImmutable();
    }
}
