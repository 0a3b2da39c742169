using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>Which version a call names, if it names one.</summary>
internal static class CallSelector
{
    /// <summary>
    /// The header that selects a version; answers carry the number of the version that answered under the same name.
    /// </summary>
    public const string Header = "Model-Version";

    /// <summary>
    /// Reads the selector of a call from the header, or from where else the route has it. Null text selects the
    /// primary.
    /// </summary>
    public static RegistryError? Read(HttpRequest request, IReadOnlyList<string> elsewhere, string field, out string? selector)
    {
        var header = request.Headers[Header];
        selector = header is [var named] ? named : elsewhere is [var other] ? other : null;
        return header.Count > 1 ? RegistryError.Invalid(Header, "must not appear twice")
            : elsewhere.Count > 1 ? RegistryError.Invalid(field, "must not appear twice")
            : header.Count + elsewhere.Count > 1 ? RegistryError.Invalid(field, $"can't be combined with the header {Header}")
            : null;
    }
}
