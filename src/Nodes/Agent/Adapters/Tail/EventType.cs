namespace Mmm.Agent.Adapters.Tail;

/// <summary>Types of binary log events that mean something here. Numbers: MySQL's internals manual (Binlog Event) and MariaDB's knowledge base (Replication Protocol, event types).</summary>
internal enum EventType : byte
{
    Query = 2,
    Stop = 3,
    Rotate = 4,
    Intvar = 5,
    Rand = 13,
    UserVar = 14,
    FormatDescription = 15,
    Xid = 16,
    Heartbeat = 27,
    RowsQuery = 29,
    Gtid = 33,
    AnonymousGtid = 34,
    PreviousGtids = 35,
    XaPrepare = 38,
    TransactionPayload = 40,
    TaggedGtid = 42,

    /// <summary>MariaDB, as are those that follow.</summary>
    AnnotateRows = 160,
    BinlogCheckpoint = 161,
    MariaDbGtid = 162,
    GtidList = 163,
    StartEncryption = 164,
    QueryCompressed = 165,
}
