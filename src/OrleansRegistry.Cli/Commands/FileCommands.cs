using System.CommandLine;

namespace OrleansRegistry.Cli.Commands;

/// <summary>The files of versions.</summary>
internal static class FileCommands
{
    public static IEnumerable<Command> All(GlobalOptions global) => [Download(global)];

    private static Command Download(GlobalOptions global)
    {
        var reference = Inputs.Reference();
        var directory = new Argument<string?>("DIR")
        {
            Description = "The folder; by default NAME-VERSION here.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        const string about = "Download the files that a version was deployed with. It goes on where it broke off.";
        return global.NewCommand("download", about, [reference, directory], async (session, cancellationToken) =>
        {
            var version = await session.Registry.FindVersion(session.Value(reference)!, cancellationToken);
            var artifact = await session.Registry.GetVersionArtifact(version.Id, cancellationToken);
            var folder = session.Value(directory) ?? $"{version.ModelName.Replace('/', '-')}-{version.Version}";
            using (var meter = new TransferMeter(session.Terminal, "download"))
            {
                await session.Registry.DownloadArtifact(artifact, folder, meter, cancellationToken);
            }

            session.Show(artifact, artifact.Digest,
            [
                ("version", Inputs.Short(version)), ("folder", folder), ("digest", artifact.Digest), ("format", artifact.Format),
                ("files", Inputs.Count(artifact.Files.Count)), ("bytes", Inputs.Count(artifact.SizeBytes)),
            ]);
        });
    }
}
