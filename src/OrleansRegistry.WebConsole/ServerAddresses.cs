using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.WebConsole;

/// <summary>The address of the server, as the browser knows it.</summary>
internal static class ServerAddresses
{
    /// <summary>The scheme and host of a page, for commands that people copy.</summary>
    public static string ServerAddress(this HttpContext page) => $"{page.Request.Scheme}://{page.Request.Host}";
}
