using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Grains.Tests.Silo;

/// <summary>What models show to the gateway of their process, which answers calls from it without asking them.</summary>
public abstract class LocalRoutesTests(Func<Task<TestDatabase>> emptyDatabase) : SiloTest(emptyDatabase)
{
    private readonly CallWatch _calls = new();

    [Fact]
    public async Task A_model_is_asked_once_and_then_no_more()
    {
        await RestartWith(services => services.AddSingleton<IIncomingGrainCallFilter>(_calls));
        var version = await Publish("A model");
        var resolver = new VersionResolver(Silo.Grains, Silo.Catalog, new ModelDirectory(Silo.Catalog), Routes);
        _calls.Resolves = 0;

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(version.Id, (await resolver.Resolve(Workspace, "A model", null, [], default)).Value?.VersionId);
            Assert.Equal(version.Id, (await resolver.Resolve(Workspace, IdOf(version), [], default)).Value?.VersionId);
            Assert.Equal(version.Id, (await resolver.ResolveVersion(Workspace, version.ModelId, "0.1.0", [], default)).Value?.VersionId);
        }

        Assert.Equal(1, _calls.Resolves);
    }

    [Fact]
    public async Task E1_L2_what_is_shown_has_changed_when_a_command_is_answered()
    {
        await RestartWith(services => services.AddSingleton<IIncomingGrainCallFilter>(_calls));
        var (first, second) = (await Publish("A model"), await Publish("A model"));
        var model = Silo.Model(first.ModelId);
        await model.Resolve(null);
        Find(first, null);
        List<(string Command, string? Primary)> seen = [];
        _calls.OnCommand = command => seen.Add((command, Find(first, null)));

        await model.Deactivate(DeactivateOf(second));
        await model.Activate(new ActivateCommand { Context = Silo.Command(), Ordinal = OrdinalOf(second) });
        await model.Promote(new PromoteCommand { Context = Silo.Command(), Ordinal = OrdinalOf(second) });
        await model.Delete(DeleteOf(second));
        await model.DeleteModel(new DeleteModelCommand { Context = Silo.Command() });

        Assert.Equal(
            [
                ("Deactivate", first.Id),
                ("Activate", first.Id),
                ("Promote", second.Id),
                ("Delete", first.Id),
                ("DeleteModel", null),
            ],
            seen);
    }

    [Fact]
    public async Task E1_nothing_is_shown_while_the_outcome_of_a_write_is_unknown()
    {
        var version = await Publish("A model");
        Find(version, null);
        Assert.Equal(version.Id, Find(version, null));

        Silo.Storage.AfterWrite = FailOnModel;
        Silo.Storage.BeforeRead = FailOnModel;
        Assert.Equal(ErrorCode.Unavailable, (await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version))).Error?.Code);
        Assert.Null(Find(version, null));
        Assert.Null(Find(version, "0.1.0"));

        (Silo.Storage.AfterWrite, Silo.Storage.BeforeRead) = (null, null);
        var next = await Publish("A model");
        Assert.Equal((next.Id, null), (Find(version, null), Find(version, "0.1.0")));
    }

    [Fact]
    public async Task E1_L2_a_model_that_is_let_go_of_shows_nothing()
    {
        var version = await Publish("A model");
        Find(version, null);
        Assert.Equal(version.Id, Find(version, null));

        await Silo.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
        Assert.Null(Find(version, null));

        await Silo.Model(version.ModelId).Resolve(null);
        Find(version, null);
        Assert.Equal(version.Id, Find(version, null));
    }

    private ILocalRoutes Routes => Silo.Services.GetRequiredService<ILocalRoutes>();

    private string? Find(VersionView version, string? selector) => Routes.Find(Workspace, version.ModelId, selector)?.VersionId;

    private static VersionId IdOf(VersionView version) => VersionId.TryParse(version.Id, out var id) ? id : default;

    private static Task FailOnModel(string kind) =>
        kind == "model" ? Task.FromException(new IOException("The row is out of reach.")) : Task.CompletedTask;

    /// <summary>Sees calls of models when they have run and are not answered yet.</summary>
    private sealed class CallWatch : IIncomingGrainCallFilter
    {
        private int _resolves;

        public Action<string>? OnCommand { get; set; }

        public int Resolves
        {
            get => _resolves;
            set => _resolves = value;
        }

        public async Task Invoke(IIncomingGrainCallContext context)
        {
            await context.Invoke();
            if (context.InterfaceMethod.DeclaringType != typeof(IModelGrain))
            {
                return;
            }

            if (context.MethodName is nameof(IModelGrain.Resolve) or nameof(IModelGrain.Route))
            {
                Interlocked.Increment(ref _resolves);
            }
            else
            {
                OnCommand?.Invoke(context.MethodName);
            }
        }
    }
}

public sealed class SqliteLocalRoutesTests() : LocalRoutesTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresLocalRoutesTests() : LocalRoutesTests(TestDatabase.Postgres);
