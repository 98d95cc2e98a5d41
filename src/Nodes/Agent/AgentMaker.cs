using System.Collections.Immutable;
using Akka.Actor;
using Microsoft.Extensions.Logging;
using Mmm.Actors.Agents;
using Mmm.Actors.Configuration;
using Mmm.Actors.Coordinator;
using Mmm.Actors.Hooks;
using Mmm.Actors.Security;
using Mmm.Agent.Adapters.Linux;
using Mmm.Agent.Adapters.MySql;
using Mmm.Agent.Adapters.Network;
using Mmm.Agent.Adapters.State;
using Mmm.Agent.Adapters.Tail;
using Mmm.Shared.Settings;
using Host = Mmm.Shared.Topology.Host;

namespace Mmm.Agent;

/// <summary>Makes the agent actor by what the node runs with at that moment, and owns the connections of the one that it made last.</summary>
/// <param name="running">What the node runs with.</param>
/// <param name="poller">Waits for the kernel.</param>
/// <param name="certificates">The node's; null = it has none.</param>
/// <param name="announcer">On the interface of the role addresses, which is the same for as long as the process lives.</param>
/// <param name="time">Clock.</param>
/// <param name="log">For those who read a binary log here.</param>
internal sealed class AgentMaker(RunningSettings running, CertificateStore? certificates, Poller poller, IAnnouncer announcer, TimeProvider time, ILogger log) : IAsyncDisposable
{
    /// <summary>One for all of them: a write that is still under way must not mix with the next one's.</summary>
    private readonly AgentStateFile _store = new(running.Now.Agent.StateDir, running.Now.ThisCluster!, running.Now.This);

    private LocalMysqlServer? _mysql;
    private long _incarnation;

    public Props Make()
    {
        MmmSettings settings = running.Now;
        ClusterSettings cluster = settings.Clusters[settings.ThisCluster!];
        Host host = cluster.Topology.Hosts[settings.This];
        _mysql = MysqlOf(settings, cluster, host);
        // Later than the one before, whatever was done to the clock: the monitors must not take what it says for old.
        _incarnation = Math.Max(_incarnation + 1, time.GetUtcNow().UtcTicks);
        return AgentActor.Props(SetupOf(settings, cluster, host), PortsOf(settings, cluster, host, _mysql), time);
    }

    /// <summary>Once the actor has ended.</summary>
    public async Task LetGoAsync()
    {
        if (_mysql is not { } old)
            return;
        _mysql = null;
        await old.DisposeAsync();
    }

    public ValueTask DisposeAsync() => new(LetGoAsync());

    private AgentSetup SetupOf(MmmSettings settings, ClusterSettings cluster, Host host) => new(
        host, cluster.Topology, settings.Agent, cluster.Decisions.CatchUpTimeout,
        [.. settings.Monitors.Select(m => MonitorGateway.Of(m, WellKnown.Protocol(settings.Tls is not null)))], _incarnation, SettingsFingerprint.Of(settings),
        cluster.Decisions.LeaseTtl, cluster.Lease, cluster.Addresses, cluster.SemiSync, cluster.Disk, AgentHocon.LeaseDispatcher)
    {
        CertificateEnds = certificates is null ? null : () => certificates.Current.Ends,
    };

    private LocalMysqlServer MysqlOf(MmmSettings settings, ClusterSettings cluster, Host host) => new(
        new MysqlEndpoint(host.Ip, host.MysqlPort, settings.Agent.MysqlSocket, cluster.AgentUser, host.AdminPort),
        cluster.ReplicationUser,
        ImmutableHashSet.Create(StringComparer.Ordinal, cluster.MonitorUser.User, cluster.AgentUser.User, cluster.ReplicationUser.User),
        settings.Agent.StatementTimeout,
        new ChannelChoice(cluster.Topology, time),
        time,
        cluster.SemiSync.Mode != SemiSyncMode.Off);

    private AgentPorts PortsOf(MmmSettings settings, ClusterSettings cluster, Host host, LocalMysqlServer mysql) => new(
        mysql,
        new KernelAddresses(poller, host.ClusterInterface),
        announcer,
        new KernelNeighbours(poller, host.ClusterInterface),
        new ProcessWatch(poller, settings.Agent.MysqlPidFile, settings.Agent.LocalWatchInterval, time, lack => log.LogWarning("{Lack}", lack)),
        _store,
        new BootClock(),
        new BinlogTails(host.Ip, settings.Agent.BinlogPort, cluster.ReplicationUser, time, log),
        new DataDisk(),
        new KernelConnections(),
        new HookProcess(time));
}
