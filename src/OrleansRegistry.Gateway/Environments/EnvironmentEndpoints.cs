using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Gateway;

/// <summary>The environments in which this registry runs versions (rule F10).</summary>
internal static class EnvironmentEndpoints
{
    private const string Environments = "environments";

    private static readonly ImmutableArray<ArtifactFormat> OfOnnx = [ArtifactFormat.Onnx];
    private static readonly ImmutableArray<ArtifactFormat> OfPython = [ArtifactFormat.Python, ArtifactFormat.PythonPickle];

    /// <summary>Maps the routes. Packages say what can be attacked: they are for callers who deploy.</summary>
    public static void MapEnvironments(this IEndpointRouteBuilder routes)
    {
        var environments = routes.MapGroup("").WithTags("Environments");
        environments.MapGet(Environments, ListEnvironments)
            .WithName("list_environments")
            .RequirePermission(Permission.Deploy)
            .AcceptsParameters();
        environments.MapPost(Environments + "/match", MatchEnvironments)
            .WithName("match_environments")
            .RequirePermission(Permission.Deploy)
            .AcceptsParameters()
            .ProducesErrors(ErrorCode.PayloadTooLarge, ErrorCode.UnsupportedMediaType);
    }

    /// <summary>Lists the environments in which the registry runs versions, and the instance types that a version may have.</summary>
    public static async Task<Answer<EnvironmentList>> ListEnvironments(
        IProcessRunner runner, InstanceTypes types, CancellationToken cancellationToken)
    {
        await runner.Probed.WaitAsync(cancellationToken);
        return new EnvironmentList
        {
            Off = runner.Off,
            Environments = [.. runner.Environments.Select(View)],
            InstanceTypes = [.. types.All.OrderBy(type => type.Key, StringComparer.Ordinal).Select(type => View(type.Key, type.Value))],
        };
    }

    /// <summary>Says whether an artifact would run here, before it is uploaded, and what each environment lacks.</summary>
    public static async Task<Answer<EnvironmentMatchView>> MatchEnvironments(
        RequestBody<MatchEnvironmentsRequest> body, IProcessRunner runner, InstanceTypes types, CancellationToken cancellationToken)
    {
        var request = body.Value;
        if (types.Problem(request.InstanceType) is { } problem)
        {
            return RegistryError.Invalid("instance_type", problem);
        }

        await runner.Probed.WaitAsync(cancellationToken);
        ImmutableArray<EnvironmentFitView> fits = [.. runner.Environments.Select(environment => Fit(request, environment))];
        return new EnvironmentMatchView
        {
            Environment = fits.FirstOrDefault(environment => environment.Fits)?.Name,
            Off = runner.Off,
            Environments = fits,
        };
    }

    private static EnvironmentFitView Fit(MatchEnvironmentsRequest request, NodeEnvironment environment)
    {
        var fit = EnvironmentMatch.Of(request.Format, request.Requirements, environment.Serving);
        return new EnvironmentFitView
        {
            Name = fit.Name,
            Fits = fit.Fits && environment.Off is null,
            // One that doesn't run knows nothing of itself.
            Differences = environment.Off is null ? [.. fit.Differences.Select(View)] : [],
            Off = environment.Off,
        };
    }

    private static EnvironmentDifferenceView View(EnvironmentDifference difference) => new()
    {
        Name = difference.Name,
        Needs = difference.Needs,
        Has = difference.Has,
    };

    private static ServingEnvironmentView View(NodeEnvironment environment) => new()
    {
        Name = environment.Serving.Name,
        Formats = environment.Serving.Name == NodeEnvironment.Onnx ? OfOnnx : OfPython,
        Python = environment.Serving.Python,
        Packages = environment.Serving.Packages.ToImmutableSortedDictionary(StringComparer.Ordinal),
        Off = environment.Off,
    };

    private static InstanceTypeView View(string name, ProcessResources resources) => new()
    {
        Name = name,
        MemoryMib = resources.MemoryMiB,
        Cpus = resources.Cpus,
        Processes = resources.Processes,
    };
}
