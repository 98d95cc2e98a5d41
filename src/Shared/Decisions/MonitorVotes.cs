using System.Globalization;
using Mmm.Shared.Checks;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>What each monitor sees of a host, for people: the verdict is a quorum's, and they need not agree.</summary>
internal static class MonitorVotes
{
    /// <summary>One line, as <c>mon1: OK, mon2: fails for 3 s (…), mon3 does not count (…)</c>; null = all that count agree that the check is OK, and all count.</summary>
    /// <param name="state">Now.</param>
    /// <param name="host">The host.</param>
    /// <param name="kind">ping or mysql.</param>
    public static string? Of(ClusterState state, string host, CheckKind kind)
    {
        string[] notCounted = [.. RoleExplanation.NotCounted(state)];
        (string Text, bool Ok)[] votes = [.. state.Voters.Names.Where(m => state.Vantages.TryGetValue(m, out VantageSight? v) && QuorumVerdict.Counts(v, state)).Select(m => Vote(state, m, host, kind))];
        return notCounted.Length == 0 && votes.All(v => v.Ok) ? null
            : string.Join(", ", votes.Select(v => v.Text).Concat(notCounted.Select(n => n.Replace(" (", " does not count (", StringComparison.Ordinal))));
    }

    private static (string Text, bool Ok) Vote(ClusterState state, string monitor, string host, CheckKind kind)
    {
        ServerSight? server = state.Vantages[monitor].Report.Servers.FirstOrDefault(s => s.Host == host);
        if (server is null)
            return ($"{monitor}: has not looked yet", false);
        CheckSight check = kind == CheckKind.Ping ? server.Ping : server.Mysql;
        return check.Outcome switch
        {
            Outcome.Ok => ($"{monitor}: OK", true),
            Outcome.Failing => (string.Create(CultureInfo.InvariantCulture, $"{monitor}: fails for {check.FailingForMs / 1000.0:0.0} s"), false),
            _ => ($"{monitor}: cannot tell", false),
        };
    }
}
