using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace OrleansRegistry.Gateway;

/// <summary>A command whose body is a JSON object.</summary>
internal interface IRequestBody
{
    /// <summary>Why, in the caller's own words, or null.</summary>
    string? Comment { get; }

    /// <summary>Whether the body may be left out.</summary>
    static virtual bool IsOptional => false;

    /// <summary>Whether it is a JSON merge patch (RFC 7396).</summary>
    static virtual bool IsMergePatch => false;

    /// <summary>What it may look like, for the OpenAPI document; null where there is nothing to show. The tests send it.</summary>
    static virtual string? Example => null;

    /// <summary>The type whose fields the body has, where it isn't the request's own.</summary>
    static virtual Type? Schema => null;

    /// <summary>The object that takes the fields of the body.</summary>
    object Target => this;

    /// <summary>What is wrong with the fields, beyond their types.</summary>
    IEnumerable<FieldError> Validate(RequestFields fields) => [];
}

/// <summary>What the bodies of all commands have.</summary>
internal abstract class CommandRequest
{
    /// <summary>
    /// Why, in your own words: 1 to 500 characters, without control characters other than line feeds. The events of the
    /// command keep it.
    /// </summary>
    public string? Comment { get; set; }
}

/// <summary>A parameter of a handler that may turn out to be wrong. The handler runs only when none is.</summary>
internal interface IRequestPart
{
    /// <summary>Why the request is refused, or null.</summary>
    RegistryError? Refusal { get; }
}

/// <summary>What the OpenAPI document says of a body.</summary>
/// <param name="Type">The type of the object.</param>
/// <param name="IsOptional">Whether it may be left out.</param>
/// <param name="ContentTypes">The content types.</param>
/// <param name="Example">What it may look like, or null.</param>
internal sealed record RequestBodyMetadata(Type Type, bool IsOptional, IReadOnlyList<string> ContentTypes, string? Example)
{
    /// <summary>Bytes as they are.</summary>
    public static RequestBodyMetadata OfBytes { get; } = new(typeof(Stream), IsOptional: true, [MediaTypeNames.Application.Octet], Example: null);
}

/// <summary>A body, read and checked field by field.</summary>
/// <typeparam name="T">The request it holds.</typeparam>
internal sealed class RequestBody<T> : IBindableFromHttpContext<RequestBody<T>>, IEndpointParameterMetadataProvider, IRequestPart
    where T : class, IRequestBody, new()
{
    private const string WholeBody = "body";

    private static readonly IReadOnlyList<string> ContentTypes =
        T.IsMergePatch ? ["application/merge-patch+json", MediaTypeNames.Application.Json] : [MediaTypeNames.Application.Json];

    private RegistryError? _refusal;

    private RequestBody(HttpContext context) => Fields = new RequestFields(new HashSet<string>(), context);

    /// <summary>The request; its defaults where the body says nothing.</summary>
    public T Value { get; } = new();

    RegistryError? IRequestPart.Refusal => _refusal;

    /// <summary>What the fields were checked with, and which the body has.</summary>
    internal RequestFields Fields { get; private set; }

    /// <summary>Reads the body of a request.</summary>
    [SuppressMessage("Design", "CA1000", Justification = "Minimal APIs call it.")]
    public static async ValueTask<RequestBody<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var body = new RequestBody<T>(context);
        body._refusal = await body.Read(context.Request);
        return body;
    }

    /// <summary>Adds what the OpenAPI document says of the body.</summary>
    [SuppressMessage("Design", "CA1000", Justification = "Minimal APIs call it.")]
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new RequestBodyMetadata(T.Schema ?? typeof(T), T.IsOptional, ContentTypes, T.Example));

    private async Task<RegistryError?> Read(HttpRequest request)
    {
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, request.HttpContext.RequestAborted);
        if (buffer.Length == 0)
        {
            return T.IsOptional ? null : RegistryError.Invalid(WholeBody, "is required");
        }

        if (ContentCoding.Refusal(request) is { } encoded)
        {
            return encoded;
        }

        if (!IsJson(request.ContentType))
        {
            return new RegistryError(ErrorCode.UnsupportedMediaType, $"Content-Type must be {string.Join(" or ", ContentTypes)}, in UTF-8.");
        }

        buffer.Position = 0;
        try
        {
            using var document = await JsonDocument.ParseAsync(buffer, new JsonDocumentOptions { MaxDepth = JsonSettings.MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object ? Fill(document.RootElement, request.HttpContext) : RegistryError.Invalid(WholeBody, "must be a JSON object");
        }
        catch (JsonException e)
        {
            return RegistryError.Invalid(
                WholeBody, $"must be JSON, at most {JsonSettings.MaxDepth} levels deep; the error is at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
    }

    private RegistryError? Fill(JsonElement source, HttpContext context)
    {
        List<FieldError> problems = [];
        var binder = new FieldBinder(problems, T.IsMergePatch);
        Fields = new RequestFields(binder.Fill(Value.Target, source, ""), context);
        // What could not be read, as a whole or in a part, holds a default, of which nothing is to be said.
        var unread = problems.Select(problem => problem.Field).ToList();
        problems.AddRange(Found().Where(problem => !unread.Any(field => IsIn(problem.Field, field) || IsIn(field, problem.Field))));
        return problems.Count == 0 ? null : RegistryError.Invalid([.. problems.OrderBy(problem => binder.PlaceOf(problem.Field))]);
    }

    private IEnumerable<FieldError> Found() => CommandComment.Problem(Value.Comment) is { } problem
        ? [.. Value.Validate(Fields), new FieldError(CommandComment.Field, problem)]
        : Value.Validate(Fields);

    private static bool IsIn(string whole, string field) =>
        field.StartsWith(whole, StringComparison.Ordinal) && (field.Length == whole.Length || field[whole.Length] is '.' or '[');

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && ContentTypes.Contains(type.MediaType, StringComparer.OrdinalIgnoreCase)
        && (type.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
