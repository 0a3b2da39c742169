using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace OrleansRegistry.WebConsole;

/// <summary>The words that the next page shows of a command that was done. The browser carries them there, once.</summary>
/// <param name="Text">The effect.</param>
/// <param name="Href">The page that undoes it, or null.</param>
/// <param name="Link">The words of the link there.</param>
public sealed record Receipt(string Text, string? Href = null, string? Link = null)
{
    private const string Cookie = "__Host-registry-receipt";
    private const int MaxSeconds = 60;

    /// <summary>Has the next page show it.</summary>
    internal void Send(HttpResponse response)
    {
        var options = SessionCookie.Options();
        options.MaxAge = TimeSpan.FromSeconds(MaxSeconds);
        response.Cookies.Append(
            Cookie, WebEncoders.Base64UrlEncode(JsonSerializer.SerializeToUtf8Bytes(this, ReceiptJson.Default.Receipt)), options);
    }

    /// <summary>
    /// The receipt that a request brings, which the browser then forgets; null for none. A page's script, which may be
    /// another tab's, gets none.
    /// </summary>
    internal static Receipt? Take(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is not { } text || !SameOrigin.IsPerson(context.Request))
        {
            return null;
        }

        context.Response.Cookies.Delete(Cookie, SessionCookie.Options());
        try
        {
            var receipt = JsonSerializer.Deserialize(WebEncoders.Base64UrlDecode(text), ReceiptJson.Default.Receipt);
            return receipt?.Href is null || Links.Local(receipt.Href) == receipt.Href ? receipt : null;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(Receipt))]
internal sealed partial class ReceiptJson : JsonSerializerContext;
