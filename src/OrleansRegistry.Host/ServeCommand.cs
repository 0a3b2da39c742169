using Microsoft.Extensions.Logging.Console;
using OrleansRegistry.Processes;
using OrleansRegistry.Storage;

namespace OrleansRegistry.Host;

/// <summary><c>serve</c>: runs a node until it is told to stop.</summary>
internal static class ServeCommand
{
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Runs the node; answers the exit code.</summary>
    public static async Task<int> Run(CommandLine line)
    {
        FileHandles.Require(FileHandles.Limit);
        OwnAssemblies.Load();
        await using var app = RegistryHost.Build(line.Settings);
        await StartCheck.Run(app);
        var stopping = app.Lifetime.ApplicationStopping;
        try
        {
            await app.StartAsync();
            if (app.Configuration["Logging:Console:FormatterName"] != ConsoleFormatterNames.Json)
            {
                // Nobody reads along where each line is an object for a program.
                await Print(app);
            }

            await app.WaitForShutdownAsync();
        }
        catch (Exception e) when ((e is OperationCanceledException or SiloUnavailableException) && stopping.IsCancellationRequested)
        {
            // Told to stop before it had started: a gateway while it waited between two looks for silos, or while it
            // looked.
        }

        return 0;
    }

    private static async Task Print(WebApplication app)
    {
        var runner = app.Services.GetRequiredService<IProcessRunner>();
        // Mostly it is known by now. An interpreter that hangs keeps nobody from the key.
        await Task.WhenAny(runner.Probed, Task.Delay(ProbeTimeout, TimeProvider.System));
        await Console.Out.WriteLineAsync(StartBlock.Of(
            app.Services.GetRequiredService<RegistrySettings>(),
            app.Urls,
            app.Services.GetRequiredService<RegistryDatabase>().Describe(),
            runner));
    }
}
