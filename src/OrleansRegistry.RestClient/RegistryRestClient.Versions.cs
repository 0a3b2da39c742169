using System.Security.Cryptography;
using System.Text.Json;

namespace OrleansRegistry.RestClient;

/// <content>New versions, and what becomes of them.</content>
public sealed partial class RegistryRestClient
{
    private const int LogTailLines = 50;

    // Many load balancers cut off at 60 seconds.
    private static readonly TimeSpan WaitSlice = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Deploys a new version of a model. A new name makes a model. It is safe to repeat, and is repeated when the
    /// connection breaks: exactly one version is made.
    /// </summary>
    /// <param name="body">What is deployed.</param>
    /// <param name="parameters">
    /// <c>IdempotencyKey</c> names the version that you want: the same key with the same body answers the version that
    /// was made before. By default each call draws a key.
    /// </param>
    /// <param name="cancellationToken">Ends the operation.</param>
    /// <exception cref="OutcomeUnknownException">It may have been made. Repeat it with the exception's key.</exception>
    public Task<ModelVersion> Deploy(
        Deployment body,
        DeployParameters? parameters = null,
        CancellationToken cancellationToken = default)
    {
        var request = new RegistryRequest(Operations.Deploy) { Body = body }.With(parameters);
        if (request.IdempotencyKey is null && !request.IsDryRun)
        {
            request.AddHeader("Idempotency-Key", RandomNumberGenerator.GetHexString(32, lowercase: true));
        }

        return Send(request, static raw => new ModelVersion(raw), cancellationToken);
    }

    /// <summary>Deletes a model with all its versions, at once and for ever.</summary>
    /// <param name="model">The model's id. A name is refused: meanwhile it may be another model's.</param>
    /// <param name="parameters">What is left out when it is null.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    public Task<DeletedModel> DeleteModel(
        string model,
        DeleteModelParameters? parameters = null,
        CancellationToken cancellationToken = default) =>
        Send(
        new RegistryRequest(Operations.DeleteModel, ("model", model))
        {
            Settle = error => Task.FromResult(error is ModelDeletedException ? (JsonElement?)Json($$"""{"id":"{{model}}","deleted":true}""") : null),
        }.With(parameters),
        static raw => new DeletedModel(raw),
        cancellationToken);

    /// <summary>Deletes a version, at once and for ever. Deleting the last one of a model deletes the model.</summary>
    /// <param name="id">The version's id.</param>
    /// <param name="parameters">What is left out when it is null.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    public Task<StopAnswer> DeleteVersion(
        string id,
        DeleteVersionParameters? parameters = null,
        CancellationToken cancellationToken = default) =>
        Send(
        new RegistryRequest(Operations.DeleteVersion, ("id", id))
        {
            Settle = error => SettledDeletion(id, error, cancellationToken),
        }.With(parameters),
        static raw => new StopAnswer(raw),
        cancellationToken);

    /// <summary>
    /// Finds a version: by its id, or by its model's name and a selector. <c>iris</c> is the primary, <c>iris@1.2.0</c>
    /// that number whatever its state, <c>iris@^1</c> the highest in the range. The last <c>@</c> separates.
    /// </summary>
    /// <param name="reference">A version's id, or a model's name, perhaps with a selector.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    /// <exception cref="ArgumentException">One side of the <c>@</c> is empty.</exception>
    public async Task<ModelVersion> FindVersion(string reference, CancellationToken cancellationToken = default)
    {
        var name = VersionReference.Parse(reference);
        if (name.Selector is null && name.IsId)
        {
            return await GetVersion(reference, cancellationToken: cancellationToken);
        }

        if (name.IsNumber)
        {
            // Not by what is routable: drafts that start, and inactive and deleted versions have numbers too.
            return await GetVersionByNumber(name.Model, name.Selector!, cancellationToken);
        }

        var resolved = await Resolve(name.Model, new ResolveParameters { Version = name.Selector }, cancellationToken);
        return await GetVersion(resolved.VersionId, cancellationToken: cancellationToken);
    }

    /// <summary>Waits until a version is ready.</summary>
    /// <param name="id">The version's id.</param>
    /// <param name="timeout">When to give up.</param>
    /// <param name="untilPrimary">Waits until it is the primary, too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StartFailedException">It will not become ready: its start failed, or it is inactive or
    /// deleted.</exception>
    /// <exception cref="TimedOutException">It took longer than <paramref name="timeout"/>.</exception>
    public async Task<ModelVersion> WaitForVersion(
        string id, TimeSpan timeout, bool untilPrimary = false, CancellationToken cancellationToken = default)
    {
        var clock = _transport.Clock;
        var begun = clock.GetTimestamp();
        while (true)
        {
            var asked = clock.GetTimestamp();
            var left = timeout - clock.GetElapsedTime(begun);
            var seconds = Math.Clamp((long)left.TotalSeconds, 1, (long)WaitSlice.TotalSeconds);
            var version = await GetVersion(
                id,
                new GetVersionParameters { Wait = "ready", TimeoutSeconds = seconds },
                cancellationToken);
            var isReady = await IsReady(version, cancellationToken);
            if (isReady && (!untilPrimary || version.IsPrimary))
            {
                return version;
            }

            left = timeout - clock.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
            {
                var state = isReady ? "ready, but not the primary," : "not ready";
                throw new TimedOutException(
                    $"Version {version.Version} of {version.ModelName} ({version.Id}) is {state} after {timeout.TotalSeconds:0.###} seconds.",
                    isSent: true,
                    isRetryable: false);
            }

            // The registry answers at once where there is no start to wait for.
            if (clock.GetElapsedTime(asked) < PollInterval)
            {
                await Task.Delay(left < PollInterval ? left : PollInterval, clock, cancellationToken);
            }
        }
    }

    private async Task<bool> IsReady(ModelVersion version, CancellationToken cancellationToken)
    {
        var status = version.Serving?.Status ?? ServingStatusValues.Ready;
        var reason = version.State is VersionStateValues.Inactive or VersionStateValues.Deleted ? $"it is {version.State}"
            : status == ServingStatusValues.Failed ? version.Serving?.Message ?? "its start failed"
            : null;
        return reason is null
            ? status is ServingStatusValues.Ready or ServingStatusValues.Idle
            : throw new StartFailedException(
                $"Version {version.Version} of {version.ModelName} will not become ready: {reason}",
                version,
                version.Runtime is null ? null : await LogTail(version.Id, cancellationToken));
    }

    private async Task<string?> LogTail(string id, CancellationToken cancellationToken)
    {
        try
        {
            var log = await GetVersionLog(id, new GetVersionLogParameters { Tail = LogTailLines }, cancellationToken);
            return log.Lines.Count == 0 ? null : string.Join('\n', log.Lines.Select(line => line.Text));
        }
        catch (RegistryException)
        {
            // The failed start is what matters. Only deployers read logs.
            return null;
        }
    }

    /// <summary>After a lost answer the version is deleted. Where the primary went is not known any more.</summary>
    private async Task<JsonElement?> SettledDeletion(
        string id,
        RegistryException error,
        CancellationToken cancellationToken)
    {
        if (error is not VersionDeletedException)
        {
            return null;
        }

        var version = await GetVersion(id, cancellationToken: cancellationToken);
        var modelDeleted = false;
        try
        {
            await GetModel(version.ModelId, cancellationToken);
        }
        catch (ModelDeletedException)
        {
            modelDeleted = true;
        }

        return Json($$"""
            {"version":{{version.Raw.GetRawText()}},"changed":true,"primary_change":null,"model_deleted":{{(modelDeleted ? "true" : "false")}},
             "alias_changes":[],"references":null,"traffic":null,"in_flight_left":null}
            """);
    }
}
