using OrleansRegistry.SampleModelServer.Http;
using OrleansRegistry.SampleModelServer.Serving;

namespace OrleansRegistry.SampleModelServer;

/// <summary>Puts the server together: one model, its start, and the routes over both.</summary>
internal static class SampleServer
{
    /// <summary>Room for tens of thousands of flowers, and little enough that nobody can fill the memory of a demo.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    /// <summary>Builds a server. Its start begins now.</summary>
    /// <param name="args">Settings as command-line arguments, see <see cref="SampleSettings"/>.</param>
    /// <param name="clock">Tells when a slow start is over.</param>
    /// <exception cref="InvalidDataException">A setting is not valid, or the file is no model that this server can serve.</exception>
    /// <exception cref="IOException">The model's file can't be read.</exception>
    public static WebApplication Build(string[] args, TimeProvider clock)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var settings = SampleSettings.Read(builder.Configuration);
        builder.WebHost.UseUrls(settings.Urls);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = MaxBodyBytes);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Services.ConfigureHttpJsonOptions(options => SampleJson.Configure(options.SerializerOptions));
        builder.Services.AddSingleton(_ => ServedModel.Load(settings.Model));
        builder.Services.AddSingleton(new SlowStart(clock, settings.StartDelay));

        var app = builder.Build();
        // Loaded now, so that a wrong file ends the program instead of the first request.
        _ = app.Services.GetRequiredService<ServedModel>();
        app.UseErrorAnswers();
        app.MapHealth();
        app.MapPredict();
        app.MapInference();
        return app;
    }
}
