using Microsoft.Extensions.Logging.Console;
using OrleansRegistry.Storage;

namespace OrleansRegistry.Host;

/// <summary><c>serve</c>: runs a node until it is told to stop.</summary>
internal static class ServeCommand
{
    /// <summary>Runs the node; answers the exit code.</summary>
    public static async Task<int> Run(CommandLine line)
    {
        FileHandles.Require(FileHandles.Limit);
        OwnAssemblies.Load();
        await using var app = RegistryHost.Build(line.Settings);
        await StartCheck.Run(app);
        // Asked for now: what has been run is disposed.
        var stopping = app.Lifetime.ApplicationStopping;
        if (app.Configuration["Logging:Console:FormatterName"] != ConsoleFormatterNames.Json)
        {
            // Nobody reads along where each line is an object for a program.
            app.Lifetime.ApplicationStarted.Register(() => Print(app));
        }

        try
        {
            await app.RunAsync();
        }
        catch (Exception e) when ((e is OperationCanceledException or SiloUnavailableException) && stopping.IsCancellationRequested)
        {
            // Told to stop before it had started: a gateway while it waited between two looks for silos, or while it
            // looked.
        }

        return 0;
    }

    private static void Print(WebApplication app) => Console.WriteLine(StartBlock.Of(
        app.Services.GetRequiredService<RegistrySettings>(), app.Urls, app.Services.GetRequiredService<RegistryDatabase>().Describe()));
}
