using System.Collections.Immutable;
using Mmm.Agent.Endpoints;
using Mmm.Agent.Tests.Actors;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Leases;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Tests.Endpoints;

/// <summary>What a scripted agent knows.</summary>
internal sealed class FakeViews : IAgentViews
{
    private static readonly ClusterTopology s_topology = new TestCluster().Topology;
    private static readonly TimeSpan s_now = TimeSpan.FromSeconds(100);

    /// <summary>Null = it does not answer.</summary>
    public AgentView? View { get; set; } = Writer;

    public static AgentView Writer { get; } = new(
        s_topology, "db1", TestCluster.Holds("db1", 17), new OrderProgress(TestCluster.Decision(17), OrderStatus.Done, null, null, []),
        LeaseCover.None with { Until = LeaseCover.None.Until.Add(TestCluster.Writer, s_now + TimeSpan.FromMilliseconds(2570)) }, s_now,
        new FoundHost(new FoundMysqld(MysqldState.Up, null, ReadOnly: false, Version: "10.11.6-MariaDB-log"), [TestCluster.Writer]), null, Heard, TimeSpan.FromSeconds(4));

    public static AgentView Replica { get; } = Writer with
    {
        Host = "db3",
        Order = TestCluster.Standby("db3", 17, null, TestCluster.Reader1),
        Cover = LeaseCover.None with { Until = LeaseCover.None.Until.Add(TestCluster.Reader1, s_now + TimeSpan.FromMilliseconds(3100)) },
        Found = new FoundHost(
            new FoundMysqld(MysqldState.Up, null, ReadOnly: true, new FoundChannel("", "10.0.0.11", 3306, "Yes", true, 0, 0, null, true, null, 2, ChannelOptions.None), Version: "10.11.6-MariaDB-log"),
            [], new DiskFacts(DiskState.Ok, "/var/lib/mysql", null, 5_000_000)),
        Staleness = TimeSpan.FromSeconds(2),
    };

    private static ImmutableSortedDictionary<string, TimeSpan?> Heard => new Dictionary<string, TimeSpan?> { ["mon1"] = TimeSpan.FromSeconds(0.25), ["mon2"] = null }
        .ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>It never answers.</summary>
    public bool Hangs { get; set; }

    public int Asked { get; private set; }

    public async Task<AgentView?> NowAsync(CancellationToken cancel)
    {
        Asked++;
        if (Hangs)
            await Task.Delay(Timeout.Infinite, cancel);
        return View;
    }
}
