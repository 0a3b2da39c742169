using System.Security.Cryptography;
using System.Text.RegularExpressions;
using OrleansRegistry.Testing;

namespace OrleansRegistry.RestClient.Tests;

/// <summary>Uploads and downloads go on where they broke off (rule C5), and take what is part of a model (rule C7).</summary>
public sealed partial class FileTests(Node node) : IDisposable
{
    private const int Part = 8 * 1024 * 1024;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("registry-files-");

    /// <summary>Of the requests of an upload: the artifact, what is missing, the first part, the second, the artifact.</summary>
    public static TheoryData<Fault, int> FaultsAtPlaces =>
        [.. from fault in Enum.GetValues<Fault>() where fault != Fault.Delayed from place in Enumerable.Range(0, 5) select (fault, place)];

    [Fact]
    public async Task Client_C5_a_folder_comes_back_as_it_was_and_is_not_sent_twice()
    {
        Write("model.py", RandomNumberGenerator.GetBytes(100));
        Write("data/weights.bin", RandomNumberGenerator.GetBytes((2 * Part) + 1000));
        Write("data/empty", []);
        var files = await ModelFiles.Find(_folder.FullName);
        files.Python = "3.11";
        files.Packages = new Dictionary<string, string> { ["scikit-learn"] = "1.2.1", ["numpy"] = "1.24.2" };
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy);
        List<TransferProgress> told = [];

        var artifact = await client.UploadArtifact(files, "the first", new Told(told.Add));

        Assert.Equal(files.Digest(), artifact.Digest);
        Assert.Equal(("python", files.Size), (artifact.Format, Sent(proxy)));
        Assert.Equal(new TransferProgress(files.Size, files.Size), told[^1]);
        proxy.Seen.Clear();
        Assert.Equal(artifact.Digest, (await client.UploadArtifact(files)).Digest);
        Assert.Equal(0, Sent(proxy));

        var to = Path.Combine(_folder.FullName, "..", _folder.Name + "-back");
        try
        {
            Directory.CreateDirectory(Path.Combine(to, "data"));
            await File.WriteAllBytesAsync(
                Path.Combine(to, "data/weights.bin.part"), (await File.ReadAllBytesAsync(Path.Combine(_folder.FullName, "data/weights.bin")))[..Part]);
            await client.DownloadArtifact(artifact, to, new Told(told.Add));
            Assert.All(artifact.Files, file => Assert.Equal(
                File.ReadAllBytes(Path.Combine(_folder.FullName, file.Path)), File.ReadAllBytes(Path.Combine(to, file.Path))));
            Assert.Empty(Directory.GetFiles(to, "*.part", SearchOption.AllDirectories));
            Assert.Equal(new TransferProgress(files.Size, files.Size), told[^1]);
        }
        finally
        {
            Directory.Delete(to, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(FaultsAtPlaces))]
    public async Task Client_C5_an_upload_goes_on_after_a_fault(Fault fault, int place)
    {
        Write("model.py", RandomNumberGenerator.GetBytes(Part + 1000));
        var files = await ModelFiles.Find(_folder.FullName);
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy);
        for (var before = 0; before < place; before++)
        {
            proxy.Plan.Enqueue(null);
        }

        proxy.Plan.Enqueue(fault);

        Assert.Equal(files.Digest(), (await client.UploadArtifact(files)).Digest);
        // What the beginning of a request brought is stored, and not sent again.
        Assert.InRange(Sent(proxy), fault == Fault.CutRequest ? 0 : files.Size, files.Size + Part);
    }

    [Theory]
    [InlineData("data/e\u0301.bin", "The path \"data/e\u0301.bin\" must be in Unicode normalization form C")]
    [InlineData("Model.py", "The path \"model.py\" must not differ in case only")]
    public async Task Client_C6_a_path_that_the_registry_refuses_is_refused_before_the_upload(string path, string said)
    {
        Write("model.py", RandomNumberGenerator.GetBytes(10));
        Write(path, RandomNumberGenerator.GetBytes(10));
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy);
        var files = await ModelFiles.Find(_folder.FullName);

        var refused = await Assert.ThrowsAsync<ValidationFailedException>(() => client.UploadArtifact(files));

        Assert.StartsWith(said, refused.Detail, StringComparison.Ordinal);
        Assert.StartsWith(said, Assert.Single(Assert.Single(refused.Errors).Value), StringComparison.Ordinal);
        Assert.Equal(0, Sent(proxy));
    }

    [Theory]
    [InlineData("python", "model.py", "model.onnx", "model.pkl")]
    [InlineData("onnx", "model.onnx", "model.joblib")]
    [InlineData("python-pickle", "model.joblib", "model.pkl")]
    public async Task Client_C11_a_folder_has_one_format(string format, params string[] names)
    {
        foreach (var name in names)
        {
            Write(name, []);
        }

        Assert.Equal(format, (await ModelFiles.Find(_folder.FullName)).Format);
        Write("MLmodel", []);
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => ModelFiles.Find(_folder.FullName));
        Assert.Contains("Deploy it with Python", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_C7_what_is_no_part_of_a_model_stays()
    {
        foreach (var name in (string[])
            [
                "model.py", "lib/util.py", "lib/notes.txt", "tmp/cache.bin", ".env", "key.pem", "id_rsa", ".git/config", ".venv/x",
                ".env.local", ".netrc", "deploy.key", "KEY.PEM", "conf/.env/token", ".SSH/config", "venv/pyvenv.cfg", "venv/lib/x.py",
                "id_to_label.json",
                "__pycache__/model.pyc", "data/out.csv", "data/in.csv", "data/a1", "data/b1", "data/[x]",
            ])
        {
            Write(name, [1]);
        }

        Write(".orkignore", "# notes\n*.txt\n\ntmp/\ndata/out.*\n[!b-z]1\n"u8.ToArray());

        var files = await ModelFiles.Find(_folder.FullName);

        Assert.Equal(
            ["data/[x]", "data/b1", "data/in.csv", "id_to_label.json", "lib/util.py", "model.py"],
            files.Files.Select(file => file.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Client_C7_links_are_followed_and_what_cannot_be_uploaded_is_said()
    {
        Write("model/model.py", [1]);
        Write("elsewhere/weights/a.bin", [2]);
        var model = Path.Combine(_folder.FullName, "model");
        Directory.CreateSymbolicLink(Path.Combine(model, "data"), "../elsewhere");
        File.CreateSymbolicLink(Path.Combine(model, "b.bin"), "../elsewhere/weights/a.bin");
        var before = await ModelFiles.Find(model);
        Assert.Equal(
            ["b.bin", "data/weights/a.bin", "model.py"],
            before.Files.Select(file => file.Path).Order(StringComparer.Ordinal));

        foreach (var (name, to) in (IEnumerable<(string, string)>)
            [("up", ".."), ("self", "."), ("gone", "nowhere"), ("data/weights/back", "../../model")])
        {
            var link = Path.Combine(model, name);
            Directory.CreateSymbolicLink(link, to);
            var refused = await Assert.ThrowsAsync<ArgumentException>(() => ModelFiles.Find(model));
            Assert.Matches("is a link that leads (back|nowhere).*a line in .orkignore leaves it out", refused.Message);
            File.Delete(link);
        }

        Directory.CreateSymbolicLink(Path.Combine(model, "self"), ".");
        Write("model/.orkignore", "self\n"u8.ToArray());
        Assert.Equal(before.Digest(), (await ModelFiles.Find(model)).Digest());
    }

    [Fact]
    public async Task An_onnx_file_is_a_model_by_itself_and_what_is_none_is_said()
    {
        Write("iris.onnx", [1, 2, 3]);
        var files = await ModelFiles.Find(Path.Combine(_folder.FullName, "iris.onnx"));
        Assert.Equal(("onnx", "model.onnx"), (files.Format, files.Files.Single().Path));
        var artifact = await node.Registry.UploadArtifact(files);
        Assert.Equal(files.Digest(), artifact.Digest);

        await Assert.ThrowsAsync<ArgumentException>(() => ModelFiles.Find(_folder.FullName));
        await Assert.ThrowsAsync<ArgumentException>(() => ModelFiles.Find(Path.Combine(_folder.FullName, "nowhere")));
    }

    [Theory]
    [InlineData("../escaped")]
    [InlineData("/etc/escaped")]
    [InlineData("a/../../escaped")]
    [InlineData(@"a\..\escaped")]
    [InlineData("c:/escaped")]
    public async Task A_path_that_leads_elsewhere_is_refused(string path)
    {
        var digest = new string('a', 64);
        await using var liar = await PlayedServer.Start($$"""
            {"digest":"{{digest}}","format":"python","requires":{},"files":[{"path":{{System.Text.Json.JsonSerializer.Serialize(path)}},"sha256":"{{digest}}","size":1}],"size_bytes":1}
            """);
        using var client = Node.ClientOf(Node.OptionsFor(liar.Url));

        var artifact = await client.GetArtifact(digest);
        await Assert.ThrowsAsync<InvalidAnswerException>(() => client.DownloadArtifact(artifact, _folder.FullName));

        Assert.Empty(_folder.GetFileSystemInfos());
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Write(string path, byte[] content)
    {
        var file = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, content);
    }

    /// <summary>How many bytes of files the requests brought that got through.</summary>
    private static long Sent(FaultProxy proxy) => proxy.Seen
        .Where(seen => seen.Head.StartsWith("PATCH", StringComparison.Ordinal) && (seen.Fault is null || FaultProxy.Forwarded.Contains(seen.Fault.Value)))
        .Sum(seen => Length().Match(seen.Head) is { Success: true } length ? long.Parse(length.Groups[1].Value, null) : 0);

    [GeneratedRegex(@"(?im)^content-length: *(\d+)")]
    private static partial Regex Length();

    private sealed class Told(Action<TransferProgress> told) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => told(value);
    }
}
