using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Once the node is told to stop, says with each answer that the connection takes no more requests (rule H5): by
/// <c>Connection: close</c>, over HTTP/2 by GOAWAY.
/// </summary>
internal sealed class LastAnswers
{
    private readonly RequestDelegate _next;
    private readonly NodeEnd _end;
    // Made once: each request hands it over.
    private readonly Func<object, Task> _tell;

    /// <summary>Stands before whatever answers.</summary>
    public LastAnswers(RequestDelegate next, NodeEnd end) => (_next, _end, _tell) = (next, end, Tell);

    /// <summary>Handles a request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        // A call that began before is answered later.
        context.Response.OnStarting(_tell, context);
        return _next(context);
    }

    private Task Tell(object state)
    {
        var context = (HttpContext)state;
        if (!_end.HasBegun || context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols)
        {
            return Task.CompletedTask;
        }

        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
        else
        {
            context.Response.Headers.Connection = "close";
        }

        return Task.CompletedTask;
    }
}
