using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.WebConsole;

/// <summary>Pages of lists: the address of each names its token.</summary>
internal static class PagingExtensions
{
    private const string Token = "page_token";

    /// <summary>A query of the HTTP interface with the token that the page's address names.</summary>
    /// <param name="page">The page's request.</param>
    /// <param name="query">The rest of the query.</param>
    /// <param name="name">The parameter of the page's address, where it has several lists.</param>
    public static QueryString Paging(this HttpContext page, QueryString query = default, string name = Token) =>
        page.Request.Query[name].ToString() is { Length: > 0 } token ? query.Add(Token, token) : query;

    /// <summary>The address of the next page with the page's other parameters, or null for none.</summary>
    public static string? NextPage(this HttpContext page, string? token, string name = Token) =>
        token is null ? null : page.Request.Path + Others(page, name).Add(name, token);

    /// <summary>The address of the first page with the page's other parameters, or null where this is it.</summary>
    public static string? FirstPage(this HttpContext page, string name = Token) =>
        page.Request.Query.ContainsKey(name) ? page.Request.Path + Others(page, name) : null;

    private static QueryString Others(HttpContext page, string name) => QueryString.Create(page.Request.Query
        .Where(parameter => parameter.Key != name && !string.IsNullOrEmpty(parameter.Value)));
}
