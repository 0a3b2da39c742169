using OrleansRegistry.SampleModelServer.Training;

namespace OrleansRegistry.SampleModelServer;

/// <summary>The command line: <c>generate DIRECTORY</c> writes the model files, anything else runs the server.</summary>
internal static class SampleProgram
{
    /// <summary>Runs until it is done or told to stop; what keeps it from starting is one clear message, not a stack trace.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="output">Takes what <c>generate</c> made.</param>
    /// <param name="error">Takes the message.</param>
    /// <returns>The exit code: 0, or 1 when it could not start.</returns>
    public static async Task<int> Run(string[] args, TextWriter output, TextWriter error)
    {
        try
        {
            if (args is ["generate", var directory])
            {
                foreach (var recipe in IrisRecipe.All)
                {
                    var file = Path.Combine(directory, recipe.FileName);
                    await File.WriteAllBytesAsync(file, recipe.Generate());
                    await output.WriteLineAsync($"{file}: {Accuracy.Of(file)}");
                }

                return 0;
            }

            await using var app = SampleServer.Build(args, TimeProvider.System);
            await app.RunAsync();
            return 0;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            await error.WriteLineAsync($"The sample model server can't start. {e.Message}");
            return 1;
        }
    }
}
