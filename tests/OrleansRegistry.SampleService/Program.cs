using OrleansRegistry;
using OrleansRegistry.Cluster;

// A service that uses the registry: it deploys, asks which version to call, and watches.
var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration.GetSection("Sample");
builder.AddOrleansRegistryClient(registry =>
{
    registry.Name = "sample";
    registry.Workspace = settings["Workspace"] ?? registry.Workspace;
    foreach (var silo in settings.GetSection("Silos").GetChildren())
    {
        registry.Silos.Add(silo.Value!);
    }

    if (settings["Certificates"] is { } directory)
    {
        registry.Certificates = new ClusterCertificateFiles(
            Path.Combine(directory, "node.crt"), Path.Combine(directory, "node.key"), Path.Combine(directory, "authority.crt"));
    }
});

var app = builder.Build();
app.MapPost("/models/{name}", async (string name, string? key, IModelRegistry registry, CancellationToken cancellationToken) =>
    Answer(await registry.Deploy(new Deployment { ModelName = name, Publish = true, IdempotencyKey = key }, cancellationToken: cancellationToken)));
app.MapGet("/models/{name}", async (string name, string? version, IModelRegistry registry, CancellationToken cancellationToken) =>
    Answer(await registry.Resolve(name, version, cancellationToken)));
app.MapPost("/versions/{id}/deactivate", async (string id, IModelRegistry registry, CancellationToken cancellationToken) =>
    Answer(await registry.Deactivate(id, cancellationToken: cancellationToken)));
app.MapGet("/events", (long? after, IModelRegistry registry, CancellationToken cancellationToken) =>
    TypedResults.ServerSentEvents(registry.Watch(new EventFilter { After = after ?? 0 }, cancellationToken)));
await app.RunAsync();

static IResult Answer<T>(Outcome<T> outcome)
    where T : class => outcome.TryGet(out var value, out var error) ? Results.Ok(value) : Results.Problem(error.Detail, statusCode: StatusCodes.Status409Conflict, title: error.Code);
