using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansRegistry.Gateway;

/// <summary>The JSON of every request and answer.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ModelView))]
[JsonSerializable(typeof(VersionView))]
[JsonSerializable(typeof(CommandAnswer))]
[JsonSerializable(typeof(ResolveAnswer))]
[JsonSerializable(typeof(DeletedModel))]
[JsonSerializable(typeof(Page<ModelView>))]
[JsonSerializable(typeof(Page<VersionView>))]
[JsonSerializable(typeof(Page<RegistryEvent>))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(DeployRequest))]
[JsonSerializable(typeof(PublishRequest))]
[JsonSerializable(typeof(PromoteRequest))]
[JsonSerializable(typeof(ActivateRequest))]
[JsonSerializable(typeof(DeactivateRequest))]
[JsonSerializable(typeof(RollbackRequest))]
[JsonSerializable(typeof(PatchModelRequest))]
[JsonSerializable(typeof(PatchVersionRequest))]
internal sealed partial class GatewayJson : JsonSerializerContext
{
    /// <summary>The deepest nesting that is read.</summary>
    public const int MaxDepth = 32;

    /// <summary>The settings, ready for use.</summary>
    public static JsonSerializerOptions Settings { get; } = Make();

    /// <summary>Applies the settings.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        options.TypeInfoResolverChain.Clear();
        options.TypeInfoResolverChain.Add(Default);
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
        options.Converters.Add(new EnumConverter<PrimaryPolicy>());
        options.Converters.Add(new EnumConverter<PrimaryReason>());
        options.Converters.Add(new EnumConverter<ResolvedBy>());
        options.Converters.Add(new EnumConverter<VersionBump>(["MAJOR", "MINOR", "PATCH"], StringComparison.OrdinalIgnoreCase));
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions();
        Apply(options);
        options.MakeReadOnly();
        return options;
    }
}
