using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>Who sends a request, and which workspace it acts in. The one place that says so.</summary>
/// <param name="Workspace">The workspace.</param>
/// <param name="Actor">The caller, as events and views name it.</param>
public sealed record RequestCaller(string Workspace, string Actor) : IBindableFromHttpContext<RequestCaller>
{
    private static readonly RequestCaller Anonymous = new(GrainKeys.DefaultWorkspace, "anonymous");

    /// <summary>The caller of a request.</summary>
    public static ValueTask<RequestCaller?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult<RequestCaller?>(Anonymous);
}
