using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>Answers nothing but health on connections that are there for it.</summary>
internal sealed class ConnectionGuard(RequestDelegate next, LimitOptions options)
{
    public Task InvokeAsync(HttpContext context)
    {
        var connection = CallerConnection.Of(context);
        connection?.StopWaiting();
        if (connection is null or { Purpose: ConnectionPurpose.Calls } || HealthRoute.IsPath(context.Request.Path))
        {
            return next(context);
        }

        if (connection.Purpose == ConnectionPurpose.Health)
        {
            return ProblemWriter.Write(context, new RegistryError(ErrorCode.NotFound, "This port answers /health only."));
        }

        CallerConnection.CloseAfter(context);
        return ProblemWriter.Write(context, new RegistryError(
            ErrorCode.RateLimited,
            $"The limit of open connections is reached: {options.Connections} at this gateway (Registry:Limits:Connections), "
            + $"{options.ConnectionsPerAddress} from one address (Registry:Limits:ConnectionsPerAddress)."));
    }
}
