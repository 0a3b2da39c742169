using System.Text.Json.Serialization;

namespace OrleansRegistry.Gateway;

/// <summary>What is known of the types of requests and answers.</summary>
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
[JsonSerializable(typeof(VersionUsage))]
[JsonSerializable(typeof(UsageAnswer))]
[JsonSerializable(typeof(StatementView))]
[JsonSerializable(typeof(Page<StatementSummary>))]
[JsonSerializable(typeof(RatesView))]
[JsonSerializable(typeof(PutRatesRequest))]
internal sealed partial class GatewayJson : JsonSerializerContext;
