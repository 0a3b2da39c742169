using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Access;

/// <summary>When the keys of an issuer are fetched, on a clock of the tests' own.</summary>
public sealed class IssuerKeysTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new();
    private Issuer _issuer = null!;
    private IssuerKeys _keys = null!;

    public async ValueTask InitializeAsync()
    {
        _issuer = await Issuer.Start();
        _keys = new IssuerKeys(new OidcOptions { Authority = _issuer.Authority, Audience = "registry" }, _clock, NullLogger<IssuerKeys>.Instance);
        await IsKnown("rsa");
        Assert.Equal(1, _issuer.Fetches);
    }

    public async ValueTask DisposeAsync()
    {
        _keys.Dispose();
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task A2_strangers_keys_share_one_fetch_that_waits_for_its_pause()
    {
        var asking = Enumerable.Range(0, 100).Select(n => _keys.Find($"stranger {n}", default)).ToList();
        Assert.DoesNotContain(asking, question => question.IsCompleted);
        Assert.Equal(1, _issuer.Fetches);

        _clock.Advance(IssuerKeys.MinFetchInterval);
        await Task.WhenAll(asking);

        Assert.Equal(2, _issuer.Fetches);
    }

    [Fact]
    public async Task A2_a_key_that_the_issuer_did_not_have_is_asked_for_again_after_half_a_minute()
    {
        await Find("stranger");
        Assert.Equal(2, _issuer.Fetches);

        await _keys.Find("stranger", default);
        Assert.Equal(2, _issuer.Fetches);

        _clock.Advance(IssuerKeys.UnknownDuration);
        await _keys.Find("stranger", default);
        Assert.Equal(3, _issuer.Fetches);
    }

    [Fact]
    public async Task A2_what_a_fetch_brings_that_was_under_way_is_not_the_last_word()
    {
        // The fetch of a stranger reads the keys, and only then the issuer gets a new one.
        await Find("stranger");
        var waiting = _keys.Find("another stranger", default);
        _issuer.Rotate();
        var found = _keys.Find(_issuer.Rsa.KeyId, default);

        _clock.Advance(IssuerKeys.MinFetchInterval);
        await Task.WhenAll(waiting, found);

        await IsKnown(_issuer.Rsa.KeyId);
    }

    [Fact]
    public async Task A2_a_withdrawn_key_ends_with_the_next_regular_fetch()
    {
        _issuer.Rotate();
        _clock.Advance(IssuerKeys.MinFetchInterval);
        using var worker = new IssuerKeysWorker(_keys, _clock);
        await worker.StartAsync(default);
        await BecomesKnown(_issuer.Rsa.KeyId);

        _issuer.Rotate();
        _clock.Advance(IssuerKeysWorker.RefreshInterval);
        await BecomesKnown(_issuer.Rsa.KeyId);

        Assert.Equal(3, _issuer.Fetches);
        await worker.StopAsync(default);
    }

    [Fact]
    public async Task A2_while_the_issuer_is_away_its_last_keys_count_for_an_hour()
    {
        _issuer.IsAway = true;
        _clock.Advance(IssuerKeys.MaxAge - TimeSpan.FromSeconds(1));
        await IsKnown("rsa");
        await Assert.ThrowsAsync<RequestRefusedException>(() => _keys.Find("another", default));

        _clock.Advance(TimeSpan.FromSeconds(3));
        await Assert.ThrowsAsync<RequestRefusedException>(() => _keys.GetConfigurationAsync(default));

        _issuer.IsAway = false;
        _clock.Advance(IssuerKeys.MinFetchInterval);
        await IsKnown("rsa");
    }

    [Fact]
    public async Task A2_an_issuer_that_hangs_holds_nobody_longer_than_its_time()
    {
        var asked = _issuer.Hang();
        var finding = _keys.Find("another", default);
        _clock.Advance(IssuerKeys.MinFetchInterval);
        await asked.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.False(finding.IsCompleted);

        _clock.Advance(IssuerKeys.FetchTimeout);
        await Assert.ThrowsAsync<RequestRefusedException>(() => finding.WaitAsync(TimeSpan.FromMinutes(1)));

        _issuer.Answer();
        _issuer.Rotate();
        await _keys.Find(_issuer.Rsa.KeyId, default);
        await IsKnown(_issuer.Rsa.KeyId);
    }

    /// <summary>Looks for a key, and lets the pause before its fetch pass.</summary>
    private async Task Find(string keyId)
    {
        var finding = _keys.Find(keyId, default);
        _clock.Advance(IssuerKeys.MinFetchInterval);
        await finding;
    }

    /// <summary>Waits for a fetch that nobody asked for. The last one's keys are the only ones.</summary>
    private async Task BecomesKnown(string keyId)
    {
        while (!(await Known()).Contains(keyId))
        {
            await Task.Yield();
        }

        Assert.Equal(2, (await Known()).Length);
    }

    private async Task IsKnown(string keyId) => Assert.Contains(keyId, await Known());

    private async Task<string[]> Known() => [.. (await _keys.GetConfigurationAsync(default)).SigningKeys.Select(key => key.KeyId)];
}
