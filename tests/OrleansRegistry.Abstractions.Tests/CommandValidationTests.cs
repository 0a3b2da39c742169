using System.Collections.Immutable;

namespace OrleansRegistry;

public sealed class CommandValidationTests
{
    private static readonly CommandContext Context = new() { CommandId = Guid.Empty, Actor = "a", Deadline = DateTimeOffset.UnixEpoch };

    private static readonly Deployment Good = new() { ModelName = "m" };

    [Fact]
    public void Every_limit_can_be_reached()
    {
        var deployment = Good with
        {
            ModelName = new string('m', 128),
            Version = "999999999.999999999.999999999-" + new string('a', 98),
            Publish = true,
            Promote = false,
            Description = new string('d', 4096),
            Labels = Enumerable.Range(0, 64).ToDictionary(i => $"{i}".PadLeft(63, 'k'), _ => new string('v', 256)),
            Artifact = new Artifact { Uri = new string('u', 2048), Sha256 = new string('0', 64), SizeBytes = 0 },
            Serving = new ServingSpec { Url = "http://" + new string('h', 60) + "/" + new string('p', 1980), HealthUrl = "HTTPS://h:1/?q", StartupTimeoutSeconds = 86_400, ServedName = new string('n', 256), OpenaiPaths = [new string('p', 128), .. Enumerable.Range(1, 15).Select(i => $"v{i}/p")] },
            InstanceType = new string('i', 64),
            ExternalId = new string('e', 128),
            IdempotencyKey = new string('~', 255),
        };

        Assert.Empty(Validate(deployment));
    }

    [Fact]
    public void Characters_are_counted_as_code_points()
    {
        static string Smiles(int count) => string.Concat(Enumerable.Repeat("\U0001F600", count));
        var deployment = Good with
        {
            ModelName = Smiles(128),
            Description = Smiles(4096),
            Labels = new Dictionary<string, string> { [Smiles(63)] = Smiles(256) },
            Artifact = new Artifact { Uri = Smiles(2048) },
            Serving = new ServingSpec { Url = "http://h/" + Smiles(2039) },
            ExternalId = Smiles(128),
        };

        Assert.Empty(Validate(deployment));
        Assert.Empty(CommandValidation.Validate(Key(Smiles(128)), DateTimeOffset.UnixEpoch));
        Assert.Equal(
            ["artifact.uri", "description", "external_id", "labels.k", "model_name", "serving.url"],
            Validate(deployment with
            {
                ModelName = Smiles(129),
                Description = Smiles(4097),
                Labels = new Dictionary<string, string> { ["k"] = Smiles(257) },
                Artifact = new Artifact { Uri = Smiles(2049) },
                Serving = new ServingSpec { Url = "http://h/" + Smiles(2040) },
                ExternalId = Smiles(129),
            }).Select(problem => problem.Field).Order(StringComparer.Ordinal));
        Assert.Equal(["name"], CommandValidation.Validate(Key(Smiles(129)), DateTimeOffset.UnixEpoch).Select(problem => problem.Field));

        static CreateApiKeyCommand Key(string name) => new() { Context = Context, Hash = [], Name = name, Workspace = "default", Role = Role.Viewer };
    }

    public static TheoryData<string, Deployment> Beyond => new()
    {
        { "model_name", Good with { ModelName = new string('m', 129) } },
        { "model_name", Good with { ModelName = "a//b" } },
        { "version", Good with { Version = "1.0.0-" + new string('a', 123) } },
        { "description", Good with { Description = new string('d', 4097) } },
        { "description", Good with { Description = "\0" } },
        { "labels", Good with { Labels = Enumerable.Range(0, 65).ToDictionary(i => $"{i}", _ => "") } },
        { "labels", Good with { Labels = new Dictionary<string, string> { [""] = "v" } } },
        { "labels", Good with { Labels = new Dictionary<string, string> { [new string('k', 64)] = "v" } } },
        { "labels", Good with { Labels = new Dictionary<string, string> { ["\ud800"] = "v" } } },
        { "labels.k", Good with { Labels = new Dictionary<string, string> { ["k"] = new string('v', 257) } } },
        { "labels.k", Good with { Labels = new Dictionary<string, string> { ["k"] = "\udc00" } } },
        { "labels.k", Good with { Labels = new Dictionary<string, string> { ["k"] = null! } } },
        { "artifact.uri", Good with { Artifact = new Artifact { Uri = "" } } },
        { "artifact.uri", Good with { Artifact = new Artifact { Uri = new string('u', 2049) } } },
        { "artifact.uri", Good with { Artifact = new Artifact { Uri = "a\nb" } } },
        { "artifact.sha256", Good with { Artifact = new Artifact { Uri = "u", Sha256 = new string('A', 64) } } },
        { "artifact.sha256", Good with { Artifact = new Artifact { Uri = "u", Sha256 = new string('a', 63) } } },
        { "artifact.size_bytes", Good with { Artifact = new Artifact { Uri = "u", SizeBytes = -1 } } },
        { "serving.startup_timeout_seconds", Good with { Serving = new ServingSpec { Url = "http://h", StartupTimeoutSeconds = 0 } } },
        { "serving.startup_timeout_seconds", Good with { Serving = new ServingSpec { Url = "http://h", StartupTimeoutSeconds = 86_401 } } },
        { "serving.health_url", Good with { Serving = new ServingSpec { Url = "http://h", HealthUrl = "" } } },
        { "serving.served_name", Good with { Serving = new ServingSpec { Url = "http://h", ServedName = "" } } },
        { "serving.served_name", Good with { Serving = new ServingSpec { Url = "http://h", ServedName = new string('n', 257) } } },
        { "serving.served_name", Good with { Serving = new ServingSpec { Url = "http://h", ServedName = "a\r\nb" } } },
        { "serving.served_name", Good with { Serving = new ServingSpec { Url = "http://h", ServedName = "\ud800" } } },
        { "serving.openai_paths", Good with { Serving = new ServingSpec { Url = "http://h", OpenaiPaths = [] } } },
        { "serving.openai_paths", Good with { Serving = new ServingSpec { Url = "http://h", OpenaiPaths = [.. Enumerable.Range(0, 17).Select(i => $"p{i}")] } } },
        { "serving.openai_paths[1]", Good with { Serving = new ServingSpec { Url = "http://h", OpenaiPaths = ["a", "a"] } } },
        { "serving.openai_paths[0]", Good with { Serving = new ServingSpec { Url = "http://h", OpenaiPaths = ["/a"] } } },
        { "serving.openai_paths[0]", Good with { Serving = new ServingSpec { Url = "http://h", OpenaiPaths = ["a/../b"] } } },
        { "serving.openai_paths[0]", Good with { Serving = new ServingSpec { Url = "http://h", OpenaiPaths = ["a%2Fb"] } } },
        { "serving.openai_paths[0]", Good with { Serving = new ServingSpec { Url = "http://h", OpenaiPaths = [new string('p', 129)] } } },
        { "instance_type", Good with { InstanceType = "" } },
        { "instance_type", Good with { InstanceType = new string('i', 65) } },
        { "instance_type", Good with { InstanceType = "a b" } },
        { "external_id", Good with { ExternalId = new string('e', 129) } },
        { "promote", Good with { Promote = true } },
        { "Idempotency-Key", Good with { IdempotencyKey = "" } },
        { "Idempotency-Key", Good with { IdempotencyKey = new string('k', 256) } },
        { "Idempotency-Key", Good with { IdempotencyKey = "ä" } },
    };

    [Theory]
    [MemberData(nameof(Beyond))]
    public void What_is_beyond_a_limit_is_named_E3(string field, Deployment deployment) =>
        Assert.Equal([field], Validate(deployment).Select(problem => problem.Field));

    [Theory]
    [InlineData("ftp://h")]
    [InlineData("http:/h")]
    [InlineData("http://")]
    [InlineData("//h")]
    [InlineData("h")]
    [InlineData(" http://h")]
    [InlineData("http://h/a b")]
    [InlineData("http:\\\\h")]
    [InlineData("http://h\\@evil")]
    [InlineData("http://u:p@h")]
    [InlineData("http://@h")]
    [InlineData("http://h/#f")]
    [InlineData("http://h#")]
    [InlineData("http://h:99999")]
    [InlineData("http://[::1")]
    [InlineData("http://a\u0378b/")]
    [InlineData("http://a\ufffeb/")]
    public void A_serving_url_is_an_absolute_http_address(string url) =>
        Assert.Equal(["serving.url"], CommandValidation.Validate(new ActivateCommand { Context = Context, Ordinal = 1, Serving = new ServingSpec { Url = url } })
            .Select(problem => problem.Field));

    [Theory]
    [InlineData("http://h")]
    [InlineData("https://model.example:8443/v1/x?y=@z")]
    [InlineData("http://[::1]:8080/")]
    [InlineData("HTTP://127.0.0.1")]
    public void An_absolute_http_address_is_a_serving_url(string url) =>
        Assert.Empty(CommandValidation.Validate(new ActivateCommand { Context = Context, Ordinal = 1, Serving = new ServingSpec { Url = url } }));

    [Theory]
    [InlineData("1.2")]
    [InlineData("v1.2.3")]
    [InlineData("01.2.3")]
    [InlineData("1.2.3+build")]
    [InlineData("1.2.3-01")]
    [InlineData("1.2.3-")]
    [InlineData(" 1.2.3")]
    [InlineData("1000000000.0.0")]
    [InlineData("0.1000000000.0")]
    [InlineData("0.0.1000000000")]
    [InlineData("")]
    public void A_version_is_SemVer_without_build_metadata_N4(string version) =>
        Assert.Equal(["version"], Validate(Good with { Version = version }).Select(problem => problem.Field));

    [Theory]
    [InlineData("1.4", true)]
    [InlineData("0", true)]
    [InlineData("999999999.999999999", true)]
    [InlineData("01", false)]
    [InlineData("1.04", false)]
    [InlineData("1.", false)]
    [InlineData("1.2.3", false)]
    [InlineData("1000000000", false)]
    [InlineData("^1", false)]
    [InlineData("1\n", false)]
    [InlineData("١", false)]
    [InlineData("", false)]
    public void Base_is_a_release_line_N3(string line, bool isGood) =>
        Assert.Equal(isGood ? [] : ["base"], Validate(Good with { Base = line }).Select(problem => problem.Field));

    [Theory]
    [InlineData(null, "1.4", VersionBump.Patch, true)]
    [InlineData(null, "1", VersionBump.Minor, true)]
    [InlineData(null, "1.4", VersionBump.Minor, false)]
    [InlineData(null, "1.4", VersionBump.Major, false)]
    [InlineData(null, "1", VersionBump.Patch, false)]
    [InlineData(null, "1", VersionBump.Major, false)]
    [InlineData("1.0.0", null, VersionBump.Minor, false)]
    [InlineData("1.0.0", "1", null, false)]
    [InlineData("1.0.0", "1.4", VersionBump.Patch, false)]
    public void Version_base_and_bump_hardly_combine_N4(string? version, string? line, VersionBump? bump, bool isGood)
    {
        List<string> given = [];
        if (version is not null)
        {
            given.Add("version");
        }

        if (line is not null)
        {
            given.Add("base");
        }

        if (bump is not null)
        {
            given.Add("version_bump");
        }

        Assert.Equal(
            isGood ? [] : given,
            Validate(Good with { Version = version, Base = line, VersionBump = bump }).Select(problem => problem.Field));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void From_needs_a_claim_P5(bool? promote, bool isGood)
    {
        var command = new PublishCommand { Context = Context, Ordinal = 1, Promote = promote, From = null };

        Assert.Equal(isGood ? [] : ["from"], CommandValidation.Validate(command).Select(problem => problem.Field));
        Assert.Empty(CommandValidation.Validate(command with { From = default }));
    }

    [Fact]
    public void A_patch_may_remove()
    {
        Optional<IReadOnlyDictionary<string, string?>> removal = new(true, new Dictionary<string, string?> { ["k"] = null });

        Assert.Empty(CommandValidation.Validate(new PatchModelCommand { Context = Context, Description = null, Labels = removal }));
        Assert.Empty(CommandValidation.Validate(new PatchVersionCommand { Context = Context, Ordinal = 1, Labels = new(true, null) }));
        Assert.Equal(
            ["description", "labels"],
            CommandValidation.Validate(new PatchVersionCommand
            {
                Context = Context,
                Ordinal = 1,
                Description = new string('d', 4097),
                Labels = new(true, new Dictionary<string, string?> { [""] = null }),
            }).Select(problem => problem.Field));
    }

    [Fact]
    public void Labels_that_a_patch_leads_to_are_counted() =>
        Assert.Equal("labels", Assert.Single(CommandValidation.ValidateLabels(Enumerable.Range(0, 65).ToDictionary(i => $"{i}", _ => ""))).Field);

    private static ImmutableArray<FieldError> Validate(Deployment deployment) =>
        CommandValidation.Validate(new DeployCommand { Context = Context, Deployment = deployment });
}
