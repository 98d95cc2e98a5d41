using System.Collections.Immutable;

namespace Mmm.Shared.Agents;

/// <summary>A line of the process list. Without the statement's text, which may hold secrets.</summary>
/// <param name="Id">Connection id.</param>
/// <param name="User">Login, or the server's name for one of its own threads.</param>
/// <param name="Host">Where it came from, with port.</param>
/// <param name="Command">For example Sleep, Query, Binlog Dump.</param>
/// <param name="Seconds">Time in that command.</param>
public sealed record ClientThread(long Id, string User, string Host, string Command, long Seconds);

/// <summary>Which connections may be ended when a server gives the active master role up.</summary>
public static class ClientThreads
{
    /// <summary>
    /// The ones to end: everything but the server's own threads, replicas that fetch its binary log, and MMM's and replication's logins.
    /// A connection that has not logged in yet is spared (it may be one of ours); once logged in it is in the next list.
    /// </summary>
    /// <param name="all">The process list.</param>
    /// <param name="spareUsers">Logins of monitors, agent and replication.</param>
    public static ImmutableArray<ClientThread> ToEnd(IEnumerable<ClientThread> all, IReadOnlySet<string> spareUsers) =>
        [.. all.Where(t => !IsSpared(t, spareUsers))];

    private static bool IsSpared(ClientThread thread, IReadOnlySet<string> spareUsers) =>
        thread.User is "system user" or "event_scheduler" or "unauthenticated user" or ""
        || thread.Command.StartsWith("Binlog Dump", StringComparison.OrdinalIgnoreCase)
        || thread.Command.StartsWith("Slave_", StringComparison.OrdinalIgnoreCase)
        || thread.Command is "Daemon" or "Killed" or "Connect"
        || spareUsers.Contains(thread.User);
}
