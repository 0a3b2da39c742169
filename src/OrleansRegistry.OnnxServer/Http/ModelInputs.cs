using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using OrleansRegistry.OnnxServer.Models;

namespace OrleansRegistry.OnnxServer.Http;

/// <summary>The inputs of one run, in the model's order.</summary>
internal sealed class ModelInputs : IDisposable
{
    private readonly List<OrtValue> _values = [];

    /// <summary>The values.</summary>
    public IReadOnlyCollection<OrtValue> Values => _values;

    /// <summary>Takes a row for each instance; objects with a member for each input, where the model has several.</summary>
    /// <exception cref="WrongInputException">They are not what the model takes.</exception>
    public static ModelInputs FromInstances(OnnxModel model, JsonElement instances)
    {
        const string path = "$.instances";
        if (instances.ValueKind != JsonValueKind.Array || instances.GetArrayLength() == 0)
        {
            throw new WrongInputException($"{path} must be an array of at least one instance.");
        }

        if (instances[0].ValueKind != JsonValueKind.Object)
        {
            return model.Inputs is [var only]
                ? Make([only], _ => (instances, path))
                : throw new WrongInputException($"{path} must be an array of objects with {Names(model)}.");
        }

        return Make(model.Inputs, input => (Column(instances, input.Name), $"{path}[*].{input.Name}"));
    }

    /// <summary>Takes an object with a member for each input.</summary>
    /// <exception cref="WrongInputException">They are not what the model takes.</exception>
    public static ModelInputs FromNamed(OnnxModel model, JsonElement inputs)
    {
        if (inputs.ValueKind != JsonValueKind.Object)
        {
            throw new WrongInputException("$.inputs must be an object.");
        }

        if (inputs.EnumerateObject().Select(given => given.Name).FirstOrDefault(given => model.Inputs.All(input => input.Name != given)) is { } unknown)
        {
            throw new WrongInputException($"$.inputs has {unknown}; the model takes {Names(model)}.");
        }

        return Make(model.Inputs, input => inputs.TryGetProperty(input.Name, out var data)
            ? (data, $"$.inputs.{input.Name}")
            : throw new WrongInputException($"$.inputs has no {input.Name}; the model takes {Names(model)}."));
    }

    /// <summary>Takes values one by one.</summary>
    /// <param name="values">Makes them.</param>
    public static ModelInputs Take(IEnumerable<OrtValue> values)
    {
        ModelInputs made = new();
        try
        {
            made._values.AddRange(values);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    public void Dispose() => _values.ForEach(value => value.Dispose());

    private static ModelInputs Make(IReadOnlyList<TensorInfo> infos, Func<TensorInfo, (JsonElement Data, string Path)> find) =>
        Take(infos.Select(info =>
        {
            var (data, path) = find(info);
            return TensorReader.FromNested(data, info, path);
        }));

    /// <summary>One input's values of all instances, as one array.</summary>
    private static JsonElement Column(JsonElement instances, string name)
    {
        using MemoryStream column = new();
        using (Utf8JsonWriter json = new(column))
        {
            json.WriteStartArray();
            foreach (var (index, instance) in instances.EnumerateArray().Index())
            {
                if (instance.ValueKind != JsonValueKind.Object || !instance.TryGetProperty(name, out var value))
                {
                    throw new WrongInputException($"$.instances[{index}] has no {name}.");
                }

                value.WriteTo(json);
            }

            json.WriteEndArray();
        }

        using var document = JsonDocument.Parse(column.ToArray());
        return document.RootElement.Clone();
    }

    private static string Names(OnnxModel model) => string.Join(" and ", model.Inputs.Select(input => input.Name));
}
