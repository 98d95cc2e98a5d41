using System.Collections.Immutable;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Agents;

/// <summary>
/// The steps from what is found on a host to what an order wants of it. Pure and level-triggered: planned anew from what is found whenever
/// anything changes, so a plan may be dropped half-way at any point. An empty plan means the order is done.
/// </summary>
/// <param name="Steps">In the order in which they are carried out.</param>
/// <param name="Warnings">What an operator should know although nothing fails.</param>
public sealed record AgentPlan(ImmutableArray<AgentStep> Steps, ImmutableArray<string> Warnings)
{
    public bool IsEmpty => Steps.IsEmpty;

    /// <summary>
    /// What of a plan may be begun although its look at the host is older than the order or the last step. Of replication nothing: a thread that this agent
    /// had only just started would be taken for one that an operator stopped, and left standing.
    /// </summary>
    public AgentPlan EvenIfStale => new([.. Steps.Where(s => s.Lane != StepLane.Replication)], []);

    /// <param name="order">What is wanted.</param>
    /// <param name="found">What is there.</param>
    /// <param name="memory">What the agent remembers.</param>
    /// <param name="topology">The cluster the host belongs to.</param>
    /// <param name="semiSync">replication.semi_sync; null = off.</param>
    /// <param name="mayEndMysqld">fencing.kill_mysqld.</param>
    public static AgentPlan For(
        AgentProtocol.HostOrder order, FoundHost found, AgentMemory memory, ClusterTopology topology, SemiSyncSettings? semiSync = null, bool mayEndMysqld = true)
    {
        semiSync ??= SemiSyncSettings.Off;
        var steps = ImmutableArray.CreateBuilder<AgentStep>();
        var warnings = ImmutableArray.CreateBuilder<string>();
        PlanReaders(order, found, topology, steps);
        // What an agent that died in the middle of it has left.
        if (memory.Borrowed is { } borrowed && found.Mysqld.State == AgentProtocol.MysqldState.Up)
            steps.Add(new AgentStep.ReturnChannel(borrowed));
        bool oneOfMany = topology.IsOneOfMany(order.Host);
        if (oneOfMany && order.Writable && ReplicationPlan.FollowsFirst(order, found.Mysqld))
            steps.AddRange(SurplusWriter(order, found, topology));
        else if (order.Writable)
            PlanWriter(order, found, memory, topology, semiSync, steps);
        else
            PlanGiveUp(order, found, topology, semiSync, mayEndMysqld, steps);
        SemiSyncPlan.AddReplica(order.Host, found.Mysqld, memory, topology, semiSync, steps);
        ReplicationPlan.Add(order, found.Mysqld, memory, oneOfMany, steps, warnings);
        return new AgentPlan(steps.ToImmutable(), warnings.ToImmutable());
    }

    /// <summary>Addresses of other roles come and go whatever mysqld does: whether its host may have them is the coordinator's judgement.</summary>
    private static void PlanReaders(
        AgentProtocol.HostOrder order, FoundHost found, ClusterTopology topology, ImmutableArray<AgentStep>.Builder steps)
    {
        foreach (RoleAddress surplus in found.Addresses.Where(a => a.Role != topology.ActiveMasterRole && !order.Roles.Contains(a)))
            steps.Add(new AgentStep.RemoveAddress(surplus, StepLane.Readers));
        foreach (RoleAddress missing in order.Roles.Order().Where(a => a.Role != topology.ActiveMasterRole && !found.Addresses.Contains(a)))
        {
            if (topology.Addresses.Contains(missing))
                steps.Add(new AgentStep.AddAddress(missing, StepLane.Readers));
            else
                steps.Add(Unknown(missing, order, StepLane.Readers));
        }
    }

    private static void PlanGiveUp(
        AgentProtocol.HostOrder order, FoundHost found, ClusterTopology topology, SemiSyncSettings semiSync, bool mayEndMysqld, ImmutableArray<AgentStep>.Builder steps)
    {
        AgentStep[] removals = [.. SurplusWriter(order, found, topology)];
        switch (found.Mysqld.State)
        {
            case AgentProtocol.MysqldState.Up when found.Mysqld.ReadOnly == true:
                if (removals.Length > 0)
                    steps.Add(new AgentStep.KillConnections());
                steps.AddRange(removals);
                if (SemiSyncPlan.OffElsewhere(found.Mysqld, semiSync) is { } off)
                    steps.Add(off);
                break;
            case AgentProtocol.MysqldState.Up when found.Disk is { Fails: true } disk:
                // read_only waits for commits that the disk holds up. Nobody may hear of those that end once another host takes writes: the address first.
                steps.AddRange(removals);
                // A commit that waits for space has part of an event in MariaDB's binary log. Ended by itself it would leave that there, and what is committed later would stand behind it,
                // where no replica gets to; mysqld's own recovery takes it away.
                if (mayEndMysqld && found.Mysqld.Process is not null && order.State != HostState.Online && disk.FreeBytes is null)
                {
                    steps.Add(new AgentStep.EndMysqld(found.Mysqld.PidFile));
                    break;
                }

                steps.Add(new AgentStep.BlockWrites());
                steps.Add(new AgentStep.KillConnections());
                break;
            case AgentProtocol.MysqldState.Up:
                steps.Add(new AgentStep.BlockWrites());
                // A former writer's clients may sit in open transactions whose locks stop the applier; a slave's readers are left alone.
                if (removals.Length > 0 || topology.MayBeActiveMaster(order.Host))
                    steps.Add(new AgentStep.KillConnections());
                steps.AddRange(removals);
                break;
            case AgentProtocol.MysqldState.Down:
                steps.AddRange(removals);
                break;
            default:
                // It may still take writes and cannot be told not to: first nobody must reach it.
                steps.AddRange(removals);
                steps.Add(new AgentStep.BlockWrites());
                break;
        }

        foreach (RoleAddress contradiction in order.Roles.Where(a => a.Role == topology.ActiveMasterRole && !found.Addresses.Contains(a)))
        {
            steps.Add(new AgentStep.Impossible("order", StepLane.Writer,
                $"order {order.Id} wants {contradiction} on {order.Host} but the server read-only; the address is not added"));
        }
    }

    private static void PlanWriter(
        AgentProtocol.HostOrder order, FoundHost found, AgentMemory memory, ClusterTopology topology, SemiSyncSettings semiSync,
        ImmutableArray<AgentStep>.Builder steps)
    {
        steps.AddRange(SurplusWriter(order, found, topology));
        if (found.Mysqld.State != AgentProtocol.MysqldState.Up)
        {
            // The address stays where it is: taking it away is for the coordinator to decide.
            steps.Add(new AgentStep.Impossible("mysqld", StepLane.Writer,
                $"{order.Host} shall be writable, but its mysqld is not up: {found.Mysqld.Message ?? "no answer"}"));
            return;
        }

        if (found.Mysqld.ReadOnly != false)
        {
            if (memory.WritableFor != order.Id)
            {
                if (order.CatchUp is not null)
                    steps.Add(new AgentStep.CatchUp(order.CatchUp));
                steps.Add(new AgentStep.NotePosition(order.Id));
            }

            if (SemiSyncPlan.OnWriter(order, found.Mysqld, semiSync) is { } on)
                steps.Add(on);
            steps.Add(new AgentStep.MakeWritable(order.Id, found.Mysqld.Process));
        }

        foreach (RoleAddress missing in order.Roles.Order().Where(a => a.Role == topology.ActiveMasterRole && !found.Addresses.Contains(a)))
        {
            if (missing == topology.WriterAddress)
                steps.Add(new AgentStep.AddAddress(missing, StepLane.Writer));
            else
                steps.Add(Unknown(missing, order, StepLane.Writer));
        }

        if (found.Mysqld.ReadOnly == false && SemiSyncPlan.OnWriter(order, found.Mysqld, semiSync) is { } later)
            steps.Add(later);
    }

    /// <summary>An address this agent could neither recognise later nor take away: its configuration differs from the coordinator's.</summary>
    private static AgentStep.Impossible Unknown(RoleAddress address, AgentProtocol.HostOrder order, StepLane lane) =>
        new("order", lane, $"{address} is not in the configuration of {order.Host}'s agent: give every node the same configuration and reload this agent");

    private static IEnumerable<AgentStep> SurplusWriter(AgentProtocol.HostOrder order, FoundHost found, ClusterTopology topology) =>
        found.Addresses
            .Where(a => a.Role == topology.ActiveMasterRole && !order.Roles.Contains(a))
            .Select(a => new AgentStep.RemoveAddress(a, StepLane.Writer));
}
