using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Agents;

/// <summary>Steps that depend on each other share a lane: a failed step ends its own lane only.</summary>
public enum StepLane
{
    /// <summary>Addresses that have nothing to do with being writable.</summary>
    Readers,

    /// <summary>read_only, catch-up and the writer's address.</summary>
    Writer,

    Replication,
}

/// <summary>One step of a plan. Each is safe to repeat.</summary>
/// <param name="Code">Code of the step in reports, stable for scripts.</param>
/// <param name="Lane">What it depends on.</param>
/// <param name="Sentence">What is being done, for people.</param>
public abstract record AgentStep(string Code, StepLane Lane, string Sentence)
{
    /// <summary>A failure ends the lane. False: the following steps are right, or even more urgent, when this one failed.</summary>
    public virtual bool FailureEndsLane => true;

    /// <summary>Cannot be done: fails with its sentence.</summary>
    public sealed record Impossible(string Code, StepLane Lane, string Sentence) : AgentStep(Code, Lane, Sentence);

    /// <summary>Take a role address off the host.</summary>
    public sealed record RemoveAddress(RoleAddress Address, StepLane Lane) : AgentStep("remove_address", Lane, $"removing {Address}");

    /// <summary>Put a role address on the host and announce it.</summary>
    public sealed record AddAddress(RoleAddress Address, StepLane Lane) : AgentStep("add_address", Lane, $"adding {Address}");

    /// <summary>
    /// read_only on: running writers get the grace, then client connections are killed. The address is removed even when this fails: what
    /// cannot be made read-only must at least not be reached.
    /// </summary>
    public sealed record BlockWrites() : AgentStep("read_only", StepLane.Writer, "setting read_only")
    {
        public override bool FailureEndsLane => false;
    }

    /// <summary>End the clients' connections, so that they reconnect through the address instead of waiting for a server that lost it.</summary>
    public sealed record KillConnections() : AgentStep("kill_connections", StepLane.Writer, "ending client connections")
    {
        public override bool FailureEndsLane => false;
    }

    /// <summary>Apply what the old active master has sent.</summary>
    public sealed record CatchUp(AgentProtocol.CatchUpOrder Order)
        : AgentStep("catch_up", StepLane.Writer, $"catching up with {Order.From}{(Order.UpTo is null ? "" : $" to {Order.UpTo}")}");

    /// <summary>Remember the binlog position just before becoming writable: where slaves without GTID start.</summary>
    public sealed record NotePosition(DecisionId Id) : AgentStep("note_position", StepLane.Writer, "noting the binlog position");

    /// <summary>read_only off.</summary>
    public sealed record MakeWritable(DecisionId Id) : AgentStep("writable", StepLane.Writer, "switching read_only off");

    /// <summary>Remember, before doing it, that MMM stops these threads.</summary>
    public sealed record RememberStopped(StoppedThreads? Threads) : AgentStep("remember", StepLane.Replication, "remembering which replication threads MMM stopped");

    /// <summary>Stop both replication threads.</summary>
    public sealed record StopReplication(string Channel) : AgentStep("stop_replication", StepLane.Replication, "stopping replication");

    /// <summary>Start the threads MMM stopped, and forget that it did.</summary>
    public sealed record StartReplication(string Channel, StoppedThreads Threads)
        : AgentStep("start_replication", StepLane.Replication, "starting the replication MMM had stopped");

    /// <summary>Start the applier alone, which MMM had stopped, so that it can apply what the relay log holds.</summary>
    public sealed record StartApplier(string Channel) : AgentStep("apply_relay_log", StepLane.Replication, "starting the applier MMM had stopped");

    /// <summary>Apply what the relay log holds of the old source before it is thrown away. A failure is a warning: the new source is worth more than the rest of the old one.</summary>
    public sealed record ApplyRelayLog(string OldSource) : AgentStep("apply_relay_log", StepLane.Replication, $"applying what was received from {OldSource}")
    {
        public override bool FailureEndsLane => false;
    }

    /// <summary>Stop, change the source, start.</summary>
    /// <param name="Channel">Channel name.</param>
    /// <param name="Source">New source.</param>
    /// <param name="StartAt">Binlog position to start at; null = by GTID.</param>
    /// <param name="Options">Options the channel keeps.</param>
    public sealed record Repoint(string Channel, AgentProtocol.SourceServer Source, AgentProtocol.BinlogPosition? StartAt, ChannelOptions Options)
        : AgentStep("repoint", StepLane.Replication, $"replicating from {Source.Host} ({Source.Ip}:{Source.Port})");
}
