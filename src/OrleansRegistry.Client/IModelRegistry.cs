namespace OrleansRegistry;

/// <summary>
/// The registry, for one workspace. Refusals that a caller is expected to handle are values
/// (<see cref="Outcome{T}.Error"/>, one of <see cref="ErrorCode"/>). A method that gets no answer throws
/// <see cref="RegistryUnavailableException"/>. The outcome of a command is then unknown for up to
/// <see cref="CommandContext.Lifetime"/>. The same is true when its call is cancelled: cancelling stops the waiting
/// only (rule E1). Repeat a deployment with the same <see cref="Deployment.IdempotencyKey"/>; promote, rollback and
/// publish with <c>promote: true</c> only with <c>from</c>; every other command as it is. While a silo is being
/// replaced, reads, deployments, and commands that are known not to have run are repeated by the client itself.
/// </summary>
public partial interface IModelRegistry
{
    /// <summary>Makes a new version (rules N1 to N5, L1, L6).</summary>
    Task<Outcome<DeployAnswer>> Deploy(Deployment deployment, CommandOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// The version that a selector leads to now: null for the primary, an exact number, an npm-style range, or a
    /// version id. <paramref name="model"/> is an id or a name.
    /// </summary>
    Task<Outcome<ResolvedVersion>> Resolve(string model, string? selector = null, CancellationToken cancellationToken = default);

    /// <summary>Publishes a draft (rules P1 and P3).</summary>
    /// <param name="versionId">The version.</param>
    /// <param name="promote">Whether it claims the primary pointer; null leaves it to rule P1.</param>
    /// <param name="from">
    /// With <paramref name="promote"/> true: the primary that is expected, an id or null for none (rule P5).
    /// </param>
    /// <param name="aliases">The names of aliases that it claims, without <c>@</c>, or null for none (rule AL4).</param>
    /// <param name="force">With <paramref name="promote"/> true: claim although that version is unhealthy (rule HV3).</param>
    /// <param name="options">Conditions, or null.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<Outcome<CommandAnswer>> Publish(
        string versionId,
        bool? promote = null,
        Optional<string> from = default,
        IReadOnlyList<string>? aliases = null,
        bool force = false,
        CommandOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>Makes a routable version primary (rule P2).</summary>
    /// <param name="versionId">The version.</param>
    /// <param name="from">The primary that is expected, an id or null for none (rule P5).</param>
    /// <param name="force">Promote although that version is unhealthy (rule HV3).</param>
    /// <param name="options">Conditions, or null.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<Outcome<CommandAnswer>> Promote(
        string versionId,
        Optional<string> from = default,
        bool force = false,
        CommandOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Goes back to the previous primary that is still routable (rule P5). <paramref name="model"/> is an id or a name.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="from">The primary that is expected, an id or null for none.</param>
    /// <param name="force">Go back although that version is unhealthy (rule HV3).</param>
    /// <param name="options">Conditions, or null.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<Outcome<CommandAnswer>> Rollback(
        string model,
        Optional<string> from = default,
        bool force = false,
        CommandOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Activates an inactive version, or starts a failed one again (rule L3), with another <paramref name="serving"/>
    /// if one is given.
    /// </summary>
    Task<Outcome<CommandAnswer>> Activate(
        string versionId, ServingSpec? serving = null, CommandOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Replaces the servers of a version, without a start (rule SV3). No call that begins after the answer reaches a server
    /// that is not in the list.
    /// </summary>
    /// <param name="versionId">The version.</param>
    /// <param name="servers">All its servers from now on, 1 to 64, the first one first.</param>
    /// <param name="options">Conditions, or null.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<Outcome<CommandAnswer>> PutServers(
        string versionId, IReadOnlyList<ServingServer> servers, CommandOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Takes a version out of routing at once (rules L2 and P4).</summary>
    /// <param name="versionId">The version.</param>
    /// <param name="promoteTo">The id of the version that takes the pointer if this one holds it, or null.</param>
    /// <param name="refuseIfPrimary">Refuse, with <see cref="ErrorCode.IsPrimary"/>, if the version is primary.</param>
    /// <param name="refuseIfReferenced">
    /// Refuse, with <see cref="ErrorCode.VersionReferenced"/>, if the version is primary or an alias points to it (rule
    /// AL9).
    /// </param>
    /// <param name="force">Promote <paramref name="promoteTo"/> although that version is unhealthy (rule HV3).</param>
    /// <param name="options">Conditions, or null.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<Outcome<CommandAnswer>> Deactivate(
        string versionId,
        string? promoteTo = null,
        bool refuseIfPrimary = false,
        bool refuseIfReferenced = false,
        bool force = false,
        CommandOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a version for ever. Deleting the last one deletes its model (rules L4 and L5). Needs role admin.
    /// </summary>
    /// <param name="versionId">The version.</param>
    /// <param name="promoteTo">The id of the version that takes the pointer if this one holds it, or null.</param>
    /// <param name="refuseIfPrimary">Refuse, with <see cref="ErrorCode.IsPrimary"/>, if the version is primary.</param>
    /// <param name="refuseIfReferenced">
    /// Refuse, with <see cref="ErrorCode.VersionReferenced"/>, if the version is primary or an alias points to it (rule
    /// AL9).
    /// </param>
    /// <param name="releaseAliases">Delete although a protected alias points to it (rule AL6).</param>
    /// <param name="force">Promote <paramref name="promoteTo"/> although that version is unhealthy (rule HV3).</param>
    /// <param name="options">Conditions, or null.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<Outcome<CommandAnswer>> Delete(
        string versionId,
        string? promoteTo = null,
        bool refuseIfPrimary = false,
        bool refuseIfReferenced = false,
        bool releaseAliases = false,
        bool force = false,
        CommandOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>Deletes a model and all its versions in one write (rule L5). Needs role admin.</summary>
    /// <param name="modelId">The id of the model.</param>
    /// <param name="releaseAliases">Delete it although it has a protected alias (rule AL6).</param>
    /// <param name="options">Conditions, or null.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<Outcome<ModelView>> DeleteModel(
        string modelId, bool releaseAliases = false, CommandOptions? options = null, CancellationToken cancellationToken = default);
}
