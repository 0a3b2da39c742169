using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>On a route for people: its problems are pages too.</summary>
internal abstract class ProblemPage
{
    /// <summary>Writes the page of a problem. The status is set already.</summary>
    public abstract Task Write(HttpContext context, Problem problem);
}
