namespace OrleansRegistry;

/// <summary>
/// Refusals in HTTP, for a service that passes them on: the same as the registry's own gateway answers.
/// </summary>
public static class RegistryErrorHttp
{
    /// <summary>The HTTP status, 400 to 599. A code that only a newer registry knows is 500.</summary>
    public static int GetHttpStatus(this RegistryError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return ProblemKind.All.GetValueOrDefault(error.Code)?.Status ?? 500;
    }

    /// <summary>
    /// The kind of refusal in a few words: the <c>title</c> of a problem (RFC 9457). Without one it is the code.
    /// </summary>
    public static string GetTitle(this RegistryError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return ProblemKind.All.GetValueOrDefault(error.Code)?.Title ?? error.Code;
    }
}
