using System.Globalization;
using System.Text;
using CsCheck;

namespace OrleansRegistry.Artifacts;

/// <summary>Manifests: paths (rule F4), formats and what they require (rule F10), and their digest (rule F3).</summary>
public sealed class ManifestRulesTests
{
    private const string Hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private static readonly string Other = new('a', 64);

    [Theory]
    [InlineData("model.py")]
    [InlineData("a/b/c.txt")]
    [InlineData(".env/..x/...")]
    [InlineData("é/模型.bin")]
    [InlineData("with space/%2F%00/a:b")]
    [InlineData("c/C:")]
    public void F4_a_relative_path_is_taken(string path) => Assert.Null(ManifestRules.Path(path));

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("./a")]
    [InlineData("a/../b")]
    [InlineData("../a")]
    [InlineData("a/..")]
    [InlineData("a\\b")]
    [InlineData("..\\a")]
    [InlineData("C:/a")]
    [InlineData("c:a")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u202eb")]
    [InlineData("e\u0301")]
    [InlineData("a\ufffe")]
    public void F4_any_other_path_is_refused(string path) => Assert.NotNull(ManifestRules.Path(path));

    [Fact]
    public void F4_a_path_that_is_no_text_is_refused() => Assert.NotNull(ManifestRules.Path("a\ud800"));

    [Theory]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    public void F4_a_path_has_at_most_1024_bytes(int bytes, bool isTaken)
    {
        // Two bytes each, in parts of 250.
        var path = string.Join('/', Enumerable.Repeat(new string('é', 125), 5))[..((bytes / 2) - 8)];
        path += new string('x', bytes - Encoding.UTF8.GetByteCount(path));

        Assert.Equal(bytes, Encoding.UTF8.GetByteCount(path));
        Assert.Equal(isTaken, ManifestRules.Path(path) is null);
    }

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void F4_a_part_has_at_most_as_many_bytes_as_a_file_name(int bytes, bool isTaken) =>
        Assert.Equal(isTaken, ManifestRules.Path("a/" + new string('x', bytes)) is null);

    [Fact]
    public void F4_no_path_leaves_its_folder() => Gen.String[Gen.OneOfConst([.. "./\\a:~\0 é\u202e\n%C"]), 1, 12].Sample(path =>
    {
        if (ManifestRules.Path(path) is null)
        {
            const string root = "/srv/root/";
            Assert.StartsWith(root, Path.GetFullPath(Path.Combine(root, path)), StringComparison.Ordinal);
            Assert.Equal(root + path, Path.GetFullPath(Path.Combine(root, path)));
        }
    });

    [Theory]
    [InlineData("a", "a", "files[2].path")]
    [InlineData("a/b", "A/B", "files[2].path")]
    [InlineData("É", "é", "files[2].path")]
    [InlineData("a", "a/b", "files[1].path")]
    [InlineData("a/b/c", "A/b", "files[2].path")]
    public void F4_paths_that_meet_on_some_disk_are_refused(string one, string other, string field) =>
        Assert.Equal([field], Fields(Manifest(ArtifactFormat.Python, "model.py", one, other)));

    [Fact]
    public void F4_there_are_1_to_10000_files()
    {
        string[] paths = ["model.py", .. Enumerable.Range(1, ManifestRules.MaxFiles - 1).Select(n => n.ToString(CultureInfo.InvariantCulture))];

        Assert.Empty(Fields(Manifest(ArtifactFormat.Python, paths)));
        Assert.Equal(["files"], Fields(Manifest(ArtifactFormat.Python, [.. paths, "x"])));
        Assert.Contains("files", Fields(Manifest(ArtifactFormat.Python)));
    }

    [Fact]
    public void F3_a_file_has_a_digest_and_one_size()
    {
        var manifest = Manifest(ArtifactFormat.Python, "model.py", "a", "b") with
        {
            Files =
            [
                File("model.py"), File("a") with { Size = 1 }, File("b") with { Sha256 = "A" + Hash[1..] }, File("c") with { Size = -1 },
            ],
        };

        Assert.Equal(["files[1].size", "files[2].sha256", "files[3].size"], Fields(manifest));
    }

    [Theory]
    [InlineData("onnx", "model.onnx", true)]
    [InlineData("onnx", "a/model.onnx", false)]
    [InlineData("python", "model.py", true)]
    [InlineData("python", "model.joblib", false)]
    [InlineData("pickle", "model.joblib", true)]
    [InlineData("pickle", "model.pkl", true)]
    [InlineData("pickle", "model.py", false)]
    public void F10_a_format_has_its_file_at_the_root(string format, string path, bool isTaken) =>
        Assert.Equal(isTaken, Fields(Manifest(Format(format), path)) is []);

    [Fact]
    public void F10_onnx_requires_nothing()
    {
        var manifest = Manifest(ArtifactFormat.Onnx, "model.onnx");

        Assert.Empty(Fields(manifest with { Requires = new() { Packages = new Dictionary<string, string>() } }));
        Assert.Equal(["requires"], Fields(manifest with { Requires = new() { Python = "3.11" } }));
        Assert.Equal(["requires"], Fields(manifest with { Requires = Packages(("onnx", "1.0")) }));
    }

    [Theory]
    [InlineData("3.11", true)]
    [InlineData("3.11.2", false)]
    [InlineData("3", false)]
    [InlineData("3.011", false)]
    [InlineData("3.11\n", false)]
    public void F10_a_Python_is_major_and_minor(string python, bool isTaken) =>
        Assert.Equal(isTaken, Fields(Manifest(ArtifactFormat.Python, "model.py") with { Requires = new() { Python = python } }) is []);

    [Theory]
    [InlineData("scikit-learn", "1.2.1", true)]
    [InlineData("torch", "2.1.0+cu118", true)]
    [InlineData("Scikit_Learn", "1.2.1", false)]
    [InlineData("scikit--learn", "1.2.1", false)]
    [InlineData("a\"b", "1.2.1", false)]
    [InlineData("numpy", ">=1.2", false)]
    [InlineData("numpy", "1.2\"", false)]
    [InlineData("numpy", "1.2\n", false)]
    public void F10_packages_have_normalized_names_and_versions(string name, string version, bool isTaken) =>
        Assert.Equal(isTaken, Fields(Manifest(ArtifactFormat.Python, "model.py") with { Requires = Packages((name, version)) }) is []);

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void F10_there_are_at_most_200_packages(int count, bool isTaken)
    {
        var packages = Packages([.. Enumerable.Range(0, count).Select(n => ($"p{n}", "1"))]);

        Assert.Equal(isTaken, Fields(Manifest(ArtifactFormat.Python, "model.py") with { Requires = packages }) is []);
    }

    [Fact]
    public void F3_the_digest_is_what_the_docs_show()
    {
        // docs/artifacts.md makes the same digest with a few lines of Python.
        var manifest = new ArtifactManifest
        {
            Format = ArtifactFormat.Python,
            Files = [File("model.py") with { Sha256 = Other, Size = 7 }, File("data/empty.txt")],
            Requires = Packages(("scikit-learn", "1.2.1"), ("numpy", "1.24.2")) with { Python = "3.11" },
        };

        Assert.Equal("66a05d49f2e35ce074812d80a6daa4fde800f048f31667bc61169155f9410bfa", ArtifactDigest.Of(manifest));
    }

    [Fact]
    public void F3_the_digest_depends_on_all_but_the_order()
    {
        var manifest = Manifest(ArtifactFormat.Python, "model.py", "\ufb01", "\U0001F600", "b", "B2");
        string[] others =
        [
            ArtifactDigest.Of(manifest),
            ArtifactDigest.Of(manifest with { Format = ArtifactFormat.PythonPickle }),
            ArtifactDigest.Of(manifest with { Requires = new() { Python = "3.11" } }),
            ArtifactDigest.Of(manifest with { Requires = new() { Python = "3.12" } }),
            ArtifactDigest.Of(manifest with { Requires = Packages(("a", "1")) }),
            ArtifactDigest.Of(manifest with { Files = manifest.Files.RemoveAt(1) }),
            ArtifactDigest.Of(manifest with { Files = manifest.Files.SetItem(1, File("x")) }),
            ArtifactDigest.Of(manifest with { Files = manifest.Files.SetItem(1, File("\ufb01") with { Size = 1 }) }),
            ArtifactDigest.Of(manifest with { Files = manifest.Files.SetItem(1, File("\ufb01") with { Sha256 = Other }) }),
        ];

        Assert.Equal(others.Length, others.Distinct().Count());
        Assert.Equal(others[0], ArtifactDigest.Of(manifest with { Files = [.. manifest.Files.Reverse()] }));
        Assert.Equal(others[0], ArtifactDigest.Of(manifest with { Requires = Packages() }));
        // U+FB01 comes before U+1F600 in UTF-8, and behind it in UTF-16.
        Assert.Equal(["B2", "b", "model.py", "\ufb01", "\U0001F600"], ArtifactDigest.Sort(manifest.Files).Select(file => file.Path));
    }

    private static ArtifactFile File(string path) => new() { Path = path, Sha256 = Hash, Size = 0 };

    private static ArtifactManifest Manifest(ArtifactFormat format, params string[] paths) =>
        new() { Format = format, Files = [.. paths.Select(File)] };

    private static ArtifactFormat Format(string format) => format switch
    {
        "onnx" => ArtifactFormat.Onnx,
        "python" => ArtifactFormat.Python,
        _ => ArtifactFormat.PythonPickle,
    };

    private static ArtifactRequirements Packages(params (string Name, string Version)[] packages) =>
        new() { Packages = packages.ToDictionary(package => package.Name, package => package.Version) };

    private static string[] Fields(ArtifactManifest manifest) => [.. ManifestRules.Validate(manifest).Select(problem => problem.Field).Distinct()];
}
