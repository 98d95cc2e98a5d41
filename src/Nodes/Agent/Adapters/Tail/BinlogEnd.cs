using Mmm.Actors.Agents;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>Finds where the last whole transaction ends.</summary>
internal static class BinlogEnd
{
    /// <param name="index">The files.</param>
    /// <param name="from">Where to begin: a place between two transactions that is known to be whole. Null, or of a file that is gone: the last file's beginning.</param>
    /// <param name="cancel">The agent ends.</param>
    /// <returns>The end, not before <paramref name="from"/>, and how many transactions lie between.</returns>
    /// <exception cref="TailException">A file cannot be read.</exception>
    public static (BinlogPosition End, int Transactions) Find(BinlogIndex index, BinlogPosition? from, CancellationToken cancel)
    {
        int first = from is null ? -1 : index.Find(from.File);
        long start = BinlogReader.FirstEvent;
        if (first < 0)
            first = index.Paths.Length - 1;
        else
            start = from!.Position;
        var end = new BinlogPosition(BinlogIndex.NameOf(index.Paths[first]), start);
        var walk = new TransactionWalk();
        for (int i = first; i < index.Paths.Length; i++)
        {
            using BinlogReader reader = BinlogReader.Open(index.Paths[i]);
            reader.GoTo(i == first ? start : BinlogReader.FirstEvent);
            while (reader.Next() is { } e)
            {
                cancel.ThrowIfCancellationRequested();
                if (e.Type == EventType.StartEncryption)
                    throw new TailException($"{reader.File} is encrypted (encrypt_binlog): only its own server can read it");
                if (walk.EndsWith(e))
                    end = new BinlogPosition(BinlogIndex.NameOf(reader.File), e.End);
            }

            // A torn end is where a server that died stopped writing; in a file that another follows it is damage.
            if (reader.Torn is { } torn && i < index.Paths.Length - 1)
                throw new TailException($"{torn}, and the log goes on in {index.Paths[i + 1]}: the file is damaged");
        }

        return (end, walk.Count);
    }
}
