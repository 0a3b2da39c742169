using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Takes only requests that name a host of this server. A page in somebody's browser can make a name of its own lead to
/// this machine, but it can't make the browser name another host. Health is exempt: it says nothing that needs
/// guarding, and probes ask by an address.
/// </summary>
internal sealed class HostGuard(RequestDelegate next, AccessOptions options)
{
    private readonly IList<StringSegment> _allowed = [.. options.AllowedHosts.Select(host => new StringSegment(host))];

    public Task InvokeAsync(HttpContext context) =>
        CallerConnection.Of(context) is { Purpose: ConnectionPurpose.Health } || HealthRoute.IsAnyPath(context.Request.Path)
            || HostString.MatchesAny(context.Request.Host.Host, _allowed)
            ? next(context)
            : ProblemWriter.Write(context, RegistryError.Invalid("Host", "is not a name of this server; Registry:AllowedHosts lists those that are"));
}
