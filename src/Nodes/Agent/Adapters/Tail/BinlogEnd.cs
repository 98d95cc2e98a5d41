using Mmm.Actors.Agents;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>Where the last whole transaction of a log ends.</summary>
/// <param name="At">There.</param>
/// <param name="Transactions">How many lie between the beginning of the search and the end.</param>
/// <param name="Checksums">The events of its file have checksums.</param>
/// <param name="Damage">Why what follows cannot be read, when it is not for the server having died while it wrote; null = nothing follows.</param>
internal sealed record BinlogEnd(BinlogPosition At, int Transactions, bool Checksums, string? Damage)
{
    /// <param name="index">The files.</param>
    /// <param name="from">Where to begin: a place between two transactions that is known to be whole. Null, or not in the log any more: the last file's beginning.</param>
    /// <param name="cancel">The agent ends.</param>
    /// <exception cref="TailException">A file cannot be read.</exception>
    public static BinlogEnd Find(BinlogIndex index, BinlogPosition? from, CancellationToken cancel)
    {
        int last = LastBegun(index);
        int first = from is null ? -1 : index.Find(from.File);
        long start = BinlogReader.FirstEvent;
        if (first < 0 || first > last)
            first = last;
        else if (new FileInfo(index.Paths[first]).Length >= from!.Position)
            start = Math.Max(from.Position, start);
        var end = new BinlogEnd(new BinlogPosition(BinlogIndex.NameOf(index.Paths[first]), start), 0, false, null);
        var walk = new TransactionWalk();
        for (int i = first; i <= last; i++)
        {
            using BinlogReader reader = BinlogReader.Open(index.Paths[i]);
            if (i == first)
                end = end with { Checksums = reader.Checksums };
            reader.GoTo(i == first ? start : BinlogReader.FirstEvent);
            while (reader.Next() is { } e)
            {
                cancel.ThrowIfCancellationRequested();
                if (e.Type == EventType.StartEncryption)
                    throw new TailException($"{reader.File} is encrypted (encrypt_binlog): only its own server can read it");
                if (walk.EndsWith(e))
                    end = new BinlogEnd(new BinlogPosition(BinlogIndex.NameOf(reader.File), e.End), walk.Count, reader.Checksums, null);
            }

            // A torn end is where a server that died stopped writing; in a file that another follows it is damage, and its own server would not send what follows either.
            if (reader.Torn is { } torn && (reader.Damaged || i < last))
                return end with { Damage = i < last ? $"{torn}, and the log goes on in {index.Paths[i + 1]}" : torn };
        }

        return end;
    }

    /// <summary>The last file that there is something in: a server may die while it begins one.</summary>
    private static int LastBegun(BinlogIndex index)
    {
        int last = index.Paths.Length - 1;
        if (last > 0 && !File.Exists(index.Paths[last]))
            return last - 1;
        using BinlogReader reader = BinlogReader.Open(index.Paths[last]);
        if (reader.Begun)
            return last;
        return last > 0 ? last - 1 : throw new TailException(reader.Torn!);
    }
}
