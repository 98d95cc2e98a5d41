using System.Collections.Immutable;
using System.Threading.Channels;
using Mmm.Actors.Configuration;
using Mmm.Shared.Api;
using Mmm.Shared.History;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Endpoints;

/// <summary>What this node last heard from the coordinator; the endpoint's only source of reads.</summary>
public interface IClusterReads
{
    /// <summary>Snapshots of every cluster heard of, sorted by cluster name.</summary>
    /// <exception cref="TimeoutException">This node's status board does not answer.</exception>
    Task<ImmutableArray<HeardSnapshot>> All(CancellationToken cancel);
}

/// <param name="Snapshot">The latest one.</param>
/// <param name="Age">Since it arrived at this node.</param>
public sealed record HeardSnapshot(StatusProtocol.ClusterSnapshot Snapshot, TimeSpan Age)
{
    public long AgeMs => (long)Age.TotalMilliseconds;

    public bool IsStale => Freshness.IsStale(AgeMs);
}

/// <summary>The way to the coordinator.</summary>
public interface ICommands
{
    /// <summary>The coordinator's answer; null when none came within the deadline. Then it may still be carried out if it was sent, and never will be if it was not.</summary>
    Task<(ControlProtocol.Answer? Answer, bool Sent)> Send(ControlProtocol.Command command, CancellationToken cancel);

    /// <summary>MMM's <c>ping</c>; null when no answer came within the deadline.</summary>
    Task<ControlProtocol.Answer?> Ping(ControlProtocol.Ping ping, CancellationToken cancel);
}

/// <summary>The keepers of the ledger, on every monitor.</summary>
public interface IKeeperStatus
{
    /// <summary>Condition of each monitor's keeper, by the monitor's name; one that does not answer in time is told as not voting.</summary>
    /// <param name="monitors">Whom to ask; leave out those that are known to be gone, they only cost time.</param>
    /// <param name="cancel">The caller hung up.</param>
    Task<ImmutableDictionary<string, KeeperEntry>> Of(IEnumerable<MonitorMember> monitors, CancellationToken cancel);
}

/// <summary>This node's settings.</summary>
public interface INodeSettings
{
    /// <summary>What it runs with; null when that is not told in time.</summary>
    Task<SettingsActor.State?> State(CancellationToken cancel);

    /// <summary>Has its configuration read again; null when the outcome is not told in time (it may still take effect).</summary>
    Task<SettingsActor.Outcome?> Reload(string by, CancellationToken cancel);
}

/// <summary>What happened, as this node's chronicle has it.</summary>
public interface IHistory
{
    /// <exception cref="TimeoutException">The chronicle does not answer.</exception>
    Task<ChroniclePage> Page(string cluster, EventFilter filter, CancellationToken cancel);

    /// <summary>From now on; dispose of it when nobody reads any more.</summary>
    /// <exception cref="TimeoutException">The chronicle is not there yet.</exception>
    Task<IHistoryFeed> Follow(string cluster, CancellationToken cancel);
}

/// <summary>Events as they are noted.</summary>
public interface IHistoryFeed : IAsyncDisposable
{
    /// <summary>The next one; null = there was none for that long.</summary>
    /// <exception cref="ChannelClosedException">The reader was too slow, or the node stops: it has to begin anew from the last one it has.</exception>
    Task<HistoryEvent?> NextAsync(TimeSpan patience, CancellationToken cancel);
}
