using System.Text.Json;
using OrleansRegistry.Processes;
using OrleansRegistry.Runtime.Tests.Infrastructure;

namespace OrleansRegistry.Runtime.Tests;

/// <summary>The environment <c>onnx</c>, in a real sandbox.</summary>
public sealed class OnnxServerTests : IAsyncLifetime
{
    private TestRunner _test = null!;

    public async ValueTask InitializeAsync() => _test = await TestRunner.Create();

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task A_model_answers_by_rows_by_name_and_by_tensors()
    {
        var process = await Start("iris-1.0.onnx");

        var rows = await process.Predict("[[5.1,3.5,1.4,0.2],[6.7,3.0,5.2,2.3]]");
        Assert.Equal([0, 2], rows.EnumerateArray().Select(row => row.GetProperty("label").GetInt32()));
        var (_, named) = await process.Post("predict", """{"inputs":{"measurements":[[5.1,3.5,1.4,0.2]]}}""");
        Assert.Equal("[0]", JsonSerializer.Serialize(named.GetProperty("predictions").GetProperty("label")));
        Assert.Equal(1, named.GetProperty("predictions").GetProperty("probabilities").GetArrayLength());
        var (_, inferred) = await process.Post(
            "v2/models/iris/infer",
            """{"id":"7","inputs":[{"name":"measurements","shape":[1,4],"datatype":"FP32","data":[5.1,3.5,1.4,0.2]}],"outputs":[{"name":"label"}]}""");
        Assert.Equal(
            """{"model_name":"iris","id":"7","outputs":[{"name":"label","datatype":"INT64","shape":[1],"data":[0]}]}""", JsonSerializer.Serialize(inferred));
        using var client = process.Client();
        Assert.Equal(
            """{"name":"iris","platform":"onnx_onnxruntime","inputs":[{"name":"measurements","datatype":"FP32","shape":[-1,4]}],"outputs":[{"name":"label","datatype":"INT64","shape":[-1]},{"name":"probabilities","datatype":"FP32","shape":[-1,3]}]}""",
            await client.GetStringAsync("v2/models/iris"));
        var exit = await process.Stop();
        Assert.Equal((ExitCause.Stopped, (int?)0), (exit.Cause, exit.ExitCode));
    }

    [Fact]
    public async Task Wrong_input_is_400_and_says_what_is_wrong()
    {
        var process = await Start("iris-1.0.onnx");
        foreach (var (path, body, error) in ((string, string, string)[])
        [
            ("predict", "{", "The body is not JSON"),
            ("predict", "[]", "The body must be a JSON object."),
            ("predict", "{}", "The body must have instances or inputs, and not both."),
            ("predict", """{"instances":[]}""", "$.instances must be an array of at least one instance."),
            ("predict", """{"instances":[[1,2],[3]]}""", "$.instances is ragged: its rows differ in shape."),
            ("predict", """{"instances":[[1,2]]}""", "The model does not take this input"),
            ("predict", """{"instances":[["a",2,3,4]]}""", "$.instances has a value that is not FP32."),
            ("predict", """{"instances":[[1e39,2,3,4]]}""", "$.instances has a value that is not FP32."),
            ("predict", """{"inputs":{"x":[1]}}""", "$.inputs has x; the model takes measurements."),
            ("v2/models/m/infer", """{"inputs":[{"name":"measurements","shape":[2,4],"datatype":"FP32","data":[1,2,3,4]}]}""", "$.inputs[0].data has 4 values"),
            ("v2/models/m/infer", """{"inputs":[{"name":"measurements","shape":[1,4],"datatype":"FP64","data":[1,2,3,4]}]}""", "$.inputs[0].datatype is 'FP64'"),
        ])
        {
            var (status, answer) = await process.Post(path, body);
            Assert.Equal((400, true), (status, answer.GetProperty("error").GetString()!.StartsWith(error, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_file_that_is_no_model_ends_the_process_with_the_reason_in_the_log()
    {
        var log = _test.Runner.CreateLog();
        var process = _test.Runner.Start(Spec(_test.Package(("model.onnx", "no model"))), log);

        Assert.False(await process.Ready);
        Assert.Equal(1, (await process.Exited).ExitCode);
        Assert.StartsWith("The model can't be served. model.onnx can't be loaded:", log.Tail(1)[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task External_data_is_read_beside_the_model()
    {
        var log = _test.Runner.CreateLog();
        var process = _test.Runner.Start(
            Spec(_test.Package(("model.onnx", OnnxBytes.AddsExternalNumber("weights.bin")), ("weights.bin", BitConverter.GetBytes(41f)))), log);

        Assert.True(await process.Ready, log.Text());
        Assert.Equal("[42]", JsonSerializer.Serialize(await process.Predict("[1]")));
    }

    [Theory]
    [InlineData("/usr/lib/os-release")]
    [InlineData("../usr/lib/os-release")]
    public async Task External_data_is_read_nowhere_else(string location)
    {
        var log = _test.Runner.CreateLog();
        var process = _test.Runner.Start(Spec(_test.Package(("model.onnx", OnnxBytes.AddsExternalNumber(location)))), log);

        Assert.False(await process.Ready);
        Assert.Equal(1, (await process.Exited).ExitCode);
        Assert.StartsWith("The model can't be served. model.onnx can't be loaded:", log.Tail(1)[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_custom_operator_is_none()
    {
        var log = _test.Runner.CreateLog();
        var process = _test.Runner.Start(Spec(_test.Package(("model.onnx", OnnxBytes.WithCustomOperator()))), log);

        Assert.False(await process.Ready);
        Assert.Contains("com.example", log.Text(), StringComparison.Ordinal);
    }

    private async Task<IRunningProcess> Start(string model)
    {
        var log = _test.Runner.CreateLog();
        var process = _test.Runner.Start(Spec(_test.Package(("model.onnx", await File.ReadAllBytesAsync(Path.Combine(BuiltFiles.Models, model))))), log);
        Assert.True(await process.Ready, log.Text());
        return process;
    }

    private static ProcessSpec Spec(string package) => new() { Package = package, Format = ArtifactFormat.Onnx, Environment = NodeEnvironment.Onnx };
}
