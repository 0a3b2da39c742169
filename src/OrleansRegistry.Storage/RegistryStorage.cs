using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Storage;
using OrleansRegistry.Access;
using OrleansRegistry.Storage.Access;
using OrleansRegistry.Storage.Artifacts;
using OrleansRegistry.Storage.Billing;
using OrleansRegistry.Storage.Catalog;
using OrleansRegistry.Cluster;
using OrleansRegistry.Storage.Postgres;
using OrleansRegistry.Storage.Postgres.Cluster;
using OrleansRegistry.Storage.Retention;
using OrleansRegistry.Storage.Sqlite;
using OrleansRegistry.Storage.Webhooks;

namespace OrleansRegistry.Storage;

/// <summary>Adds the storage to a node.</summary>
public static class RegistryStorage
{
    /// <summary>The name of the grain storage.</summary>
    public const string Name = "registry";

    /// <summary>
    /// Adds the database and its catalog. The schema is brought up to date when the node starts, before anything that is added later; a
    /// database that can't be used ends the start with a <see cref="StartupException"/>.
    /// </summary>
    /// <param name="services">The node's services.</param>
    /// <param name="options">Which database.</param>
    /// <param name="holdsGrains">Whether the node has a silo; only such a one removes old events.</param>
    public static IServiceCollection AddRegistryStorage(this IServiceCollection services, StorageOptions options, bool holdsGrains = true)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.PostgresConnectionString is { } connection)
        {
            services.AddSingleton(provider => new PostgresDatabase(connection, provider.GetService<SiloIdentity>()));
            services.AddSingleton<RegistryDatabase>(provider => provider.GetRequiredService<PostgresDatabase>());
        }
        else
        {
            services.AddSingleton(_ => new SqliteDatabase(options.DataDirectory));
            services.AddSingleton<RegistryDatabase>(provider => provider.GetRequiredService<SqliteDatabase>());
        }

        services.AddSingleton<IRegistryCatalog, RegistryCatalog>();
        services.AddSingleton<IBillingCatalog, BillingCatalog>();
        services.AddSingleton<IWebhookCatalog, WebhookCatalog>();
        services.AddSingleton<IAccessCatalog, AccessCatalog>();
        services.AddSingleton<IArtifactCatalog, ArtifactCatalog>();
        services.AddHostedService<DatabaseStarter>();
        if (options.PostgresConnectionString is null)
        {
            services.AddHostedService<SqliteWatch>();
        }
        else if (holdsGrains)
        {
            services.AddHostedService(provider => new MemberCheck(
                provider.GetRequiredService<PostgresDatabase>(), provider.GetService<ClusterCertificates>()));
        }

        if (holdsGrains)
        {
            services.AddHostedService<SessionWorker>();
        }

        if (holdsGrains && options.EventRetentionDays > 0)
        {
            services.AddHostedService(provider => ActivatorUtilities.CreateInstance<RetentionWorker>(provider, options));
        }

        services.AddHealthChecks().AddCheck<StorageHealth>("storage", tags: ["ready"]);
        return services;
    }

    /// <summary>
    /// Adds the deployment's secret, and has the start end where it is another one than the database was used with.
    /// Comes behind the storage and before the silo.
    /// </summary>
    internal static IServiceCollection AddAccessSecret(this IServiceCollection services, AccessSecret secret)
    {
        services.AddSingleton(secret);
        services.AddSingleton(_ => secret.Seal);
        services.AddHostedService<SecretAgreement>();
        return services;
    }

    /// <summary>Adds the grain storage to a silo; it serializes with the silo's <see cref="IGrainStorageSerializer"/>.</summary>
    public static ISiloBuilder AddRegistryGrainStorage(this ISiloBuilder silo)
    {
        silo.AddAdoNetGrainStorage(Name, (OptionsBuilder<AdoNetGrainStorageOptions> storage) => storage
            .Configure<RegistryDatabase, IGrainStorageSerializer>((options, database, serializer) =>
            {
                options.Invariant = database.Invariant;
                options.DataSource = database.Writers;
                options.GrainStorageSerializer = serializer;
            }));
        return silo;
    }

    /// <summary>
    /// Has a node with a SQLite file compare its clock with what is stored. Comes behind the storage and before the silo.
    /// </summary>
    public static IServiceCollection AddSqliteClock(this IServiceCollection services)
    {
        services.AddSingleton<StoredInstants>();
        services.AddSingleton<SqliteClock>();
        services.AddHostedService(provider => provider.GetRequiredService<SqliteClock>());
        services.AddSingleton<IIncomingGrainCallFilter, ClockGuard>();
        services.AddHealthChecks().AddCheck<SqliteClock>("clock", tags: ["ready"]);
        return services;
    }

    /// <summary>The database that the options name, for a process that is no node; nothing is opened yet.</summary>
    internal static RegistryDatabase Open(StorageOptions options) => options.PostgresConnectionString is { } connection
        ? new PostgresDatabase(connection)
        : new SqliteDatabase(options.DataDirectory);

    private sealed class DatabaseStarter(RegistryDatabase database) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => database.Start(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
