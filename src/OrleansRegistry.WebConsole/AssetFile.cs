using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.WebConsole;

/// <summary>
/// A file that pages load. A hash of its content stands in its address, so that browsers keep it for as long as it is
/// the same.
/// </summary>
internal sealed class AssetFile
{
    private readonly byte[] _content;
    private readonly string _type;

    private AssetFile(string name, string type)
    {
        using var stream = typeof(AssetFile).Assembly.GetManifestResourceStream(name)!;
        _content = new byte[stream.Length];
        stream.ReadExactly(_content);
        _type = type;
        Path = $"{Links.Root}/assets/{Convert.ToHexStringLower(SHA256.HashData(_content))[..16]}/{name}";
    }

    public static AssetFile Css { get; } = new("console.css", "text/css; charset=utf-8");

    public static AssetFile Script { get; } = new("console.js", "text/javascript; charset=utf-8");

    public static AssetFile Keys { get; } = new("keys.js", "text/javascript; charset=utf-8");

    public static AssetFile Icon { get; } = new("icon.svg", "image/svg+xml");

    /// <summary>Its address.</summary>
    public string Path { get; }

    /// <summary>Its length in bytes, compressed as little as can be.</summary>
    public ReadOnlyMemory<byte> Content => _content;

    /// <summary>Maps the routes of all of them. Nobody needs to be signed in.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var asset in (AssetFile[])[Css, Script, Keys, Icon])
        {
            routes.MapGet(asset.Path, asset.Write).AllowAnonymous().ExcludeFromDescription();
        }
    }

    private Task Write(HttpContext context)
    {
        context.Response.ContentType = _type;
        context.Response.ContentLength = _content.Length;
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return context.Response.Body.WriteAsync(_content, context.RequestAborted).AsTask();
    }
}
