namespace OrleansRegistry.WebConsole;

/// <summary>The confirmation of a command: its effects as a dry run tells them, and the form that sends it.</summary>
public sealed record ConfirmView
{
    /// <summary>The command.</summary>
    public required string Title { get; init; }

    /// <summary>The number of its version, or null for a command on the model.</summary>
    public string? Number { get; init; }

    /// <summary>Why it can't be sent, or must be looked at again; null for neither.</summary>
    public string? Problem { get; init; }

    /// <summary>The effects, a sentence each.</summary>
    public IReadOnlyList<string> Effects { get; init; } = [];

    /// <summary>The address that the form is sent to.</summary>
    public required string Action { get; init; }

    /// <summary>The words of the button: the effect. Null where it can't be sent.</summary>
    public string? Button { get; init; }

    /// <summary>
    /// The words of the button where the form has successors: the page's script puts the chosen one in the place of
    /// <c>{}</c>. Else null.
    /// </summary>
    public string? ButtonWithSuccessor { get; init; }

    /// <summary>Whether it can't be undone.</summary>
    public bool IsDangerous { get; init; }

    /// <summary>Fields of the form that hold what was shown.</summary>
    public IReadOnlyList<(string Name, string Value)> Hidden { get; init; } = [];

    /// <summary>The versions that can be primary afterwards, by id and number; none where that is no question.</summary>
    public IReadOnlyList<(string Id, string Number)> Successors { get; init; } = [];

    /// <summary>The id of the one that is primary afterwards, or null.</summary>
    public string? Successor { get; init; }

    /// <summary>The text that must be typed, or null.</summary>
    public string? MustType { get; init; }

    /// <summary>The page to go back to.</summary>
    public required string Back { get; init; }

    /// <summary>The same command for a shell.</summary>
    public string Curl { get; init; } = "";
}
