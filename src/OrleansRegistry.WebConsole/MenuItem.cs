using OrleansRegistry.Versions;

namespace OrleansRegistry.WebConsole;

/// <summary>An entry of the menu beside a version's number.</summary>
/// <param name="Text">Its words.</param>
/// <param name="Href">The page of its confirmation.</param>
/// <param name="Class">The class of its colour, or null.</param>
/// <param name="Obstacle">Why it can't be used, or null.</param>
internal sealed record MenuItem(string Text, string Href, string? Class, string? Obstacle)
{
    /// <summary>The entries of a version: those of promote, deactivate and delete always, and the way on from its state.</summary>
    public static IReadOnlyList<MenuItem> Of(ModelView model, VersionView version, Role role) =>
    [
        Make(ConsoleCommand.Promote, model, version, role),
        .. version.State switch
        {
            VersionState.Draft => [Make(ConsoleCommand.Publish, model, version, role)],
            VersionState.Inactive => [Make(ConsoleCommand.Activate, model, version, role)],
            VersionState.Published when version.Serving?.Status == ServingStatus.Failed => [Make(ConsoleCommand.Activate, model, version, role)],
            VersionState.Published or VersionState.Deleted => (IEnumerable<MenuItem>)[],
        },
        Make(ConsoleCommand.Deactivate, model, version, role),
        Make(ConsoleCommand.Delete, model, version, role),
    ];

    /// <summary>Whether a protected alias points to a version (rule AL6).</summary>
    internal static bool IsHeld(ModelView model, VersionView version) =>
        model.Aliases.Any(alias => alias.Protected && alias.VersionId == version.Id);

    private static MenuItem Make(ConsoleCommand command, ModelView model, VersionView version, Role role) => new(
        command.Label,
        Links.Command(model.Id, version.Version, command.Name),
        command.Action == VersionAction.Delete ? "danger" : null,
        VersionActions.Obstacle(command.Action, version, model.Protected, role, IsHeld(model, version)));
}
