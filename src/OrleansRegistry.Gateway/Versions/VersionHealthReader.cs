using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Gateway;

/// <summary>Adds to a version, as it is stored, what its model knows of its servers now (rules HV1 and HV2).</summary>
internal sealed class VersionHealthReader(IGrainFactory grains, TimeProvider clock)
{
    /// <summary>How long the model may take to answer: it does from memory.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    /// <summary>The version with its health, and its entity tag.</summary>
    public async Task<Answer<VersionView>> Answer(RequestCaller caller, VersionView version, CancellationToken cancellationToken)
    {
        var (known, tag) = await Read(caller, version, cancellationToken);
        return Answer<VersionView>.Of(known, tag);
    }

    /// <inheritdoc cref="Answer"/>
    public async Task<(VersionView Version, string Etag)> Read(
        RequestCaller caller, VersionView version, CancellationToken cancellationToken)
    {
        if (version.Serving is not { Status: ServingStatus.Ready, ProbeSeconds: > 0, Servers: { } servers } serving)
        {
            return (version, version.Etag);
        }

        if (await Ask(caller, version.Id, cancellationToken) is not { Down: var down })
        {
            return (version, EntityTags.With(version.Etag, "unknown"));
        }

        var known = version with
        {
            Serving = serving with
            {
                Health = serving.Health ?? VersionHealth.Healthy,
                Servers = [.. servers.Select(server => down.FirstOrDefault(one => one.Url == server.Url) is { } found
                    ? server with { State = ServerStatus.Down, Since = found.Since }
                    : server)],
            },
        };
        return (known, down is [] ? version.Etag : EntityTags.With(version.Etag, string.Join(' ', down)));
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever keeps the model from saying it, the version is read.")]
    private async Task<ServerSigns?> Ask(RequestCaller caller, string versionId, CancellationToken cancellationToken)
    {
        try
        {
            return VersionId.TryParse(versionId, out var id)
                ? await grains.GetModel(caller, id.ModelId).GetHealth(id.Ordinal).WaitAsync(Timeout, clock, cancellationToken)
                : null;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // What is stored is true all the same.
            return null;
        }
    }
}
