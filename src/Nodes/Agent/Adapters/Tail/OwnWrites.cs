using Mmm.Actors.Agents;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>The transactions that a server wrote itself behind a place of its own log: not those that it had received, which another one wrote.</summary>
internal static class OwnWrites
{
    /// <param name="index">The files.</param>
    /// <param name="serverId">@@server_id.</param>
    /// <param name="check">Behind which place, between two transactions.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="TailException">The place is not in the log, or what follows it cannot be read.</exception>
    public static LogChecked Find(BinlogIndex index, long serverId, LogCheck check, CancellationToken cancel)
    {
        int first = index.Find(check.From.File);
        if (first < 0)
            throw new TailException($"{check.From.File}, of which the active master has applied what lies before {check.From.Position}, is not in the binary log any more");
        int own = 0;
        BinlogPosition? begin = null, end = null;
        var walk = new TransactionWalk();
        for (int i = first; i < index.Paths.Length; i++)
        {
            using BinlogReader reader = BinlogReader.Open(index.Paths[i]);
            string file = BinlogIndex.NameOf(reader.File);
            long start = i == first ? Math.Max(check.From.Position, BinlogReader.FirstEvent) : BinlogReader.FirstEvent;
            // What is in a replica and not in the log of the server that sent it: it was never safe there.
            if (start > reader.Length)
                throw new TailException($"{reader.File} ends at {reader.Length}, before {start}, up to which the active master has applied it: the server has lost what it had written (sync_binlog)");
            reader.GoTo(start);
            while (reader.Next() is { } e)
            {
                cancel.ThrowIfCancellationRequested();
                if (e.Type == EventType.StartEncryption)
                    throw new TailException($"{reader.File} is encrypted (encrypt_binlog): only its own server can read it");
                if (!walk.EndsWith(e))
                    continue;
                if (e.ServerId == serverId)
                {
                    own++;
                    begin ??= new BinlogPosition(file, start);
                    end = new BinlogPosition(file, e.End);
                }

                start = e.End;
            }

            if (reader.Torn is { } torn)
                throw new TailException(torn);
        }

        return new LogChecked(check, own, begin, end);
    }
}
