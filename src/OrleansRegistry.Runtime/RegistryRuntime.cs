using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Processes;
using OrleansRegistry.Runtime.Native;

namespace OrleansRegistry.Runtime;

/// <summary>Adds the processes that serve versions to a node.</summary>
internal static partial class RegistryRuntime
{
    /// <summary>
    /// Adds them. Comes behind the storage, by which one node at a time has the data directory. The runner goes with the
    /// node's services, when its grains have ended.
    /// </summary>
    /// <param name="services">The node's services.</param>
    /// <param name="options">The settings.</param>
    /// <param name="place">Where the node keeps what.</param>
    public static IServiceCollection AddRegistryRuntime(this IServiceCollection services, RuntimeOptions options, RunnerPlace place)
    {
        services.AddSingleton(provider => new ProcessRunner(options, place, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IProcessRunner>(provider => provider.GetRequiredService<ProcessRunner>());
        services.AddHostedService(provider => new Starter(
            provider.GetRequiredService<ProcessRunner>(), options, place, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ProcessRunner>>()));
        return services;
    }

    /// <summary>Finds out what runs, beside the start of the rest, and says so.</summary>
    private sealed partial class Starter(
        ProcessRunner runner, RuntimeOptions options, RunnerPlace place, TimeProvider clock, ILogger<ProcessRunner> logger) : BackgroundService
    {
        private static readonly TimeSpan SignInterval = TimeSpan.FromSeconds(5);

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await runner.Probe().WaitAsync(stoppingToken);
            if (runner.OffDetail is { } reason)
            {
                if (options.Enabled && !place.IsInCluster)
                {
                    LogOff(reason);
                }
                else
                {
                    LogNotWanted(reason);
                }

                return;
            }

            if (options.Isolation != Isolation.Sandbox)
            {
                LogNoSandbox(options.Isolation);
            }

            if (!ProcessTree.ListsChildren())
            {
                LogNoChildren();
            }

            foreach (var (name, detail) in runner.OffDetails)
            {
                LogEnvironmentOff(name, detail);
            }

            using PeriodicTimer timer = new(SignInterval, clock);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                runner.SayAlive();
            }
        }

        [LoggerMessage(701, LogLevel.Warning, "Serving environments are off: {Reason}")]
        private partial void LogOff(string reason);

        [LoggerMessage(704, LogLevel.Information, "This node has no serving environments: {Reason}")]
        private partial void LogNotWanted(string reason);

        [LoggerMessage(702, LogLevel.Warning, "Registry__Runtime__Isolation is {Isolation}: no sandbox is around packages, whose code is where the node's files are")]
        private partial void LogNoSandbox(Isolation isolation);

        [LoggerMessage(705, LogLevel.Warning, "The kernel lists no children of processes (CONFIG_PROC_CHILDREN): their memory is not watched, and a stop is a kill")]
        private partial void LogNoChildren();

        [LoggerMessage(703, LogLevel.Warning, "The serving environment {Name} is off: {Reason}")]
        private partial void LogEnvironmentOff(string name, string reason);
    }
}
