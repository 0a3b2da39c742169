using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>An alias of a model, <c>@staging</c>: a named pointer to a version (rules AL1 to AL10).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.AliasView")]
public sealed record AliasView
{
    /// <summary>The name, without <c>@</c>.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>The id of the version that it points to, or null while it is empty.</summary>
    [Id(1)]
    public string? VersionId { get; init; }

    /// <summary>The number of that version, or null while it is empty.</summary>
    [Id(2)]
    public string? Version { get; init; }

    /// <summary>Since when it points there, or is empty.</summary>
    [Id(3)]
    public DateTimeOffset Since { get; init; }

    /// <summary>The reason of its last move.</summary>
    [Id(4)]
    public AliasReason Reason { get; init; }

    /// <summary>Whose command moved it.</summary>
    [Id(5)]
    public required string By { get; init; }

    /// <summary>The name of their key, or null for a caller who has none.</summary>
    [Id(6)]
    public string? ByName { get; init; }

    /// <summary>Why, in their own words, or null when they said nothing.</summary>
    [Id(7)]
    public string? Comment { get; init; }

    /// <summary>Whether only an admin moves and removes it (rule AL6).</summary>
    [Id(8)]
    public bool Protected { get; init; }

    /// <summary>The version that takes it when it is ready, or null.</summary>
    [Id(9)]
    public AliasVersion? Pending { get; init; }

    /// <summary>The last five versions that it has pointed to, oldest first, without deleted ones (rule AL7).</summary>
    [Id(10)]
    public ImmutableArray<AliasVersion> History { get; init; } = [];
}

/// <summary>A version that an alias points to, has pointed to, or is about to.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.AliasVersion")]
public sealed record AliasVersion
{
    /// <summary>The version's id.</summary>
    [Id(0)]
    public required string VersionId { get; init; }

    /// <summary>The version's number.</summary>
    [Id(1)]
    public required string Version { get; init; }
}

/// <summary>A move of an alias.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.AliasChange")]
public sealed record AliasChange
{
    /// <summary>The name of the alias.</summary>
    [Id(0)]
    public required string Alias { get; init; }

    /// <summary>The id of the version that it pointed to, or null.</summary>
    [Id(1)]
    public string? From { get; init; }

    /// <summary>The id of the version that it points to now, or null.</summary>
    [Id(2)]
    public string? To { get; init; }
}

/// <summary>The answer of a command on an alias.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.AliasAnswer")]
public sealed record AliasAnswer
{
    /// <summary>The alias after the command; one that was removed as it was before.</summary>
    [Id(0)]
    public required AliasView Alias { get; init; }

    /// <summary>Whether the command changed anything that a caller can see.</summary>
    [Id(1)]
    public bool Changed { get; init; }

    /// <summary>The move of the alias, or null when it stayed.</summary>
    [Id(2)]
    public AliasChange? AliasChange { get; init; }

    /// <summary>The model's revision after the command.</summary>
    [Id(3)]
    public int Revision { get; init; }
}
