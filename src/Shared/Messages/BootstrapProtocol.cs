using System.Collections.Immutable;

namespace Mmm.Shared.Messages;

/// <summary>Between the bootstrap actors of the configured monitors (<c>/user/bootstrap</c>): who is there, and who is in which Akka cluster.</summary>
public static class BootstrapProtocol
{
    /// <summary>Marker of this protocol.</summary>
    public interface IMessage : IWireMessage;

    /// <summary>Every monitor -> every other configured monitor, several times a second. No reply; the latest counts, a resend is harmless.</summary>
    /// <param name="Monitor">Sender's configured name.</param>
    /// <param name="Uid">Of the sender's actor system: differs after every restart.</param>
    /// <param name="InCluster">The sender has joined (or formed) an Akka cluster.</param>
    /// <param name="Candidate">Not in a cluster: whom the sender would have form one, the first in configured order of those it hears; null when it is in one.</param>
    /// <param name="Members">In a cluster: the members that are up and reachable in the sender's view.</param>
    public sealed record Hello(string Monitor, long Uid, bool InCluster, string? Candidate, ImmutableArray<MemberSeen> Members) : IMessage;

    /// <param name="Monitor">Configured name.</param>
    /// <param name="Uid">Of its actor system.</param>
    public sealed record MemberSeen(string Monitor, long Uid);
}
