using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Versions;

/// <summary>Reading a version never depends on its model's grain (rules HV1 and HV2).</summary>
public sealed class VersionHealthReaderTests
{
    private static readonly VersionView Version = StubCatalog.Starting with
    {
        Serving = new ServingView
        {
            Url = "http://m",
            Status = ServingStatus.Ready,
            ProbeSeconds = 10,
            Servers = [new ServerView { Url = "http://m", State = ServerStatus.Up }],
        },
    };

    private readonly FakeTimeProvider _clock = new();

    public static TheoryData<Exception> Failures =>
    [
        new TimeoutException(),
        new IOException(),
        new ObjectDisposedException("silo"),
        new OperationCanceledException("The connection was closed."),
        new InvalidOperationException(),
    ];

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task HV2_a_version_is_read_though_its_model_can_not_be_asked(Exception failure)
    {
        var (read, tag) = await Read(Task.FromException<ServerSigns?>(failure), TestContext.Current.CancellationToken);

        Assert.Equal(Version, read);
        Assert.Null(read.Serving!.Health);
        var (well, wellTag) = await Read(Task.FromResult<ServerSigns?>(new ServerSigns([])), TestContext.Current.CancellationToken);
        Assert.Equal(VersionHealth.Healthy, well.Serving!.Health);
        Assert.NotEqual(wellTag, tag);
        Assert.Equal(wellTag, EntityTags.Stored(tag));
    }

    [Fact]
    public async Task HV2_a_model_that_does_not_answer_is_waited_for_a_second()
    {
        var reading = Read(new TaskCompletionSource<ServerSigns?>().Task, TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(0.9));
        Assert.False(reading.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(Version, (await reading).Version);
    }

    [Fact]
    public async Task HV2_whoever_has_gone_is_not_answered()
    {
        using var gone = new CancellationTokenSource();
        var reading = Read(new TaskCompletionSource<ServerSigns?>().Task, gone.Token);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    private Task<(VersionView Version, string Etag)> Read(Task<ServerSigns?> answer, CancellationToken cancellationToken)
    {
        var grains = DispatchProxy.Create<IGrainFactory, OneGrain>();
        var model = DispatchProxy.Create<IModelGrain, OneGrain>();
        ((OneGrain)grains).Answer = model;
        ((OneGrain)(object)model).Answer = answer;
        return new VersionHealthReader(grains, _clock).Read(new RequestCaller("default", "test", Role.Viewer), Version, cancellationToken);
    }

    /// <summary>Answers every call alike.</summary>
    [SuppressMessage("Performance", "CA1852", Justification = "The proxy derives from it.")]
    public class OneGrain : DispatchProxy
    {
        /// <summary>What it answers.</summary>
        public object? Answer { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Answer;
    }
}
