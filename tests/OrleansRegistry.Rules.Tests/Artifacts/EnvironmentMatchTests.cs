namespace OrleansRegistry.Artifacts;

/// <summary>Which environments fit an artifact (rule F10), and how versions of packages compare.</summary>
public sealed class EnvironmentMatchTests
{
    private static readonly ServingEnvironment Onnx = new("onnx", null, new Dictionary<string, string>());

    private static readonly ServingEnvironment Default = new(
        "default",
        "3.11.2",
        new Dictionary<string, string> { ["scikit-learn"] = "1.2.1", ["torch"] = "2.1.0+cpu", ["odd"] = "unknown" });

    [Fact]
    public void F10_onnx_fits_the_environment_of_its_name_only()
    {
        Assert.True(EnvironmentMatch.Of(ArtifactFormat.Onnx, new(), Onnx).Fits);
        Assert.Equal([new("format", "onnx", "python")], EnvironmentMatch.Of(ArtifactFormat.Onnx, new(), Default).Differences);
    }

    [Fact]
    public void F10_what_is_Python_does_not_fit_onnx()
    {
        Assert.Equal([new("format", "python", "onnx")], EnvironmentMatch.Of(ArtifactFormat.Python, new(), Onnx).Differences);
        Assert.Equal([new("format", "python-pickle", "onnx")], EnvironmentMatch.Of(ArtifactFormat.PythonPickle, new(), Onnx).Differences);
    }

    [Theory]
    [InlineData("3.11", true)]
    [InlineData("3.1", false)]
    [InlineData("3.12", false)]
    [InlineData(null, true)]
    public void F10_a_Python_fits_by_major_and_minor(string? python, bool fits)
    {
        foreach (var format in (ArtifactFormat[])[ArtifactFormat.Python, ArtifactFormat.PythonPickle])
        {
            var fit = EnvironmentMatch.Of(format, new() { Python = python }, Default);

            Assert.Equal(fits, fit.Fits);
            Assert.Equal(fits ? [] : [new("python", python!, "3.11.2")], fit.Differences);
        }
    }

    [Theory]
    [InlineData("scikit-learn", "1.2.1", true, true)]
    [InlineData("scikit-learn", "1.2.1.0", true, true)]
    [InlineData("scikit-learn", "1.2.0", false, true)]
    [InlineData("scikit-learn", "1.0", false, true)]
    [InlineData("scikit-learn", "1.2.2", false, false)]
    [InlineData("scikit-learn", "0.24", false, false)]
    [InlineData("scikit-learn", "2.0", false, false)]
    [InlineData("torch", "2.1.0", true, true)]
    [InlineData("torch", "2.1.0+cu118", true, true)]
    [InlineData("odd", "1", false, false)]
    [InlineData("missing", "1", false, false)]
    public void F10_a_pickle_needs_the_same_package_and_source_one_that_is_not_lower(string name, string needs, bool pickle, bool source)
    {
        var requires = new ArtifactRequirements { Packages = new Dictionary<string, string> { [name] = needs } };

        Assert.Equal(pickle, EnvironmentMatch.Of(ArtifactFormat.PythonPickle, requires, Default).Fits);
        Assert.Equal(source, EnvironmentMatch.Of(ArtifactFormat.Python, requires, Default).Fits);
    }

    [Fact]
    public void F10_all_differences_are_named()
    {
        var requires = new ArtifactRequirements
        {
            Python = "3.12",
            Packages = new Dictionary<string, string> { ["scikit-learn"] = "1.3.0", ["numpy"] = "1.24.2" },
        };

        var fit = EnvironmentMatch.Of(ArtifactFormat.PythonPickle, requires, Default);

        Assert.Equal(("default", false), (fit.Name, fit.Fits));
        Assert.Equal([new("python", "3.12", "3.11.2"), new("scikit-learn", "1.3.0", "1.2.1"), new("numpy", "1.24.2", null)], fit.Differences);
    }

    [Fact]
    public void F10_versions_compare_as_PEP_440_orders_them()
    {
        // The example of PEP 440, and what it says of epochs and of releases of another length.
        string[] ascending =
        [
            "1.dev0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2", "1.0b2.post345.dev456",
            "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0.post456.dev34", "1.0.post456", "1.0.1", "1.0.10", "1.1.dev1", "1.1", "1!0.1",
        ];
        var versions = ascending.Select(Parse).ToList();

        for (var i = 1; i < versions.Count; i++)
        {
            Assert.True(versions[i - 1].CompareTo(versions[i]) < 0, $"{ascending[i - 1]} < {ascending[i]}");
            Assert.True(versions[i].CompareTo(versions[i - 1]) > 0);
        }
    }

    [Theory]
    [InlineData("1.0", "1.0.0")]
    [InlineData("1.0", "v1.0")]
    [InlineData("1.0a1", "1.0-ALPHA.1")]
    [InlineData("1.0rc1", "1.0c1")]
    [InlineData("1.0rc0", "1.0preview")]
    [InlineData("1.0.post1", "1.0-1")]
    [InlineData("1.0.post1", "1.0rev1")]
    [InlineData("1.0", "1.0+ubuntu.1")]
    public void F10_spellings_of_one_version_are_the_same(string one, string other) => Assert.Equal(0, Parse(one).CompareTo(Parse(other)));

    [Theory]
    [InlineData("")]
    [InlineData("1.")]
    [InlineData("a")]
    [InlineData("1.0 ")]
    [InlineData("1.0+")]
    [InlineData("==1.0")]
    [InlineData("1.0.*")]
    [InlineData("99999999999999999999")]
    public void F10_anything_else_is_no_version(string text) => Assert.False(PackageVersion.TryParse(text, out _));

    private static PackageVersion Parse(string text) => PackageVersion.TryParse(text, out var version) ? version : throw new FormatException(text);
}
