using System.Buffers;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Puts the registry's view into the metadata that a model's server answers (Open Inference Protocol): the registry's name of the model,
/// and the versions that can be called, the latest deployment first.
/// </summary>
public sealed class ModelMetadata(IRegistryCatalog catalog, InvocationOptions options)
{
    private const int MostVersions = 10_000;

    /// <summary>Rewrites an answer. False, with nothing read or written, when it is no JSON document that says it succeeded.</summary>
    internal async Task<bool> Rewrite(
        HttpContext context, HttpResponseMessage answer, RequestCaller caller, ResolvedVersion version, CancellationToken cancellationToken)
    {
        if (!answer.IsSuccessStatusCode || answer.Content.Headers.ContentType?.MediaType != MediaTypeNames.Application.Json
            || answer.Content.Headers.ContentEncoding.Count > 0)
        {
            return false;
        }

        var body = await ReadBody(answer.Content, cancellationToken);
        var written = Merge(body, version.ModelName, await Versions(caller.Workspace, version, cancellationToken)) ?? body;
        context.Response.ContentLength = written.Length;
        await context.Response.Body.WriteAsync(written, cancellationToken);
        return true;
    }

    /// <summary>The document with name and versions; null when it is none.</summary>
    internal static byte[]? Merge(byte[] body, string name, IEnumerable<string> versions)
    {
        try
        {
            if (JsonNode.Parse(body) is not JsonObject metadata)
            {
                return null;
            }

            metadata["name"] = name;
            metadata["versions"] = new JsonArray([.. versions.Select(version => JsonValue.Create(version))]);
            return Encoding.UTF8.GetBytes(metadata.ToJsonString());
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            // Not JSON, or a member stands twice.
            return null;
        }
    }

    private async Task<IEnumerable<string>> Versions(string workspace, ResolvedVersion version, CancellationToken cancellationToken)
    {
        List<VersionView> active = [];
        foreach (var state in (VersionState[])[VersionState.Draft, VersionState.Published])
        {
            active.AddRange(await catalog.ListVersions(
                workspace, version.VersionId[..ModelId.Length], new VersionFilter { State = state }, MostVersions, cancellationToken));
        }

        return active.Where(found => found.Serving is null or { Status: ServingStatus.Ready })
            .OrderByDescending(found => VersionId.TryParse(found.Id, out var id) ? id.Ordinal : 0)
            .Select(found => found.Version);
    }

    private async Task<byte[]> ReadBody(HttpContent content, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>();
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        while (await stream.ReadAsync(body.GetMemory(4096), cancellationToken) is > 0 and var count)
        {
            body.Advance(count);
            if (body.WrittenCount > options.MaxBufferedBytes)
            {
                throw new HttpRequestException("The metadata is longer than the registry reads.");
            }
        }

        return body.WrittenSpan.ToArray();
    }
}
