using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Tests;

/// <summary>The files of versions.</summary>
public sealed class FileTests(ServingNode node) : IDisposable
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
    public async Task A_folder_is_deployed_and_answers()
    {
        var (name, folder) = (node.NewName(), await Model("return [sum(row) for row in inputs]"));

        var first = await node.Ork("deploy", name, folder, "--publish", "--wait=1m", "--env", "default");
        Assert.Matches("serving +ready", first.Data);
        Assert.Equal("""{"predictions":[3]}""", (await node.Ork("predict", name, """{"instances": [[1, 2]]}""")).Data.Trim());

        var dry = await node.Ork("deploy", name, folder, "--dry-run", "--bump", "major");
        Assert.Matches("version +1.0.0", dry.Data);
        await node.Ork("models", "delete", name, "--confirm", name);
    }

    [Fact]
    public async Task Ork_K2_a_model_that_does_not_start_is_8_and_shows_its_log()
    {
        var (name, folder) = (node.NewName(), await Model("return 1", "raise RuntimeError('no weights today')"));

        var run = await node.Ork("deploy", name, folder, "--publish", "--wait", "--startup-timeout", "20s", "--json");

        Assert.Equal((8, ""), (run.Code, run.Out));
        Assert.Contains("The process ended with exit code 1.", run.Error, StringComparison.Ordinal);
        Assert.Contains("  RuntimeError: no weights today", run.Error, StringComparison.Ordinal);
        Assert.Contains("or try once more: ork activate", run.Error, StringComparison.Ordinal);
        await node.Ork("models", "delete", name, "--confirm", name);
    }

    [Fact]
    public async Task What_does_not_fit_is_said_before_the_upload()
    {
        var (name, folder) = (node.NewName(), await Model("return inputs"));
        await File.WriteAllTextAsync(Path.Combine(folder, "requirements.txt"), "# ours\nNum_Py==0.0.1  # old\nscipy>=1\n");

        using var proxy = new Testing.FaultProxy(node.Url.Port);
        var through = new Around { Variables = { ["ORK_URL"] = proxy.Url.AbsoluteUri } };
        var run = await node.Ork(through, "deploy", name, folder);
        var elsewhere = await node.Ork(through, "deploy", name, folder, "--env", "nowhere");

        Assert.Equal((5, 5), (run.Code, elsewhere.Code));
        Assert.Contains("num-py 0.0.1 is needed, and none is there", run.Error, StringComparison.Ordinal);
        Assert.Contains("requirements.txt: \"scipy>=1\" is no name==version", run.Error, StringComparison.Ordinal);
        Assert.Contains("The environment nowhere does not fit: there is none. (no_environment)", elsewhere.Error, StringComparison.Ordinal);
        Assert.EndsWith("or ask the operator for an environment.\n", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(proxy.Seen, seen => seen.Head.StartsWith("PATCH", StringComparison.Ordinal));
        Assert.Equal(4, (await node.Ork("show", name)).Code);
    }

    [Fact]
    public async Task The_python_that_is_told_or_that_the_folder_names_must_be_there()
    {
        var (name, folder) = (node.NewName(), await Model("return inputs"));
        async Task<string> Refused(params string[] options)
        {
            var run = await node.Ork(["deploy", name, folder, "--dry-run", .. options]);
            Assert.Equal(5, run.Code);
            return run.Error;
        }

        Assert.Equal(0, (await node.Ork("deploy", name, folder, "--dry-run")).Code);
        await File.WriteAllTextAsync(Path.Combine(folder, ".python-version"), "3.97.2\n");
        Assert.Contains("python 3.97 is needed", await Refused(), StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, "requirements.txt"), "Python == 3.98.1  # ours\n");
        Assert.Contains("python 3.98 is needed", await Refused(), StringComparison.Ordinal);
        Assert.Contains("python 3.99 is needed", await Refused("--python", "3.99.1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ork_K7_a_pickle_whose_python_nobody_names_says_so()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, "pickle")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "model.pkl"), node.NewName());

        Assert.Contains("--python 3.11", (await node.Ork("deploy", "x", folder, "--dry-run")).Error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(Path.Combine(folder, ".python-version"), "3.11\n");
        Assert.DoesNotContain("--python 3.11", (await node.Ork("deploy", "x", folder, "--dry-run")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ork_K2_a_path_that_is_no_model_is_2()
    {
        Assert.Equal(2, (await node.Ork("deploy", "x", _folder.FullName)).Code);
        Assert.Equal(2, (await node.Ork("deploy", "x", Path.Combine(_folder.FullName, "nowhere"))).Code);
        Assert.Equal(2, (await node.Ork("deploy", "x", "--env", "default")).Code);
        Assert.Equal(2, (await node.Ork("deploy", "x", "--python", "3.11")).Code);
        Assert.Equal(2, (await node.Ork("deploy", "x", await Model("return 1"), "--python", "three")).Code);
        Assert.Equal(2, (await node.Ork("deploy", "x", await Model("return 1"), "--artifact", "s3://x")).Code);
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

    /// <summary>A folder with a model that no other test has.</summary>
    private async Task<string> Model(string predict, string load = "pass")
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, "own")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "model.py"),
            $"# {Guid.NewGuid()}\nclass Model:\n    def load(self):\n        {load}\n    def predict(self, inputs):\n        {predict}\n");
        return folder;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
