using System.Collections.Frozen;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Runtime.Environments;

/// <summary>The environment of ONNX models, which ships with the registry: a server of its own on the node's .NET.</summary>
internal static class OnnxEnvironment
{
    private const string Server = "OrleansRegistry.OnnxServer.dll";

    /// <summary>Prepares it.</summary>
    /// <param name="directory">The directory of the server's program.</param>
    /// <param name="trial">How a program is tried in isolation.</param>
    /// <param name="place">Where the node keeps what.</param>
    public static async Task<PreparedEnvironment> Prepare(string directory, TrialRun trial, RunnerPlace place)
    {
        var server = Path.Combine(directory, Server);
        if (!File.Exists(server))
        {
            return PreparedEnvironment.Unusable(
                NodeEnvironment.Onnx, new OffReason("Its server is missing.", $"{server} is missing; it is published beside the registry's program."));
        }

        // shared/Microsoft.NETCore.App/{version}/System.Private.CoreLib.dll
        var dotnet = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "../../.."));
        string[] visible = [.. new[] { dotnet, directory }.Where(path => !VisibleFiles.IsBelow(path, "/usr"))];
        if (visible.Select(path => VisibleFiles.Refusal(path, place.DataDirectory, trial.HasOtherUser)).FirstOrDefault(refusal => refusal is not null) is { } reason)
        {
            return PreparedEnvironment.Unusable(NodeEnvironment.Onnx, reason);
        }

        PreparedEnvironment environment = new(new NodeEnvironment(new ServingEnvironment(NodeEnvironment.Onnx, null, FrozenDictionary<string, string>.Empty), null))
        {
            Command = [Path.Combine(dotnet, "dotnet"), server],
            Visible = visible,
            ProgramDirectory = dotnet,
        };
        try
        {
            var (end, output) = await trial.Run([.. environment.Command, "--version"], environment);
            return end.ExitCode == 0
                ? environment
                : PreparedEnvironment.Unusable(
                    NodeEnvironment.Onnx,
                    new OffReason("Its server does not run in a sandbox.", $"Its server does not run in a sandbox: {LogText.Escape(output)}"));
        }
        catch (IOException e)
        {
            return PreparedEnvironment.Unusable(NodeEnvironment.Onnx, new OffReason("Its server can't be started.", e.Message));
        }
    }
}
