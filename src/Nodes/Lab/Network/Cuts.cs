using System.Text;
using System.Text.Json;

namespace Mmm.Lab.Network;

/// <summary>
/// What the lab's switch does not let through. The whole list is kept in a file and rendered as one atomic nftables
/// transaction, so that a cut is there or not, never half.
/// </summary>
/// <param name="Host">The host that is cut off.</param>
/// <param name="From">Who it is cut off from; empty = everyone.</param>
/// <param name="OneWay">True: only what <paramref name="Host"/> sends is lost; it still hears the others.</param>
public sealed record Cut(string Host, IReadOnlyList<string> From, bool OneWay);

internal static class Cuts
{
    public static IReadOnlyList<Cut> Read(LabPaths paths) => File.Exists(paths.CutsFile)
        ? JsonSerializer.Deserialize<List<Cut>>(File.ReadAllText(paths.CutsFile))!
        : [];

    public static void Write(LabPaths paths, IReadOnlyList<Cut> cuts) => File.WriteAllText(paths.CutsFile, JsonSerializer.Serialize(cuts));

    /// <summary>Input of <c>nft -f -</c>. Frames between hosts are forwarded by the bridge; the switch's own address answers pings of hosts that are not cut off from everyone.</summary>
    public static string Render(LabPlan plan, IEnumerable<Cut> cuts)
    {
        StringBuilder forward = new(), input = new();
        foreach (Cut cut in cuts)
        {
            string port = plan[cut.Host].Port;
            if (cut.From.Count == 0)
            {
                forward.Append($"    iifname \"{port}\" drop\n");
                // Not the other protocols: the lab itself must go on seeing the host's management endpoint.
                input.Append($"    iifname \"{port}\" meta protocol ip ip protocol icmp drop\n");
                if (!cut.OneWay)
                    forward.Append($"    oifname \"{port}\" drop\n");
                continue;
            }

            foreach (string other in cut.From)
            {
                forward.Append($"    iifname \"{port}\" oifname \"{plan[other].Port}\" drop\n");
                if (!cut.OneWay)
                    forward.Append($"    iifname \"{plan[other].Port}\" oifname \"{port}\" drop\n");
            }
        }

        return $$"""
            table bridge lab
            delete table bridge lab
            table bridge lab {
              chain forward {
                type filter hook forward priority 0; policy accept;
            {{forward}}  }
              chain input {
                type filter hook input priority 0; policy accept;
            {{input}}  }
            }
            """;
    }
}
