using System.Globalization;
using OrleansRegistry.Gateway;
using OrleansRegistry.Versions;

namespace OrleansRegistry.WebConsole.Pages;

/// <summary>What commands on versions do, in words.</summary>
internal static class CommandWords
{
    private static readonly TimeSpan Lately = TimeSpan.FromDays(1);

    /// <summary>What a command does, by its dry run.</summary>
    public static IEnumerable<string> Effects(ConsoleCommand command, ModelView model, VersionView version, StopAnswer answer, VersionView? next)
    {
        var number = version.Version;
        if (answer.ModelDeleted)
        {
            yield return "It is the model's last version: the model is deleted with it.";
        }
        else if (answer.PrimaryChange is not null)
        {
            yield return next is null
                ? "The model has no primary then: calls that name no version are refused."
                : $"Calls that name no version get {next.Version} instead of {model.Primary?.Version ?? "a refusal"}.";
        }
        else if (command.Stops)
        {
            yield return $"The primary stays {model.Primary?.Version ?? "unset"}.";
        }

        foreach (var referrer in (answer.References ?? []).Where(referrer => referrer != "primary"))
        {
            var alias = referrer.Replace("alias:", "@", StringComparison.Ordinal);
            yield return command.Action == VersionAction.Delete ? $"{alias} points to no version any more." : $"Calls of {alias} are refused, too.";
        }

        switch (command.Action)
        {
            case VersionAction.Promote when model.Primary is { } before:
                yield return $"{before.Version} stays active: calls that name it go on.";
                break;
            case VersionAction.Deactivate:
                yield return $"Calls that name {number} are refused at once; those that run may finish.";
                yield return "Its active time ends, and it is not billed until it is activated again.";
                break;
            case VersionAction.Delete:
                yield return $"Calls that name {number} are refused for ever. The number is not given again.";
                yield return "Its history and its bills stay.";
                break;
            case VersionAction.Activate:
                yield return version.Serving is null ? "It can be resolved at once." : "Its server is asked whether it is up; until then calls are refused.";
                yield return "Its active time is billed from when it is up.";
                break;
            case VersionAction.Publish:
                yield return answer.PrimaryChange is null ? "The primary does not move now." : $"{number} becomes the primary.";
                yield return "Its active time counts for the published stage from now on.";
                break;
            default:
                break;
        }

        if (answer.Traffic is { } traffic)
        {
            yield return traffic.LastCallAt is null
                ? "Nobody has called it."
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Text.Count(traffic.LastMinute, "call", "calls")} in the last minute, {traffic.InFlight} in flight; last called {Text.Shown(traffic.LastCallAt.Value)}.");
        }
    }

    /// <summary>The text that must be typed to confirm a command, by its dry run; null for none.</summary>
    public static string? MustType(ConsoleCommand command, VersionView version, StopAnswer preview, TimeProvider clock) =>
        preview.ModelDeleted ? version.ModelName
        : command.Action == VersionAction.Delete && preview.Traffic?.LastCallAt > clock.GetUtcNow() - Lately ? version.Version
        : null;

    /// <summary>The button that says the effect.</summary>
    public static string Button(ConsoleCommand command, VersionView version) => command.Action switch
    {
        VersionAction.Promote => $"Make {version.Version} primary",
        VersionAction.Publish => $"Publish {version.Version}",
        VersionAction.Activate => $"Activate {version.Version}",
        VersionAction.Deactivate => $"Deactivate {version.Version}",
        VersionAction.Delete => $"Delete {version.Version} for ever",
    };

    /// <summary>The receipt of a command that was done.</summary>
    public static Receipt Done(ConsoleCommand command, VersionView version, StopAnswer answer, VersionView? next, string? from)
    {
        var number = version.Version;
        var primary = next is null || next.Id == version.Id ? "" : $" {next.Version} is primary.";
        return command.Action switch
        {
            VersionAction.Promote when from is not null =>
                new Receipt($"{number} is primary.", Links.Model(version.ModelId, "/rollback"), "Roll back"),
            VersionAction.Promote => new Receipt($"{number} is primary."),
            VersionAction.Publish => new Receipt(answer.PrimaryChange is null ? $"{number} is published." : $"{number} is published, and primary."),
            VersionAction.Activate => new Receipt(
                answer.Version.Serving?.Status == ServingStatus.Starting ? $"{number} is starting." : $"{number} is active."),
            VersionAction.Deactivate =>
                new Receipt($"{number} is inactive.{primary}", Links.Command(version.ModelId, number, "activate"), "Activate again"),
            VersionAction.Delete => new Receipt(
                answer.ModelDeleted ? $"{number} is deleted, and the model {version.ModelName} with it." : $"{number} is deleted for ever.{primary}"),
        };
    }
}
