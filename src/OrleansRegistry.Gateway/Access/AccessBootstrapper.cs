using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Access;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Sees to it that somebody can get in: makes the workspace <c>default</c>, and a key of role operator in it when there
/// is no key at all. The key is in the file <c>admin-key</c> before it is valid, so that no crash leaves a node that
/// nobody has a key of.
/// </summary>
internal sealed partial class AccessBootstrapper(
    AccessOptions options, AccessSecret secret, IAccessCatalog catalog, IGrainFactory grains, TimeProvider clock, ILogger<AccessBootstrapper> logger)
    : IHostedService
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "admin-key";

    private const string Actor = "system";

    /// <summary>How long a start waits for rows that can't be read or stored, as while the database starts anew.</summary>
    private static readonly TimeSpan RetryTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Looks at the file where there is one and the first key will be taken from it.</summary>
    /// <exception cref="IOException">It holds no key, or can't be read.</exception>
    public static void CheckFile(AccessOptions options)
    {
        if (options.AdminKey is null && Path.Exists(FileOf(options)))
        {
            _ = Read(options);
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await LetSomebodyIn(cancellationToken);
                return;
            }
            catch (RegistryUnavailableException) when (clock.GetElapsedTime(begun) < RetryTimeout)
            {
                // Whatever was made is found made.
                await Task.Delay(RetryDelay, clock, cancellationToken);
            }
        }
    }

    private async Task LetSomebodyIn(CancellationToken cancellationToken)
    {
        var workspace = await grains.GetGrain<IWorkspaceGrain>(GrainKeys.Workspace(GrainKeys.DefaultWorkspace))
            .Create(new CreateWorkspaceCommand { Context = Command() });
        Check(workspace.Error, ErrorCode.WorkspaceExists);
        if (options.AdminKey is { } given)
        {
            await Make(given, "admin key of the settings");
        }
        else if (!await catalog.HasKeys(cancellationToken))
        {
            await Make(Read(options), "first key");
            LogMade(FileOf(options));
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task Make(string key, string name)
    {
        // It was looked at where it was read.
        _ = ApiKey.TryParse(key, out var prefix);
        var grain = grains.GetGrain<IApiKeyGrain>(GrainKeys.ApiKey(prefix!));
        if (secret.Rehash(new ApiKeyProof(prefix!, secret.HashKey(key)) { HashBefore = secret.HashKeyBefore(key) }) is { } rehash)
        {
            await grain.Rehash(rehash);
        }

        var made = await grain.Create(new CreateApiKeyCommand
        {
            Context = Command(),
            Hash = secret.HashKey(key),
            HashSecret = secret.Fingerprint,
            Name = name,
            Workspace = GrainKeys.DefaultWorkspace,
            Role = Role.Operator,
        });
        Check(made.Error, null);
    }

    private static string FileOf(AccessOptions options) => Path.GetFullPath(Path.Combine(options.Directory, FileName));

    private static string Read(AccessOptions options)
    {
        var file = FileOf(options);
        var key = SecretFile.ReadOrCreate(file, ApiKey.Create);
        return ApiKey.TryParse(key, out _)
            ? key
            : throw new IOException($"{file} holds no API key. Remove it, and the node writes a new one.");
    }

    private CommandContext Command() => CommandContext.For(Actor, Role.Operator, clock.GetUtcNow());

    private static void Check(RegistryError? error, string? harmless)
    {
        if (error is not null && error.Code != harmless)
        {
            throw error.Code == ErrorCode.Unavailable
                ? new RegistryUnavailableException(error.Detail)
                : new IOException($"The first key can't be made: {error.Detail}");
        }
    }

    [LoggerMessage(230, LogLevel.Information, "There was no API key: one of role operator was made, and written to {File}")]
    private partial void LogMade(string file);
}
