using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Holds every request against the limits, once: those of its caller, or where nobody is known, those of its address.
/// It stands behind the look-up of the key, and before anything else is done for the request.
/// </summary>
internal sealed class CallerLimits(
    RequestRates rates, OpenRequests open, CallerAddresses addresses, CallerConnections connections, RefusedAttempts refused)
{
    /// <summary>Serves a request of whoever it is, or refuses it.</summary>
    public Task Serve(HttpContext context, RequestDelegate next) =>
        RequestCaller.Of(context) is { } caller ? Serve(context, caller, next)
        : context.GetEndpoint()?.Metadata.GetMetadata<HealthRoute>() is null ? ServeStranger(context, next)
        : next(context);

    /// <summary>Serves a request of a caller, or refuses it.</summary>
    public Task Serve(HttpContext context, RequestCaller caller, RequestDelegate next) =>
        rates.Count(caller) is { } refusal ? refusal.Write(context)
        : RequestKinds.Of(context) is not RequestKind.Short and var kind ? Serve(context, kind, caller, next)
        : next(context);

    private async Task Serve(HttpContext context, RequestKind kind, RequestCaller caller, RequestDelegate next)
    {
        if (!open.TryEnter(kind, caller, out var place, out var full))
        {
            await ProblemWriter.Write(context, full);
            return;
        }

        using (place)
        {
            await next(context);
        }
    }

    private Task ServeStranger(HttpContext context, RequestDelegate next)
    {
        // Where connections are scarce, nobody keeps one without showing a key.
        if (connections.AreScarce)
        {
            CallerConnection.CloseAfter(context);
        }

        var address = addresses.Of(context);
        if (rates.CountStranger(address) is not { } refusal)
        {
            return next(context);
        }

        refused.Count(refusal.Error, address);
        return refusal.Write(context);
    }
}
