using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansRegistry.RestClient;

/// <summary>Registers the client with a service.</summary>
public static class RegistryRestClientServices
{
    /// <summary>
    /// Registers <see cref="RegistryRestClient"/> over connections of <see cref="IHttpClientFactory"/>. The client is
    /// transient: take it where it is used.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the address and the key.</param>
    /// <returns>The builder of the connections, for further handlers.</returns>
    public static IHttpClientBuilder AddRegistryRestClient(
        this IServiceCollection services,
        Action<RegistryRestClientOptions> configure)
    {
        services.AddOptions<RegistryRestClientOptions>().Configure(configure);
        return services.AddHttpClient("OrleansRegistry")
            .ConfigurePrimaryHttpMessageHandler(provider => RegistryHandler.Create(OptionsOf(provider)))
            .AddTypedClient(
                (http, provider) => new RegistryRestClient(
                    http,
                    OptionsOf(provider),
                    provider.GetService<TimeProvider>()));
    }

    private static RegistryRestClientOptions OptionsOf(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<RegistryRestClientOptions>>().Value;
}
