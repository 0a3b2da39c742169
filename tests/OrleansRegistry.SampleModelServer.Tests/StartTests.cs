using System.Net;
using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.SampleModelServer.Training;

namespace OrleansRegistry.SampleModelServer.Tests;

/// <summary>What keeps the server from answering: a slow start, by a clock of the test's own, or a setting that is wrong.</summary>
public sealed class StartTests
{
    private const string Flower = """{"instances":[[5.1,3.5,1.4,0.2]]}""";
    private const string Tensor = """{"inputs":[{"name":"measurements","datatype":"FP32","shape":[1,4],"data":[5.1,3.5,1.4,0.2]}]}""";

    [Fact]
    public async Task A_server_that_starts_slowly_says_so_everywhere_until_the_time_is_over()
    {
        var clock = new FakeTimeProvider();
        await using var server = await SampleClient.Start(clock, "--StartDelaySeconds=2.5");
        foreach (var step in new[] { 0, 2, 0.499 })
        {
            clock.Advance(TimeSpan.FromSeconds(step));
            Assert.All(await Statuses(server), status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
        }

        Assert.Equal("""{"status":"starting"}""", (await server.Get("/health")).Body.ToJsonString());
        Assert.Equal("""{"live":true,"ready":false}""", (await server.Get("/v2/health/ready")).Body.ToJsonString());
        Assert.Equal("""{"name":"iris","ready":false}""", (await server.Get("/v2/models/iris/ready")).Body.ToJsonString());
        Assert.Equal("The model is still starting.", (await server.Post("/predict", Flower)).Error);
        Assert.Equal("""{"live":true}""", (await server.Get("/v2/health/live")).Ok.ToJsonString());

        clock.Advance(TimeSpan.FromSeconds(0.001));
        Assert.All(await Statuses(server), status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal("""{"status":"ready"}""", (await server.Get("/health")).Body.ToJsonString());
    }

    [Fact]
    public async Task Without_a_delay_it_answers_at_once()
    {
        await using var server = await SampleClient.Start(new FakeTimeProvider());
        Assert.All(await Statuses(server), status => Assert.Equal(HttpStatusCode.OK, status));
    }

    [Theory]
    [InlineData("--StartDelaySeconds=-1", "StartDelaySeconds is '-1'")]
    [InlineData("--StartDelaySeconds=soon", "StartDelaySeconds is 'soon'")]
    [InlineData("--StartDelaySeconds=3601", "StartDelaySeconds is '3601'")]
    [InlineData("--StartDelaySeconds=NaN", "StartDelaySeconds is 'NaN'")]
    public void A_delay_that_is_none_is_refused_at_start(string argument, string message)
    {
        var refusal = Assert.Throws<InvalidDataException>(() => SampleServer.Build([argument], TimeProvider.System));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_is_not_there_or_is_no_model_is_refused_at_start()
    {
        Assert.Throws<FileNotFoundException>(() => SampleServer.Build(["--Model=nowhere.onnx"], TimeProvider.System));
        var refusal = Assert.Throws<InvalidDataException>(() => SampleServer.Build([$"--Model={ModelFiles.At("iris.csv")}"], TimeProvider.System));
        Assert.Contains("iris.csv is not an ONNX model", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_another_kind_is_refused_at_start()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            // Two labels for three classes.
            File.WriteAllBytes(file, OnnxFile.Write(new LinearClassifier(new float[12], new float[3]), ["first", "second"], "1"));
            var refusal = Assert.Throws<InvalidDataException>(() => SampleServer.Build([$"--Model={file}"], TimeProvider.System));
            Assert.Contains($"{file} is not a classifier with the input measurements", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task The_program_says_why_it_can_not_start()
    {
        using var error = new StringWriter();
        Assert.Equal(1, await SampleProgram.Run(["--Model=nowhere.onnx"], TextWriter.Null, error));
        Assert.Equal("The sample model server can't start. There is no model at nowhere.onnx." + Environment.NewLine, error.ToString());
    }

    [Fact]
    public async Task The_program_generates_the_model_files()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            Assert.Equal(0, await SampleProgram.Run(["generate", directory.FullName], TextWriter.Null, TextWriter.Null));
            Assert.All(
                IrisRecipe.All.Select(recipe => recipe.FileName),
                file => Assert.Equal(File.ReadAllBytes(ModelFiles.At(file)), File.ReadAllBytes(Path.Combine(directory.FullName, file))));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>Asks for everything that needs the model.</summary>
    private static async Task<HttpStatusCode[]> Statuses(SampleClient server) =>
    [
        (await server.Get("/health")).Status,
        (await server.Post("/predict", Flower)).Status,
        (await server.Get("/v2/health/ready")).Status,
        (await server.Get("/v2/models/iris")).Status,
        (await server.Get("/v2/models/iris/ready")).Status,
        (await server.Post("/v2/models/iris/infer", Tensor)).Status,
    ];
}
