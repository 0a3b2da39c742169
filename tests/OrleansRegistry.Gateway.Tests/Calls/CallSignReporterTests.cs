using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Time.Testing;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>What a gateway tells models of calls (rule HV1).</summary>
public sealed class CallSignReporterTests
{
    private static readonly ResolvedVersion Version = new()
    {
        VersionId = "k7m2qx9p4d-1",
        Version = "0.1.0",
        ModelName = "m",
        ServingUrl = "http://m",
        Attempt = 1,
    };

    private readonly FakeTimeProvider _clock = new();
    private readonly Model _model;
    private readonly CallSignReporter _reporter;

    public CallSignReporterTests()
    {
        var grain = DispatchProxy.Create<IModelGrain, Model>();
        _model = (Model)(object)grain;
        var grains = DispatchProxy.Create<IGrainFactory, Models>();
        ((Models)grains).Grain = grain;
        _reporter = new CallSignReporter(grains, _clock);
    }

    [Theory]
    [InlineData(0, false, false)]
    [InlineData(999, false, false)]
    [InlineData(1000, false, true)]
    [InlineData(0, true, true)]
    public async Task HV1_a_call_that_succeeds_is_told_where_the_model_has_doubts_or_may_have_them_by_now(int milliseconds, bool isDoubted, bool isTold)
    {
        var began = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        _reporter.Succeeded("default", Version with { IsDoubted = isDoubted }, began);
        await _reporter.Report();

        Assert.Equal(isTold ? ["http://m"] : [], _model.Told.SelectMany(signs => signs.Succeeded));
    }

    [Fact]
    public async Task HV1_a_thousand_calls_are_told_of_once()
    {
        var began = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromMinutes(1));
        for (var call = 0; call < 1000; call++)
        {
            _reporter.Succeeded("default", Version, began);
        }

        await _reporter.Report();
        await _reporter.Report();
        Assert.Equal(["http://m"], Assert.Single(_model.Told).Succeeded);
    }

    [SuppressMessage("Performance", "CA1852", Justification = "The proxy derives from it.")]
    public class Models : DispatchProxy
    {
        public object? Grain { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Grain;
    }

    [SuppressMessage("Performance", "CA1852", Justification = "The proxy derives from it.")]
    public class Model : DispatchProxy
    {
        internal List<CallSigns> Told { get; } = [];

        protected override object Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Told.Add((CallSigns)args![1]!);
            return Task.CompletedTask;
        }
    }
}
