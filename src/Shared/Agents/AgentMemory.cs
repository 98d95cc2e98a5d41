using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;

namespace Mmm.Shared.Agents;

/// <summary>Replication threads that MMM itself stopped, and therefore starts again; a thread an operator stopped is never in here.</summary>
/// <param name="Io">The receiving thread.</param>
/// <param name="Sql">The applying thread.</param>
public sealed record StoppedThreads(bool Io, bool Sql);

/// <summary>How a replication channel was before it was pointed elsewhere for a while.</summary>
/// <param name="Channel">Its name.</param>
/// <param name="Source">What it belongs to.</param>
/// <param name="UsesGtid">It ran by GTID.</param>
/// <param name="Options">Its options.</param>
/// <param name="There">Where it was pointed for that while.</param>
public sealed record BorrowedChannel(string Channel, AgentProtocol.SourceServer Source, bool UsesGtid, ChannelOptions Options, AgentProtocol.SourceServer? There = null);

/// <summary>A replication channel that was removed because its server had become the active master.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Options">Its options.</param>
public sealed record DroppedChannel(string Name, ChannelOptions Options);

/// <summary>What an agent must not forget across a restart. On disk before it is acted on.</summary>
/// <param name="Highest">Highest decision accepted; a lower one is refused.</param>
/// <param name="Stopped">Replication threads MMM stopped; null = none.</param>
/// <param name="TakeOver">The last time this agent made its server writable for an order.</param>
/// <param name="Noted">A takeover whose position is noted while its server is not known to have become writable; null = none.</param>
/// <param name="WritableFor">
/// The latest of an unbroken row of writable orders under which the server has been writable: a server found read-only under
/// it was restarted, and needs neither a catch-up nor a new <see cref="TakeOver"/>. Null when there is none.
/// </param>
/// <param name="Order">The latest order: after a restart its addresses are claimed at once. Null before the first.</param>
/// <param name="Borrowed">The channel is, or was about to be, pointed at the agent that serves a dead server's binary log, and has to be pointed back. Null = it is not.</param>
/// <param name="Files">Where mysqld's binary log lies: an agent that is started while mysqld is dead cannot ask. Null = it writes none, or never was asked.</param>
/// <param name="Answered">The process of mysqld that answered last: another one has been started since, and has never been told to take writes. Null = not known.</param>
/// <param name="Dropped">How the last channel was that an order had removed: the next one is made like it. Null = there was none.</param>
/// <param name="Checked">What the binary log was last looked through for. Null = for nothing.</param>
/// <param name="Demoted">The takeover since which its channel has been made anew, with what the server wrote itself counted as received. Null = none.</param>
public sealed record AgentMemory(
    DecisionId Highest, StoppedThreads? Stopped, AgentProtocol.TakeOver? TakeOver, AgentProtocol.TakeOver? Noted, DecisionId? WritableFor,
    AgentProtocol.HostOrder? Order = null, BorrowedChannel? Borrowed = null, BinlogFiles? Files = null,
    string? Answered = null, DroppedChannel? Dropped = null, AgentProtocol.LogChecked? Checked = null, DecisionId? Demoted = null)
{
    public static readonly AgentMemory Empty = new(DecisionId.None, null, null, null, null);

    /// <summary>The last time the server became writable, or may have; null = never.</summary>
    public DecisionId? LastTakeOver => (Noted ?? TakeOver)?.Id;

    /// <summary>The server has become writable: what was noted is a takeover.</summary>
    public AgentMemory TookOver() => this with { TakeOver = Noted ?? TakeOver, Noted = null };

    /// <summary>What is remembered once <paramref name="order"/> is accepted.</summary>
    /// <param name="order">The order; not below <see cref="Highest"/>.</param>
    /// <param name="standing">The order obeyed so far; null after a start.</param>
    public AgentMemory Accept(AgentProtocol.HostOrder order, AgentProtocol.HostOrder? standing)
    {
        bool goesOn = WritableFor is not null && order.Writable
            && (order.CatchUp is null || (standing is not null && order.WantsTheSameAs(standing)));
        return this with { Highest = order.Id, WritableFor = goesOn ? order.Id : null, Order = order };
    }
}
