using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using OrleansRegistry.OnnxServer.Models;

namespace OrleansRegistry.OnnxServer.Http;

/// <summary>Reads a request of the Open Inference Protocol.</summary>
internal static class InferenceRequest
{
    /// <summary>The tensors that the caller sends, in the model's order.</summary>
    /// <exception cref="WrongInputException">They are not what the model takes.</exception>
    public static ModelInputs Inputs(OnnxModel model, JsonElement body)
    {
        if (!body.TryGetProperty("inputs", out var inputs) || inputs.ValueKind != JsonValueKind.Array)
        {
            throw new WrongInputException("$.inputs must be an array of tensors.");
        }

        var given = inputs.EnumerateArray().Select((tensor, index) => (Tensor: tensor, Path: $"$.inputs[{index}]"))
            .Select(input => (Name: Text(input.Tensor, "name", input.Path), input.Tensor, input.Path))
            .ToList();
        if (given.Find(input => model.Inputs.All(known => known.Name != input.Name)) is { Name: not null } unknown)
        {
            throw new WrongInputException($"{unknown.Path}.name is '{unknown.Name}'; the model takes {string.Join(" and ", model.Inputs.Select(input => input.Name))}.");
        }

        return ModelInputs.Take(model.Inputs.Select(info => Make(
            info,
            given.Find(input => input.Name == info.Name) is { Name: not null } found
                ? found
                : throw new WrongInputException($"$.inputs has no tensor {info.Name}."))));
    }

    /// <summary>The indexes of the outputs that are asked for, in that order; all when none is named.</summary>
    /// <exception cref="WrongInputException">The model has no such output.</exception>
    public static List<int> Outputs(OnnxModel model, JsonElement body)
    {
        if (!body.TryGetProperty("outputs", out var outputs) || outputs.ValueKind != JsonValueKind.Array || outputs.GetArrayLength() == 0)
        {
            return [.. Enumerable.Range(0, model.Outputs.Count)];
        }

        List<int> wanted = [];
        foreach (var (index, output) in outputs.EnumerateArray().Index())
        {
            var name = Text(output, "name", $"$.outputs[{index}]");
            var found = model.Outputs.Index().FirstOrDefault(known => known.Item.Name == name, (-1, null!)).Item1;
            wanted.Add(found >= 0
                ? found
                : throw new WrongInputException($"$.outputs[{index}].name is '{name}'; the model gives {string.Join(" and ", model.Outputs.Select(known => known.Name))}."));
        }

        return wanted;
    }

    private static OrtValue Make(TensorInfo info, (string Name, JsonElement Tensor, string Path) input)
    {
        var datatype = Text(input.Tensor, "datatype", input.Path);
        if (datatype != info.Datatype)
        {
            throw new WrongInputException($"{input.Path}.datatype is '{datatype}'; the model takes {info.Datatype}.");
        }

        if (!input.Tensor.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array
            || shape.EnumerateArray().Any(size => size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out var number) || number < 1))
        {
            throw new WrongInputException($"{input.Path}.shape must be an array of whole numbers, each at least 1.");
        }

        return input.Tensor.TryGetProperty("data", out var data)
            ? TensorReader.FromShaped(data, [.. shape.EnumerateArray().Select(size => size.GetInt64())], info, $"{input.Path}.data")
            : throw new WrongInputException($"{input.Path}.data is missing.");
    }

    private static string Text(JsonElement element, string member, string path) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : throw new WrongInputException($"{path}.{member} must be a text.");
}
