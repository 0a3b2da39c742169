using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>The path of a file in an artifact, as a request names it.</summary>
internal static class FilePath
{
    /// <summary>The slashes in front of it: <c>/v1/artifacts/{digest}/files/</c> or <c>/v1/model_versions/{id}/artifact/</c>.</summary>
    private const int SlashesBefore = 5;

    /// <summary>The path, decoded once. In the value of the route, <c>%2F</c> and <c>%252F</c> are alike.</summary>
    public static string Of(HttpRequest request)
    {
        var path = RequestTarget.Of(request)?.Path ?? "";
        var start = 0;
        for (var n = 0; n < SlashesBefore; n++)
        {
            var slash = path.IndexOf('/', start);
            if (slash < 0)
            {
                return "";
            }

            start = slash + 1;
        }

        return Uri.UnescapeDataString(path[start..]);
    }
}
