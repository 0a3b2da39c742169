using System.IO.Compression;
using System.Net.Mime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Lists that are compressed where the caller takes that. The length of a compressed answer tells who sees it on the wire whether a guess stands in
/// it twice (BREACH). That takes a secret in the answer, text of the guesser's own beside it, and a browser that sends the victim's credentials
/// again and again. None of them is given: routes with secrets are not among these, no list repeats what the request says, and a browser never
/// sends a key by itself.
/// </summary>
internal static class CompressedLists
{
    /// <summary>Adds what compresses.</summary>
    public static void AddCompressedLists(this IServiceCollection services)
    {
        services.AddResponseCompression(options =>
        {
            options.EnableForHttps = true;
            options.MimeTypes = [MediaTypeNames.Application.Json, MediaTypeNames.Text.Csv];
            options.Providers.Add<GzipCompressionProvider>();
        });
        services.Configure<GzipCompressionProviderOptions>(options => options.Level = CompressionLevel.Fastest);
    }

    /// <summary>Compresses the answers of such routes. Comes behind the routing.</summary>
    public static void UseCompressedLists(this IApplicationBuilder app) => app.UseWhen(
        context => context.GetEndpoint()?.Metadata.GetMetadata<CompressedList>() is not null,
        list => list.UseResponseCompression());

    /// <summary>Has the answers of a route compressed. It must answer no secret.</summary>
    public static TBuilder Compresses<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new CompressedList());
}

/// <summary>A route whose answers are long, and hold no secret.</summary>
internal sealed record CompressedList;
