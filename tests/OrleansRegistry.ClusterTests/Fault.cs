namespace OrleansRegistry.ClusterTests;

/// <summary>What is done to a cluster.</summary>
internal enum Fault
{
    /// <summary>SIGKILL.</summary>
    KillSilo,

    /// <summary>SIGKILL of all silos at once; others start in their place.</summary>
    KillAllSilos,

    /// <summary>SIGSTOP, and SIGCONT when the others have given it up.</summary>
    FreezeSilo,

    /// <summary>SIGTERM, as a rolling restart sends it.</summary>
    StopSilo,

    /// <summary>One more silo comes, and leaves again.</summary>
    JoinAndLeave,

    /// <summary>A silo leaves, and one comes whose clock is 1.5 s ahead, or behind.</summary>
    SkewSilo,

    /// <summary>Nothing gets through between a silo and the others, in either direction; the database and the gateways reach it.</summary>
    IsolateSilo,

    /// <summary>The same, and its way to the database is slow, so that it learns late what became of it. One more gateway, which doesn't reach the database, goes on asking it.</summary>
    IsolateSlowSilo,

    /// <summary>A silo is cut off from the others and from the database, and so doesn't learn what became of it. One more gateway, which doesn't reach the database either, goes on asking it.</summary>
    StrandSilo,

    /// <summary>A silo hears nothing from the others, who hear it.</summary>
    DeafenSilo,

    /// <summary>A silo is isolated again and again, each time for a few hundred answers.</summary>
    FlapSilo,

    /// <summary>All connections of the gateways to silos are reset.</summary>
    ResetCallers,

    /// <summary>No gateway reaches a silo but by way of another one.</summary>
    CutSiloFromCallers,

    KillGateway,
    FreezeGateway,

    /// <summary>One of the servers of all versions breaks its connections off, and takes no new ones.</summary>
    KillServer,

    /// <summary>One of the servers of all versions takes connections and answers nothing.</summary>
    HangServer,

    /// <summary>A silo's connections to the database are reset, and new ones refused.</summary>
    CutSiloFromDatabase,

    /// <summary>A silo's connections to the database stay, but nothing gets through.</summary>
    FreezeDatabaseOfSilo,

    /// <summary>What a silo sends to the database is held back, and arrives when that ends; it hears the database.</summary>
    MuteSiloToDatabase,

    /// <summary>The database hears a silo, and does what it says; its answers are held back.</summary>
    DeafenSiloToDatabase,

    /// <summary>A silo's connections to the database are cut again and again, each time for a few hundred answers.</summary>
    FlapDatabaseOfSilo,

    /// <summary>Whatever goes to the database and back is late, on every node.</summary>
    SlowDatabase,

    /// <summary>No node reaches the database.</summary>
    TakeDatabaseAway,

    /// <summary>The database doesn't answer any node, and refuses none.</summary>
    FreezeDatabase,

    /// <summary>All connections that the database has are taken, and the nodes have none.</summary>
    ExhaustDatabase,

    /// <summary>An orderly stop of the database server, which cuts everybody off, and its start.</summary>
    RestartDatabase,

    /// <summary>SIGKILL of a process of the database server, which makes it drop all connections and recover from its log.</summary>
    CrashDatabase,

    /// <summary>The database server is stopped for 30 s. In a long run only.</summary>
    StopDatabaseForLong,
}

/// <summary>How long resolves and commands took to be answered on every model again, each from the fault on, or from its end when it takes all down.</summary>
internal sealed record FaultReport(Fault Fault, TimeSpan Reads, TimeSpan Commands, long Failures);
