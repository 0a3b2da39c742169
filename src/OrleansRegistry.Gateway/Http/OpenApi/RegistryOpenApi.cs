using System.Globalization;
using System.Net.Mime;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace OrleansRegistry.Gateway;

/// <summary>The OpenAPI document, from what the routes and their handlers say of themselves.</summary>
internal static class RegistryOpenApi
{
    /// <summary>The name under which the document says how callers show who they are.</summary>
    public const string Security = "api_key";

    private static readonly IReadOnlyList<string> CommonCodes = [ErrorCode.ValidationFailed, ErrorCode.InternalError, ErrorCode.Unavailable];
    private static readonly IReadOnlyList<string> AccessCodes = [ErrorCode.Unauthenticated, ErrorCode.Forbidden, ErrorCode.RateLimited];

    /// <summary>Adds the document <c>v1</c>.</summary>
    public static void AddRegistryOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.CreateSchemaReferenceId = NameOf;
        // What HEAD answers is said of GET.
        options.ShouldInclude = description => description.HttpMethod != HttpMethods.Head;
        options.AddDocumentTransformer(DescribeDocument);
        options.AddDocumentTransformer(EventSchemas.Describe);
        options.AddOperationTransformer(DescribeOperation);
        options.AddSchemaTransformer(DescribeSchema);
    });

    /// <summary>The name of a type's component, or null for a type that has none.</summary>
    private static string? NameOf(JsonTypeInfo type) =>
        type.Type == typeof(RegistryEvent) ? EventSchemas.Event
        : type.Type == typeof(Page<RegistryEvent>) ? EventSchemas.EventPage
        : type.Type == typeof(RuntimeSpec) ? nameof(VersionView.Runtime)
        : OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } id ? id.Replace("View", "", StringComparison.Ordinal)
        : null;

    private static Task DescribeDocument(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "OrleansRegistry",
            Version = "v1",
            Description = "A registry and router for versions of machine-learning models.",
        };
        document.Servers = [new OpenApiServer { Url = "/", Description = "The registry that answers this document." }];
        document.AddComponent(Security, (IOpenApiSecurityScheme)new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "An API key, `ork_…`, or a token of the OpenID Connect issuer that the registry is set to trust.",
        });
        return Task.CompletedTask;
    }

    private static async Task DescribeOperation(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        // Not only what the handler takes: some read their path themselves.
        operation.Parameters =
        [
            .. RoutePatternFactory.Parse(context.Description.RelativePath!).Parameters.Select(name => OfPath(name.Name, metadata)),
            .. (operation.Parameters ?? []).Where(parameter => parameter.In != ParameterLocation.Path),
        ];

        var declared = metadata.OfType<RequestParameters>().LastOrDefault()?.All ?? [];
        if (declared.Count > 0)
        {
            declared.Select(Parameter).ToList().ForEach(operation.Parameters.Add);
        }

        if (metadata.OfType<RequestBodyMetadata>().LastOrDefault() is { } body)
        {
            var schema = body == RequestBodyMetadata.OfBytes ? Bytes() : await Component(context, body.Type, cancellationToken);
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = !body.IsOptional,
                Content = body.ContentTypes.ToDictionary(type => type, _ => new OpenApiMediaType { Schema = schema, Example = Example(body) }),
            };
        }

        operation.Responses ??= [];
        if (metadata.OfType<ProducedBytes>().LastOrDefault() is { } bytes)
        {
            DescribeBytes(operation.Responses, bytes);
        }

        await AddOtherContents(operation.Responses, metadata, context, cancellationToken);
        foreach (var response in operation.Responses.Values)
        {
            if (response.Content?.TryGetValue(MediaTypeNames.Text.Csv, out var csv) is true)
            {
                ((OpenApiMediaType)csv).Schema = new OpenApiSchema { Type = JsonSchemaType.String };
            }
        }

        if (operation.Responses.TryGetValue("200", out var answer) && answer.Content?.TryGetValue(MediaTypeNames.Text.EventStream, out var stream) is true)
        {
            ((OpenApiMediaType)stream).Schema = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = $"Server-sent events: each has its id as `id`, its type as `event`, and as `data` the JSON of a schema `{metadata.OfType<StreamedSchema>().Last().Name}`.",
            };
        }

        AddHeaders(operation.Responses, declared, context.Document!);
        if (metadata.OfType<ForwardedCall>().Any())
        {
            DescribeCall(operation, context.Document!, isCall: context.Description.HttpMethod == HttpMethods.Post);
        }

        var problem = await Component(context, typeof(Problem), cancellationToken);
        var codes = metadata.OfType<ErrorCodes>().LastOrDefault()?.All ?? [];
        if (metadata.OfType<RequiredPermission>().LastOrDefault() is { } needed)
        {
            codes = [.. codes, .. AccessCodes];
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Security, context.Document)] = [] }];
            operation.Description = $"{operation.Description}{(operation.Description is null ? "" : "\n\n")}Needs the role `{EnumNames<Role>.Of(Permissions.MinRole(needed.Permission))}`{Others(needed.Permission)}.";
        }

        foreach (var status in CommonCodes.Concat(codes).Distinct().GroupBy(code => ProblemKind.Of(code).Status).OrderBy(group => group.Key))
        {
            operation.Responses[status.Key.ToString(CultureInfo.InvariantCulture)] =
                ProblemResponse([.. status.Order(StringComparer.Ordinal)], problem, context.Document!);
        }
    }

    /// <summary>
    /// The answer that is a problem with one of a few codes: a component, which all routes with these codes refer to.
    /// </summary>
    private static OpenApiResponseReference ProblemResponse(IReadOnlyList<string> codes, IOpenApiSchema problem, OpenApiDocument document)
    {
        var name = string.Join("Or", codes.Select(PascalCase));
        document.AddComponent(name, new OpenApiResponse
        {
            Description = string.Join(", ", codes.Select(code => $"`{code}`")),
            Content = new Dictionary<string, OpenApiMediaType> { [MediaTypeNames.Application.ProblemJson] = new OpenApiMediaType { Schema = problem } },
            Headers = new Dictionary<string, IOpenApiHeader>
            {
                [CommonHeaders.RequestId] = RequestIdHeader(document),
                [ProblemWriter.Header] = HeaderComponent("RegistryProblem", "The problem's `code`. Answers of a model's server never have it.", document),
            },
        });
        return new OpenApiResponseReference(name, document);
    }

    private static string PascalCase(string code) => string.Concat(code.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    /// <summary>
    /// The answers of a route that answers in one way or another, by what the caller accepts: of a status the document
    /// has only what was said last.
    /// </summary>
    private static async Task AddOtherContents(
        OpenApiResponses responses, IList<object> metadata, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var said in metadata.OfType<IProducesResponseTypeMetadata>())
        {
            if (said.Type is { } type && responses.TryGetValue(said.StatusCode.ToString(CultureInfo.InvariantCulture), out var response)
                && response.Content is { } contents)
            {
                foreach (var contentType in said.ContentTypes.Where(contentType => !contents.ContainsKey(contentType)))
                {
                    // A text is no component: all others would refer to it.
                    contents[contentType] = new OpenApiMediaType
                    {
                        Schema = type == typeof(string)
                            ? new OpenApiSchema { Type = JsonSchemaType.String }
                            : await Component(context, type, cancellationToken),
                    };
                }
            }
        }
    }

    private static string Others(Permission permission) => permission switch
    {
        Permission.Resolve => " or any other",
        Permission.Invoke => ", `deployer` or a higher one",
        Permission.Read => ", `deployer` or a higher one",
        Permission.Operate => "",
        _ => " or a higher one",
    };

    /// <summary>Body and answer are the model's own.</summary>
    private static void DescribeCall(OpenApiOperation operation, OpenApiDocument document, bool isCall)
    {
        var anything = new Dictionary<string, OpenApiMediaType> { ["*/*"] = new OpenApiMediaType() };
        // Most are JSON, which generated clients then send.
        var bodies = new Dictionary<string, OpenApiMediaType> { [MediaTypeNames.Application.Json] = new OpenApiMediaType(), ["*/*"] = new OpenApiMediaType() };
        operation.RequestBody = isCall ? new OpenApiRequestBody { Description = "Any body that the model's server accepts.", Content = bodies } : null;
        operation.Responses!["200"] = new OpenApiResponse
        {
            Description = "The answer of the model's server, with its own status, headers and body.",
            Content = anything,
            Headers = new Dictionary<string, IOpenApiHeader>
            {
                ["Model-Id"] = Header("The model's id."),
                ["Model-Version"] = Header("The number of the version that answered."),
                ["Model-Version-Id"] = Header("Its id."),
                ["Model-Resolved-By"] = Header("The kind of selector: `primary`, `exact`, `range` or `id`."),
                ["Model-Request-Id"] = Header("The `X-Request-Id` of the model's server, if it sent one."),
                [CommonHeaders.RequestId] = RequestIdHeader(document),
            },
        };
    }

    private static void AddHeaders(OpenApiResponses responses, IReadOnlyList<RequestParameter> declared, OpenApiDocument document)
    {
        foreach ((var status, var response) in responses)
        {
            var headers = new Dictionary<string, IOpenApiHeader>();
            headers[CommonHeaders.RequestId] = RequestIdHeader(document);
            if (declared.Any(parameter => parameter == CommonParameters.IfMatch || parameter == CommonParameters.IfNoneMatch || parameter == CommonParameters.IdempotencyKey))
            {
                headers["ETag"] = Header("The entity tag of the answered resource.");
            }

            if (declared.Contains(CommonParameters.DryRun) && status == "200")
            {
                headers["Dry-Run"] = Header("`true` when the command was a dry run.");
            }

            if (status == "201")
            {
                headers["Location"] = Header("The path of the new resource.");
            }

            if (declared.Contains(CommonParameters.IdempotencyKey))
            {
                headers["Idempotency-Replayed"] = Header("`true` when an earlier request with the same key made the version.");
            }

            ((OpenApiResponse)response).Headers = headers;
        }

        if (declared.Contains(CommonParameters.IfNoneMatch))
        {
            responses["304"] = new OpenApiResponse
            {
                Description = "The resource has one of the entity tags of `If-None-Match`.",
                Headers = new Dictionary<string, IOpenApiHeader> { [CommonHeaders.RequestId] = RequestIdHeader(document) },
            };
        }
    }

    private static List<JsonNode> Texts(IEnumerable<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];

    private static void DescribeBytes(OpenApiResponses responses, ProducedBytes bytes)
    {
        foreach (var (status, description) in bytes.Descriptions)
        {
            responses[status.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = description,
                Content = new Dictionary<string, OpenApiMediaType> { [MediaTypeNames.Application.Octet] = new() { Schema = Bytes() } },
            };
        }
    }

    private static OpenApiSchema Bytes() => new() { Type = JsonSchemaType.String, Format = "binary" };

    private static JsonNode? Example(RequestBodyMetadata body) => body.Example is { } example ? JsonNode.Parse(example) : null;

    private static OpenApiHeader Header(string description) =>
        new() { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static OpenApiHeaderReference RequestIdHeader(OpenApiDocument document) =>
        HeaderComponent("RequestId", "The id of the request in logs and traces. A caller's own is not taken over.", document);

    /// <summary>A header of many answers: a component, which they refer to.</summary>
    private static OpenApiHeaderReference HeaderComponent(string name, string description, OpenApiDocument document)
    {
        document.AddComponent(name, (IOpenApiHeader)Header(description));
        return new OpenApiHeaderReference(name, document);
    }

    private static OpenApiParameter OfPath(string name, IList<object> metadata) => new()
    {
        Name = name,
        In = ParameterLocation.Path,
        Required = true,
        Description = metadata.OfType<PathParameter>().LastOrDefault(parameter => parameter.Name == name)?.Description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };

    private static OpenApiParameter Parameter(RequestParameter parameter)
    {
        var schema = new OpenApiSchema
        {
            Type = parameter.Type switch { "boolean" => JsonSchemaType.Boolean, "integer" => JsonSchemaType.Integer, _ => JsonSchemaType.String },
            Enum = parameter.Values is { } values ? Texts(values) : null,
        };
        return new OpenApiParameter
        {
            Name = parameter.Name,
            In = parameter.IsHeader ? ParameterLocation.Header : ParameterLocation.Query,
            Description = parameter.Description,
            Explode = parameter.MaxTimes > 1,
            Schema = parameter is { MaxTimes: > 1, IsHeader: false }
                ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = schema, MaxItems = parameter.MaxTimes, UniqueItems = true }
                : schema,
        };
    }

    private static Task DescribeSchema(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        var value = Nullable.GetUnderlyingType(type) ?? type;
        if (JsonSettings.Options.GetConverter(value) is INamedValues named)
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = Texts(named.Names);
        }
        else if (context.JsonTypeInfo.ElementType is { } element && JsonSettings.Options.GetConverter(element) is INamedValues items)
        {
            schema.Items = new OpenApiSchema { Type = JsonSchemaType.String, Enum = Texts(items.Names) };
        }
        else if (value == typeof(DateTimeOffset))
        {
            schema.Type = JsonSchemaType.String | (value == type ? 0 : JsonSchemaType.Null);
            schema.Format = "date-time";
        }
        else if (context.JsonPropertyInfo?.CustomConverter is LimitConverter)
        {
            schema.Type = JsonSchemaType.Array | JsonSchemaType.Null;
            schema.Items = new OpenApiSchema { Type = JsonSchemaType.String };
        }
        else if (type == typeof(JsonElement))
        {
            schema.Type = JsonSchemaType.Object;
        }
        else if (context.JsonPropertyInfo is null && context.JsonTypeInfo.Kind == JsonTypeInfoKind.Object)
        {
            DescribeObject(schema, context.JsonTypeInfo);
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// Answers have every field, and may get more. Where a field's values may be null, as in a merge patch, the schema
    /// says so.
    /// </summary>
    private static void DescribeObject(OpenApiSchema schema, JsonTypeInfo type)
    {
        foreach (var property in type.Properties.Where(property => property.AttributeProvider is PropertyInfo info
            && new NullabilityInfoContext().Create(info) is { GenericTypeArguments: [_, { ReadState: NullabilityState.Nullable }] }))
        {
            ((OpenApiSchema)((OpenApiSchema)schema.Properties![property.Name]).AdditionalProperties!).Type = JsonSchemaType.String | JsonSchemaType.Null;
        }

        if (schema.Properties is { } properties && !IsRequest(type.Type))
        {
            if (type.Type == typeof(Problem))
            {
                ((OpenApiSchema)properties["code"]).Enum = Texts(ProblemKind.All.Keys.Order(StringComparer.Ordinal));
            }
            else
            {
                schema.Required = EventSchemas.IsData(type.Type) ? null : properties.Keys.ToHashSet();
            }

            schema.AdditionalPropertiesAllowed = true;
        }
    }

    /// <summary>Whether callers send it: then only some fields are required, and no others are taken.</summary>
    private static bool IsRequest(Type type) =>
        type.Name.EndsWith("Request", StringComparison.Ordinal) || type == typeof(Deployment) || type == typeof(ServingSpec) || type == typeof(ServingServer) || type == typeof(RuntimeSpec) || type == typeof(Artifact)
        || type == typeof(ArtifactRequirements) || type == typeof(ArtifactFile);

    private static async Task<IOpenApiSchema> Component(OpenApiOperationTransformerContext context, Type type, CancellationToken cancellationToken)
    {
        var schema = await context.GetOrCreateSchemaAsync(type, null, cancellationToken);
        var name = NameOf(JsonSettings.Options.GetTypeInfo(type)) ?? type.Name;
        context.Document!.AddComponent(name, schema);
        return new OpenApiSchemaReference(name, context.Document);
    }
}
