using System.Net.Sockets;
using System.Text.Json;

namespace OrleansRegistry.Host;

/// <summary>
/// <c>health</c>: asks a node whether it is ready, for containers that have no other program to ask with.
/// </summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    /// <summary>Asks the node at an address; answers the exit code, 0 when it is ready.</summary>
    /// <exception cref="UsageException">It is no address.</exception>
    public static async Task<int> Run(string address, TextWriter errors)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var node) || (node.Scheme != Uri.UriSchemeHttp && node.Scheme != Uri.UriSchemeHttps))
        {
            throw new UsageException($"{address} is no http or https URL.");
        }

        using var client = new HttpClient { Timeout = Timeout };
        try
        {
            using var answer = await client.GetAsync(new Uri(node, "/health/ready"));
            if (answer.IsSuccessStatusCode)
            {
                return 0;
            }

            await errors.WriteLineAsync($"{node} answers {(int)answer.StatusCode}: {Reason(await answer.Content.ReadAsStringAsync())}");
        }
        catch (HttpRequestException e)
        {
            await errors.WriteLineAsync($"{node} can't be reached: {Why(e)}");
        }
        catch (OperationCanceledException)
        {
            await errors.WriteLineAsync($"{node} doesn't answer within {Timeout.TotalSeconds:0} seconds.");
        }

        return RegistryProgram.Failed;
    }

    /// <summary>The text of the cause: of what is inside of a failed handshake, the outer one says only that it is there.</summary>
    private static string Why(Exception failure) => failure.InnerException is { } inner and not SocketException ? Why(inner) : failure.Message;

    /// <summary>The texts of the checks that fail, or the answer as it is when it is none of this registry.</summary>
    private static string Reason(string answer)
    {
        try
        {
            using var health = JsonDocument.Parse(answer);
            return string.Join(' ', health.RootElement.GetProperty("checks").EnumerateObject()
                .Where(check => check.Value.GetProperty("status").GetString() != "healthy")
                .Select(check => $"{check.Name}: {check.Value.GetProperty("description").GetString() ?? "unhealthy"}"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return answer.ReplaceLineEndings(" ");
        }
    }
}
