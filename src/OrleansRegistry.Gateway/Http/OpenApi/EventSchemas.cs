using System.Collections.Frozen;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using OrleansRegistry.Access;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Billing;
using OrleansRegistry.Events;
using OrleansRegistry.Models;
using OrleansRegistry.Versions;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.Gateway;

/// <summary>What the data of events are, in the OpenAPI document: an object for each type of event.</summary>
internal static class EventSchemas
{
    /// <summary>The component of an event.</summary>
    public const string Event = "Event";

    /// <summary>The component of a page of them.</summary>
    public const string EventPage = "EventPage";

    /// <summary>The object that is the data of a type of event, or null where it is empty.</summary>
    public static FrozenDictionary<string, Type?> Data { get; } = new Dictionary<string, Type?>
    {
        [EventType.ModelCreated] = typeof(NameData),
        [EventType.ModelUpdated] = typeof(FieldsData),
        [EventType.ModelDeleted] = null,
        [EventType.VersionDeployed] = typeof(DeployedData),
        [EventType.VersionPublished] = null,
        [EventType.VersionReady] = null,
        [EventType.VersionFailed] = typeof(FailedData),
        [EventType.VersionCrashed] = typeof(CrashedData),
        [EventType.VersionDeactivated] = null,
        [EventType.VersionActivated] = typeof(ActivatedData),
        [EventType.VersionUpdated] = typeof(FieldsData),
        [EventType.VersionServersChanged] = typeof(ServersData),
        [EventType.VersionUnhealthy] = typeof(UnhealthyData),
        [EventType.VersionHealthy] = typeof(HealthyData),
        [EventType.VersionDeleted] = null,
        [EventType.PrimaryChanged] = typeof(PrimaryChangedData),
        [EventType.AliasChanged] = typeof(AliasChangedData),
        [EventType.UsageRecorded] = typeof(UsageInterval),
        [EventType.WorkspaceCreated] = typeof(NameData),
        [EventType.ApiKeyCreated] = typeof(ApiKeyData),
        [EventType.ApiKeyRotated] = typeof(ApiKeyRotatedData),
        [EventType.ApiKeyRevoked] = typeof(PrefixData),
        [EventType.RatesUpdated] = typeof(RatesData),
        [EventType.MonthClosed] = typeof(MonthData),
        [EventType.WebhookCreated] = typeof(WebhookData),
        [EventType.WebhookUpdated] = typeof(WebhookFieldsData),
        [EventType.WebhookDeleted] = typeof(IdData),
        [EventType.ArtifactCreated] = typeof(ArtifactCreatedData),
        [EventType.ArtifactRemoved] = typeof(DigestData),
        [EventType.ClockAccepted] = typeof(ClockData),
    }.ToFrozenDictionary();

    /// <summary>Whether a type is that of some event's data. Events are kept, and those of an earlier release may lack a member.</summary>
    public static bool IsData(Type type) => Data.Values.Contains(type);

    /// <summary>Says of the event, in the document, which data each type has.</summary>
    public static async Task Describe(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        var happened = await context.GetOrCreateSchemaAsync(typeof(RegistryEvent), null, cancellationToken);
        happened.OneOf = [];
        foreach (var type in EventType.All)
        {
            happened.OneOf.Add(new OpenApiSchema
            {
                Title = type,
                Required = new HashSet<string> { "type", "data" },
                Properties = new Dictionary<string, IOpenApiSchema>
                {
                    ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Const = type },
                    ["data"] = Data[type] is { } data ? await Component(data) : new OpenApiSchema { Type = JsonSchemaType.Object },
                },
            });
        }

        document.AddComponent(Event, happened);
        var page = (OpenApiSchema)document.Components!.Schemas![EventPage];
        ((OpenApiSchema)page.Properties!["items"]).Items = new OpenApiSchemaReference(Event, document);

        async Task<IOpenApiSchema> Component(Type data)
        {
            var schema = await context.GetOrCreateSchemaAsync(data, null, cancellationToken);
            foreach (var property in JsonSettings.Options.GetTypeInfo(data).Properties)
            {
                Refer(schema, property, document);
            }

            document.AddComponent(data.Name, schema);
            return new OpenApiSchemaReference(data.Name, document);
        }
    }

    /// <summary>Has a member refer to the component of its type, or of its items, where there is one.</summary>
    private static void Refer(OpenApiSchema schema, JsonPropertyInfo property, OpenApiDocument document)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (document.Components!.Schemas!.ContainsKey(type.Name))
        {
            var reference = new OpenApiSchemaReference(type.Name, document);
            schema.Properties![property.Name] = type == property.PropertyType
                ? reference
                : new OpenApiSchema { OneOf = [new OpenApiSchema { Type = JsonSchemaType.Null }, reference] };
        }
        else if (JsonSettings.Options.GetTypeInfo(type).ElementType is { } element && document.Components.Schemas.ContainsKey(element.Name))
        {
            ((OpenApiSchema)schema.Properties![property.Name]).Items = new OpenApiSchemaReference(element.Name, document);
        }
    }
}
