using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole.Pages;

/// <summary>Deploying by a form.</summary>
internal static class DeployPages
{
    /// <summary>The command's key: a form that is sent twice deploys once.</summary>
    private const string Once = "once";

    /// <summary>Maps the routes.</summary>
    public static void MapDeployPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Links.Deploy, Show).RequirePermission(Permission.Deploy);
        pages.MapPost(Links.Deploy, Deploy).RequirePermission(Permission.Deploy);
    }

    private static RazorComponentResult<DeployPage> Show(HttpContext context, RequestCaller caller) => Page(
        caller,
        FormView.Of(("model_name", (string?)context.Request.Query["model"]), ("publish", "true"), (Once, Guid.NewGuid().ToString("N"))),
        null);

    private static async Task<IResult> Deploy(HttpContext context, RequestCaller caller, RegistryApi api)
    {
        var form = await context.ReadForm();
        var isDryRun = form.ContainsKey("check");
        var made = await api.Send<VersionView>(
            context,
            HttpMethods.Post,
            "deploy",
            null,
            isDryRun ? QueryString.Create("dry_run", "true") : default,
            Body(form),
            idempotencyKey: form.Text(Once));
        if (made.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
            return Page(caller, FormView.Refused(form, refused), null);
        }

        var version = made.Value!;
        if (isDryRun)
        {
            return Page(
                caller,
                FormView.Of([.. form.Select(field => (field.Key, (string?)field.Value))]),
                $"It would be {version.Version} of {version.ModelName}, {Text.Mark(version).Word}. Nothing was done yet.");
        }

        new Receipt($"{version.Version} of {version.ModelName} is deployed, and {Text.Mark(version).Word}.").Send(context.Response);
        return new SeeOther(Links.Version(version.ModelId, version.Version));
    }

    private static JsonObject Body(IFormCollection form)
    {
        var serving = new JsonObject()
            .With("url", form.Text("serving.url"))
            .With("health_url", form.Text("serving.health_url"))
            .With("startup_timeout_seconds", form.Number("serving.startup_timeout_seconds"))
            .With("served_name", form.Text("serving.served_name"))
            .With("openai_paths", FormFields.Array(form.Lines("serving.openai_paths")));
        var artifact = new JsonObject()
            .With("uri", form.Text("artifact.uri"))
            .With("sha256", form.Text("artifact.sha256"))
            .With("size_bytes", form.Number("artifact.size_bytes"))
            .With("digest", form.Text("artifact.digest"));
        var runtime = new JsonObject()
            .With("environment", form.Text("runtime.environment"))
            .With("command", FormFields.Array(form.Lines("runtime.command")))
            .With("env", form.Pairs("runtime.env"))
            .With("startup_timeout_seconds", form.Number("runtime.startup_timeout_seconds"));
        return new JsonObject { ["model_name"] = form.Text("model_name") ?? "", ["publish"] = form.ContainsKey("publish") }
            .With("version_bump", form.Text("version_bump"))
            .With("version", form.Text("version"))
            .With("base", form.Text("base"))
            .With("promote", form.Text("promote") is { } promote ? promote == "true" : null)
            .With("description", form.Text("description"))
            .With("labels", form.Pairs("labels"))
            .With("serving", serving.Count == 0 ? null : serving)
            .With("runtime", runtime.Count == 0 && !form.ContainsKey("run") ? null : runtime)
            .With("artifact", artifact.Count == 0 ? null : artifact)
            .With("instance_type", form.Text("instance_type"))
            .With("external_id", form.Text("external_id"))
            .With("comment", form.Text("comment"));
    }

    private static RazorComponentResult<DeployPage> Page(RequestCaller caller, FormView form, string? preview) =>
        new(new { User = ConsoleUser.Of(caller), Form = form, Preview = preview });
}
