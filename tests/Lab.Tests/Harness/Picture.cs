using System.Net;
using Mmm.Shared.Messages;

namespace Mmm.Lab.Tests.Harness;

/// <summary>Questions the tests ask of a snapshot, in their words.</summary>
internal static class Picture
{
    public static StatusProtocol.HostView Of(this StatusProtocol.ClusterSnapshot snapshot, string host) => snapshot.Hosts.Single(h => h.Name == host);

    public static string StateOf(this StatusProtocol.ClusterSnapshot snapshot, string host) => snapshot.Of(host).State;

    /// <summary>Role addresses decided for a host.</summary>
    public static string[] AddressesOf(this StatusProtocol.ClusterSnapshot snapshot, string host) =>
        [.. snapshot.Roles.Where(r => r.Owner == host).Select(r => r.Address.Ip).Order(StringComparer.Ordinal)];

    public static string? Writer(this StatusProtocol.ClusterSnapshot snapshot) => snapshot.Roles.Single(r => r.Address.Role == LabPlan.WriterRole).Owner;

    /// <summary>Every role address and who has it, in one line: two snapshots with the same line decided the same.</summary>
    public static string Owners(this StatusProtocol.ClusterSnapshot snapshot) =>
        string.Join(' ', snapshot.Roles.OrderBy(r => IPAddress.Parse(r.Address.Ip).GetAddressBytes()[3]).Select(r => $"{r.Address}={r.Owner ?? "nobody"}"));

    /// <summary>How many readers each host in <paramref name="hosts"/> has.</summary>
    public static int[] ReadersPerHost(this StatusProtocol.ClusterSnapshot snapshot, IEnumerable<string> hosts) =>
        [.. hosts.Select(h => snapshot.Roles.Count(r => r.Address.Role == LabPlan.ReaderRole && r.Owner == h))];

    public static string Describe(this StatusProtocol.ClusterSnapshot s) =>
        $"{s.Mode}/{s.Phase} by {s.Coordinator} at {s.Decision}; {string.Join(", ", s.Hosts.Select(h => $"{h.Name} {h.State}{(h.AgentReachable ? "" : " (agent silent)")}"))}; {s.Owners()}"
        + (s.Move is { } m ? $"; move: {m.Sentence}" : "") + $"; last: {string.Join(" | ", s.Notes.TakeLast(6).Select(n => n.Sentence))}";
}
