using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using OrleansRegistry.OnnxServer.Models;

namespace OrleansRegistry.OnnxServer.Http;

/// <summary>
/// Answers the routes of the contract (<c>docs/serving.md</c>): health, <c>predict</c>, and the Open Inference Protocol. The model answers to any
/// name.
/// </summary>
internal sealed class ModelServer(OnnxModel model, TextWriter log)
{
    private const string Platform = "onnx_onnxruntime";

    /// <summary>Answers a request.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a model does wrong is told to its caller.")]
    public async Task Answer(HttpContext context)
    {
        try
        {
            await Route(context);
        }
        catch (WrongInputException e)
        {
            await Write(context, new ErrorAnswer(e.Message), OnnxJson.Default.ErrorAnswer, StatusCodes.Status400BadRequest);
        }
        catch (JsonException e)
        {
            await Write(context, new ErrorAnswer($"The body is not JSON: {e.Message}"), OnnxJson.Default.ErrorAnswer, StatusCodes.Status400BadRequest);
        }
        catch (BadHttpRequestException e)
        {
            await Write(context, new ErrorAnswer(e.Message), OnnxJson.Default.ErrorAnswer, e.StatusCode);
        }
        catch (Exception e) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await log.WriteLineAsync(e.ToString());
            await Write(context, new ErrorAnswer(e.Message, e.GetType().Name), OnnxJson.Default.ErrorAnswer, StatusCodes.Status500InternalServerError);
        }
    }

    private Task Route(HttpContext context)
    {
        var parts = (context.Request.Path.Value ?? "").Trim('/').Split('/');
        return (context.Request.Method, parts) switch
        {
            ("GET", ["health"]) => Write(context, new HealthAnswer("ready"), OnnxJson.Default.HealthAnswer),
            ("POST", ["predict"]) => Predict(context),
            ("GET", ["v2"]) => Write(context, new ServerMetadata("orleans-registry-onnx", "1", []), OnnxJson.Default.ServerMetadata),
            ("GET", ["v2", "health", "live" or "ready"]) => Write(context, new ServerReady(Live: true, Ready: true), OnnxJson.Default.ServerReady),
            ("GET", ["v2", "models", var name, "ready"]) =>
                Write(context, new ModelReady(name, Ready: true), OnnxJson.Default.ModelReady),
            ("GET", ["v2", "models", var name]) =>
                Write(context, new ModelMetadata(name, Platform, Describe(model.Inputs), Describe(model.Outputs)), OnnxJson.Default.ModelMetadata),
            ("POST", ["v2", "models", var name, "infer"]) => Infer(context, name),
            _ => Write(context, new ErrorAnswer(ReasonPhrases.GetReasonPhrase(StatusCodes.Status404NotFound)), OnnxJson.Default.ErrorAnswer, StatusCodes.Status404NotFound),
        };
    }

    private async Task Predict(HttpContext context)
    {
        using var body = await Read(context);
        var hasInstances = body.RootElement.TryGetProperty("instances", out var instances);
        if (hasInstances == body.RootElement.TryGetProperty("inputs", out var inputs))
        {
            throw new WrongInputException("The body must have instances or inputs, and not both.");
        }

        using var tensors = hasInstances ? ModelInputs.FromInstances(model, instances) : ModelInputs.FromNamed(model, inputs);
        using var outputs = model.Run(tensors.Values);
        var writers = outputs.Select(TensorWriter.Of).ToList();
        await Write(context, json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("predictions");
            if (hasInstances)
            {
                WriteRows(json, writers, instances.GetArrayLength());
            }
            else
            {
                WriteNamed(json, writers);
            }

            json.WriteEndObject();
        });
    }

    private async Task Infer(HttpContext context, string name)
    {
        using var body = await Read(context);
        var wanted = InferenceRequest.Outputs(model, body.RootElement);
        using var tensors = InferenceRequest.Inputs(model, body.RootElement);
        using var outputs = model.Run(tensors.Values);
        var writers = outputs.Select(TensorWriter.Of).ToList();
        await Write(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("model_name", name);
            if (body.RootElement.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String)
            {
                json.WriteString("id", id.GetString());
            }

            json.WriteStartArray("outputs");
            foreach (var index in wanted)
            {
                WriteTensor(json, model.Outputs[index].Name, writers[index]);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>A value for each instance: the output's, or an object of them where there are several.</summary>
    private void WriteRows(Utf8JsonWriter json, List<TensorWriter> outputs, int rows)
    {
        if (outputs.FirstOrDefault(output => output.Shape is [] || output.Shape[0] != rows) is { } other)
        {
            throw new InvalidDataException($"An output has the shape [{string.Join(", ", other.Shape)}], and there are {rows} instances: ask with inputs.");
        }

        json.WriteStartArray();
        for (var row = 0; row < rows; row++)
        {
            if (outputs is [var one])
            {
                one.WriteNested(json, 1, row * (one.Count / rows), one.Count / rows);
                continue;
            }

            json.WriteStartObject();
            foreach (var (index, output) in outputs.Index())
            {
                json.WritePropertyName(model.Outputs[index].Name);
                output.WriteNested(json, 1, row * (output.Count / rows), output.Count / rows);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteNamed(Utf8JsonWriter json, List<TensorWriter> outputs)
    {
        json.WriteStartObject();
        foreach (var (index, output) in outputs.Index())
        {
            json.WritePropertyName(model.Outputs[index].Name);
            output.WriteNested(json, 0, 0, output.Count);
        }

        json.WriteEndObject();
    }

    private static void WriteTensor(Utf8JsonWriter json, string name, TensorWriter output)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("datatype", output.Datatype);
        json.WriteStartArray("shape");
        foreach (var size in output.Shape)
        {
            json.WriteNumberValue(size);
        }

        json.WriteEndArray();
        json.WriteStartArray("data");
        for (var index = 0; index < output.Count; index++)
        {
            output.WriteElement(json, index);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static TensorMetadata[] Describe(IReadOnlyList<TensorInfo> tensors) =>
        [.. tensors.Select(tensor => new TensorMetadata(tensor.Name, tensor.Datatype, tensor.Shape))];

    private static async Task<JsonDocument> Read(HttpContext context)
    {
        var body = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
        if (body.RootElement.ValueKind == JsonValueKind.Object)
        {
            return body;
        }

        body.Dispose();
        throw new WrongInputException("The body must be a JSON object.");
    }

    private static Task Write<T>(HttpContext context, T answer, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(answer, type, cancellationToken: context.RequestAborted);
    }

    /// <summary>Writes an answer as a whole: what can't be written, such as a number that is none, is an error and no half answer.</summary>
    private static async Task Write(HttpContext context, Action<Utf8JsonWriter> write)
    {
        using MemoryStream content = new();
        await using (Utf8JsonWriter json = new(content))
        {
            write(json);
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = content.Length;
        content.Position = 0;
        await content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
