using System.Globalization;
using System.Reflection;
using Microsoft.ML.OnnxRuntime;
using OrleansRegistry.OnnxServer.Http;
using OrleansRegistry.OnnxServer.Models;

namespace OrleansRegistry.OnnxServer;

/// <summary>
/// Serves the model in <c>REGISTRY_PACKAGE</c> on the socket whose descriptor is in <c>REGISTRY_SOCKET_FD</c>, until SIGTERM. It listens nowhere
/// else.
/// </summary>
internal static class OnnxServerProgram
{
    private const string ModelFile = "model.onnx";
    private const long MaxBodyBytes = 64 * 1024 * 1024;

    /// <summary>Runs until it is told to stop; what keeps it from starting is one clear message.</summary>
    /// <param name="args"><c>--version</c>, or nothing.</param>
    /// <param name="output">Takes the version.</param>
    /// <param name="error">Takes the message.</param>
    /// <returns>The exit code: 0, or 1 when it could not start.</returns>
    public static async Task<int> Run(string[] args, TextWriter output, TextWriter error)
    {
        // Its warnings are of devices that a sandbox doesn't have.
        EnvironmentCreationOptions quiet = new() { logId = "onnx", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var runtime = OrtEnv.CreateInstanceWithOptions(ref quiet);
        if (args is ["--version"])
        {
            var version = typeof(OnnxServerProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
            await output.WriteLineAsync($"{version.Split('+')[0]}, ONNX Runtime {runtime.GetVersionString()}");
            return 0;
        }

        if (Environment.GetEnvironmentVariable("REGISTRY_PACKAGE") is not { } package
            || !ulong.TryParse(Environment.GetEnvironmentVariable("REGISTRY_SOCKET_FD"), NumberStyles.None, CultureInfo.InvariantCulture, out var socket))
        {
            await error.WriteLineAsync("REGISTRY_PACKAGE and REGISTRY_SOCKET_FD must be set: a node of OrleansRegistry starts this program.");
            return 1;
        }

        try
        {
            using var model = OnnxModel.Load(Path.Combine(package, ModelFile));
            await using var app = Build(model, socket, error);
            await app.RunAsync();
            return 0;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            await error.WriteLineAsync($"The model can't be served. {e.Message}");
            return 1;
        }
    }

    private static WebApplication Build(OnnxModel model, ulong socket, TextWriter log)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.ListenHandle(socket);
        });
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        var app = builder.Build();
        app.Run(new ModelServer(model, log).Answer);
        return app;
    }
}
