using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole.Pages.Models;

/// <summary>The settings of a model: a form that sends what was changed of what was shown.</summary>
internal static class ModelSettingsPages
{
    private const string Path = Links.Root + "/models/{model}/settings";
    private const string IfMatch = "if_match";

    /// <summary>Maps the routes.</summary>
    public static void MapModelSettings(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, Show).RequirePermission(Permission.Read);
        pages.MapPost(Path, Change).RequirePermission(Permission.Deploy);
    }

    private static async Task<RazorComponentResult<SettingsPage>> Show(HttpContext context, RequestCaller caller, RegistryApi api, string model)
    {
        var frame = await api.ReadFrame(context, caller, model);
        return Page(frame, FormView.Of(
            ("description", frame.Model.Description),
            ("labels", string.Join('\n', frame.Model.Labels.Select(label => $"{label.Key}: {label.Value}"))),
            ("primary_policy", EnumNames<PrimaryPolicy>.Of(frame.Model.PrimaryPolicy)),
            ("protected", frame.Model.Protected ? "true" : null),
            ("on_unhealthy", EnumNames<OnUnhealthy>.Of(frame.Model.OnUnhealthy)),
            ("fall_back_seconds", Shown(frame.Model.FallBackSeconds))));
    }

    private static async Task<IResult> Change(HttpContext context, RequestCaller caller, RegistryApi api, string model)
    {
        var form = await context.ReadForm();
        var shown = (await api.Read<ModelView>(context, "get_model", new { model })).OrRefuse();
        var done = await api.Send<ModelView>(
            context, HttpMethods.Patch, "patch_model", new { model = shown.Id }, default, Changes(shown, form), form[IfMatch].ToString());
        if (done.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
            return Page(await api.ReadFrame(context, caller, model), FormView.Refused(form, refused));
        }

        new Receipt("The model is changed.").Send(context.Response);
        return new SeeOther(Links.Model(shown.Id));
    }

    /// <summary>The fields that differ: of a protected model, others need another role than the rest.</summary>
    private static JsonObject Changes(ModelView shown, IFormCollection form)
    {
        var changes = new JsonObject().With("comment", form.Text("comment"));
        if (form.Text("description") != shown.Description)
        {
            changes["description"] = form.Text("description");
        }

        var labels = form.Pairs("labels") ?? [];
        foreach (var removed in shown.Labels.Keys.Where(key => !labels.ContainsKey(key)))
        {
            labels[removed] = null;
        }

        changes["labels"] = labels;
        if (form.Text("primary_policy") is { } policy && policy != EnumNames<PrimaryPolicy>.Of(shown.PrimaryPolicy))
        {
            changes["primary_policy"] = policy;
        }

        var isProtected = form.ContainsKey("protected");
        if (isProtected != shown.Protected)
        {
            changes["protected"] = isProtected;
        }

        if (form.Text("on_unhealthy") is { } onUnhealthy && onUnhealthy != EnumNames<OnUnhealthy>.Of(shown.OnUnhealthy))
        {
            changes["on_unhealthy"] = onUnhealthy;
        }

        if (form.Text("fall_back_seconds") is { } seconds && seconds != Shown(shown.FallBackSeconds))
        {
            changes["fall_back_seconds"] = form.Number("fall_back_seconds");
        }

        return changes;
    }

    private static string Shown(int seconds) => seconds.ToString(CultureInfo.InvariantCulture);

    private static RazorComponentResult<SettingsPage> Page(ModelFrame frame, FormView form) => new(new { Frame = frame, Form = form });
}
