using Orleans.Concurrency;
using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>
/// One model: numbering, the primary pointer, the table of active versions, and the order of all commands on its
/// versions. Key: <see cref="GrainKeys.Model"/>. An answered command is durable. An answer with
/// <see cref="ErrorCode.Unavailable"/>, a timeout or a lost connection leaves the outcome unknown until the command's
/// deadline (rule E1).
/// </summary>
[Alias("OrleansRegistry.IModelGrain")]
internal interface IModelGrain : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>
    /// Makes a new version (rules N1 to N5, L1, L6). A model that is deleted, or has another name, answers
    /// <see cref="ErrorCode.ModelDeleted"/>.
    /// </summary>
    [Alias("Deploy")]
    Task<Outcome<DeployAnswer>> Deploy(DeployCommand command);

    /// <summary>Publishes a draft (rules P1 and P3).</summary>
    [Alias("Publish")]
    Task<Outcome<CommandAnswer>> Publish(PublishCommand command);

    /// <summary>Makes a routable version primary (rule P2).</summary>
    [Alias("Promote")]
    Task<Outcome<CommandAnswer>> Promote(PromoteCommand command);

    /// <summary>Brings an inactive version back, or starts a failed one again (rule L3).</summary>
    [Alias("Activate")]
    Task<Outcome<CommandAnswer>> Activate(ActivateCommand command);

    /// <summary>Replaces the servers of a version (rule SV3).</summary>
    [Alias("PutServers")]
    Task<Outcome<CommandAnswer>> PutServers(PutServersCommand command);

    /// <summary>Takes a version out of routing at once (rules L2 and P4).</summary>
    [Alias("Deactivate")]
    Task<Outcome<CommandAnswer>> Deactivate(DeactivateCommand command);

    /// <summary>Deletes a version for ever; the last one takes its model along (rules L4 and L5).</summary>
    [Alias("Delete")]
    Task<Outcome<CommandAnswer>> Delete(DeleteCommand command);

    /// <summary>Changes a version's description and labels.</summary>
    [Alias("PatchVersion")]
    Task<Outcome<CommandAnswer>> PatchVersion(PatchVersionCommand command);

    /// <summary>Goes back to the previous primary that is still routable (rule P5).</summary>
    [Alias("Rollback")]
    Task<Outcome<CommandAnswer>> Rollback(RollbackCommand command);

    /// <summary>Points an alias to a version (rule AL3).</summary>
    [Alias("SetAlias")]
    Task<Outcome<AliasAnswer>> SetAlias(SetAliasCommand command);

    /// <summary>Points an alias to the previous version that is still routable (rule AL7).</summary>
    [Alias("RollbackAlias")]
    Task<Outcome<AliasAnswer>> RollbackAlias(RollbackAliasCommand command);

    /// <summary>Removes an alias (rule AL8).</summary>
    [Alias("RemoveAlias")]
    Task<Outcome<AliasAnswer>> RemoveAlias(RemoveAliasCommand command);

    /// <summary>Changes the model's description, labels and primary policy.</summary>
    [Alias("PatchModel")]
    Task<Outcome<ModelView>> PatchModel(PatchModelCommand command);

    /// <summary>Deletes the model and all its versions in one write (rule L5).</summary>
    [Alias("DeleteModel")]
    Task<Outcome<ModelView>> DeleteModel(DeleteModelCommand command);

    /// <summary>
    /// The version that a selector leads to now: null for the primary, an exact number, an npm-style range, or a
    /// version id. Answers from memory, between and during commands; it never waits for the database once the model is
    /// loaded.
    /// </summary>
    [Alias("Resolve"), AlwaysInterleave, ReadOnly, ResponseTimeout(GrainCalls.ReadTimeout)]
    Task<Outcome<ResolvedVersion>> Resolve(string? selector);

    /// <summary>
    /// As <see cref="Resolve"/>, and the version that an alias points to (rule AL2). Gateways of the release before don't
    /// know aliases, and ask <see cref="Resolve"/>, which knows none either.
    /// </summary>
    [Alias("Route"), AlwaysInterleave, ReadOnly, ResponseTimeout(GrainCalls.ReadTimeout)]
    Task<Outcome<ResolvedVersion>> Route(string? selector);

    /// <summary>
    /// As <see cref="Route"/>, and the version that is still starting (rule W1): it says <see cref="ResolvedVersion.IsStarting"/>.
    /// While the model is as the caller has seen it, the answer waits for the next change, for two seconds at most.
    /// </summary>
    /// <param name="selector">What leads to the version.</param>
    /// <param name="seen">The revision that the caller knows already; 0 for none.</param>
    [Alias("Await"), AlwaysInterleave, ReadOnly, ResponseTimeout(GrainCalls.WaitTimeout)]
    Task<Outcome<ResolvedVersion>> Await(string? selector, int seen);

    /// <summary>
    /// What a gateway has seen of calls to a version (rules HV1 to HV3). It is kept in memory, and may be lost. Waits for
    /// no command.
    /// </summary>
    [Alias("Observe"), OneWay, AlwaysInterleave]
    Task Observe(int ordinal, CallSigns signs);

    /// <summary>What is known of the servers of a version now; null where nobody asks them. Answers from memory.</summary>
    [Alias("GetHealth"), AlwaysInterleave, ReadOnly, ResponseTimeout(GrainCalls.ReadTimeout)]
    Task<ServerSigns?> GetHealth(int ordinal);
}
