using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace OrleansRegistry.Client.Tests;

/// <summary>All that is wrong with a service's options is said at once, before it starts.</summary>
public sealed class OptionsTests
{
    [Fact]
    public void Every_problem_is_named()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);

        var refused = Assert.Throws<OptionsValidationException>(() => builder.AddOrleansRegistryClient(options =>
        {
            options.Name = "two words";
            options.Workspace = "No Workspace";
            foreach (var silo in (string[])["silo", "silo:0", "user@silo:1", "silo:1/path"])
            {
                options.Silos.Add(silo);
            }
        }));

        Assert.Equal(6, refused.Failures.Count());
        Assert.Contains("Name must be", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Workspace 'No Workspace'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Silos has 'user@silo:1'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Silos_must_be_named() => Assert.Contains(
        "Silos must name at least one",
        Assert.Throws<OptionsValidationException>(() => Host.CreateEmptyApplicationBuilder(null).AddOrleansRegistryClient(options => options.Name = "shop")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_second_registry_of_a_process_has_a_name_of_its_own_or_is_refused()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.AddOrleansRegistryClient(Shop);
        builder.Services.AddModelRegistry("vision", Vision);

        Assert.Contains("by name", Assert.Throws<InvalidOperationException>(() => builder.AddOrleansRegistryClient(Shop)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => builder.Services.AddModelRegistry(Vision));
        Assert.Contains("'vision'", Assert.Throws<InvalidOperationException>(() => builder.Services.AddModelRegistry("vision", Vision)).Message, StringComparison.Ordinal);
        Assert.Equal([null, "vision"], builder.Services.Where(service => service.ServiceType == typeof(IModelRegistry)).Select(service => service.ServiceKey));

        static void Shop(RegistryClientOptions options)
        {
            options.Name = "shop";
            options.Silos.Add("silo:30000");
        }

        static void Vision(ModelRegistryOptions options) => (options.Name, options.Workspace) = ("shop", "vision");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a\u202eb")]
    [InlineData("a\u2028")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789")]
    public void A_service_has_a_name_that_can_stand_in_events(string name) => Assert.Throws<OptionsValidationException>(
        () => new ServiceCollection().AddModelRegistry(options => options.Name = name));
}
