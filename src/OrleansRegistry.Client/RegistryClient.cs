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
    /// Connects the service to a cluster of the registry, and adds an <see cref="IModelRegistry"/>. The service starts when a silo answers. A process holds one client of one Orleans
    /// cluster: a service that belongs to a cluster of its own needs another process for this one.
    /// </summary>
    /// <param name="builder">The service.</param>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="OptionsValidationException">The options are not valid; the message says all that is wrong.</exception>
    public static IHostApplicationBuilder AddOrleansRegistryClient(this IHostApplicationBuilder builder, Action<RegistryClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new RegistryClientOptions();
        configure(options);
        options.Validate();
        builder.UseOrleansClient(client =>
        {
            client.ConnectToRegistry(options.Certificates);
            client.Services.AddSingleton<IGatewayListProvider>(new SiloAddresses(options.EndPoints));
        });
        builder.Services.AddModelRegistry(options);
        return builder;
    }

    /// <summary>Adds an <see cref="IModelRegistry"/> to a process that is a silo of the registry's cluster itself.</summary>
    /// <param name="services">The services of the silo's process.</param>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="OptionsValidationException">The options are not valid; the message says all that is wrong.</exception>
    public static IServiceCollection AddModelRegistry(this IServiceCollection services, Action<ModelRegistryOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new ModelRegistryOptions();
        configure(options);
        options.Validate();
        return services.AddModelRegistry(options);
    }

    private static IServiceCollection AddModelRegistry(this IServiceCollection services, ModelRegistryOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IOutgoingGrainCallFilter, RepeatedCalls>());
        services.AddSingleton<IModelRegistry>(provider =>
            new ModelRegistry(provider.GetRequiredService<IGrainFactory>(), options, provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
