using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>Is told of requests that the audit is about (rule A9). Requests that succeed otherwise don't ask for it.</summary>
internal interface IRequestAudit
{
    /// <summary>A request is refused.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caller">Who sends it, or null where nobody is known.</param>
    /// <param name="error">Why.</param>
    void Refused(HttpContext context, RequestCaller? caller, RegistryError error);

    /// <summary>A secret is shown.</summary>
    /// <param name="context">The request whose answer has it.</param>
    /// <param name="caller">Who reads it.</param>
    /// <param name="resource">The path of what was made with it, or null where the request's own path names it.</param>
    void SecretShown(HttpContext context, RequestCaller caller, string? resource);
}
