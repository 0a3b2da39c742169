using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>What a request keeps open while it lasts.</summary>
internal enum RequestKind
{
    /// <summary>Nothing to speak of: it is answered at once.</summary>
    Short,

    /// <summary>A call of a model.</summary>
    Call,

    /// <summary>A stream of events, or a wait.</summary>
    Stream,

    /// <summary>A command.</summary>
    Command,

    /// <summary>An upload of bytes, or of a long list.</summary>
    Upload,
}

/// <summary>On a route whose requests bring much.</summary>
internal sealed record UploadRequest;

/// <summary>On a route that reads, and whose requests may last: a stream, or a wait.</summary>
/// <param name="Lasts">Whether this request does.</param>
internal sealed record LastingRequest(Func<HttpRequest, bool> Lasts);

/// <summary>Tells the kinds of requests apart.</summary>
internal static class RequestKinds
{
    /// <summary>Says on a route which of its requests last.</summary>
    public static TBuilder Lasts<TBuilder>(this TBuilder route, Func<HttpRequest, bool> lasts)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new LastingRequest(lasts));

    /// <summary>The kind of a request.</summary>
    public static RequestKind Of(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata is not { } route)
        {
            return RequestKind.Short;
        }

        if (route.GetMetadata<ForwardedCall>() is not null)
        {
            return RequestKind.Call;
        }

        if (route.GetMetadata<UploadRequest>() is not null)
        {
            return RequestKind.Upload;
        }

        return !context.Request.IsRead() ? RequestKind.Command
            : route.GetMetadata<LastingRequest>()?.Lasts(context.Request) is true ? RequestKind.Stream
            : RequestKind.Short;
    }
}
