using System.Text.RegularExpressions;

namespace OrleansRegistry.Gateway;

/// <summary>Where a call goes, from the serving URL and what the caller asked for.</summary>
internal static partial class BackendAddress
{
    /// <summary>The address of every process: connections to it lead to the one that a call is for.</summary>
    private const string OfProcess = "http://process/predict";

    // What the caller sent is passed on as it is, not as Uri would write it.
    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>The serving URL of a version that can be called.</summary>
    public static string ServerOf(ResolvedVersion version) => version.ServingUrl ?? OfProcess;

    /// <summary>
    /// The serving URL itself, with what stood behind <c>predict</c> in the path, and the caller's query behind its
    /// own.
    /// </summary>
    /// <param name="servingUrl">The serving URL.</param>
    /// <param name="rest">Empty, or a slash and the rest of the path, percent-encoded as it was sent.</param>
    /// <param name="query">Empty, or a question mark and the query as it was sent.</param>
    public static Uri Of(string servingUrl, string rest, string query)
    {
        var url = new Uri(servingUrl);
        if (rest.Length == 0 && query.Length == 0)
        {
            return url;
        }

        var path = url.GetLeftPart(UriPartial.Path);
        return Make((rest.Length == 0 ? path : path.TrimEnd('/') + rest) + Join(url.Query, query));
    }

    /// <summary>
    /// A resource beside the serving URL: the path resolved against it as a link on a page is (RFC 3986, section 5.2).
    /// </summary>
    public static Uri Beside(string servingUrl, string path, string query) => Make(new Uri(new Uri(servingUrl), path).AbsoluteUri + query);

    /// <summary>
    /// A resource of the Open Inference Protocol: below the model that the serving URL names if it does
    /// (<c>…/v2/models/resnet</c>, also with a version and with what follows), else below <c>v2/models/{name}</c>
    /// beside it.
    /// </summary>
    public static Uri OfModel(string servingUrl, string modelName, string rest, string query) =>
        ModelUrl().Match(new Uri(servingUrl).GetLeftPart(UriPartial.Path)) is { Success: true } model
            ? Make(model.Value + rest + query)
            : Beside(servingUrl, $"v2/models/{Uri.EscapeDataString(modelName)}{rest}", query);

    private static string Join(string own, string callers) =>
        own.Length <= 1 ? callers : callers.Length <= 1 ? own : $"{own}&{callers.AsSpan(1)}";

    private static Uri Make(string text) => new(text, Verbatim);

    [GeneratedRegex("^.*/v2/models/[^/]+(/versions/[^/]+)?", RegexOptions.CultureInvariant)]
    private static partial Regex ModelUrl();
}
