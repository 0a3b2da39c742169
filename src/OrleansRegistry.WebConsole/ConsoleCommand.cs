using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Versions;

namespace OrleansRegistry.WebConsole;

/// <summary>A command on a version as the console words it, and how the HTTP interface takes it.</summary>
/// <param name="Name">Its name in addresses.</param>
/// <param name="Action">The command.</param>
/// <param name="Label">The words of the menu.</param>
/// <param name="Operation">The operation of the HTTP interface.</param>
/// <param name="Method">Its HTTP method.</param>
internal sealed record ConsoleCommand(string Name, VersionAction Action, string Label, string Operation, string Method)
{
    public static ConsoleCommand Promote { get; } = new("promote", VersionAction.Promote, "Promote to primary", "promote", HttpMethods.Post);

    public static ConsoleCommand Publish { get; } = new("publish", VersionAction.Publish, "Publish version", "publish", HttpMethods.Post);

    public static ConsoleCommand Activate { get; } = new("activate", VersionAction.Activate, "Activate version", "activate", HttpMethods.Post);

    public static ConsoleCommand Deactivate { get; } =
        new("deactivate", VersionAction.Deactivate, "Deactivate version", "deactivate", HttpMethods.Post);

    public static ConsoleCommand Delete { get; } = new("delete", VersionAction.Delete, "Delete version", "delete_version", HttpMethods.Delete);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ConsoleCommand> All { get; } = [Promote, Publish, Activate, Deactivate, Delete];

    /// <summary>Whether the version stops, so that another one may have to take its place.</summary>
    public bool Stops => Action is VersionAction.Deactivate or VersionAction.Delete;

    /// <summary>The command of a name.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out ConsoleCommand? command)
    {
        command = All.FirstOrDefault(candidate => candidate.Name == name);
        return command is not null;
    }

    /// <summary>The body of its request, or null where the query holds all.</summary>
    public JsonObject? Body(CommandChoice choice)
    {
        var body = Action switch
        {
            VersionAction.Promote => new JsonObject { ["from"] = choice.From },
            VersionAction.Publish or VersionAction.Activate => new JsonObject(),
            VersionAction.Deactivate => choice.PromoteTo is null ? new JsonObject() : new JsonObject { ["promote_to"] = choice.PromoteTo },
            VersionAction.Delete => null,
        };
        if (body is not null && choice.Comment is not null)
        {
            body["comment"] = choice.Comment;
        }

        return body;
    }

    /// <summary>The query of its request.</summary>
    public QueryString Query(CommandChoice choice, bool isDryRun)
    {
        var query = QueryString.Empty;
        if (Action == VersionAction.Delete && choice.PromoteTo is not null)
        {
            query = query.Add("promote_to", choice.PromoteTo);
        }

        if (Action == VersionAction.Delete && choice.Comment is not null)
        {
            query = query.Add("comment", choice.Comment);
        }

        return isDryRun ? query.Add("dry_run", "true") : query;
    }
}

/// <summary>What somebody has chosen, or has seen, on the confirmation of a command.</summary>
/// <param name="From">The id of the version that was primary, or null.</param>
/// <param name="PromoteTo">The id of the version that becomes primary if this one is, or null for the registry's choice.</param>
/// <param name="Comment">Why the command is sent, or null.</param>
internal sealed record CommandChoice(string? From, string? PromoteTo, string? Comment);
