using System.Text.Json;
using OrleansRegistry.SampleModelServer.Serving;

namespace OrleansRegistry.SampleModelServer.Http;

/// <summary>Checks an inference request against what the model takes and gives.</summary>
internal static class InferenceInput
{
    /// <summary>The numbers of the one input, flower after flower.</summary>
    /// <exception cref="BadHttpRequestException">The tensors are not what the model takes.</exception>
    public static float[] Measurements(InputTensor?[]? inputs, ServedModel model)
    {
        var expected = model.Inputs[0];
        if (inputs is not [{ } input])
        {
            throw new BadHttpRequestException($"$.inputs must be an array of one tensor, '{expected.Name}'.");
        }

        if (input.Name != expected.Name)
        {
            throw new BadHttpRequestException($"$.inputs[0].name is '{input.Name}'; the model's input is '{expected.Name}'.");
        }

        if (input.Datatype != expected.Datatype)
        {
            throw new BadHttpRequestException($"$.inputs[0].datatype is '{input.Datatype}'; the model takes {expected.Datatype}.");
        }

        if (input.Shape is not [> 0 and var flowers, var features] || features != model.Features)
        {
            throw new BadHttpRequestException($"$.inputs[0].shape must be [n, {model.Features}] with n of at least 1.");
        }

        var numbers = Numbers(input.Data, model.Features);
        // Divided, since a product could overflow.
        return numbers.Length % features == 0 && numbers.Length / features == flowers
            ? numbers
            : throw new BadHttpRequestException($"$.inputs[0].data has {numbers.Length} numbers, which is not what its shape [{flowers}, {features}] says.");
    }

    /// <summary>The outputs that are asked for, in that order; all when none is named.</summary>
    /// <exception cref="BadHttpRequestException">The model has no such output.</exception>
    public static IReadOnlyList<Tensor> Outputs(RequestedOutput?[]? requested, ServedModel model) =>
        requested is null or [] ? model.Outputs : [.. requested.Select(output => Output(output?.Name, model))];

    private static Tensor Output(string? name, ServedModel model) =>
        model.Outputs.FirstOrDefault(output => output.Name == name)
        ?? throw new BadHttpRequestException(
            $"$.outputs names '{name}'; the model has {string.Join(" and ", model.Outputs.Select(output => output.Name))}.");

    private static float[] Numbers(JsonElement data, int features)
    {
        const string path = "$.inputs[0].data";
        if (data.ValueKind != JsonValueKind.Array)
        {
            throw new BadHttpRequestException($"{path} must be an array of numbers.");
        }

        return data.EnumerateArray().FirstOrDefault().ValueKind == JsonValueKind.Array
            ? Http.Measurements.FromRows(SampleJson.Read<float[]?[]>(data, path), features, path)
            : Http.Measurements.Checked(SampleJson.Read<float[]>(data, path)!, path);
    }
}
