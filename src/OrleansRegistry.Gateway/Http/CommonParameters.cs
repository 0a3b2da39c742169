using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>Parameters that several routes read.</summary>
internal static class CommonParameters
{
    /// <summary>The page size of a request that names none.</summary>
    public const int DefaultPageSize = 50;

    /// <summary>The largest page size.</summary>
    public const int MaxPageSize = 200;

    private const int MaxLabels = 16;
    private const int MaxTagLines = 16;

    public static RequestParameter DryRun { get; } =
        RequestParameter.Flag("dry_run", "Makes the command a dry run: the answer is 200 and says what would happen. Nothing is changed, claimed or reserved.");

    /// <summary>Of commands without a body; the others have a field of this name.</summary>
    public static RequestParameter Comment { get; } = new(
        CommandComment.Field,
        "Why, in your own words: 1 to 500 characters, without control characters other than line feeds. The events of the command keep it.")
    {
        Problem = CommandComment.Problem,
    };

    /// <remarks>Several header lines are one list.</remarks>
    public static RequestParameter IfMatch { get; } = RequestParameter.Header(
        "If-Match",
        "Entity tags of which the resource in the path must have one; else 412.",
        MaxTagLines,
        value => EntityTags.Parse([value]) is null ? "must be * or a list of entity tags in double quotes" : null);

    public static RequestParameter IfNoneMatch { get; } = RequestParameter.Header(
        "If-None-Match", "Answers 304 when the resource has one of these entity tags.", MaxTagLines);

    public static RequestParameter IdempotencyKey { get; } = RequestParameter.Header(
        "Idempotency-Key",
        "1 to 255 visible ASCII characters. It belongs to the model's name, for ever: the same key with the same request answers the version made before; with another request 422.",
        problem: FieldRules.IdempotencyKey);

    public static RequestParameter PageSize { get; } = RequestParameter.Number(
        "page_size", $"The number of items of a page, 1 to {MaxPageSize}; {DefaultPageSize} by default.", 1, MaxPageSize);

    public static RequestParameter PageToken { get; } =
        new("page_token", "The `next_page_token` of the page before. The other parameters must stay as they were.");

    public static RequestParameter Label { get; } = new("label", "A label that the items must have, `key:value`; both may have colons of their own. May appear several times.")
    {
        MaxTimes = MaxLabels,
        Problem = value => value.LastIndexOf(':') > 0 ? null : "must be key:value",
    };

    public static RequestParameter PromoteTo { get; } = new("promote_to", "The id of the version that becomes primary if this one is.");

    public static RequestParameter Force { get; } =
        RequestParameter.Flag("force", "Promotes the version of `promote_to` although that is unhealthy; else that is `version_unhealthy`.");

    public static RequestParameter RefuseIfPrimary { get; } =
        RequestParameter.Flag("refuse_if_primary", "Refuses with `is_primary` if the version is primary.");

    public static RequestParameter RefuseIfReferenced { get; } = RequestParameter.Flag(
        "refuse_if_referenced", "Refuses with `version_referenced` if the version is primary or an alias points to it.");

    public static RequestParameter ReleaseAliases { get; } = RequestParameter.Flag(
        "release_aliases", "Deletes although a protected alias points to what is deleted; else that is `alias_protected`.");

    /// <summary>How many items the caller wants.</summary>
    public static int PageSizeOf(HttpRequest request) =>
        PageSize.In(request) is [var text] ? int.Parse(text, CultureInfo.InvariantCulture) : DefaultPageSize;
}
