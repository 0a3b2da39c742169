using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The routes of OpenAI's clients: which model and version is meant stands in the body. Under <c>/openai/v1</c> stands
/// all that such a client may ask for, and what else is there is 404 in its shape.
/// </summary>
internal static class OpenaiEndpoints
{
    /// <summary>Where the routes stand that clients are given as their base address.</summary>
    public const string Face = "/openai/v1";

    private static readonly string[] Old = ["chat/completions", "completions", "embeddings"];

    private static readonly string[] Paths =
    [
        .. Old, "responses", "moderations", "rerank", "score",
        "audio/speech", "audio/transcriptions", "audio/translations", "images/generations", "images/edits",
    ];

    // What a server may have besides, where its version says so.
    private static readonly string[] OtherMethods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete];

    /// <summary>Maps the routes.</summary>
    public static void MapOpenai(this IEndpointRouteBuilder routes)
    {
        foreach (var path in Old)
        {
            Map(routes.MapGroup("/v1").WithTags("Calls"), path, Name(path));
        }

        var face = routes.MapGroup(Face).WithTags("OpenAI");
        foreach (var path in Paths)
        {
            Map(face, path, "openai_" + Name(path));
        }

        face.MapOpenaiModels();
        face.MapPost("/{**path}", CallOther)
            .ExcludeFromDescription()
            .RequirePermission(Permission.Invoke)
            .WithMetadata(ErrorDialect.OpenAi)
            .ForwardsCall(CallEndpoints.Header, CallWait.Header);
        face.MapMethods("/{**path}", OtherMethods, (HttpContext context) => ProblemWriter.Write(context, NothingThere()))
            .ExcludeFromDescription()
            .RequirePermission(Permission.Resolve)
            .WithMetadata(ErrorDialect.OpenAi);

        static void Map(IEndpointRouteBuilder group, string path, string name) => group
            .MapPost("/" + path, (HttpContext context, RequestCaller caller, OpenaiCalls calls) => calls.Call(context, caller, path))
            .WithName(name)
            .RequirePermission(Permission.Invoke)
            .WithSummary("Calls the model that the body's field model names, in the shape of OpenAI's API.")
            .WithDescription(
                "`model`, of a JSON object or of `multipart/form-data`, is `name` for the primary, or `name@1.2.0`,"
                + $" `name@^1.2` or `name@staging` for an alias; the last `@` separates. Everything is forwarded as it is to `v1/{path}` beside the serving URL, but for `model` where the version has a `served_name`.")
            .WithMetadata(ErrorDialect.OpenAi)
            .ForwardsCall(CallEndpoints.Header, CallWait.Header)
            .ProducesErrors([.. Routes.SelectionErrors, .. Routes.CallErrors, ErrorCode.UnsupportedMediaType]);
    }

    /// <summary>The error of a path that leads nowhere.</summary>
    internal static RegistryError NothingThere() => new(
        ErrorCode.NotFound, "Nothing is served under this path. A version may serve more than OpenAI's own paths: serving.openai_paths names them.");

    /// <summary>Calls a path that is not OpenAI's own, if the version has it.</summary>
    private static Task CallOther(string? path, HttpContext context, RequestCaller caller, OpenaiCalls calls) => calls.CallOther(context, caller, path ?? "");

    private static string Name(string path) => path.Replace('/', '_');
}
