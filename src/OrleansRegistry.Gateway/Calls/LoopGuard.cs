using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>Ends calls that this gateway has forwarded before, also where no key came along to let them in.</summary>
internal sealed class LoopGuard(RequestDelegate next, CallForwarder forwarder)
{
    public Task InvokeAsync(HttpContext context) => forwarder.IsLoop(context.Request)
        ? ProblemWriter.Write(context, new RegistryError(ErrorCode.LoopDetected, "This gateway has forwarded the call before: a serving URL leads back to it."))
        : next(context);
}
