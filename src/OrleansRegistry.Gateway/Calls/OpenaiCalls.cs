using Microsoft.AspNetCore.Http;
using OrleansRegistry.Models;

namespace OrleansRegistry.Gateway;

/// <summary>Finds the model that the body of a call names, and calls it.</summary>
internal sealed class OpenaiCalls(
    ModelDirectory directory, CallHandler handler, ApiKeyAuthenticator access, OpenRequests open, CallOptions options, BodySpool spool)
{
    /// <summary>Calls a path that every server may have.</summary>
    internal Task Call(HttpContext context, RequestCaller caller, string path) => Call(context, caller, path, isOther: false);

    /// <summary>Calls a path that only some versions have.</summary>
    /// <remarks>A path that no version can have is not there, whatever its body is: none of it is read.</remarks>
    internal Task CallOther(HttpContext context, RequestCaller caller, string path) =>
        FieldRules.OpenaiPath(path) is null
            ? Call(context, caller, path, isOther: true)
            : ProblemWriter.Write(context, OpenaiEndpoints.NothingThere());

    /// <summary>
    /// The place of the <c>@</c> behind which a selector stands, or -1 for a name alone (rule A5). The last one
    /// separates, unless no selector stands behind it or no model is named in front of it, while the whole text names
    /// one. Behind it an alias stands without its own <c>@</c> (rule AL2).
    /// </summary>
    internal async Task<int> FindSeparator(string named, RequestCaller caller, CancellationToken cancellationToken)
    {
        var at = named.LastIndexOf('@');
        return at < 0 || (VersionSelector.Parse(named[(at + 1)..]) is not null && await IsModel(named[..at])) || !await IsModel(named) ? at : -1;

        async Task<bool> IsModel(string text) =>
            (await directory.Ask(caller.Workspace, text, id => Task.FromResult<Outcome<string>>(id), cancellationToken)).Error is null;
    }

    private async Task Call(HttpContext context, RequestCaller caller, string path, bool isOther)
    {
        if ((handler.Refusal(context) ?? ContentCoding.Refusal(context.Request)) is { } refusal)
        {
            await ProblemWriter.Write(context, refusal);
            return;
        }

        if (!(await FindModel(context, caller)).TryGet(out var seen, out var error))
        {
            // A body that names no version names none that has the path.
            await ProblemWriter.Write(context, isOther && error.Code == ErrorCode.ValidationFailed ? OpenaiEndpoints.NothingThere() : error);
            return;
        }

        if (seen.Stored is { } stored)
        {
            context.Response.RegisterForDispose(stored);
        }

        // The body may have taken its time.
        if (!await access.IsStillValid(caller))
        {
            await ProblemWriter.Write(context, new RegistryError(ErrorCode.Unauthenticated, "The key has ended while the body came."));
            return;
        }

        var named = seen.Model;
        var at = await FindSeparator(named, caller, context.RequestAborted);
        if (CallSelector.Read(context.Request, at < 0 ? [] : [VersionSelector.Behind(named[(at + 1)..])], "model", out var selector) is { } wrong)
        {
            await ProblemWriter.Write(context, wrong);
            return;
        }

        await handler.Handle(
            context,
            caller,
            at < 0 ? named : named[..at],
            selector,
            version => new Call(
                version,
                BackendAddress.Beside(BackendAddress.ServerOf(version), "v1/" + path, context.Request.QueryString.Value ?? ""))
            {
                Seen = seen,
                Refusal = isOther && version.OpenaiPaths?.Contains(path, StringComparer.Ordinal) is not true
                    ? OpenaiEndpoints.NothingThere()
                    : null,
            });
    }

    private async Task<Outcome<SeenBody>> FindModel(HttpContext context, RequestCaller caller)
    {
        BodyScanner scanner = FormScanner.TryMake(context.Request, out var form, out var refusal) ? form : new ModelScanner();
        if (refusal is not null)
        {
            return refusal;
        }

        if (!open.TryEnterSearch(caller))
        {
            return OpenRequests.TooManySearches();
        }

        try
        {
            return await ModelField.Find(
                context.Request.BodyReader, scanner, options.MaxBufferedBytes, () => spool.Open(caller.Workspace), context.RequestAborted);
        }
        finally
        {
            open.LeaveSearch(caller);
        }
    }
}
