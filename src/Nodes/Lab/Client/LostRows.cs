using System.Globalization;
using Mmm.Lab.Servers;

namespace Mmm.Lab.Client;

/// <summary>Compares what was acknowledged to the client with what a server has.</summary>
public static class LostRows
{
    /// <summary>Ids that a server acknowledged in this run and that <paramref name="server"/> does not have.</summary>
    public static async Task<IReadOnlyList<long>> OnAsync(LabServer server, LabPaths paths, long run, CancellationToken ct)
    {
        HashSet<long> missing = File.Exists(paths.ClientAcknowledged)
            ? [.. File.ReadLines(paths.ClientAcknowledged).Where(l => l.Length > 0).Select(l => long.Parse(l, CultureInfo.InvariantCulture))]
            : [];
        foreach (IReadOnlyDictionary<string, string?> row in await server.QueryAsync($"SELECT id FROM lab.writes WHERE run = {run}", ct))
            missing.Remove(long.Parse(row["id"]!, CultureInfo.InvariantCulture));
        return [.. missing.Order()];
    }
}
