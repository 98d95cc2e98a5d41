using System.Collections.Immutable;

namespace Mmm.Shared.Messages;

/// <summary>What the monitor nodes see of the servers, on its way to the coordinator (singleton proxy).</summary>
public static class SightProtocol
{
    /// <summary>Marker of this protocol.</summary>
    public interface IMessage : IWireMessage;

    /// <summary>Outcome of the last run of a check.</summary>
    public enum Outcome
    {
        /// <summary>Never ran, or the error says nothing of the server's health.</summary>
        Unknown,
        Ok,
        Failing,
    }

    /// <summary>One check as one observer sees it. Durations, not times: the observers' clocks differ.</summary>
    /// <param name="Outcome">Of the last run.</param>
    /// <param name="FailingForMs">Failing only: how long it has failed without a success between, on the observer's monotonic clock.</param>
    /// <param name="Refused">mysql check only: the server's kernel refused the connection (nothing listens), which needs no second look.</param>
    /// <param name="Message">For people; MMM's wording where MMM has one.</param>
    public sealed record CheckSight(Outcome Outcome, long FailingForMs, bool Refused, string Message)
    {
        public static readonly CheckSight NotYet = new(Outcome.Unknown, 0, false, "Not checked yet");
    }

    /// <summary>
    /// Vantage of each monitor node -> coordinator: every check period, and at once when an outcome changes. Whole picture of one
    /// MMM cluster, latest wins; a resend is harmless.
    /// </summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Monitor">Observing node's configured name.</param>
    /// <param name="Incarnation">Start of its process, UTC ticks.</param>
    /// <param name="Seq">Counts up within an incarnation; an older one is dropped.</param>
    /// <param name="NetworkOk">Its network check: some ping_ip answers, or none is configured.</param>
    /// <param name="Servers">Ping and mysql of every host of the cluster.</param>
    /// <param name="Fingerprint">Of the settings the node runs with; a differing node's word does not count.</param>
    /// <param name="CertificateEnds">When the node's certificate, or that of its authority, ends, UTC; null = it has none.</param>
    public sealed record VantageReport(
        string Cluster, string Monitor, long Incarnation, long Seq, bool NetworkOk, ImmutableArray<ServerSight> Servers, string? Fingerprint = null, DateTimeOffset? CertificateEnds = null) : IMessage;

    public sealed record ServerSight(string Host, CheckSight Ping, CheckSight Mysql);

    /// <summary>Coordinator -> Vantage of every node (<c>/user/vantage</c>): check this server now; an agent says its mysqld died. Reply: a <see cref="VantageReport"/>.</summary>
    public sealed record LookNow(string Cluster, string Host) : IMessage;

    /// <summary>Coordinator -> shard region <c>server-probe</c>: be there and probe; resent so that a probe exists after any rebalance. Entity id is <c>cluster/host</c>.</summary>
    public sealed record KeepProbing(string Cluster, string Host) : IMessage;

    /// <summary>ServerProbe (one per MySQL server, sharded over the monitors) -> coordinator, every check period and at once on a change.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Host">Probed host.</param>
    /// <param name="RepThreads">IO and SQL thread.</param>
    /// <param name="RepBacklog">Lag against max_backlog.</param>
    /// <param name="SourceIp">Whose replica it is; null when none or unknown.</param>
    /// <param name="SecondsBehind">Null = unknown.</param>
    /// <param name="ReadOnly">@@read_only; null = unknown.</param>
    /// <param name="Gtid">GTID position; null = unknown.</param>
    public sealed record ReplicationSight(
        string Cluster, string Host, CheckSight RepThreads, CheckSight RepBacklog, string? SourceIp, long? SecondsBehind, bool? ReadOnly, string? Gtid) : IMessage;
}
