using Microsoft.AspNetCore.Http;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Gateway;

/// <summary>
/// One call: resolve, forward, count. A call is open before it is resolved, so that whoever drains a version after stopping it waits
/// for every call that could still reach it (rule L2).
/// </summary>
internal sealed class CallHandler(VersionResolver versions, TrafficMeter traffic, CallForwarder forwarder, INodeProcesses processes, OpenRequests open, CallOptions options)
{
    /// <summary>Calls the version that a selector of a model leads to.</summary>
    internal Task Handle(HttpContext context, RequestCaller caller, string model, string? selector, Func<ResolvedVersion, Call> prepare) =>
        Handle(context, caller, cancellationToken => versions.Resolve(caller.Workspace, model, selector, caller.ModelIds, cancellationToken), prepare);

    /// <summary>Calls a version.</summary>
    internal Task Handle(HttpContext context, RequestCaller caller, VersionId version, Func<ResolvedVersion, Call> prepare) =>
        Handle(context, caller, cancellationToken => versions.Resolve(caller.Workspace, version, caller.ModelIds, cancellationToken), prepare);

    /// <summary>Calls a version that is named by its model and number.</summary>
    internal Task Handle(HttpContext context, RequestCaller caller, VersionName version, Func<ResolvedVersion, Call> prepare) => Handle(
        context, caller, cancellationToken => versions.ResolveVersion(caller.Workspace, version.Model, version.Number, caller.ModelIds, cancellationToken), prepare);

    private async Task Handle(
        HttpContext context, RequestCaller caller, Func<CancellationToken, Task<Outcome<ResolvedVersion>>> resolve, Func<ResolvedVersion, Call> prepare)
    {
        if (Refusal(context) is { } refusal)
        {
            await ProblemWriter.Write(context, refusal);
            return;
        }

        using var call = traffic.Open();
        if (!(await resolve(context.RequestAborted)).TryGet(out var version, out var error))
        {
            await ProblemWriter.Write(context, error);
            return;
        }

        CallTransformer.Name(context.Response.Headers, version);
        if ((version.ServingUrl is null && version.Start is null) || !VersionId.TryParse(version.VersionId, out var id))
        {
            await ProblemWriter.Write(
                context, new RegistryError(ErrorCode.NotServable, $"Version {version.Version} was deployed without a serving URL; it can't be called."));
            return;
        }

        var process = version.Start is { } start ? processes.Find(caller.Workspace, id, start) : null;
        if (version.ServingUrl is null && process is null)
        {
            await ProblemWriter.Write(context, CallForwarder.IsStarting(version));
            return;
        }

        if (!open.TryEnterModel(caller.Workspace, id.ModelId))
        {
            await ProblemWriter.Write(context, open.TooManyCalls());
            return;
        }

        try
        {
            var prepared = prepare(version) with { Process = process };
            if (prepared.Refusal is not null)
            {
                await ProblemWriter.Write(context, prepared.Refusal);
                return;
            }

            call.HasFailed = !await forwarder.Forward(context, prepared, prepare, call.Admit(caller, id, prepared.IsCounted));
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
        : null;
}
