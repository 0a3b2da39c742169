namespace OrleansRegistry.Host;

/// <summary><c>health</c>: asks a node whether it is ready, for containers that have no other program to ask with.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Asks the node at an address; answers the exit code, 0 when it is ready.</summary>
    public static async Task<int> Run(Uri node)
    {
        using var client = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await client.GetAsync(new Uri(node, "/health/ready"));
            return answer.IsSuccessStatusCode ? 0 : RegistryProgram.Failed;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return RegistryProgram.Failed;
        }
    }
}
