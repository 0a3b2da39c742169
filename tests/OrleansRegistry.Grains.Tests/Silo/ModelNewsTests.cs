using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansRegistry.Models;

namespace OrleansRegistry.Grains.Tests.Silo;

public sealed class ModelNewsTests
{
    [Fact]
    public void X2_telling_a_model_never_fails_though_the_silo_is_gone() =>
        new ModelNews(DispatchProxy.Create<IGrainFactory, GoneFactory>(), NullLogger<ModelNews>.Instance).Tell("default", "k7m2qx9p4d");

    /// <summary>That of a silo that has ended.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Performance", "CA1852", Justification = "The proxy derives from it.")]
    public class GoneFactory : DispatchProxy
    {
        protected override object Invoke(MethodInfo? targetMethod, object?[]? args) => throw new ObjectDisposedException(nameof(GoneFactory));
    }
}
