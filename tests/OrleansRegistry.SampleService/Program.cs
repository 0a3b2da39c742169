using OrleansRegistry;
using OrleansRegistry.Cluster;

// A service that uses the registry: it deploys, asks which version to call, and watches.
var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration.GetSection("Sample");
builder.AddOrleansRegistryClient(registry =>
{
    registry.Name = "sample";                               // events name the actor service:sample
    registry.Workspace = settings["Workspace"] ?? "default";
    registry.Role = Role.Deployer;
    foreach (var silo in settings.GetSection("Silos").GetChildren())
    {
        registry.Silos.Add(silo.Value!);                    // host:port, the port is Registry__ClientPort
    }

    if (settings["Certificates"] is { } directory)
    {
        registry.Certificates = new ClusterCertificateFiles(
            Path.Combine(directory, "node.crt"),
            Path.Combine(directory, "node.key"),
            Path.Combine(directory, "authority.crt"));
    }
});

var app = builder.Build();
app.MapPost("/models/{name}", async (string name, string? key, IModelRegistry registry, CancellationToken ended) =>
    Answer(await registry.Deploy(
        new Deployment { ModelName = name, Publish = true, IdempotencyKey = key },
        cancellationToken: ended)));
app.MapGet("/models/{name}", async (string name, string? version, IModelRegistry registry, CancellationToken ended) =>
    Answer(await registry.Resolve(name, version, ended)));
app.MapPost("/versions/{id}/deactivate", async (string id, IModelRegistry registry, CancellationToken ended) =>
    Answer(await registry.Deactivate(id, cancellationToken: ended)));
app.MapGet("/events", (long? after, IModelRegistry registry, CancellationToken ended) =>
    TypedResults.ServerSentEvents(registry.Watch(new EventFilter { After = after ?? 0 }, ended)));
await app.RunAsync();

// A refusal is a value. It is passed on as the registry's own HTTP interface would answer it.
static IResult Answer<T>(Outcome<T> outcome)
    where T : class => outcome.TryGet(out var value, out var error)
    ? Results.Ok(value)
    : Results.Problem(
        error.Detail,
        statusCode: error.GetHttpStatus(),
        title: error.GetTitle(),
        extensions: new Dictionary<string, object?> { ["code"] = error.Code });
