using System.Diagnostics;
using System.Text.Json;
using OrleansRegistry.Processes;
using OrleansRegistry.Runtime.Tests.Infrastructure;

namespace OrleansRegistry.Runtime.Tests;

/// <summary>What <c>serve.py</c> answers, in a real sandbox with a real Python.</summary>
public sealed class PythonServerTests : IAsyncLifetime
{
    private const string Model = """
        class Model:
            def load(self):
                self.factor = 2
            def predict(self, inputs):
                if isinstance(inputs, dict):
                    return {name: value for name, value in inputs.items()}
                if inputs[0] == "boom":
                    raise KeyError("secret detail")
                if inputs[0] == "nan":
                    return [float("nan")]
                if inputs[0] == "stream":
                    return (number for number in (1, {"two": 2}))
                if inputs[0] == "late":
                    return self.late()
                return [value * self.factor for value in inputs]
            def late(self):
                yield 1
                raise ValueError("late")
        """;

    private TestRunner _test = null!;

    public async ValueTask InitializeAsync() => _test = await TestRunner.Create();

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task A_class_Model_answers_what_it_is_asked()
    {
        var process = await _test.Ready(_test.PythonPackage(Model));

        Assert.Equal("[2,4]", JsonSerializer.Serialize(await process.Predict("[1,2]")));
        var named = await process.Post("predict", """{"inputs":{"a":[1]}}""");
        Assert.Equal("""{"predictions":{"a":[1]}}""", JsonSerializer.Serialize(named.Body));
        var (status, error) = await process.Post("predict", """{"instances":["boom"]}""");
        Assert.Equal((500, """{"error":"\u0027secret detail\u0027","type":"KeyError"}"""), (status, JsonSerializer.Serialize(error)));
        Assert.Equal(500, (await process.Post("predict", """{"instances":["nan"]}""")).Status);
    }

    [Theory]
    [InlineData("predict", "{")]
    [InlineData("predict", "[]")]
    [InlineData("predict", "{}")]
    [InlineData("predict", """{"instances":1}""")]
    [InlineData("predict", """{"instances":[NaN]}""")]
    [InlineData("predict", """{"inputs":[1]}""")]
    [InlineData("predict", """{"instances":[1],"inputs":{}}""")]
    [InlineData("v2/models/m/infer", """{"inputs":[]}""")]
    [InlineData("v2/models/m/infer", """{"inputs":[{"name":"x","shape":[3],"datatype":"FP32","data":[1,2]}]}""")]
    [InlineData("v2/models/m/infer", """{"inputs":[{"name":"x","shape":[2],"datatype":"FLOAT","data":[1,2]}]}""")]
    [InlineData("v2/models/m/infer", """{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":["a"]}]}""")]
    [InlineData("predict", """{"instances":[1e400]}""")]
    [InlineData("predict", """{"inputs":{"a":[-1E999]}}""")]
    public async Task Wrong_input_is_400(string path, string body)
    {
        var process = await _test.Ready(_test.PythonPackage(Model));

        Assert.Equal(400, (await process.Post(path, body)).Status);
    }

    [Fact]
    public async Task A_number_that_its_type_cannot_hold_is_400()
    {
        Sklearn();
        var process = await _test.Ready(_test.PythonPackage(Model));

        foreach (var (datatype, right, wrong) in (IEnumerable<(string, string, string)>)
            [
                ("INT8", "-128,127", "128"), ("UINT8", "0,255", "-1"), ("INT32", "7", "1.5"), ("INT64", "1", "true"),
                ("UINT64", "18446744073709551615", "18446744073709551616"), ("FP16", "65504", "65536"),
                ("FP32", "1,2.5,3e38", "1e39"), ("FP64", "1e308", $"1{new string('0', 309)}"), ("FP64", "1", "\"1\""),
                ("BOOL", "true,false", "1"),
            ])
        {
            Assert.Equal((datatype, 200), (datatype, await Infer(datatype, right)));
            Assert.Equal((wrong, 400), (wrong, await Infer(datatype, wrong)));
        }

        async Task<int> Infer(string datatype, string data) => (await process.Post(
            "v2/models/m/infer",
            $$"""
            {"inputs":[{"name":"x","shape":[{{data.Split(',').Length}}],"datatype":"{{datatype}}","data":[{{data}}]}]}
            """)).Status;
    }

    [Theory]
    [InlineData("stream", "data: 1\n\ndata: {\"two\":2}\n\n")]
    [InlineData("late", "data: 1\n\nevent: error\ndata: {\"error\":\"late\",\"type\":\"ValueError\"}\n\n")]
    public async Task A_generator_is_a_stream_of_events(string instance, string expected)
    {
        var process = await _test.Ready(_test.PythonPackage(Model));
        using var client = process.Client();
        using StringContent body = new($$"""{"instances":["{{instance}}"]}""");
        using var answer = await client.PostAsync("predict", body);

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(expected, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_pickled_forest_answers_within_seconds_by_both_protocols()
    {
        Sklearn();
        var package = _test.Package(("model.py", ""));
        var script = $"""
            import joblib
            from sklearn.datasets import load_iris
            from sklearn.ensemble import RandomForestClassifier
            joblib.dump(RandomForestClassifier(20, random_state=0).fit(*load_iris(return_X_y=True)), "{package}/model.joblib")
            """;
        using var pickle = Process.Start(TestRunner.Python, ["-c", script]);
        await pickle.WaitForExitAsync();
        File.SetUnixFileMode(Path.Combine(package, "model.joblib"), (UnixFileMode)0b100_100_100);

        var process = await _test.Ready(package, spec => spec with { Format = ArtifactFormat.PythonPickle });

        Assert.Equal("[0,2]", JsonSerializer.Serialize(await process.Predict("[[5.1,3.5,1.4,0.2],[6.7,3.0,5.2,2.3]]")));
        var (_, inferred) = await process.Post(
            "v2/models/iris/infer", """{"id":"7","inputs":[{"name":"input","shape":[1,4],"datatype":"FP64","data":[5.1,3.5,1.4,0.2]}]}""");
        Assert.Equal(
            """{"model_name":"iris","outputs":[{"name":"predict","shape":[1],"datatype":"INT64","data":[0]}],"id":"7"}""", JsonSerializer.Serialize(inferred));
        using var client = process.Client();
        Assert.Equal(
            """{"name":"iris","platform":"python-pickle","inputs":[{"name":"input","datatype":"FP64","shape":[-1,4]}],"outputs":[]}""",
            await client.GetStringAsync("v2/models/iris"));
    }

    [Fact]
    public async Task More_callers_than_threads_are_told_that_it_is_busy_and_health_goes_on()
    {
        var process = await _test.Ready(
            _test.PythonPackage("import threading\nwaiting = threading.Event()\nclass Model:\n    def predict(self, inputs):\n        if inputs[0] == 'go':\n            waiting.set()\n        waiting.wait()\n        return inputs"),
            spec => spec with { Resources = new ProcessResources(1024, 1, 16) });

        // Of 16 processes and threads, 8 are for calls.
        var calls = Enumerable.Range(0, 20).Select(_ => process.Post("predict", "{\"instances\":[1]}")).ToList();
        var refused = await Task.WhenAny(calls);
        Assert.Equal(503, (await refused).Status);
        using var client = process.Client();
        using var health = await client.GetAsync("health");

        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Equal(ExitCause.Stopped, (await process.Stop()).Cause);
        foreach (var call in calls)
        {
            await Task.WhenAny(call);
        }
    }

    /// <summary>Skips the test where the Python has no scikit-learn, and fails it on a server of CI.</summary>
    private void Sklearn()
    {
        var packages = _test.Runner.Environments.Single(environment => environment.Serving.Name == "default").Serving.Packages;
        if (!packages.ContainsKey("scikit-learn"))
        {
            Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") != "true", $"{TestRunner.Python} has no scikit-learn (apt-get install python3-sklearn).");
            Assert.Fail($"{TestRunner.Python} has no scikit-learn.");
        }
    }
}
