using System.Net;
using System.Text.Json.Nodes;

namespace OrleansRegistry.SampleModelServer.Tests;

/// <summary>The routes of the Open Inference Protocol.</summary>
public sealed class InferenceTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly SampleClient _server = fixture.Server;

    [Fact]
    public async Task The_server_describes_itself()
    {
        var metadata = (await _server.Get("/v2")).Ok;
        Assert.Equal("orleans-registry-sample-model-server", (string?)metadata["name"]);
        Assert.Equal("0.1.0", (string?)metadata["version"]);
        Assert.Empty(metadata["extensions"]!.AsArray());
        Assert.Equal("""{"live":true}""", (await _server.Get("/v2/health/live")).Ok.ToJsonString());
        Assert.Equal("""{"live":true,"ready":true}""", (await _server.Get("/v2/health/ready")).Ok.ToJsonString());
    }

    [Theory]
    [InlineData("/v2/models/iris")]
    [InlineData("/v2/models/iris/versions/1.0.0")]
    public async Task The_model_describes_itself(string path)
    {
        const string expected = """
            {"name":"iris","platform":"onnx_onnxruntime",
             "inputs":[{"name":"measurements","datatype":"FP32","shape":[-1,4]}],
             "outputs":[{"name":"label","datatype":"INT64","shape":[-1]},{"name":"probabilities","datatype":"FP32","shape":[-1,3]}]}
            """;
        Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), (await _server.Get(path)).Ok.ToJsonString());
        Assert.Equal("""{"name":"iris","ready":true}""", (await _server.Get($"{path}/ready")).Ok.ToJsonString());
    }

    [Fact]
    public async Task An_inference_gives_every_output_and_its_id_back()
    {
        var answer = (await Infer(Request("[2,4]", "[5.1,3.5,1.4,0.2,6.3,3.3,6.0,2.5]", """ "id":"42", """))).Ok;
        Assert.Equal(["model_name", "id", "parameters", "outputs"], answer.AsObject().Select(entry => entry.Key));
        Assert.Equal(("iris", "42"), ((string?)answer["model_name"], (string?)answer["id"]));
        Assert.Equal("iris-1.0.onnx", (string?)answer["parameters"]!["model_file"]);

        var outputs = answer["outputs"]!.AsArray();
        Assert.Equal("""{"name":"label","datatype":"INT64","shape":[2],"data":[0,2]}""", outputs[0]!.ToJsonString());
        Assert.Equal(("probabilities", "FP32", "[2,3]"), ((string?)outputs[1]!["name"], (string?)outputs[1]!["datatype"], outputs[1]!["shape"]!.ToJsonString()));
        var probabilities = outputs[1]!["data"]!.AsArray().Select(value => (double)value!).ToArray();
        Assert.Equal(6, probabilities.Length);
        Assert.All(probabilities.Chunk(3), row => Assert.Equal(1, row.Sum(), 1e-5));
    }

    [Fact]
    public async Task A_version_in_the_path_is_named_in_the_answer_and_an_id_that_was_not_given_is_not()
    {
        var answer = (await _server.Post("/v2/models/My%20model/versions/1.0.0/infer", Request("[1,4]", "[5.1,3.5,1.4,0.2]"))).Ok;
        Assert.Equal(("My model", "1.0.0"), ((string?)answer["model_name"], (string?)answer["model_version"]));
        Assert.False(answer.AsObject().ContainsKey("id"));
    }

    [Fact]
    public async Task Data_may_be_nested_like_its_shape()
    {
        var flat = (await Infer(Request("[2,4]", "[5.1,3.5,1.4,0.2,6.3,3.3,6.0,2.5]"))).Ok;
        var nested = (await Infer(Request("[2,4]", "[[5.1,3.5,1.4,0.2],[6.3,3.3,6.0,2.5]]"))).Ok;
        Assert.Equal(flat.ToJsonString(), nested.ToJsonString());
    }

    [Theory]
    [InlineData("""[{"name":"label"}]""", "label")]
    [InlineData("""[{"name":"probabilities"},{"name":"label","parameters":{"binary_data":false}}]""", "probabilities label")]
    [InlineData("[]", "label probabilities")]
    public async Task Only_the_outputs_that_were_asked_for_are_answered(string outputs, string names)
    {
        var answer = (await Infer(Request("[1,4]", "[5.1,3.5,1.4,0.2]", $" \"outputs\":{outputs}, "))).Ok;
        Assert.Equal(names, string.Join(' ', answer["outputs"]!.AsArray().Select(output => (string?)output!["name"])));
    }

    [Theory]
    [InlineData("", "$")]
    [InlineData("null", "null")]
    [InlineData("{}", "$.inputs must be an array of one tensor, 'measurements'")]
    [InlineData("""{"inputs":[]}""", "$.inputs must be")]
    [InlineData("""{"inputs":[null]}""", "$.inputs must be")]
    [InlineData("""{"inputs":[{},{}]}""", "$.inputs must be")]
    [InlineData("""{"inputs":[{}]}""", "$.inputs[0].name is ''")]
    [InlineData("""{"inputs":[{"name":"x"}]}""", "$.inputs[0].name is 'x'")]
    [InlineData("""{"inputs":[{"name":"measurements","datatype":"INT64"}]}""", "$.inputs[0].datatype is 'INT64'; the model takes FP32")]
    [InlineData("""{"inputs":[{"name":"measurements","datatype":"FP32"}]}""", "$.inputs[0].shape must be [n, 4]")]
    [InlineData("""{"id":42,"inputs":[]}""", "$.id")]
    [InlineData("""{"id":"\ud800","inputs":[]}""", "$.id")]
    public async Task A_request_that_does_not_fit_is_refused_with_what_is_wrong(string body, string message)
    {
        var answer = await Infer(body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(message, answer.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[4]", "[1,2,3,4]", "$.inputs[0].shape must be [n, 4]")]
    [InlineData("[0,4]", "[]", "$.inputs[0].shape must be [n, 4]")]
    [InlineData("[-1,4]", "[1,2,3,4]", "$.inputs[0].shape must be [n, 4]")]
    [InlineData("[1,3]", "[1,2,3]", "$.inputs[0].shape must be [n, 4]")]
    [InlineData("[1.5,4]", "[1,2,3,4]", "$.inputs[0].shape[0]")]
    [InlineData("[2,4]", "[1,2,3,4]", "$.inputs[0].data has 4 numbers, which is not what its shape [2, 4] says")]
    [InlineData("[1,4]", "[1,2,3,4,5]", "$.inputs[0].data has 5 numbers")]
    [InlineData("[4611686018427387904,4]", "[]", "$.inputs[0].data has 0 numbers")]
    [InlineData("[2,4]", "[[1,2,3,4],[1,2,3]]", "$.inputs[0].data[1] must have 4 numbers")]
    [InlineData("[2,4]", "[[1,2,3,4]]", "$.inputs[0].data has 4 numbers")]
    [InlineData("[2,4]", "[[1,2,3,4],5]", "$.inputs[0].data[1]")]
    [InlineData("[2,4]", "[1,[2,3,4]]", "$.inputs[0].data[1]")]
    [InlineData("[1,4]", "[1,2,3,true]", "$.inputs[0].data[3]")]
    [InlineData("[1,4]", "[1,2,3,1e39]", "$.inputs[0].data has a number beyond")]
    [InlineData("[1,4]", "null", "$.inputs[0].data must be an array of numbers")]
    [InlineData("[1,4]", "\"1234\"", "$.inputs[0].data must be an array of numbers")]
    public async Task A_tensor_that_does_not_fit_is_refused_with_what_is_wrong(string shape, string data, string message)
    {
        var answer = await Infer(Request(shape, data));
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(message, answer.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"name":"x"}]""", "$.outputs names 'x'; the model has label and probabilities")]
    [InlineData("[null]", "$.outputs names ''")]
    [InlineData("{}", "$.outputs")]
    public async Task An_output_that_is_not_there_is_refused(string outputs, string message)
    {
        var answer = await Infer(Request("[1,4]", "[1,2,3,4]", $" \"outputs\":{outputs}, "));
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(message, answer.Error, StringComparison.Ordinal);
    }

    private static string Request(string shape, string data, string more = "") =>
        $$"""{ {{more}} "inputs":[{"name":"measurements","datatype":"FP32","shape":{{shape}},"data":{{data}}}]}""";

    private Task<Answer> Infer(string body) => _server.Post("/v2/models/iris/infer", body);
}
