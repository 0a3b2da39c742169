using OrleansRegistry.Gateway.Tests.Infrastructure;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests.Health;

/// <summary>Health on a listener of its own, on a node whose callers have taken all connections there are.</summary>
public sealed class HealthListenerTests(HealthListenerTests.Server server) : IClassFixture<HealthListenerTests.Server>
{
    private const int Connections = 3;

    [Fact]
    public async Task Q3_it_answers_whatever_callers_hold_and_whatever_host_is_named_and_nothing_but_health()
    {
        List<Stream> open = [];
        try
        {
            for (var i = 0; i < Connections * 2; i++)
            {
                open.Add(await server.ConnectFrom("127.0.0.2"));
            }

            var probe = server.DriverFrom("127.0.0.3", null, Server.Port);
            foreach (var path in (string[])["/health/live", "/health/ready", "/health/startup"])
            {
                (await probe.Get(path, ("Host", "10.1.2.3"))).Is(200);
            }

            (await probe.Get("/v1/models")).IsProblem(404, ErrorCode.NotFound);
            (await server.DriverFrom("127.0.0.3", RegistryServer.OperatorKey, Server.Port).Get("/v1/models")).IsProblem(404, ErrorCode.NotFound);
            (await probe.Get("/openapi/v1.json")).IsProblem(404, ErrorCode.NotFound);
        }
        finally
        {
            open.ForEach(connection => connection.Dispose());
        }
    }

    /// <summary>A node with a listener for health.</summary>
    public sealed class Server : SqliteServer
    {
        public static int Port { get; } = RegistryProcess.FreePort();

        protected override IReadOnlyList<string> Settings => [$"--Registry:HealthPort={Port}", $"--Registry:Limits:Connections={Connections}"];
    }
}
