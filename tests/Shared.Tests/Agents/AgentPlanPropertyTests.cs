using System.Collections.Immutable;
using CsCheck;
using Mmm.Shared.Agents;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Tests.Agents.PlanWorld;

namespace Mmm.Shared.Tests.Agents;

/// <summary>From any state, by plans that are cut off anywhere and whose steps fail anywhere: the order is reached, and nothing dangerous happens on the way.</summary>
public sealed class AgentPlanPropertyTests
{
    private const int EnoughPlans = 20;

    private static readonly ImmutableArray<RoleAddress> s_addresses = [Writer, Reader1, Reader2];

    private static readonly Gen<FoundChannel?> s_channel = Gen.OneOf(
        Among<FoundChannel?>([null]),
        Gen.Select(Among("Yes", "No", "Connecting"), Gen.Bool, Gen.Bool, Among("10.9.0.1", "10.9.0.2", "10.9.0.9"), (io, sql, gtid, ip) =>
            (FoundChannel?)(FromDb1 with { IoState = io, SqlRunning = sql, UsesGtid = gtid, SourceIp = ip })));

    private static readonly Gen<FoundHost> s_found = Gen.Select(
        Among(MysqldState.Up, MysqldState.Down, MysqldState.NotAnswering), Gen.Bool, s_channel, Gen.Int[0, 7],
        (state, readOnly, channel, mask) => new FoundHost(
            state == MysqldState.Up ? Up(readOnly, channel) : new FoundMysqld(state, "not up"),
            [.. s_addresses.Where((_, i) => (mask & (1 << i)) != 0)]));

    private static readonly Gen<ClusterTopology> s_cluster = Among(Cluster, Many);

    private static readonly Gen<ReplicationOrder> s_replication = Among(
        ReplicationOrder.Leave, ReplicationOrder.Stop, ReplicationOrder.Drop, new ReplicationOrder(ReplicationAction.Follow, Db2), new ReplicationOrder(ReplicationAction.Follow, Db2 with { StartAt = null }));

    private static readonly Gen<HostOrder> s_order = Gen.Select(Gen.Bool, Gen.Bool, Gen.Int[0, 3], s_replication, (writable, catchUp, mask, replication) =>
    {
        ImmutableArray<RoleAddress> readers = [.. s_addresses.Skip(1).Where((_, i) => (mask & (1 << i)) != 0)];
        HostOrder order = writable ? Holds(2, catchUp ? Old : null) with { Roles = [Writer, .. readers] } : Standby(2, [.. readers]);
        return order with { Replication = replication };
    });

    /// <summary>Stopped by nobody and without an error: what it follows, or is pointed at, has to run in the end.</summary>
    private static bool Runs(FoundChannel? channel) => channel is null or { IoStopped: false, SqlRunning: true };

    private static readonly Gen<AgentMemory> s_memory = Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool, (io, sql, tookOver, demoted) =>
        AgentMemory.Empty with { Stopped = io || sql ? new StoppedThreads(io, sql) : null, TakeOver = tookOver ? new TakeOver(Id(1), null) : null, Demoted = demoted ? Id(1) : null });

    [Fact]
    public void Every_order_is_reached_on_a_server_that_does_as_told() =>
        Gen.Select(s_order, s_found, s_memory, s_cluster).Sample((order, found, memory, cluster) =>
        {
            var host = new ModelHost(found with { Mysqld = found.Mysqld.State == MysqldState.Up ? found.Mysqld : Up(true, found.Mysqld.Channel) }, memory);
            AgentPlan plan = AgentPlan.For(order, host.Found, host.Memory, cluster);
            for (int i = 0; i < EnoughPlans && !Stuck(plan) && !plan.IsEmpty; i++)
            {
                host.Run(plan, order, int.MaxValue, _ => false);
                plan = AgentPlan.For(order, host.Found, host.Memory, cluster);
            }

            Assert.True(plan.Steps.All(s => s is AgentStep.Impossible), string.Join('|', plan.Steps));
            AssertReached(order, host, cluster);
        }, iter: 5000);

    [Fact]
    public void Cut_off_and_failing_plans_still_lead_there_and_are_never_dangerous() =>
        Gen.Select(s_order, s_found, s_memory, s_cluster, Gen.Int[0, 6].Array[EnoughPlans], Gen.Int[0, 9].Array[200]).Sample((order, found, memory, cluster, cuts, failures) =>
        {
            var host = new ModelHost(found, memory);
            bool ran = Runs(found.Mysqld.Channel);
            int step = 0;
            foreach (int cut in cuts)
            {
                AgentPlan plan = AgentPlan.For(order, host.Found, host.Memory, cluster);
                host.Run(plan, order, cut, _ => failures[step++ % failures.Length] == 0);
            }

            // A server that is up and lets itself be led from here is where it shall be after a few plans more.
            if (host.Found.Mysqld.State != MysqldState.Up)
                return;
            for (int i = 0; i < EnoughPlans; i++)
                host.Run(AgentPlan.For(order, host.Found, host.Memory, cluster), order, int.MaxValue, _ => false);
            AssertReached(order, host, cluster);
            if (ran && order.Replication.Action != ReplicationAction.Stop)
                Assert.True(Runs(host.Found.Mysqld.Channel), $"what was cut off is taken for stopped by an operator: {host.Found.Mysqld.Channel}");
        }, iter: 5000);

    [Fact]
    public void A_dead_or_hanging_server_loses_every_address_that_is_not_ordered() =>
        Gen.Select(s_order.Where(o => !o.Writable), s_found.Where(f => f.Mysqld.State != MysqldState.Up)).Sample((order, found) =>
        {
            var host = new ModelHost(found, AgentMemory.Empty);
            host.Run(AgentPlan.For(order, found, AgentMemory.Empty, Cluster), order, int.MaxValue, s => s is AgentStep.BlockWrites);
            Assert.Equal([.. order.Roles], host.Found.Addresses);
            bool done = AgentPlan.For(order, host.Found, host.Memory, Cluster).IsEmpty;
            Assert.Equal(found.Mysqld.State == MysqldState.Down, done);
        }, iter: 2000);

    private static Gen<T> Among<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>One of many masters that cannot follow the server it would take over from waits for that.</summary>
    private static void AssertReached(HostOrder order, ModelHost host, ClusterTopology cluster)
    {
        bool waits = order.Writable && cluster == Many && ReplicationPlan.FollowsFirst(order, host.Found.Mysqld);
        Assert.Equal(order.Roles.Where(r => !waits || r != Writer).Order(), host.Found.Addresses.Where(r => !waits || r != Writer));
        Assert.Equal(!order.Writable || waits, host.Found.Mysqld.ReadOnly);
        if (order.Replication.Action == ReplicationAction.Drop)
            Assert.Null(host.Found.Mysqld.Channel);
        if (order is { Writable: false, Replication.Action: ReplicationAction.Follow } && cluster == Many && host.Found.Mysqld.Channel is { } channel)
            Assert.True(host.Memory.LastTakeOver is null || host.Memory.LastTakeOver == host.Memory.Demoted, $"it follows by a channel from before it took writes: {channel}");
    }

    private static bool Stuck(AgentPlan plan) => !plan.IsEmpty && plan.Steps.All(s => s is AgentStep.Impossible);

    /// <summary>A host in memory that carries steps out and watches that none is dangerous.</summary>
    private sealed class ModelHost(FoundHost found, AgentMemory memory)
    {
        private bool _caughtUp;
        private bool _wasWritable = found.Mysqld.ReadOnly == false;

        public FoundHost Found { get; private set; } = found;

        public AgentMemory Memory { get; private set; } = memory;

        public void Run(AgentPlan plan, HostOrder order, int steps, Func<AgentStep, bool> fails)
        {
            _caughtUp = false;
            var ended = new HashSet<StepLane>();
            foreach (AgentStep step in plan.Steps.Take(steps))
            {
                if (ended.Contains(step.Lane))
                    continue;
                if (step is AgentStep.Impossible || fails(step))
                {
                    if (step is AgentStep.Repoint repoint)
                        Point(repoint, runs: false);
                    if (step.FailureEndsLane)
                        ended.Add(step.Lane);
                    continue;
                }

                CarryOut(step, order);
                _wasWritable |= Found.Mysqld.ReadOnly == false;
            }
        }

        private void CarryOut(AgentStep step, HostOrder order)
        {
            FoundMysqld mysqld = Found.Mysqld;
            switch (step)
            {
                case AgentStep.AddAddress s:
                    Assert.True(s.Address != Writer || mysqld.ReadOnly == false, "the writer's address is shown on a read-only server");
                    Found = Found with { Addresses = Found.Addresses.Add(s.Address) };
                    break;
                case AgentStep.RemoveAddress s:
                    Assert.False(order.Roles.Contains(s.Address), "an ordered address is removed");
                    Found = Found with { Addresses = Found.Addresses.Remove(s.Address) };
                    break;
                case AgentStep.BlockWrites when mysqld.State == MysqldState.Up:
                    Set(mysqld with { ReadOnly = true });
                    break;
                case AgentStep.CatchUp:
                    _caughtUp = true;
                    break;
                case AgentStep.MakeWritable:
                    Assert.True(order.Writable, "made writable without an order");
                    Assert.True(order.CatchUp is null || _caughtUp || _wasWritable, "made writable before it had caught up");
                    Set(mysqld with { ReadOnly = false });
                    Memory = Memory with { WritableFor = order.Id, TakeOver = new TakeOver(order.Id, null) };
                    break;
                case AgentStep.RememberStopped s:
                    Memory = Memory with { Stopped = s.Threads };
                    break;
                case AgentStep.RememberDropped s:
                    Memory = Memory with { Dropped = s.Channel, Stopped = null };
                    break;
                case AgentStep.DropChannel:
                    Assert.Equal(Memory.Dropped?.Options, mysqld.Channel!.Options);
                    Set(mysqld with { Channel = null });
                    break;
                case AgentStep.StopReplication:
                    Assert.NotNull(Memory.Stopped);
                    Set(mysqld with { Channel = mysqld.Channel! with { IoState = "No", SqlRunning = false } });
                    break;
                case AgentStep.StartReplication s:
                    Assert.Equal(Memory.Stopped, s.Threads);
                    Start(s.Threads);
                    Memory = Memory with { Stopped = null };
                    break;
                case AgentStep.StartApplier:
                    Assert.True(Memory.Stopped?.Sql, "an applier is started that MMM did not stop");
                    Start(new StoppedThreads(false, true));
                    break;
                case AgentStep.Repoint s:
                    Assert.Equal(new StoppedThreads(true, true), Memory.Stopped);
                    Point(s, runs: true);
                    Memory = Memory with { Stopped = null, Demoted = s.Demote ? Memory.LastTakeOver : Memory.Demoted };
                    break;
            }
        }

        /// <summary>It is three statements, and one that is cut off may have got as far as the second.</summary>
        private void Point(AgentStep.Repoint step, bool runs) => Set(Found.Mysqld with
        {
            Channel = (Found.Mysqld.Channel ?? FromDb1) with { SourceIp = step.Source.Ip, SourcePort = step.Source.Port, IoState = runs ? "Yes" : "No", SqlRunning = runs },
        });

        private void Start(StoppedThreads threads)
        {
            FoundChannel channel = Found.Mysqld.Channel!;
            Set(Found.Mysqld with { Channel = channel with { IoState = threads.Io ? "Yes" : channel.IoState, SqlRunning = threads.Sql || channel.SqlRunning } });
        }

        private void Set(FoundMysqld mysqld) => Found = Found with { Mysqld = mysqld };
    }
}
