using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Host.Tests.Infrastructure;

/// <summary>As much of Kubernetes' API as a silo asks for: the pods of a namespace, and what happens to them. Who asks for more gets 403.</summary>
internal sealed class FakeKubernetes : IAsyncDisposable
{
    public const string Namespace = "registry";

    private const string Pods = $"/api/v1/namespaces/{Namespace}/pods";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, JsonNode> _pods = new();
    private readonly TaskCompletionSource<HttpResponse> _watched = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FakeKubernetes(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    /// <summary>The selectors by which pods were asked for.</summary>
    public ConcurrentBag<string> Selectors { get; } = [];

    public static async Task<FakeKubernetes> Start(params string[] pods)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var kubernetes = new FakeKubernetes(app);
        foreach (var pod in pods)
        {
            kubernetes._pods[pod] = Pod(pod);
        }

        app.MapGet(Pods + "/{name}", (string name) => Results.Text(kubernetes._pods[name].ToJsonString(), "application/json"));
        app.MapGet(Pods, kubernetes.List);
        app.MapFallback(() => Results.StatusCode(StatusCodes.Status403Forbidden));
        await app.StartAsync();
        return kubernetes;
    }

    /// <summary>Removes a pod, once somebody watches.</summary>
    public async Task Delete(string pod)
    {
        var watcher = await _watched.Task;
        _pods.TryRemove(pod, out var removed);
        await watcher.WriteAsync(new JsonObject { ["type"] = "DELETED", ["object"] = removed }.ToJsonString() + "\n");
        await watcher.Body.FlushAsync();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static JsonObject Pod(string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = Namespace,
            ["labels"] = new JsonObject { ["orleans/serviceId"] = "orleans-registry", ["orleans/clusterId"] = "orleans-registry" },
        },
    };

    private async Task List(HttpContext context)
    {
        Selectors.Add(context.Request.Query["labelSelector"].ToString());
        context.Response.ContentType = "application/json";
        if (context.Request.Query["watch"] != "true")
        {
            await context.Response.WriteAsync(new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "PodList",
                ["metadata"] = new JsonObject { ["resourceVersion"] = "1" },
                ["items"] = new JsonArray([.. _pods.Values.Select(pod => pod.DeepClone())]),
            }.ToJsonString());
            return;
        }

        await context.Response.Body.FlushAsync();
        _watched.TrySetResult(context.Response);
        var over = new TaskCompletionSource();
        await using var registration = context.RequestAborted.Register(over.SetResult);
        await over.Task;
    }
}
