using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace OrleansRegistry.Gateway;

/// <summary>The codings of bodies that the gateway reads itself: none.</summary>
internal static class ContentCoding
{
    private const string None = "identity";

    /// <summary>Why a body can't be read as it was encoded, or null.</summary>
    public static RegistryError? Refusal(HttpRequest request)
    {
        if (request.Headers.GetCommaSeparatedValues(HeaderNames.ContentEncoding).All(coding => coding.Equals(None, StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        request.HttpContext.Response.Headers.AcceptEncoding = None;
        return new RegistryError(ErrorCode.UnsupportedMediaType, "Content-Encoding must be left out: encoded bodies are not supported.");
    }
}
