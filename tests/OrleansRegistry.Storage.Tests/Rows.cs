using OrleansRegistry.Access;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Billing;
using OrleansRegistry.Events;
using OrleansRegistry.Models;
using OrleansRegistry.State;
using OrleansRegistry.Versions;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.Storage.Tests;

/// <summary>States to store, every field of them set by default.</summary>
internal static class Rows
{
    public const string ModelId = "k7m2qx9p4d";

    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, 123, TimeSpan.Zero);

    public static ModelState Model(string id = ModelId, string name = "A model") => new()
    {
        Workspace = "default",
        Id = id,
        Name = name,
        SearchName = ModelName.Fold(name),
        Description = "What it is",
        Labels = new Dictionary<string, string> { ["team"] = "vision" },
        PrimaryPolicy = PrimaryPolicy.Manual,
        OnUnhealthy = OnUnhealthy.FallBack,
        FallBackSeconds = 90,
        LatestVersion = "1.0.0",
        NextOrdinal = 3,
        VersionCount = 2,
        Order = 3,
        Aliases =
        [
            new AliasState { Name = "production", Order = 0, Since = Noon, Reason = AliasReason.Claimed, By = "key:ci" },
            new AliasState
            {
                Name = "staging",
                Target = new AliasTarget(1, "0.1.0"),
                Order = 3,
                Since = Noon,
                Reason = AliasReason.Promoted,
                By = "key:ci",
                ByName = "ci",
                Comment = "The first one",
                Protected = true,
                History = [new AliasTarget(1, "0.1.0")],
            },
        ],
        Active =
        [
            new ActiveVersion { Ordinal = 1, Version = "0.1.0", Stage = Stage.Published, Status = ServingStatus.Ready, PublishNumber = 1, HeldBack = true, WasHighest = true, Left = true },
            new ActiveVersion
            {
                Ordinal = 2,
                Version = "1.0.0",
                Stage = Stage.Published,
                Status = ServingStatus.Starting,
                Attempt = 1,
                Url = "http://127.0.0.1:9000",
                Openai = new OpenaiServing { Attempt = 1, ServedName = "org/model", Paths = ["classify"] },
                Servers = new ActiveServers { Attempt = 1, Count = 2, Up = ["http://127.0.0.1:9000"], Repeatable = true },
                ProbeSeconds = 10,
                Health = new HealthMark { Attempt = 1, IsUnhealthy = true, Since = Noon },
                PublishNumber = 2,
                Claim = new Claim { Number = 2, Reason = PrimaryReason.Promoted, By = "key:ci", ByName = "ci", Comment = "Faster" },
                WasHighest = true,
                AliasClaims = [new AliasClaim { Alias = "production", Number = 3, By = "key:ci", ByName = "ci", Comment = "Faster" }],
            },
        ],
        Primary = new PrimaryPointer
        {
            Ordinal = 1,
            Version = "0.1.0",
            Since = Noon,
            Reason = PrimaryReason.Published,
            By = "key:ci",
            ByName = "ci",
            Comment = "The first one",
            Order = 1,
        },
        History = [new PastPrimary(1, "0.1.0")],
        PendingPrimary = new PastPrimary(2, "1.0.0"),
        CreatedAt = Noon,
        CreatedBy = "key:ci",
        CreatedByName = "ci",
        LastInstant = Noon,
        LastCommand = new Guid("018f0000-0000-7000-8000-000000000001"),
    };

    public static ModelVersionState Version(int ordinal = 1, string number = "0.1.0", string modelId = ModelId, string name = "A model") => new()
    {
        Workspace = "default",
        ModelId = modelId,
        ModelName = name,
        Ordinal = ordinal,
        Version = number,
        State = VersionState.Published,
        Stage = Stage.Published,
        Serving = new ServingState
        {
            Url = "http://127.0.0.1:9000",
            HealthUrl = "http://127.0.0.1:9000/health",
            StartupTimeoutSeconds = 900,
            Status = ServingStatus.Ready,
            Since = Noon,
            Attempt = 2,
            ServedName = "org/model",
            OpenaiPaths = ["classify"],
            Servers =
            [
                new ServerState { Url = "http://127.0.0.1:9000", HealthUrl = "http://127.0.0.1:9000/health", Since = Noon, UpAttempt = 2 },
                new ServerState { Url = "http://127.0.0.1:9001", HealthUrl = "http://127.0.0.1:9001/health", Since = Noon },
            ],
            MinReady = 2,
            Repeatable = true,
            ProbeSeconds = 10,
            Health = new HealthMark { Attempt = 2, IsUnhealthy = true, Since = Noon },
        },
        Artifact = new Artifact { Uri = "s3://bucket/model", Sha256 = new string('a', 64), SizeBytes = 123 },
        InstanceType = "cpu-1x2",
        Description = "What it is",
        Labels = new Dictionary<string, string> { ["team"] = "vision" },
        ExternalId = $"build-{ordinal}",
        CreatedAt = Noon,
        CreatedBy = "key:ci",
        PublishedAt = Noon,
        ActivatedAt = Noon,
        Meter = new Meter { RunningSince = Noon, DraftMilliseconds = 1, PublishedMilliseconds = 2 },
        WasHighest = true,
        Idempotency = new IdempotencyKey { Key = $"key-{ordinal}", BodyHash = "abc" },
        CreatedByName = "ci",
    };

    /// <summary>A version that was the second one, and keeps its place for when it comes back.</summary>
    public static ModelVersionState InactiveVersion() => Version(2, "1.0.0") with
    {
        State = VersionState.Inactive,
        Serving = null,
        DeactivatedAt = Noon,
        Meter = new Meter { DraftMilliseconds = 1, PublishedMilliseconds = 2 },
        Entry = Model().Active[1] with { Claim = null, AliasClaims = null, Servers = null, Left = true },
    };

    public static RatesState Rates() => new()
    {
        Currency = "EUR",
        Rates = [new Rate { InstanceType = "cpu-1x2", Stage = Stage.Draft, PricePerMinute = "0.0125", EffectiveFrom = Noon }],
        UpdatedAt = Noon,
        UpdatedBy = "key:ci",
        UpdatedByName = "ci",
        LastCommand = new Guid("018f0000-0000-7000-8000-000000000001"),
    };

    public static WebhookRow Webhook() => new()
    {
        Webhook = new WebhookView
        {
            Id = "5x7m2qk9pd",
            Url = "https://hooks.example/registry",
            Types = [EventType.VersionPublished],
            ModelId = ModelId,
            Description = "Pages the team",
            State = WebhookState.Disabled,
            DisabledReason = "The receiver answered 410: it is gone.",
            LastEventId = "41",
            FailingSince = Noon,
            NextAttemptAt = Noon,
            CreatedAt = Noon,
            CreatedBy = "key:ci",
            CreatedByName = "ci",
        },
        Secrets = [new WebhookSecret { Value = "whsec_bmV3" }, new WebhookSecret { Value = "whsec_b2xk", ExpiresAt = Noon }],
        Deliveries =
        [
            new DeliveryView { EventId = "42", EventType = EventType.VersionPublished, At = Noon, DurationMilliseconds = 12, Status = 410, Error = "The receiver answered 410." },
        ],
        Failures = 1,
        LastCommand = new Guid("018f0000-0000-7000-8000-000000000001"),
    };

    public static ApiKeyState Key() => new()
    {
        Key = new ApiKeyView
        {
            Prefix = "4f7k2m9q",
            Name = "nightly build",
            Workspace = "default",
            Role = Role.Invoker,
            ModelIds = [ModelId],
            ExpiresAt = Noon,
            CreatedAt = Noon,
            CreatedBy = "key:00000000",
            RevokedAt = Noon,
            RevokedBy = "token:ann",
            LastUsedAt = Noon,
            CreatedByName = "first key",
        },
        Rotated = new RotatedKeyState { ExpiresAt = Noon },
        Hash = Convert.ToBase64String(new byte[32]),
        HashSecret = "0123456789abcdef0123456789abcdef",
        OtherHash = new OtherHashState { Value = Convert.ToBase64String(new byte[32]), Secret = "fedcba9876543210fedcba9876543210" },
        LastCommand = new Guid("018f0000-0000-7000-8000-000000000001"),
    };

    public static WorkspaceState Workspace() => new()
    {
        Workspace = new WorkspaceView
        {
            Name = "vision",
            Description = "The vision team",
            CreatedAt = Noon,
            CreatedBy = "key:00000000",
            CreatedByName = "first key",
        },
        LastCommand = new Guid("018f0000-0000-7000-8000-000000000001"),
    };

    public static SessionState Session() => new()
    {
        Hash = Convert.ToBase64String(new byte[32]),
        KeyHash = Convert.ToBase64String(new byte[32]),
        CreatedAt = Noon,
        ExpiresAt = Noon.AddHours(12),
        IdleSeconds = 3600,
        LastUsedAt = Noon.AddMinutes(5),
        EndedAt = Noon.AddMinutes(9),
    };

    public static ArtifactState Artifact() => new()
    {
        Format = ArtifactFormat.PythonPickle,
        Requires = new ArtifactRequirements { Python = "3.11", Packages = new Dictionary<string, string> { ["scikit-learn"] = "1.2.1" } },
        FileCount = 2,
        SizeBytes = 123,
        CreatedAt = Noon,
        CreatedBy = "key:00000000",
        UnusedSince = Noon,
        MarkedAt = Noon,
        RemovedAt = Noon,
        LastCommand = new Guid("018f0000-0000-7000-8000-000000000001"),
    };

    public static StatementState Statement() => new()
    {
        Statement = new StatementView
        {
            Month = "2026-03",
            Closed = true,
            ClosedAt = Noon,
            ClosedBy = "key:ci",
            ClosedByName = "ci",
            AsOf = Noon,
            Currency = "EUR",
            TotalMilliseconds = 60_000,
            TotalAmount = "0.01",
        },
        LastCommand = new Guid("018f0000-0000-7000-8000-000000000001"),
    };

    public static StatementLine Line(int ordinal = 1) => new()
    {
        ModelId = ModelId,
        ModelName = "A model",
        VersionId = $"{ModelId}-{ordinal}",
        Version = "0.1.0",
        Stage = Stage.Published,
        InstanceType = "cpu-1x2",
        ActiveMilliseconds = 60_000,
        Amount = "0.01",
        Charges = [new StatementCharge { From = Noon, To = Noon.AddDays(1), PricePerMinute = "0.0125", ActiveMilliseconds = 60_000 }],
    };

    public static VersionWrite Write(ModelVersionState version, int? expect = null) =>
        new() { Key = GrainKeys.Version("default", version.Id), Expect = expect, State = version };

    public static EventWrite Event(string type, string? versionId = null) => new()
    {
        Type = type,
        At = Noon,
        VersionId = versionId,
        Actor = "key:ci",
        ActorName = "ci",
        Comment = "It is good",
        Data = """{"n":1}""",
    };

    public static string Json<T>(T state) => new StateSerializer().Serialize(state).ToString();
}
