using System.Globalization;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansRegistry.Models;
using OrleansRegistry.Storage.Check;
using OrleansRegistry.Testing;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Billing;

/// <summary>
/// Random histories on a real silo with a real database: commands, repeated ones, faults before, during and after their write, crashes, and a
/// clock that jumps on and back. After every step each answer about usage is compared with the oracle; the difference must be 0 ms.
/// </summary>
public abstract class RandomHistoryTests(Func<Task<TestDatabase>> emptyDatabase, ITestOutputHelper output)
{
    private static readonly int Histories = TestRounds.Of(32);

    private static readonly string[] Disturbances = ["repeated", "crash", "clock back", "lost before", "lost after", "unknown"];

    private static readonly Gen<Step[]> Steps = Gen.Select(
        Gen.Int[0, 99], Gen.Int[0, 5], Gen.Int[0, 11], Gen.Int[0, 999], Gen.Int[0, 999],
        (kind, version, fault, a, b) => new Step(kind, version, fault, a, b)).Array[20, 50];

    [Fact]
    public async Task B4_every_answer_about_usage_is_what_the_events_say_to_the_millisecond()
    {
        await using var database = await emptyDatabase();
        await using var silo = await TestSilo.Start(
            database.Options, services => services.Replace(ServiceDescriptor.Singleton<IHealthProbe, SilentProbe>()));
        // Ahead of the database's clock, so that it can also go back.
        silo.Clock.Move(TimeSpan.FromDays(2));
        var histories = 0;
        var seen = new Dictionary<string, int>();

        await Steps.SampleAsync(
            async steps =>
            {
                var history = new History(silo, string.Create(CultureInfo.InvariantCulture, $"model-{histories++}"), seen);
                foreach (var step in steps)
                {
                    await history.Run(step);
                    await history.Compare(step);
                }
            },
            iter: Histories,
            threads: 1);

        foreach (var happened in await silo.Catalog.ListEvents("default", new EventFilter(), 1_000_000, default))
        {
            seen[happened.Type] = seen.GetValueOrDefault(happened.Type) + 1;
        }

        output.WriteLine(string.Join('\n', seen.OrderBy(count => count.Key).Select(count => $"{count.Value,6} {count.Key}")));
        Assert.All(EventType.OfModels.Except([EventType.VersionUpdated, EventType.VersionCrashed]).Concat(Disturbances), what => Assert.True(seen.GetValueOrDefault(what) > 0, $"No {what} happened."));
        await CompareStatements(silo);
        Assert.Empty(await RegistryCheck.Run(database.Options, default));
    }

    /// <summary>The statements of all months hold all time there is, closed or not.</summary>
    private static async Task CompareStatements(TestSilo silo)
    {
        Assert.Null((await silo.Rates().Put(new PutRatesCommand
        {
            Context = silo.Command(),
            Rates =
            [
                .. from type in (string?[])[null, "cpu", "gpu"]
                   from stage in (Stage[])[Stage.Draft, Stage.Published]
                   select new Rate { InstanceType = type, Stage = stage, PricePerMinute = "0.01", EffectiveFrom = DateTimeOffset.UnixEpoch },
            ],
        })).Error);
        var oracle = new UsageOracle(await silo.Catalog.ListEvents("default", new EventFilter(), 1_000_000, default));
        var first = await silo.Billing.FindFirstUsage("default", default);
        Assert.NotNull(first);
        for (var month = BillingMonth.Of(first.Value); month.Start < silo.Clock.GetUtcNow(); month = new BillingMonth(month.End))
        {
            var closed = await silo.Statement(month).Close(new CloseMonthCommand { Context = silo.Command() });
            Assert.Equal(silo.Clock.GetUtcNow() < month.End + BillingMonth.Grace ? ErrorCode.MonthOpen : null, closed.Error?.Code);
            var statement = await silo.ReadStatement(month);
            Assert.Equal(closed.Error is null, statement.Closed);
            Assert.Equal(oracle.Milliseconds(month.Start, month.End, statement.Statement.AsOf), statement.Statement.TotalMilliseconds);
            Assert.Equal(statement.Statement.TotalMilliseconds, statement.Lines.Sum(line => line.ActiveMilliseconds));
        }
    }

    /// <param name="Kind">What happens.</param>
    /// <param name="Version">To which version.</param>
    /// <param name="Fault">What goes wrong.</param>
    /// <param name="A">Any number.</param>
    /// <param name="B">Any other.</param>
    private sealed record Step(int Kind, int Version, int Fault, int A, int B);

    private sealed class History(TestSilo silo, string name, Dictionary<string, int> seen)
    {
        private static readonly string?[] Types = [null, "cpu", "gpu"];

        private readonly List<string> _models = [];
        private Func<Task>? _last;
        private string? _id;
        private readonly Dictionary<(string Id, int Number), int> _ordinals = [];
        private int _deployments;

        public async Task Run(Step step)
        {
            WorkspaceScope.Enter(GrainKeys.DefaultWorkspace);
            silo.Clock.Move(TimeSpan.FromMilliseconds(1 + (step.A * step.B)));
            if (step.Kind >= 86)
            {
                await Disturb(step);
                return;
            }

            _last = await Command(step);
            SetFault(step.Fault);
            await _last();
            SetFault(none: true);
        }

        /// <summary>Compares every answer about the versions of this history.</summary>
        public async Task Compare(Step step)
        {
            var now = DateTimeOffset.FromUnixTimeMilliseconds(silo.Clock.GetUtcNow().ToUnixTimeMilliseconds());
            var (always, never) = (DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue.AddYears(-1));
            List<RegistryEvent> events = [];
            foreach (var model in _models)
            {
                events.AddRange(await silo.Catalog.ListEvents("default", new EventFilter { ModelId = model }, 10_000, default));
            }

            foreach (var model in _models)
            {
                await ComparePrimaries(model, [.. events.Where(happened => happened.ModelId == model)], now);
            }

            var oracle = new UsageOracle(events);
            foreach (var version in oracle.Versions)
            {
                Assert.True(VersionId.TryParse(version, out var id));
                var usage = (await silo.Billing.FindUsage("default", id, now, default))!;
                Assert.Equal(
                    (oracle.Milliseconds(version, Stage.Draft, always, never, now), oracle.Milliseconds(version, Stage.Published, always, never, now)),
                    ((long)(usage.DraftSeconds * 1000), (long)(usage.PublishedSeconds * 1000)));
            }

            await CompareSums(oracle, new UsageWindow { From = always, To = now.AddYears(1), Now = now });
            var from = now.AddMinutes(-(step.A * step.A));
            var length = 1L + (step.B * 60_000L);
            await CompareSums(oracle, new UsageWindow
            {
                From = from,
                To = from.AddMilliseconds(length),
                Now = now,
                Cuts = [.. new[] { length / 7, length / 3, length / 2 }.Where(cut => cut > 0).Distinct().Select(cut => from.AddMilliseconds(cut))],
            });
        }

        /// <summary>Follows a model's events, and compares what was primary at each of their instants.</summary>
        private async Task ComparePrimaries(string model, IReadOnlyList<RegistryEvent> events, DateTimeOffset now)
        {
            string? primary = null;
            var last = new SortedDictionary<DateTimeOffset, string?>();
            List<string?> all = [];
            foreach (var happened in events)
            {
                if (happened.Type == EventType.PrimaryChanged)
                {
                    primary = happened.Data.GetProperty("to").GetString();
                    all.Insert(0, primary);
                }

                last[happened.At] = primary;
            }

            Assert.Equal(all, (await silo.Catalog.ListPrimaries("default", model, null, 10_000, default)).Select(period => period.VersionId));
            foreach (var (at, expected) in last.TakeLast(20))
            {
                Assert.Equal(expected, (await silo.Catalog.FindPrimary("default", model, at, default)).Value!.VersionId);
            }

            if (events.Count > 0)
            {
                Assert.Equal(primary, (await silo.Catalog.FindPrimary("default", model, now.AddYears(1), default)).Value!.VersionId);
                Assert.Null((await silo.Catalog.FindPrimary("default", model, events[0].At.AddMilliseconds(-1), default)).Value!.VersionId);
            }
        }

        private async Task CompareSums(UsageOracle oracle, UsageWindow window)
        {
            var sums = (await silo.Billing.Sum("default", window, default)).Where(sum => _models.Contains(sum.Id.ModelId)).ToList();
            foreach (var version in oracle.Versions)
            {
                for (var part = 0; part <= window.Cuts.Length; part++)
                {
                    foreach (var stage in (Stage[])[Stage.Draft, Stage.Published])
                    {
                        var found = sums.Where(sum => sum.Id.ToString() == version && sum.Part == part && sum.Stage == stage).ToList();
                        Assert.Equal(
                            oracle.Milliseconds(version, stage, window.StartOf(part), window.EndOf(part), window.Now), found.Sum(sum => sum.Milliseconds));
                        Assert.All(found, sum => Assert.Equal(Types[sum.Id.Ordinal % Types.Length], sum.InstanceType));
                    }
                }
            }

            Assert.All(sums, sum => Assert.Contains(sum.Id.ToString(), oracle.Versions));
        }

        private async Task<Func<Task>> Command(Step step)
        {
            if (_id is null || step.Kind < 14)
            {
                var number = _deployments++;
                return () => Deploy(step, number);
            }

            var model = silo.Model(_id);
            switch (step.Kind)
            {
                case < 26:
                    var draft = await Pick(step, version => version.State == VersionState.Draft);
                    return () => model.Publish(new PublishCommand { Context = silo.Command(), Ordinal = draft });
                case < 44:
                    var active = await Pick(step, version => version.State is VersionState.Draft or VersionState.Published);
                    return () => model.Deactivate(new DeactivateCommand { Context = silo.Command(), Ordinal = active });
                case < 60:
                    if (step.A % 3 == 0)
                    {
                        var registered = await Pick(step, version => version is { State: VersionState.Draft or VersionState.Published, Serving: null });
                        var serving = new ServingSpec { Url = "http://b", HealthUrl = step.B % 3 == 0 ? null : "http://b/health" };
                        return () => model.Activate(new ActivateCommand { Context = silo.Command(), Ordinal = registered, Serving = serving });
                    }

                    var inactive = await Pick(step, version => version.State == VersionState.Inactive);
                    return () => model.Activate(new ActivateCommand { Context = silo.Command(), Ordinal = inactive });
                case < 62:
                    var served = await Pick(step, version => version is { State: VersionState.Draft or VersionState.Published, Serving: not null });
                    // With health URLs, which nobody answers: so nothing happens by itself.
                    string[] names = step.A % 3 == 0 ? ["c"] : ["a", "b", $"c{step.A % 3}"];
                    ServingServer[] servers = [.. names.Select(name => new ServingServer { Url = $"http://{name}", HealthUrl = $"http://{name}/health" })];
                    return () => model.PutServers(new PutServersCommand { Context = silo.Command(), Ordinal = served, Servers = servers });
                case < 65:
                    var any = await Pick(step, _ => true);
                    return () => model.Delete(new DeleteCommand { Context = silo.Command(), Ordinal = any });
                case < 74:
                    var ready = await Pick(step, version => version.Serving?.Status == ServingStatus.Ready);
                    return async () =>
                    {
                        await Mark(ready, UnhealthyBecause.ServersDown);
                        await (step.A % 8 != 0 ? Mark(ready, because: null) : Task.CompletedTask);
                    };
                case < 84:
                    var starting = await Pick(step, version => version.Serving?.Status == ServingStatus.Starting);
                    return () => ReportProbe(starting, isReady: step.A % 4 != 0);
                default:
                    return () => model.DeleteModel(new DeleteModelCommand { Context = silo.Command() });
            }
        }

        /// <summary>A version that the command is meant for; now and then, and when there is none, any other.</summary>
        private async Task<int> Pick(Step step, Func<VersionView, bool> isMeant)
        {
            var versions = await silo.Catalog.ListVersions("default", _id!, new VersionFilter(), 100, default);
            VersionView[] meant = [.. versions.Where(isMeant)];
            return meant.Length > 0 && step.B % 8 != 0 && VersionId.TryParse(meant[step.Version % meant.Length].Id, out var id) ? id.Ordinal : 1 + step.Version;
        }

        private async Task Disturb(Step step)
        {
            switch (step.Kind)
            {
                case < 90 when _last is not null:
                    Count("repeated");
                    await _last();
                    break;
                case < 94:
                    Count("crash");
                    await silo.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
                    break;
                case < 97:
                    Count("clock back");
                    // Less than it has gone on, since each history goes on by days before it goes back by hours.
                    silo.Clock.Move(TimeSpan.FromDays(step.A % 40));
                    await silo.Model(_id ?? "0000000000").PatchModel(new PatchModelCommand { Context = silo.Command(), Description = $"{step.B}" });
                    silo.Clock.Move(-TimeSpan.FromHours(step.A % 20));
                    break;
                default:
                    silo.Clock.Move(TimeSpan.FromDays(step.A % 40));
                    break;
            }
        }

        private async Task Deploy(Step step, int number)
        {
            // A name may lead to a model that was deleted: then a new one is claimed, as the gateway does.
            var id = await silo.Name(name).Claim(not: null);
            for (var tries = 0; tries < 3; tries++)
            {
                if (!_models.Contains(id))
                {
                    _models.Add(id);
                }

                _id = id;
                // A repetition says what was said before.
                var next = _ordinals.TryGetValue((id, number), out var before) ? before : _ordinals[(id, number)] = await NextOrdinal(id);
                var outcome = await silo.Model(id).Deploy(silo.Deployment(name, deploy => deploy with
                {
                    IdempotencyKey = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"),
                    Publish = step.A % 2 == 0,
                    InstanceType = Types[next % Types.Length],
                    Aliases = step.B % 4 == 0 ? ["staging"] : null,
                    Serving = step.B % 3 != 0 ? new ServingSpec { Url = "http://a", HealthUrl = "http://a/health" } : null,
                }));
                if (outcome.Error?.Code != ErrorCode.ModelDeleted)
                {
                    return;
                }

                id = await silo.Name(name).Claim(not: id);
            }
        }

        /// <summary>The instance type tells the ordinal, so that sums can be checked for it.</summary>
        private async Task<int> NextOrdinal(string id)
        {
            var number = 1;
            while (await silo.Catalog.FindVersion("default", new VersionId(id, number), default) is not null)
            {
                number++;
            }

            return number;
        }

        private async Task ReportProbe(int ordinal, bool isReady)
        {
            var version = await silo.Catalog.FindVersion("default", new VersionId(_id!, ordinal), default);
            if (version?.Serving is null)
            {
                return;
            }

            // The start that goes on is the first or one of the next; any other result is dropped.
            for (var start = 1; start <= 4; start++)
            {
                await silo.Grains.GetGrain<IModelServing>(GrainKeys.Model("default", _id!)).ReportProbe(ordinal, new ServingResult(start, isReady, isReady ? null : "503"));
            }

            // Results are queued without an answer: this waits behind them.
            await silo.Model(_id!).PatchModel(new PatchModelCommand { Context = silo.Command(dryRun: true) });
        }

        private async Task Mark(int ordinal, UnhealthyBecause? because)
        {
            // The start that goes on is one of these; a mark of any other is dropped.
            for (var start = 1; start <= 4; start++)
            {
                await silo.Grains.GetGrain<IModelServing>(GrainKeys.Model("default", _id!)).Mark(ordinal, new HealthReport(start, because));
            }

            await silo.Model(_id!).PatchModel(new PatchModelCommand { Context = silo.Command(dryRun: true) });
        }

        private void SetFault(int fault = 0, bool none = false)
        {
            (silo.Storage.BeforeWrite, silo.Storage.AfterWrite, silo.Storage.BeforeRead) = (null, null, null);
            switch (none ? -1 : fault)
            {
                case 0:
                    Count("lost before");
                    silo.Storage.BeforeWrite = FailOnModel;
                    break;
                case 1:
                    Count("lost after");
                    silo.Storage.AfterWrite = FailOnModel;
                    break;
                case 2:
                    Count("unknown");
                    silo.Storage.AfterWrite = kind =>
                    {
                        silo.Storage.BeforeRead = FailOnModel;
                        return FailOnModel(kind);
                    };
                    break;
            }
        }

        private void Count(string what) => seen[what] = seen.GetValueOrDefault(what) + 1;

        private static Task FailOnModel(string kind) =>
            kind == "model" ? Task.FromException(new IOException("The row is out of reach.")) : Task.CompletedTask;
    }

    /// <summary>Finds nothing: what a start comes to is said by the steps.</summary>
    private sealed class SilentProbe : IHealthProbe
    {
        public async Task<HealthAnswer> Check(Uri url, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new HealthAnswer(null, 200);
        }
    }
}

public sealed class SqliteRandomHistoryTests(ITestOutputHelper output) : RandomHistoryTests(() => Task.FromResult(TestDatabase.Sqlite()), output);

[Trait("Database", "PostgreSQL")]
public sealed class PostgresRandomHistoryTests(ITestOutputHelper output) : RandomHistoryTests(TestDatabase.Postgres, output);
