using System.Collections.Immutable;
using OrleansRegistry.Access;
using OrleansRegistry.Storage.Access;

namespace OrleansRegistry.Storage.Tests;

/// <summary>Nodes that start at the same time on one directory and one database.</summary>
public sealed class SecretAgreementTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("registry-").FullName;

    [Fact]
    public async Task A_node_beside_one_that_makes_the_secret_and_agrees_on_it_starts_with_that_secret()
    {
        var database = new Settings();
        database.Asked = async () =>
        {
            database.Asked = null;
            await Node(database).StartAsync(TestContext.Current.CancellationToken);
        };

        await Node(database).StartAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Secret().Fingerprint, database.Agreed);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private AccessSecret Secret() => new(null, null, _directory);

    private SecretAgreement Node(Settings database) => new(Secret(), database);

    /// <summary>What nodes agree on, and a step in which another one comes first.</summary>
    private sealed class Settings : IAccessCatalog
    {
        public Func<Task>? Asked { get; set; }

        public string? Agreed { get; private set; }

        public Task<string> Agree(string setting, string value, CancellationToken cancellationToken) => Task.FromResult(Agreed ??= value);

        public async Task<string?> FindAgreed(string setting, CancellationToken cancellationToken)
        {
            await (Asked?.Invoke() ?? Task.CompletedTask);
            return Agreed;
        }

        public Task<ImmutableArray<ApiKeyView>> ListKeys(string workspace, ApiKeyCursor? after, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<long> CountKeys(string workspace, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<StoredApiKey?> FindKey(string prefix, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ImmutableArray<WorkspaceView>> ListWorkspaces(string? after, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> HasWorkspace(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ImmutableArray<SessionView>> ListSessions(string keyPrefix, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> HasKeys(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
