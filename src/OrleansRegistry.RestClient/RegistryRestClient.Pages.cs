using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansRegistry.RestClient;

/// <content>Lists, page by page (rule C4).</content>
public sealed partial class RegistryRestClient
{
    private const int PageSize = 200;

    /// <summary>Rule C4: the next page is asked for when it is needed.</summary>
    private async IAsyncEnumerable<T> List<T>(
        RegistryRequest request, Func<JsonElement, T> make,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in Pages(request, "items", cancellationToken))
        {
            foreach (var item in page.Raw.GetProperty("items").EnumerateArray())
            {
                yield return make(item);
            }
        }
    }

    /// <summary>An answer that comes in pages, as one with the items of all of them.</summary>
    private async Task<T> Whole<T>(
        RegistryRequest request,
        string member,
        Func<JsonElement, T> make,
        CancellationToken cancellationToken)
    {
        JsonObject? whole = null;
        await foreach (var page in Pages(request, member, cancellationToken))
        {
            var next = JsonObject.Create(page.Raw)!;
            if (whole is not null)
            {
                foreach (var item in next[member]!.AsArray())
                {
                    whole[member]!.AsArray().Add(item?.DeepClone());
                }
            }

            whole ??= next;
        }

        whole!["next_page_token"] = null;
        return make(Json(whole.ToJsonString()));
    }

    private async IAsyncEnumerable<Page> Pages(
        RegistryRequest request, string member, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            var page = await Send(request.OfPage(PageSize, token), static raw => new Page(raw), cancellationToken);
            if (!page.Raw.TryGetProperty(member, out var items) || items.ValueKind != JsonValueKind.Array)
            {
                throw new InvalidAnswerException("The answer is no list. Is the URL the registry's?");
            }

            yield return page;
            token = page.NextPageToken;
        }
        while (token is not null);
    }

    private sealed class Page(JsonElement raw) : Document(raw)
    {
        public string? NextPageToken => OptionalText("next_page_token");
    }
}
