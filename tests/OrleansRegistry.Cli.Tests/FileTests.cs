using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Tests;

/// <summary>The files of versions.</summary>
public sealed class FileTests(Node node) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("registry-ork-files-");

    [Fact]
    public async Task The_files_of_a_version_come_back()
    {
        var (name, model) = (node.NewName(), Directory.CreateDirectory(Path.Combine(_folder.FullName, "model")));
        await File.WriteAllTextAsync(Path.Combine(model.FullName, "model.py"), $"# {name}\nclass Model: ...\n");
        var artifact = await node.Registry.UploadArtifact(await ModelFiles.Find(model.FullName));
        var deployment = new RestClient.Deployment { ModelName = name, Artifact = new RestClient.ArtifactSpec { Digest = artifact.Digest } };
        await node.Registry.Deploy(deployment);
        var to = Path.Combine(_folder.FullName, "to");

        var run = await node.Ork("download", name + "@0.1.0", to);

        Assert.Contains($"digest   {artifact.Digest}", run.Data, StringComparison.Ordinal);
        Assert.StartsWith($"# {name}", await File.ReadAllTextAsync(Path.Combine(to, "model.py")), StringComparison.Ordinal);
        Assert.Equal(artifact.Digest, (await node.Ork("download", name + "@0.1.0", to, "-q")).Data.Trim());
        var rich = await node.Ork(new Around { IsTerminal = true }, "download", name + "@0.1.0", to);
        Assert.Contains("\r\u001b[Kdownload: 100 % of 0 MB\r\u001b[K", rich.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ork_K2_a_version_without_files_is_4()
    {
        var name = node.NewName();
        Assert.Equal(0, (await node.Ork("deploy", name)).Code);

        var run = await node.Ork("download", name + "@0.1.0", _folder.FullName);

        Assert.Equal(4, run.Code);
        Assert.Contains("(artifact_not_found)", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
