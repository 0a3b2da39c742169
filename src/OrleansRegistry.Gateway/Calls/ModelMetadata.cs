using System.Buffers;
using System.Net.Mime;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Puts the registry's view into the metadata that a model's server answers (Open Inference Protocol): the registry's
/// name of the model, and the versions that can be called, the latest deployment first.
/// </summary>
internal sealed class ModelMetadata(IRegistryCatalog catalog, CallOptions options)
{
    private const int MaxVersions = 10_000;
    private const string Name = "name";
    private const string Versions = "versions";

    /// <summary>
    /// Rewrites an answer. False, with nothing read or written, when it is no JSON document that says it succeeded.
    /// </summary>
    internal async Task<bool> Rewrite(
        HttpContext context, HttpResponseMessage answer, RequestCaller caller, ResolvedVersion version, CancellationToken cancellationToken)
    {
        if (!answer.IsSuccessStatusCode || answer.Content.Headers.ContentType?.MediaType != MediaTypeNames.Application.Json
            || answer.Content.Headers.ContentEncoding.Count > 0)
        {
            return false;
        }

        var body = await ReadBody(answer.Content, cancellationToken);
        var written = Merge(body, version.ModelName, await CallableVersions(caller.Workspace, version, cancellationToken)) ?? body;
        context.Response.ContentLength = written.Length;
        await context.Response.Body.WriteAsync(written, cancellationToken);
        return true;
    }

    /// <summary>
    /// The document with name and versions, and without members whose name is no text; null when it is no document.
    /// </summary>
    internal static byte[]? Merge(byte[] body, string name, IEnumerable<string> versions)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object ? Merge(document.RootElement, name, versions) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[]? Merge(JsonElement metadata, string name, IEnumerable<string> versions)
    {
        HashSet<string> members = new(StringComparer.Ordinal);
        var merged = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(merged, new JsonWriterOptions { Encoder = JsonSettings.Options.Encoder }))
        {
            writer.WriteStartObject();
            writer.WriteString(Name, name);
            writer.WriteStartArray(Versions);
            foreach (var version in versions)
            {
                writer.WriteStringValue(version);
            }

            writer.WriteEndArray();
            foreach (var member in metadata.EnumerateObject())
            {
                if (FieldBinder.NameOf(member) is not { } own)
                {
                    continue;
                }

                if (!members.Add(own))
                {
                    return null;
                }

                if (own is not (Name or Versions))
                {
                    writer.WritePropertyName(own);
                    // As it was written, which may be no text either.
                    writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(member.Value), skipInputValidation: true);
                }
            }

            writer.WriteEndObject();
        }

        return merged.WrittenSpan.ToArray();
    }

    private async Task<IEnumerable<string>> CallableVersions(string workspace, ResolvedVersion version, CancellationToken cancellationToken)
    {
        List<VersionView> active = [];
        foreach (var state in (VersionState[])[VersionState.Draft, VersionState.Published])
        {
            active.AddRange(await catalog.ListVersions(
                workspace, version.VersionId[..ModelId.Length], new VersionFilter { State = state }, MaxVersions, cancellationToken));
        }

        return active.Where(found => found.Serving is null || found.Serving.Status.IsUp())
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
