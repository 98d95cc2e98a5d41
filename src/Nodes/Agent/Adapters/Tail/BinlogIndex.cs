using System.Collections.Immutable;
using Mmm.Actors.Agents;
using Mmm.Shared.Agents;

namespace Mmm.Agent.Adapters.Tail;

/// <summary>The files of a server's binary log, oldest first, by the server's index file.</summary>
internal sealed record BinlogIndex(ImmutableArray<string> Paths)
{
    /// <summary>Throws <see cref="TailException"/>.</summary>
    public static BinlogIndex Read(BinlogFiles files)
    {
        try
        {
            ImmutableArray<string> paths = [.. File.ReadLines(files.Index).Where(l => l.Length > 0).Select(l => Path.GetFullPath(l, files.DataFolder))];
            return paths.IsEmpty ? throw new TailException($"{files.Index} names no file") : new BinlogIndex(paths);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TailException($"{files.Index} cannot be read: {e.Message}", e);
        }
    }

    public static string NameOf(string path) => Path.GetFileName(path);

    /// <summary>Place of a file in the list; negative when it is not in it.</summary>
    public int Find(string name) => Paths.FindIndex(p => NameOf(p) == name);
}

internal static class ImmutableArrayExtensions
{
    public static int FindIndex(this ImmutableArray<string> all, Func<string, bool> match)
    {
        for (int i = 0; i < all.Length; i++)
        {
            if (match(all[i]))
                return i;
        }

        return -1;
    }
}
