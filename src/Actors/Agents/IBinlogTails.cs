using Mmm.Shared.Agents;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <summary>Serves the binary log of a mysqld that does not run, to replicas.</summary>
public interface IBinlogTails
{
    /// <summary>Finds the end of the log and listens on a port. Throws <see cref="TailException"/>.</summary>
    /// <param name="files">As the server told while it ran.</param>
    /// <param name="from">Where the log ended when the server was last seen alive; the search for the end begins there. Null = not known.</param>
    /// <param name="cancel">The agent ends.</param>
    Task<IOpenTail> OpenAsync(BinlogFiles files, AgentProtocol.BinlogPosition? from, CancellationToken cancel);

    /// <summary>Does what <see cref="OpenAsync"/> would, while the server lives, but for listening. Throws <see cref="TailException"/> with what would be in the way.</summary>
    Task CheckAsync(BinlogFiles files, AgentProtocol.BinlogPosition? from, CancellationToken cancel);

    /// <summary>Looks through the log of a server that lives, to which nothing is added. Throws <see cref="TailException"/>.</summary>
    /// <param name="files">As the server tells.</param>
    /// <param name="check">For what.</param>
    /// <param name="cancel">Ends it.</param>
    Task<AgentProtocol.LogChecked> OwnWritesAsync(BinlogFiles files, AgentProtocol.LogCheck check, CancellationToken cancel);
}

/// <summary>Listens until it is disposed.</summary>
public interface IOpenTail : IAsyncDisposable
{
    AgentProtocol.BinlogTail Tail { get; }
}

/// <summary>The binary log cannot be served; the message is a sentence for operators.</summary>
public sealed class TailException : Exception
{
    public TailException(string message)
        : base(message)
    {
    }

    public TailException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
