namespace OrleansRegistry;

// Aliases.
public partial interface IModelRegistry
{
    /// <summary>
    /// Points an alias to a version that is routable; an alias that does not exist is made (rule AL3). A selector
    /// <c>@staging</c> leads there. Repeat it only with <paramref name="from"/>.
    /// </summary>
    /// <param name="model">The model, by id or name.</param>
    /// <param name="alias">The name of the alias, without <c>@</c>.</param>
    /// <param name="version">The version: a number, an id, <c>@</c> and the name of another alias, or <c>@primary</c>.</param>
    /// <param name="from">The version that is expected there, an id or null for none.</param>
    /// <param name="isProtected">Whether only an admin moves it from now on; null leaves that.</param>
    /// <param name="options">Conditions, or null.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<Outcome<AliasAnswer>> SetAlias(
        string model,
        string alias,
        string version,
        Optional<string> from = default,
        bool? isProtected = null,
        CommandOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>Points an alias to the version before the present one that is still routable (rule AL7).</summary>
    /// <param name="model">The model, by id or name.</param>
    /// <param name="alias">The name of the alias, without <c>@</c>.</param>
    /// <param name="from">The version that is expected there, an id or null for none.</param>
    /// <param name="options">Conditions, or null.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<Outcome<AliasAnswer>> RollbackAlias(
        string model, string alias, Optional<string> from = default, CommandOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Removes an alias, and the claims to it (rule AL8).</summary>
    /// <param name="model">The model, by id or name.</param>
    /// <param name="alias">The name of the alias, without <c>@</c>.</param>
    /// <param name="from">The version that is expected there, an id or null for none.</param>
    /// <param name="options">Conditions, or null.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<Outcome<AliasAnswer>> RemoveAlias(
        string model, string alias, Optional<string> from = default, CommandOptions? options = null, CancellationToken cancellationToken = default);
}
