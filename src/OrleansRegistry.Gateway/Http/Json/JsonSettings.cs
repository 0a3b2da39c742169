using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Gateway;

/// <summary>The JSON of every request and answer: snake_case, strict in what is read.</summary>
internal static class JsonSettings
{
    /// <summary>The deepest nesting that is read.</summary>
    public const int MaxDepth = 32;

    /// <summary>The settings, ready for use.</summary>
    public static JsonSerializerOptions Options { get; } = Make();

    /// <summary>What is known of a type that is written.</summary>
    public static JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    /// <summary>Applies the settings.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        // Answers are no HTML, and say so: what is copied from one is what was meant.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.TypeInfoResolverChain.Clear();
        options.TypeInfoResolverChain.Add(new DefaultJsonTypeInfoResolver { Modifiers = { LimitConverter.ShowLimits, ShowNoEmptyUri } });
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.RespectNullableAnnotations = true;
        options.AllowDuplicateProperties = false;
        options.AllowTrailingCommas = false;
        options.ReadCommentHandling = JsonCommentHandling.Disallow;
        options.MaxDepth = MaxDepth;
        options.Converters.Add(new InstantConverter());
        options.Converters.Add(new EnumConverter<VersionState>());
        options.Converters.Add(new EnumConverter<Stage>());
        options.Converters.Add(new EnumConverter<ServingStatus>());
        options.Converters.Add(new EnumConverter<ServerStatus>());
        options.Converters.Add(new EnumConverter<VersionHealth>());
        options.Converters.Add(new EnumConverter<UnhealthyBecause>());
        options.Converters.Add(new EnumConverter<PrimaryPolicy>());
        options.Converters.Add(new EnumConverter<PrimaryReason>());
        options.Converters.Add(new EnumConverter<OnUnhealthy>());
        options.Converters.Add(new EnumConverter<AliasReason>());
        options.Converters.Add(new EnumConverter<WebhookState>());
        options.Converters.Add(new EnumConverter<Role>());
        options.Converters.Add(new EnumConverter<Permission>());
        options.Converters.Add(new EnumConverter<ResolvedBy>());
        options.Converters.Add(new EnumConverter<NotTakenBecause>());
        options.Converters.Add(new EnumConverter<ArtifactFormat>(["onnx", "python", "python-pickle"], StringComparison.Ordinal));
        options.Converters.Add(new EnumConverter<VersionBump>(["MAJOR", "MINOR", "PATCH"], StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>An artifact with a digest has no address: callers see null, and leave it out, where older builds need a text.</summary>
    private static void ShowNoEmptyUri(JsonTypeInfo type)
    {
        if (type.Type == typeof(Artifact) && type.Properties.FirstOrDefault(property => property.Name == "uri") is { Get: { } get } uri)
        {
            uri.Get = artifact => get(artifact) is string { Length: > 0 } text ? text : null;
            uri.IsGetNullable = true;
            uri.IsRequired = false;
        }
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions();
        Apply(options);
        options.MakeReadOnly();
        return options;
    }
}
