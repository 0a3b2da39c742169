using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Models;

namespace OrleansRegistry.Gateway;

/// <summary>The routes of OpenAI's clients: which model and version is meant stands in the body.</summary>
internal static class CompletionEndpoints
{
    private static readonly string[] Paths = ["chat/completions", "completions", "embeddings"];

    /// <summary>Maps the routes.</summary>
    public static void MapCompletions(this IEndpointRouteBuilder routes)
    {
        foreach (var path in Paths)
        {
            routes.MapPost("/v1/" + path, (HttpContext context, RequestCaller caller, ModelDirectory directory, CallHandler handler, OpenRequests open, CallOptions options) =>
                    Complete(path, context, caller, directory, handler, open, options))
                .WithName(path.Replace('/', '_'))
                .RequirePermission(Permission.Invoke)
                .WithTags("Calls")
                .WithSummary("Calls the model that the body's field model names, in the shape of OpenAI's API.")
                .WithDescription(
                    "`model` is `name` for the primary, or `name@1.2.0` or `name@^1.2`; the last `@` separates. Everything is forwarded as it is to `v1/" + path
                    + "` beside the serving URL.")
                .WithMetadata(ErrorDialect.OpenAi)
                .ForwardsCall(CallEndpoints.Header)
                .ProducesErrors([.. Routes.SelectionErrors, .. Routes.CallErrors, ErrorCode.UnsupportedMediaType]);
        }
    }

    private static async Task Complete(string path, HttpContext context, RequestCaller caller, ModelDirectory directory, CallHandler handler, OpenRequests open, CallOptions options)
    {
        if ((handler.Refusal(context) ?? ContentCoding.Refusal(context.Request)) is { } refusal)
        {
            await ProblemWriter.Write(context, refusal);
            return;
        }

        if (!(await FindModel(context, caller, open, options)).TryGet(out var seen, out var error))
        {
            await ProblemWriter.Write(context, error);
            return;
        }

        var named = seen.Model;
        var at = await FindSeparator(named, caller, directory, context.RequestAborted);
        if (CallSelector.Read(context.Request, at < 0 ? [] : [named[(at + 1)..]], "model", out var selector) is { } wrong)
        {
            await ProblemWriter.Write(context, wrong);
            return;
        }

        await handler.Handle(
            context,
            caller,
            at < 0 ? named : named[..at],
            selector,
            version => new Call(version, BackendAddress.Beside(BackendAddress.ServerOf(version), "v1/" + path, context.Request.QueryString.Value ?? "")) { Seen = seen });
    }

    /// <summary>
    /// The place of the <c>@</c> behind which a selector stands, or -1 for a name alone (rule A5). The last one separates, unless no selector stands behind it or no
    /// model is named in front of it, while the whole text names one.
    /// </summary>
    private static async Task<int> FindSeparator(string named, RequestCaller caller, ModelDirectory directory, CancellationToken cancellationToken)
    {
        var at = named.LastIndexOf('@');
        return at < 0 || (VersionSelector.Parse(named[(at + 1)..]) is not null && await IsModel(named[..at])) || !await IsModel(named) ? at : -1;

        async Task<bool> IsModel(string text) =>
            (await directory.Ask(caller.Workspace, text, id => Task.FromResult<Outcome<string>>(id), cancellationToken)).Error is null;
    }

    private static async Task<Outcome<SeenBody>> FindModel(HttpContext context, RequestCaller caller, OpenRequests open, CallOptions options)
    {
        if (!open.TryEnterSearch(caller))
        {
            return OpenRequests.TooManySearches();
        }

        try
        {
            return await ModelField.Find(context.Request.BodyReader, options.MaxBufferedBytes, context.RequestAborted);
        }
        finally
        {
            open.LeaveSearch(caller);
        }
    }
}
