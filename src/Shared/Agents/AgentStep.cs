using Mmm.Shared.Hooks;
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
    /// <summary>Code of <see cref="RunHook"/>, and of an order of which only hooks are left.</summary>
    public const string HookCode = "hook";

    /// <summary>A failure ends the lane. False: the following steps are right, or even more urgent, when this one failed.</summary>
    public virtual bool FailureEndsLane => true;

    /// <summary>Cannot be done: fails with its sentence.</summary>
    public sealed record Impossible(string Code, StepLane Lane, string Sentence) : AgentStep(Code, Lane, Sentence);

    /// <summary>Run the hook's program before the next step. It never fails: what goes wrong is a warning.</summary>
    public sealed record RunHook(AgentHook Hook, StepLane Lane)
        : AgentStep(HookCode, Lane, $"waiting for the hook {Hook.Name}{(Hook.Address is { } a ? $" of {a}" : "")}");

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

    /// <summary>End mysqld, which cannot write its binary log to its end. Its log is served from then on, up to the last whole transaction.</summary>
    public sealed record EndMysqld(string? PidFile) : AgentStep("end_mysqld", StepLane.Writer, "ending mysqld, whose disk cannot be written");

    /// <summary>Apply what the old active master has sent.</summary>
    public sealed record CatchUp(AgentProtocol.CatchUpOrder Order)
        : AgentStep("catch_up", StepLane.Writer, $"catching up with {Order.From}{(Order.UpTo is null ? "" : $" to {Order.UpTo}")}");

    /// <summary>Have the applier stop by itself at a place of the source's log.</summary>
    public sealed record HoldAt(string Channel, AgentProtocol.BinlogPosition End) : AgentStep("hold_at", StepLane.Replication, $"applying up to {End} only");

    /// <summary>Stop the applier that stops by itself somewhere, so that it can be started without that.</summary>
    public sealed record StopApplier(string Channel) : AgentStep("stop_applier", StepLane.Replication, "stopping the applier to let it go on without a bound");

    /// <summary>Get to exactly where the log of the replica's present source ended: its source lives, and still sends what is missing.</summary>
    public sealed record ReachEnd(AgentProtocol.PreviousLog Log)
        : AgentStep("reach_end", StepLane.Replication, $"getting to the end of what {Log.Host} wrote ({Log.Rest.End})");

    /// <summary>Apply what the replica's dead source had and the replica has not received, from the log that the agent there serves.</summary>
    public sealed record FetchRest(AgentProtocol.PreviousLog Log)
        : AgentStep("fetch_rest", StepLane.Replication, $"fetching the end of the binary log of {Log.Host}");

    /// <summary>Point the channel back that was pointed at the agent serving a dead server's binary log. Waits for nothing: taking over is worth more.</summary>
    public sealed record ReturnChannel(BorrowedChannel Borrowed)
        : AgentStep("return_channel", StepLane.Writer, $"pointing replication back at {Borrowed.Source.Host} ({Borrowed.Source.Ip}:{Borrowed.Source.Port})")
    {
        public override bool FailureEndsLane => false;
    }

    /// <summary>Remember the binlog position just before becoming writable: where slaves without GTID start.</summary>
    public sealed record NotePosition(DecisionId Id) : AgentStep("note_position", StepLane.Writer, "noting the binlog position");

    /// <summary>Semi-sync of a master.</summary>
    /// <param name="OldNames">See <see cref="SemiSyncSource"/>.</param>
    /// <param name="Terms">To what.</param>
    /// <param name="Required">Without it the server does not become writable. False: a failure is a warning.</param>
    public sealed record SetSemiSyncSource(bool OldNames, SemiSyncTerms Terms, bool Required)
        : AgentStep("semi_sync", StepLane.Writer, Terms.Enabled ? "switching semi-sync on for commits" : "switching semi-sync off for commits");

    /// <summary>Semi-sync of a replica; heeded when its receiver connects.</summary>
    public sealed record SetSemiSyncReplica(bool OldNames) : AgentStep("semi_sync", StepLane.Replication, "switching semi-sync on for what is received");

    /// <summary>read_only off.</summary>
    /// <param name="Id">By which decision.</param>
    /// <param name="Process">mysqld's process, remembered first: it is one that may be ended for not giving its role up. Null = not known.</param>
    public sealed record MakeWritable(DecisionId Id, string? Process) : AgentStep("writable", StepLane.Writer, "switching read_only off");

    /// <summary>Remember, before doing it, that MMM stops these threads.</summary>
    public sealed record RememberStopped(StoppedThreads? Threads) : AgentStep("remember", StepLane.Replication, "remembering which replication threads MMM stopped");

    /// <summary>Stop both replication threads.</summary>
    public sealed record StopReplication(string Channel) : AgentStep("stop_replication", StepLane.Replication, "stopping replication");

    /// <summary>Remember, before doing it, how the channel was that is removed.</summary>
    public sealed record RememberDropped(DroppedChannel Channel) : AgentStep("remember", StepLane.Replication, "remembering the options of the replication channel");

    /// <summary>Stop replication and remove the channel with its relay log.</summary>
    public sealed record DropChannel(string Channel) : AgentStep("drop_channel", StepLane.Replication, "removing the replication channel of the active master");

    /// <summary>Look what the server wrote itself behind a place of its binary log.</summary>
    /// <param name="Check">Behind which.</param>
    /// <param name="Files">The log.</param>
    public sealed record CheckLog(AgentProtocol.LogCheck Check, BinlogFiles Files) : AgentStep("check_log", StepLane.Replication, $"looking for transactions of its own behind {Check.From}");

    /// <summary>Stop the receiving thread.</summary>
    public sealed record StopReceiver(string Channel) : AgentStep("hold_receiver", StepLane.Replication, "stopping the receiver");

    /// <summary>Start the threads MMM stopped, and forget that it did.</summary>
    public sealed record StartReplication(string Channel, StoppedThreads Threads)
        : AgentStep("start_replication", StepLane.Replication, "starting the replication MMM had stopped");

    /// <summary>Start the applier alone, which MMM had stopped, so that it can apply what the relay log holds.</summary>
    public sealed record StartApplier(string Channel) : AgentStep("apply_relay_log", StepLane.Replication, "starting the applier MMM had stopped");

    /// <summary>Apply what the relay log holds of the old source before it is thrown away.</summary>
    /// <param name="OldSource">For people.</param>
    /// <param name="MayLose">The new source sends it again (GTIDs): one that takes too long is left out, with a warning. Else it is waited for.</param>
    public sealed record ApplyRelayLog(string OldSource, bool MayLose) : AgentStep("apply_relay_log", StepLane.Replication, $"applying what was received from {OldSource}")
    {
        public override bool FailureEndsLane => false;
    }

    /// <summary>Stop, change the source, start; without a channel one is made. That MMM stopped its threads is remembered before.</summary>
    /// <param name="Channel">Channel name.</param>
    /// <param name="Source">New source.</param>
    /// <param name="StartAt">Binlog position to start at; null = by GTID.</param>
    /// <param name="Options">Options the channel keeps.</param>
    /// <param name="ToAgent">The source is an agent that serves a dead server's log: it has a certificate of its own making, which nobody has signed.</param>
    /// <param name="Demote">The server may have been the active master: what it wrote itself counts as what it has received (MariaDB keeps two positions).</param>
    public sealed record Repoint(
        string Channel, AgentProtocol.SourceServer Source, AgentProtocol.BinlogPosition? StartAt, ChannelOptions Options, bool ToAgent = false, bool Demote = false)
        : AgentStep("repoint", StepLane.Replication, $"replicating from {Source.Host} ({Source.Ip}:{Source.Port})");
}
