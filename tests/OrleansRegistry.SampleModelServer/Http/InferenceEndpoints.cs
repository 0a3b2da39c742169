using Microsoft.AspNetCore.Http.HttpResults;
using OrleansRegistry.SampleModelServer.Serving;

namespace OrleansRegistry.SampleModelServer.Http;

/// <summary>
/// The Open Inference Protocol (version 2) over HTTP. The server has one model, which answers to any name and any version.
/// </summary>
internal static class InferenceEndpoints
{
    private const string VersionParameter = "version";

    /// <summary>Maps the protocol's routes.</summary>
    public static void MapInference(this IEndpointRouteBuilder routes)
    {
        var v2 = routes.MapGroup("/v2");
        v2.MapGet("", Server);
        v2.MapGet("/health/live", Live);
        v2.MapGet("/health/ready", Ready);
        MapModel(v2.MapGroup("/models/{name}"));
        MapModel(v2.MapGroup($"/models/{{name}}/versions/{{{VersionParameter}}}"));
    }

    /// <summary>Describes the server.</summary>
    public static ServerMetadata Server() => new("orleans-registry-sample-model-server", "0.1.0", []);

    /// <summary>Says that the server runs.</summary>
    public static ServerLive Live() => new(true);

    /// <summary>200 once the model has started, 503 before.</summary>
    public static JsonHttpResult<ServerReady> Ready(SlowStart start) =>
        TypedResults.Json(new ServerReady(Live: true, start.IsOver), statusCode: Status(start));

    /// <summary>The same for the model.</summary>
    public static JsonHttpResult<ModelReady> IsModelReady(string name, SlowStart start) =>
        TypedResults.Json(new ModelReady(name, start.IsOver), statusCode: Status(start));

    /// <summary>Describes the model.</summary>
    public static ModelMetadata Metadata(string name, ServedModel model) => new(name, "onnx_onnxruntime", model.Inputs, model.Outputs);

    /// <summary>Asks the model.</summary>
    public static async Task<InferenceAnswer> Infer(string name, HttpRequest request, ServedModel model)
    {
        var body = await SampleJson.Read<InferenceRequest>(request);
        var outputs = InferenceInput.Outputs(body.Outputs, model);
        var classes = model.Classify(InferenceInput.Measurements(body.Inputs, model));
        var flowers = classes.Labels.Length;
        return new InferenceAnswer(
            name,
            (string?)request.RouteValues[VersionParameter],
            body.Id,
            new Dictionary<string, string> { ["model_file"] = model.FileName },
            [.. outputs.Select(output => new OutputTensor(output.Name, output.Datatype, [flowers, .. output.Shape.Skip(1)], Data(output, classes)))]);
    }

    private static void MapModel(RouteGroupBuilder model)
    {
        model.MapGet("", Metadata).AddEndpointFilter<StartGate>();
        model.MapGet("/ready", IsModelReady);
        model.MapPost("/infer", Infer).AddEndpointFilter<StartGate>();
    }

    private static object Data(Tensor output, Classification classes) => output.Name == ServedModel.Label ? classes.Labels : classes.Probabilities;

    private static int Status(SlowStart start) => start.IsOver ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
}
