using Microsoft.AspNetCore.Http;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Gateway;

/// <summary>
/// One call: resolve, forward, count. A call is open before it is resolved, so that whoever drains a version after stopping it waits
/// for every call that could still reach it (rule L2).
/// </summary>
internal sealed class CallHandler(
    VersionResolver versions,
    TrafficMeter traffic,
    CallForwarder forwarder,
    INodeProcesses processes,
    OpenRequests open,
    ParkedCalls parked,
    CallOptions options)
{
    /// <summary>Calls the version that a selector of a model leads to.</summary>
    internal Task Handle(HttpContext context, RequestCaller caller, string model, string? selector, Func<ResolvedVersion, Call> prepare) =>
        Handle(
            context,
            caller,
            (seen, cancellationToken) => versions.Resolve(caller.Workspace, model, selector, caller.ModelIds, cancellationToken, seen),
            prepare);

    /// <summary>Calls a version.</summary>
    internal Task Handle(HttpContext context, RequestCaller caller, VersionId version, Func<ResolvedVersion, Call> prepare) =>
        Handle(
            context,
            caller,
            (seen, cancellationToken) => versions.Resolve(caller.Workspace, version, caller.ModelIds, cancellationToken, seen),
            prepare);

    /// <summary>Calls a version that is named by its model and number.</summary>
    internal Task Handle(HttpContext context, RequestCaller caller, VersionName version, Func<ResolvedVersion, Call> prepare) => Handle(
        context,
        caller,
        (seen, cancellationToken) =>
            versions.ResolveVersion(caller.Workspace, version.Model, version.Number, caller.ModelIds, cancellationToken, seen),
        prepare);

    private async Task Handle(HttpContext context, RequestCaller caller, Resolving resolve, Func<ResolvedVersion, Call> prepare)
    {
        var begun = traffic.Timestamp;
        if (Refusal(context) is { } refusal)
        {
            await ProblemWriter.Write(context, refusal);
            return;
        }

        var wait = CallWait.Of(context.Request);
        while (await Begin(context, caller, resolve, prepare, mayWait: wait > TimeSpan.Zero) is { } starting)
        {
            if (await parked.Wait(caller, starting, wait - traffic.Elapsed(begun), resolve, context.RequestAborted) is { } error)
            {
                await ProblemWriter.Write(context, error);
                return;
            }
        }
    }

    /// <summary>Makes a call or refuses it. If it may wait, and has to, nothing is answered but the version that is not up.</summary>
    private async Task<ResolvedVersion?> Begin(
        HttpContext context, RequestCaller caller, Resolving resolve, Func<ResolvedVersion, Call> prepare, bool mayWait)
    {
        using var call = traffic.Open();
        if (!(await resolve(mayWait ? 0 : null, context.RequestAborted)).TryGet(out var version, out var error))
        {
            await ProblemWriter.Write(context, error);
            return null;
        }

        if (version.IsStarting)
        {
            return version;
        }

        _ = VersionId.TryParse(version.VersionId, out var id);
        var process = version.Start is { } start ? processes.Find(caller.Workspace, id, start) : null;
        if (mayWait && version.Start is not null && process is null)
        {
            return version;
        }

        CallTransformer.Name(context.Response.Headers, version);
        if (version.ServingUrl is null && process is null)
        {
            await ProblemWriter.Write(
                context,
                version.Start is not null
                    ? CallForwarder.IsStarting(version)
                    : new RegistryError(ErrorCode.NotServable, $"Version {version.Version} was deployed without a serving URL; it can't be called."));
            return null;
        }

        if (!open.TryEnterModel(caller.Workspace, id.ModelId))
        {
            await ProblemWriter.Write(context, open.TooManyCalls());
            return null;
        }

        try
        {
            var prepared = prepare(version) with { Process = process };
            if (prepared.Refusal is not null)
            {
                await ProblemWriter.Write(context, prepared.Refusal);
                return null;
            }

            call.HasFailed = !await forwarder.Forward(context, prepared, prepare, call.Admit(caller, id, prepared.IsCounted));
            return null;
        }
        finally
        {
            open.LeaveModel(caller.Workspace, id.ModelId);
        }
    }

    /// <summary>Why a call can't be taken, whatever it asks for, or null.</summary>
    internal RegistryError? Refusal(HttpContext context) =>
        context.Request.ContentLength > options.MaxBodyBytes ? forwarder.TooLarge()
        : HttpMethods.IsConnect(context.Request.Method) && !WebSocketHandshake.IsOne(context) ? RegistryError.Invalid(":protocol", "must be websocket, with a Sec-WebSocket-Version of 13")
        : CallWait.Refusal(context.Request);
}

/// <summary>Resolves the version of a call.</summary>
/// <param name="seen">Of a call that may wait, the revision of the model that it knows, 0 for none; else null.</param>
/// <param name="cancellationToken">Ends the look-up.</param>
internal delegate Task<Outcome<ResolvedVersion>> Resolving(int? seen, CancellationToken cancellationToken);
