using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansRegistry.SampleModelServer.Http;

/// <summary>How JSON is read and written: names in snake case, nothing said twice, and what is null left out.</summary>
internal static class SampleJson
{
    private static readonly JsonSerializerOptions Options = Configured();

    /// <summary>Sets the options that requests and answers share.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.AllowDuplicateProperties = false;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
    }

    /// <summary>Reads a request's body, whatever content type it claims: <c>curl -d</c> sends JSON as a form.</summary>
    /// <exception cref="BadHttpRequestException">It is not JSON, not of that form, or too long.</exception>
    public static async Task<T> Read<T>(HttpRequest request)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, Options, request.HttpContext.RequestAborted)
                ?? throw new BadHttpRequestException("The body is null; it must be a JSON object.");
        }
        catch (JsonException e)
        {
            throw Unreadable(e, "$");
        }
    }

    /// <summary>Reads a value within a body.</summary>
    /// <param name="element">The value.</param>
    /// <param name="path">Where it stands, for the message.</param>
    /// <exception cref="BadHttpRequestException">It is not of that form.</exception>
    public static T? Read<T>(JsonElement element, string path)
    {
        try
        {
            return element.Deserialize<T>(Options);
        }
        catch (JsonException e)
        {
            throw Unreadable(e, path);
        }
    }

    private static BadHttpRequestException Unreadable(JsonException e, string path) =>
        new($"The body can't be read at {path}{e.Path?[1..]}: it is not JSON, or not what belongs there.", e);

    private static JsonSerializerOptions Configured()
    {
        var options = new JsonSerializerOptions();
        Configure(options);
        return options;
    }
}
