using System.Globalization;

namespace OrleansRegistry;

/// <summary>
/// The entity tags of models and versions: the values of <c>ETag</c>, which <c>If-Match</c> is compared with.
/// </summary>
public static class EntityTag
{
    /// <summary>The tag of what has a revision, such as a model or the rates: <c>"12"</c>.</summary>
    public static string OfRevision(int revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");

    /// <summary>A version's tag, <c>"4"</c>, or <c>"4p"</c> while it is primary.</summary>
    public static string OfVersion(int revision, bool isPrimary) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{revision}{(isPrimary ? "p" : "")}\"");
}
