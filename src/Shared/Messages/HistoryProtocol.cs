using System.Collections.Immutable;
using Mmm.Shared.History;
using Mmm.Shared.Ledger;

namespace Mmm.Shared.Messages;

/// <summary>
/// What happened, on its way to the chronicles (<c>/user/chronicle</c> on every configured monitor). No decision depends on it: a message that is lost is made good among the chronicles later.
/// </summary>
public static class HistoryProtocol
{
    /// <summary>Marker of this protocol.</summary>
    public interface IMessage : IWireMessage;

    /// <summary>Coordinator -> every chronicle, and chronicle -> chronicle that lacks them. No reply; a resend is harmless.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Events">In any order.</param>
    public sealed record Happened(string Cluster, ImmutableArray<HistoryEvent> Events) : IMessage;

    /// <summary>Chronicle -> chronicle: this is what I have. Reply: <see cref="Happened"/> with what is missing of it, or nothing. A resend is harmless.</summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Reigns">Of each coordinator's reign, which events.</param>
    /// <param name="Floor">What is older is not wanted; null = everything is.</param>
    public sealed record Have(string Cluster, ImmutableArray<ReignEvents> Reigns, EventId? Floor) : IMessage;

    /// <param name="Epoch">The reign.</param>
    /// <param name="Ranges">Numbers of the events, ascending, not touching each other.</param>
    public sealed record ReignEvents(Epoch Epoch, ImmutableArray<NumberRange> Ranges);

    /// <param name="First">The first of them.</param>
    /// <param name="Last">The last of them, included.</param>
    public sealed record NumberRange(long First, long Last);
}
