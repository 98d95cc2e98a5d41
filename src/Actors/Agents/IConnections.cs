namespace Mmm.Actors.Agents;

/// <summary>mysqld's connections, as the kernel knows them.</summary>
public interface IConnections
{
    /// <summary>
    /// Ends mysqld's TCP connections with a machine that answers nothing: those on which something that was sent has been repeated at least twice without an answer, and those that
    /// are only being made. One that is idle, or answered, is left alone.
    /// </summary>
    /// <param name="ip">The machine's address.</param>
    /// <param name="port">Of the mysqld there.</param>
    /// <param name="ownPort">Of the mysqld here.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ConnectionsException">The kernel cannot do it, or the agent may not.</exception>
    Task<EndedConnections> EndUnansweredAsync(string ip, int port, int ownPort, CancellationToken cancel);
}

/// <param name="Standing">Connections that had been made.</param>
/// <param name="Dialling">Connections that were being made.</param>
public sealed record EndedConnections(int Standing, int Dialling);

/// <summary>The kernel did not do as told; the message is a sentence for operators.</summary>
public sealed class ConnectionsException(string message) : Exception(message);
