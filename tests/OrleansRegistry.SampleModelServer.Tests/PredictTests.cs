using System.Net;

namespace OrleansRegistry.SampleModelServer.Tests;

/// <summary><c>POST /predict</c>.</summary>
public sealed class PredictTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly SampleClient _server = fixture.Server;

    [Theory]
    [InlineData("5.1,3.5,1.4,0.2", "setosa")]
    [InlineData("5.7,2.8,4.1,1.3", "versicolor")]
    [InlineData("6.3,3.3,6.0,2.5", "virginica")]
    public async Task A_known_flower_is_recognized(string measurements, string species)
    {
        var answer = (await _server.Post("/predict", $$"""{"instances":[[{{measurements}}]]}""")).Ok;
        var prediction = Assert.Single(answer["predictions"]!.AsArray())!;
        Assert.Equal(species, (string?)prediction["label"]);
        Assert.Equal("iris-1.0.onnx", (string?)answer["model_file"]);

        var probabilities = prediction["probabilities"]!.AsObject();
        Assert.Equal(["setosa", "versicolor", "virginica"], probabilities.Select(probability => probability.Key));
        Assert.Equal(1, probabilities.Sum(probability => (double)probability.Value!), 3);
        Assert.Equal(species, probabilities.MaxBy(probability => (double)probability.Value!).Key);
    }

    [Fact]
    public async Task A_batch_gets_a_prediction_for_each_flower_in_its_order()
    {
        var flowers = string.Join(',', Enumerable.Repeat("[6.3,3.3,6.0,2.5],[5.1,3.5,1.4,0.2]", 500));
        var answer = (await _server.Post("/predict", $$"""{"instances":[{{flowers}}]}""")).Ok;
        var labels = answer["predictions"]!.AsArray().Select(prediction => (string)prediction!["label"]!);
        Assert.Equal(Enumerable.Repeat<string[]>(["virginica", "setosa"], 500).SelectMany(pair => pair), labels);
    }

    [Fact]
    public async Task The_other_model_sees_the_same_flower_otherwise()
    {
        const string flower = """{"instances":[[6.3,3.3,4.7,1.6]]}""";
        await using var first = await SampleClient.Start(TimeProvider.System, $"--Model={ModelFiles.At("iris-0.1.onnx")}");
        var (before, now) = ((await first.Post("/predict", flower)).Ok, (await _server.Post("/predict", flower)).Ok);
        Assert.Equal(("iris-0.1.onnx", "virginica"), ((string?)before["model_file"], (string?)before["predictions"]![0]!["label"]));
        Assert.Equal(("iris-1.0.onnx", "versicolor"), ((string?)now["model_file"], (string?)now["predictions"]![0]!["label"]));
    }

    [Fact]
    public async Task Callers_at_the_same_time_each_get_their_own_answer()
    {
        string[] measurements = ["5.1,3.5,1.4,0.2", "5.7,2.8,4.1,1.3", "6.3,3.3,6.0,2.5"];
        string[] species = ["setosa", "versicolor", "virginica"];
        await Parallel.ForAsync(0, 300, async (i, _) =>
        {
            var answer = (await _server.Post("/predict", $$"""{"instances":[[{{measurements[i % 3]}}]]}""")).Ok;
            Assert.Equal(species[i % 3], (string?)answer["predictions"]![0]!["label"]);
        });
    }

    [Theory]
    [InlineData("", "$")]
    [InlineData("null", "null")]
    [InlineData("[]", "$")]
    [InlineData("{", "$")]
    [InlineData("{}", "$.instances must be an array of at least one row of 4 numbers")]
    [InlineData("""{"instances":[]}""", "$.instances must be an array of at least one row of 4 numbers")]
    [InlineData("""{"instances":null}""", "$.instances must be")]
    [InlineData("""{"instances":[null]}""", "$.instances[0] must have 4 numbers; it has 0")]
    [InlineData("""{"instances":[[1,2,3,4],[1,2,3]]}""", "$.instances[1] must have 4 numbers; it has 3")]
    [InlineData("""{"instances":[[1,2,3,4,5]]}""", "$.instances[0] must have 4 numbers; it has 5")]
    [InlineData("""{"instances":[1,2,3,4]}""", "$.instances[0]")]
    [InlineData("""{"instances":[[1,2,"3",4]]}""", "$.instances[0][2]")]
    [InlineData("""{"instances":[[1,2,null,4]]}""", "$.instances[0][2]")]
    [InlineData("""{"instances":[[1,2,NaN,4]]}""", "$.instances[0][2]")]
    [InlineData("""{"instances":[[1,2,1e300,4]]}""", "$.instances has a number beyond")]
    [InlineData("""{"instances":[[1,2,-1e38,4]]}""", "$.instances has a number beyond")]
    [InlineData("""{"instances":{"a":1}}""", "$.instances")]
    [InlineData("""{"instances":[[1,2,3,4]],"instances":[[1,2,3,4]]}""", "$.instances")]
    public async Task A_body_that_does_not_fit_is_refused_with_what_is_wrong(string body, string message)
    {
        var answer = await _server.Post("/predict", body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(message, answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        Assert.Equal(HttpStatusCode.BadRequest, (await _server.Post("/predict", [0xff, 0xfe, 0x00, 0x80])).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await _server.Post("/predict", new string('[', 100_000))).Status);
    }

    [Fact]
    public async Task A_body_of_more_than_the_limit_is_refused()
    {
        var answer = await _server.Post("/predict", new string(' ', SampleServer.MaxBodyBytes + 1));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
        Assert.NotEmpty(answer.Error);
    }

    [Fact]
    public async Task The_largest_numbers_that_are_taken_still_have_probabilities()
    {
        var answer = (await _server.Post("/predict", """{"instances":[[1e6,-1e6,1e6,-1e6],[0,0,0,0]]}""")).Ok;
        Assert.All(
            answer["predictions"]!.AsArray(),
            prediction => Assert.Equal(1, prediction!["probabilities"]!.AsObject().Sum(probability => (double)probability.Value!), 3));
    }

    [Fact]
    public async Task Other_routes_and_methods_are_refused_in_the_same_form()
    {
        var missing = await _server.Get("/nowhere");
        Assert.Equal((HttpStatusCode.NotFound, "Not Found"), (missing.Status, missing.Error));
        var method = await _server.Get("/predict");
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "Method Not Allowed"), (method.Status, method.Error));
    }
}
