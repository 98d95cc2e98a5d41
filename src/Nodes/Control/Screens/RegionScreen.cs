using System.Text;
using Mmm.Shared.Api;

namespace Mmm.Control.Screens;

/// <summary><c>mmm cluster-sharding region-stats</c>: a line per monitor.</summary>
internal static class RegionScreen
{
    /// <summary><c>mon1  2 shards, 3 entities: 12 (1), 40 (2)</c>.</summary>
    public static string Render(RegionReading reading)
    {
        int width = reading.Monitors.Select(m => m.Monitor.Length).DefaultIfEmpty(0).Max();
        StringBuilder text = new($"Region {reading.Region}\n");
        foreach (RegionEntry monitor in reading.Monitors)
            text.Append("  ").Append(monitor.Monitor.PadRight(width)).Append("  ").Append(Told(monitor)).Append('\n');
        return text.ToString();
    }

    private static string Told(RegionEntry monitor)
    {
        if (monitor.Shards is not { } shards)
            return $"! {monitor.Address} {monitor.Problem}";
        string total = $"{shards.Length} {(shards.Length == 1 ? "shard" : "shards")}, {Entities(shards.Sum(s => s.NumEntities))}";
        return shards.IsEmpty ? total : $"{total}: {string.Join(", ", shards.OrderBy(s => s.ShardId.Length).ThenBy(s => s.ShardId, StringComparer.Ordinal).Select(s => $"{s.ShardId} ({s.NumEntities})"))}";
    }

    private static string Entities(int count) => count == 1 ? "1 entity" : $"{count} entities";
}
