using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.RestClient.Tests;

/// <summary>The client follows docs/openapi.json.</summary>
public sealed class OperationTests
{
    private static readonly JsonNode Document =
        JsonNode.Parse(File.ReadAllText(Path.Combine(RepositoryRoot.Directory, "docs/openapi.json")))!;

    // What else there is, other clients call: OpenAI's own, and those that know models by their short routes.
    public static TheoryData<string, string, string> All => [.. from path in Document["paths"]!.AsObject()
                                                                 where path.Key.StartsWith("/v1/", StringComparison.Ordinal) || path.Key.StartsWith("/v2", StringComparison.Ordinal)
                                                                 from method in path.Value!.AsObject()
                                                                 where method.Key != "parameters"
                                                                 select ((string)method.Value!["operationId"]!, method.Key.ToUpperInvariant(), path.Key)];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Every_operation_of_the_document_has_a_method(string operation, string method, string path)
    {
        await using var registry = await PlayedServer.Start("""{"items":[],"lines":[],"next_page_token":null}""");
        using var client = Node.ClientOf(Node.OptionsFor(registry.Url));
        var name = Names.GetValueOrDefault(operation)
            ?? string.Concat(operation.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        var called = typeof(RegistryRestClient).GetMethod(name);
        Assert.True(called is not null, $"{operation} has no method {name}: run tools/generate.py");

        var answer = called.Invoke(client, [.. called.GetParameters().Select(Argument)]);
        await (answer as Task ?? First((dynamic)answer!));

        var request = registry.Received.Single();
        var expected = path;
        foreach (var parameter in called.GetParameters().Where(parameter => parameter.ParameterType == typeof(string)))
        {
            expected = expected.Replace($"{{{parameter.Name}}}", "a%20b", StringComparison.Ordinal);
        }

        Assert.Equal(
            (method, Uri.UnescapeDataString(expected)),
            (request.Method, Uri.UnescapeDataString(request.Target.Split('?')[0])));
    }

    [Fact]
    public async Task Generating_again_changes_nothing()
    {
        var project = Path.Combine(RepositoryRoot.Directory, "src/OrleansRegistry.RestClient");
        var directory = Directory.CreateTempSubdirectory("registry-generated-");
        try
        {
            var python = Environment.GetEnvironmentVariable("REGISTRY_TEST_PYTHON") ?? "/usr/bin/python3";
            using var generate = Process.Start(python, [Path.Combine(project, "tools/generate.py"), directory.FullName]);
            await generate.WaitForExitAsync();
            Assert.Equal(0, generate.ExitCode);

            var made = directory.GetFiles("*", SearchOption.AllDirectories);
            Assert.Equal(5, made.Length);
            Assert.All(made, file => Assert.Equal(
                File.ReadAllText(file.FullName),
                File.ReadAllText(Path.Combine(project, Path.GetRelativePath(directory.FullName, file.FullName)))));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static readonly Dictionary<string, string> Names = new()
    {
        ["v2_server"] = "GetInferenceServer",
        ["v2_live"] = "IsInferenceLive",
        ["v2_ready"] = "IsInferenceReady",
        ["v2_model"] = "GetInferenceModel",
        ["v2_version"] = "GetInferenceVersion",
        ["v2_model_ready"] = "IsInferenceModelReady",
        ["v2_version_ready"] = "IsInferenceVersionReady",
        ["v2_infer"] = "Infer",
        ["v2_infer_version"] = "InferVersion",
    };

    private static object? Argument(ParameterInfo parameter) => parameter switch
    {
        { ParameterType.Name: "CancellationToken" } => CancellationToken.None,
        { ParameterType.Name: "CallContent" } => CallContent.Json("{}"),
        { HasDefaultValue: true } => null,
        { ParameterType: var type } when type == typeof(string) => "a b",
        { ParameterType: var type } => Activator.CreateInstance(type),
    };

    private static async Task First<T>(IAsyncEnumerable<T> list)
    {
        await foreach (var _ in list)
        {
        }
    }
}
