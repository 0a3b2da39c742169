using System.Net.Mime;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Models;

namespace OrleansRegistry.Gateway;

/// <summary>A model as OpenAI's clients read it.</summary>
/// <param name="Id">What calls name it by: its name, or its name and a version's number.</param>
/// <param name="Created">The instant of its first deployment, in seconds since 1970.</param>
/// <param name="OwnedBy">The workspace.</param>
/// <param name="Object">Always <c>model</c>.</param>
internal sealed record OpenaiModel(string Id, long Created, string OwnedBy, string Object = "model");

/// <summary>The models as OpenAI's clients read them.</summary>
/// <param name="Data">The models.</param>
/// <param name="Object">Always <c>list</c>.</param>
internal sealed record OpenaiModelList(IReadOnlyList<OpenaiModel> Data, string Object = "list");

/// <summary>Which models there are, for OpenAI's clients.</summary>
internal static class OpenaiModels
{
    private const int PageSize = 200;

    /// <summary>Maps the routes.</summary>
    public static void MapOpenaiModels(this IEndpointRouteBuilder face)
    {
        face.MapGet("/models", List)
            .WithName("openai_list_models")
            .Produces<OpenaiModelList>(StatusCodes.Status200OK, MediaTypeNames.Application.Json)
            .RequirePermission(Permission.Resolve)
            .WithMetadata(ErrorDialect.OpenAi)
            .AcceptsParameters()
            .Lasts(_ => true);
        face.MapGet("/models/{model}", Get)
            .WithName("openai_get_model")
            .DescribePath(new PathParameter("model", "The model's id or name, URL-encoded, and perhaps a version, as `name@1.2.0`, `name@^1.2` or `name@staging`."))
            .RequirePermission(Permission.Resolve)
            .WithMetadata(ErrorDialect.OpenAi)
            .AcceptsParameters()
            .ProducesErrors(Routes.SelectionErrors);
    }

    /// <summary>Lists all models that can be called by their name, in the order of the names.</summary>
    /// <remarks>OpenAI's clients know no pages: the list is sent as it is read.</remarks>
    public static async Task List(HttpContext context, RequestCaller caller, IRegistryCatalog catalog)
    {
        var cancellationToken = context.RequestAborted;
        var models = await First(caller, catalog, cancellationToken);
        var response = context.Response;
        response.ContentType = "application/json; charset=utf-8";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        await using var writer = new Utf8JsonWriter(response.BodyWriter, new JsonWriterOptions { Encoder = JsonSettings.Options.Encoder });
        writer.WriteStartObject();
        writer.WriteString("object", "list");
        writer.WriteStartArray("data");
        while (true)
        {
            foreach (var model in models.Where(model => model.Primary is { IsRoutable: true }))
            {
                JsonSerializer.Serialize(writer, Of(model.Name, model, caller), JsonSettings.TypeOf<OpenaiModel>());
            }

            if (!caller.ModelIds.IsDefaultOrEmpty || models.Count < PageSize)
            {
                break;
            }

            await writer.FlushAsync(cancellationToken);
            await response.BodyWriter.FlushAsync(cancellationToken);
            var last = models[^1];
            models = await catalog.ListModels(
                caller.Workspace, new ModelFilter { After = new ModelCursor(last.Name, last.CreatedAt, last.Id) }, PageSize, cancellationToken);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        await writer.FlushAsync(cancellationToken);
    }

    /// <summary>Says whether a model can be called, as its name or its name and a version say.</summary>
    public static async Task<Answer<OpenaiModel>> Get(
        string model, RequestCaller caller, OpenaiCalls calls, VersionResolver versions, ModelDirectory directory, CancellationToken cancellationToken)
    {
        var at = await calls.FindSeparator(model, caller, cancellationToken);
        var name = at < 0 ? model : model[..at];
        var selector = at < 0 ? null : VersionSelector.Behind(model[(at + 1)..]);
        var outcome = await versions.Resolve(caller.Workspace, name, selector, caller.ModelIds, cancellationToken);
        if (!outcome.TryGet(out var version, out var error))
        {
            return error;
        }

        return await directory.Read(caller.Workspace, version.VersionId[..ModelId.Length], cancellationToken) is { } found
            ? Of(at < 0 ? version.ModelName : $"{version.ModelName}@{version.Alias ?? version.Version}", found.Model, caller)
            : ModelDirectory.NotFound(name);
    }

    private static async Task<IReadOnlyList<ModelView>> First(RequestCaller caller, IRegistryCatalog catalog, CancellationToken cancellationToken)
    {
        if (caller.ModelIds.IsDefaultOrEmpty)
        {
            return await catalog.ListModels(caller.Workspace, new ModelFilter(), PageSize, cancellationToken);
        }

        List<ModelView> models = [];
        foreach (var id in caller.ModelIds)
        {
            if (await catalog.FindModel(caller.Workspace, id, cancellationToken) is { DeletedAt: null, Model: var model })
            {
                models.Add(model);
            }
        }

        return [.. models.OrderBy(model => model.Name, StringComparer.Ordinal)];
    }

    private static OpenaiModel Of(string id, ModelView model, RequestCaller caller) => new(id, model.CreatedAt.ToUnixTimeSeconds(), caller.Workspace);
}
