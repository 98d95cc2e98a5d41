namespace Mmm.Shared.Messages;

/// <summary>
/// Between the agents of a cluster: the end of the binary log of a mysqld that has died. Actor <c>/user/agent/tail</c> of every agent.
/// </summary>
public static class TailProtocol
{
    /// <summary>Marker of this protocol.</summary>
    public interface IMessage : IWireMessage;

    /// <summary>
    /// Agent of a host that takes over -> agent of the host it takes over from, whose mysqld has died: from where can be read what nobody has received? Reply:
    /// <see cref="Answer"/>. A resend is harmless.
    /// </summary>
    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Host">Addressee.</param>
    /// <param name="From">Who asks.</param>
    /// <param name="Applied">Up to where it has applied that log: a place between two transactions. Null = it does not know.</param>
    public sealed record Ask(string Cluster, string Host, string From, AgentProtocol.BinlogPosition? Applied) : IMessage;

    /// <param name="Cluster">MMM cluster.</param>
    /// <param name="Host">Whose binary log.</param>
    /// <param name="Tail">Where it can be read; null = it cannot.</param>
    /// <param name="Why">Why not, a sentence; null when it can.</param>
    public sealed record Answer(string Cluster, string Host, Tail? Tail, string? Why) : IMessage;

    /// <summary>A binary log that is served to replicas by file and position, by the agent instead of the server that wrote it.</summary>
    /// <param name="Port">TCP port on the host's own address; the cluster's replication login.</param>
    /// <param name="End">End of the last whole transaction: nothing behind it will ever be sent, and the server itself drops what is behind it when it starts.</param>
    public sealed record Tail(int Port, AgentProtocol.BinlogPosition End);
}
