using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Messaging;
using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>Adds the registry to a service.</summary>
public static class RegistryClient
{
    /// <summary>
    /// Connects the service to a cluster of the registry, and adds an <see cref="IModelRegistry"/>. The service starts
    /// when a silo answers. A process holds one client of one Orleans cluster: a service that belongs to a cluster of
    /// its own needs another process for this one.
    /// </summary>
    /// <param name="builder">The service.</param>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="OptionsValidationException">
    /// The options are not valid; the message names each fault.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The service has a registry already. For another workspace of the same one add it by name.
    /// </exception>
    public static IHostApplicationBuilder AddOrleansRegistryClient(this IHostApplicationBuilder builder, Action<RegistryClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new RegistryClientOptions();
        configure(options);
        options.Validate();
        RefuseSecond(builder.Services, null);
        builder.UseOrleansClient(client =>
        {
            client.ConnectToRegistry(options.Certificates);
            client.Services.AddSingleton<IGatewayListProvider>(new SiloAddresses(options.EndPoints));
        });
        builder.Services.AddModelRegistry(null, options);
        return builder;
    }

    /// <summary>
    /// Adds an <see cref="IModelRegistry"/> to a process that is a silo of the registry's cluster itself.
    /// </summary>
    /// <param name="services">The services of the silo's process.</param>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="OptionsValidationException">
    /// The options are not valid; the message names each fault.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The process has one already. For another workspace add it by name.
    /// </exception>
    public static IServiceCollection AddModelRegistry(this IServiceCollection services, Action<ModelRegistryOptions> configure) =>
        services.AddModelRegistry(null, Read(services, configure));

    /// <summary>
    /// Adds an <see cref="IModelRegistry"/> under a name, for a service that acts in several workspaces, or as several
    /// callers. It is asked for with <c>[FromKeyedServices(name)]</c>, and uses the connection of the process.
    /// </summary>
    /// <param name="services">
    /// The services of a silo's process, or of one with <see cref="AddOrleansRegistryClient"/>.
    /// </param>
    /// <param name="name">The name within the process.</param>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="OptionsValidationException">
    /// The options are not valid; the message names each fault.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is one with this name already.</exception>
    public static IServiceCollection AddModelRegistry(this IServiceCollection services, string name, Action<ModelRegistryOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return services.AddModelRegistry(name, Read(services, configure));
    }

    private static ModelRegistryOptions Read(IServiceCollection services, Action<ModelRegistryOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new ModelRegistryOptions();
        configure(options);
        options.Validate();
        return options;
    }

    /// <summary>The container would hand out the last one that was added, to all that meant the first.</summary>
    private static void RefuseSecond(IServiceCollection services, string? name)
    {
        if (services.Any(service => service.ServiceType == typeof(IModelRegistry) && Equals(service.ServiceKey, name)))
        {
            throw new InvalidOperationException(name is null
                ? "The process has a model registry already. Add one for another workspace by name: AddModelRegistry(name, …)."
                : $"The process has a model registry named '{name}' already.");
        }
    }

    private static IServiceCollection AddModelRegistry(this IServiceCollection services, string? name, ModelRegistryOptions options)
    {
        RefuseSecond(services, name);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IOutgoingGrainCallFilter, RepeatedCalls>());
        services.Add(ServiceDescriptor.DescribeKeyed(
            typeof(IModelRegistry),
            name,
            (provider, _) => new ModelRegistry(provider.GetRequiredService<IGrainFactory>(), options, provider.GetRequiredService<TimeProvider>()),
            ServiceLifetime.Singleton));
        return services;
    }
}
