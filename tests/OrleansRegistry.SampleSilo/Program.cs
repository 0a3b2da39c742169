using System.Net;
using OrleansRegistry;
using OrleansRegistry.Cluster;

// A service that holds the registry's grains itself: no gateway is between it and them.
var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration.GetSection("Sample");
builder.AddOrleansRegistrySilo(silo =>
{
    silo.DataDirectory = settings["DataDirectory"] ?? "data";
    silo.PostgresConnectionString = builder.Configuration.GetConnectionString("Registry");  // or null, for a SQLite file
    silo.SiloPort = settings.GetValue("SiloPort", 11111);
    silo.ClientPort = settings.GetValue("ClientPort", 0);
    if (settings["Address"] is { } address)
    {
        silo.AdvertisedAddress = IPAddress.Parse(address);
    }

    if (settings["Secret"] is { } secret)
    {
        silo.Secret = Convert.FromBase64String(secret);         // Registry__Auth__Secret of the nodes
    }

    if (settings["Certificates"] is { } directory)
    {
        silo.Certificates = new ClusterCertificateFiles(
            Path.Combine(directory, "node.crt"),
            Path.Combine(directory, "node.key"),
            Path.Combine(directory, "authority.crt"));
    }
});
builder.Services.AddModelRegistry(registry => registry.Name = "sample");  // events name the actor service:sample

var app = builder.Build();
app.MapPost("/models/{name}", async (string name, IModelRegistry registry, CancellationToken ended) =>
    Answer(await registry.Deploy(new Deployment { ModelName = name }, cancellationToken: ended)));
app.MapPost("/versions/{id}/publish", async (string id, IModelRegistry registry, CancellationToken ended) =>
    Answer(await registry.Publish(id, cancellationToken: ended)));
app.MapGet("/models/{name}", async (string name, string? version, IModelRegistry registry, CancellationToken ended) =>
    Answer(await registry.Resolve(name, version, ended)));
await app.RunAsync();

static IResult Answer<T>(Outcome<T> outcome)
    where T : class => outcome.TryGet(out var value, out var error)
    ? Results.Ok(value)
    : Results.Problem(error.Detail, statusCode: error.GetHttpStatus(), title: error.GetTitle());
