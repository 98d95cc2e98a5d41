namespace Mmm.Lab.Servers;

/// <summary>What the lab looks at of a replica's status.</summary>
/// <param name="SourceIp">Master_Host or Source_Host.</param>
/// <param name="IoRunning">The IO thread is connected (not Connecting).</param>
/// <param name="SqlRunning">The applier runs.</param>
/// <param name="Stopped">One of them is neither running nor trying to.</param>
/// <param name="SecondsBehind">Null = unknown.</param>
/// <param name="Error">Last IO or SQL error; empty when none.</param>
/// <param name="UsesGtid">By GTID.</param>
/// <param name="Delayed">Somebody made it apply late.</param>
public sealed record ReplicaStatus(string SourceIp, bool IoRunning, bool SqlRunning, bool Stopped, long? SecondsBehind, string Error, bool UsesGtid, bool Delayed)
{
    public bool Runs => IoRunning && SqlRunning;
}
