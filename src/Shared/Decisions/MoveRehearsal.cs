using System.Collections.Immutable;
using System.Text;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary>What <c>move_role --dry-run</c> and <c>set_offline --dry-run</c> answer: the steps, and what would be in the way by what is seen now.</summary>
internal static class MoveRehearsal
{
    /// <summary>A transaction that has been open for so long is not about to end within writer_grace.</summary>
    private const long LongSeconds = 5;

    /// <param name="now">The state, which stays.</param>
    /// <param name="then">The state that the command would make of it.</param>
    /// <param name="answer">What the command would answer.</param>
    public static string Of(ClusterState now, ClusterState then, string answer)
    {
        if (answer.StartsWith("ERROR", StringComparison.Ordinal) || ReferenceEquals(now.Document, then.Document))
            return answer;
        // A host that is taken out leaves an orphan, for which a host is found in the same step.
        then = then.Document!.Mode == ClusterMode.Active ? WriterPlacement.FindMaster(then) : then;
        var text = new StringBuilder("OK: Dry run, nothing is changed.");
        int step = 0;
        ImmutableArray<string>.Builder hindrances = ImmutableArray.CreateBuilder<string>();
        if (then.Document!.Move is { } move && move != now.Document!.Move)
        {
            foreach (string line in StepsOf(now, move))
                text.Append($"\n{++step}. {line}");
            hindrances.AddRange(Hindrances(now, move));
        }

        foreach ((RoleSlot before, RoleSlot after) in now.Document!.Slots.Zip(then.Document.Slots).Where(s => s.First != s.Second && s.First.Address != now.Writer))
        {
            text.Append(after.Owner is null
                ? $"\n{++step}. {before.Address} is taken from {before.Owner}, and given to another host that may carry it"
                : $"\n{++step}. {before.Address} goes from {before.Owner ?? "nobody"} to {after.Owner}");
        }

        string? takenOut = then.Document.Move is { ThenOffline: true } m ? m.From : null;
        foreach (RoleSlot reader in now.Document.Slots.Where(r => takenOut is not null && r.Owner == takenOut && r.Address != now.Writer))
            text.Append($"\n{++step}. {reader.Address} is taken from {takenOut}, and given to another host that may carry it");
        string[] stopped = [.. then.Document.Hosts.Where(h => (h.Key == takenOut || h.Value.State == HostState.AdminOffline) && now.Document.Hosts[h.Key].State != HostState.AdminOffline).Select(h => h.Key)];
        foreach (string host in stopped)
            text.Append($"\n{++step}. replication on {host} is stopped, until 'set_online {host}'");
        foreach (string hindrance in hindrances)
            text.Append($"\n! {hindrance}");
        return text.Append(hindrances.Count == 0 ? "\nNothing is in the way." : "").ToString();
    }

    private static IEnumerable<string> StepsOf(ClusterState s, RoleMove move)
    {
        if (move.From is { } from && from != move.To)
        {
            yield return $"{from} becomes read-only: writes that run may end within writer_grace, then its clients are killed and open transactions rolled back; {s.Writer} is taken off it";
            yield return $"{move.To} applies what {from} has written, within {s.Settings.CatchUpTimeout.TotalSeconds:0} s (catch_up_timeout); else {from} gets the role back";
        }

        yield return $"{move.To} becomes writable and shows {s.Writer}; all of it within {s.Settings.MoveTimeout.TotalSeconds:0} s (move_timeout), or it is undone";
        string[] slaves = [.. s.Topology.Hosts.Values.Where(h => h.FollowsActiveMaster && h.Name != move.To).Select(h => h.Name)];
        if (slaves.Length > 0)
            yield return $"{string.Join(", ", slaves)} {(slaves.Length == 1 ? "is" : "are")} pointed at {move.To}";
    }

    private static IEnumerable<string> Hindrances(ClusterState s, RoleMove move)
    {
        if (move.From is { } from && from != move.To && !s.AgentReachable(from))
            yield return $"the agent on {from} is not reachable: it is waited for until its lease has run out";
        if (move.From is { } old && s.Sights[old].Agent?.Facts.Setup?.Oldest is { } transaction && transaction.Seconds >= LongSeconds)
            yield return $"on {old} a transaction of '{transaction.User}' has been open for {transaction.Seconds} s ({transaction.Rows} rows changed): it is rolled back";
        foreach (Preflight.Hindrance inTheWay in Preflight.Of(s, move.To))
            yield return inTheWay.Passes ? $"{inTheWay.Sentence}; the move waits for that, with writes going on, {s.Settings.MoveTimeout.TotalSeconds:0} s at most (move_timeout)" : inTheWay.Sentence;
        if (s.Sights[move.To].Agent?.Facts.Replication is { SecondsBehind: > 0 and var behind } && behind <= s.Settings.MoveMaxLag.TotalSeconds)
            yield return $"{move.To} is {behind} s behind: writes stand still until it has caught up";
        foreach (Host slave in s.Topology.Hosts.Values.Where(h => h.FollowsActiveMaster && h.Name != move.From && h.Name != move.To && s.Document!.Hosts[h.Name].State == HostState.Online))
        {
            if (s.Sights[slave.Name].Agent?.Facts.Replication is { } r && (!r.SqlRunning || r.IoState == "No"))
                yield return $"replication of {slave.Name} does not run: it is not pointed at {move.To} before it does";
        }
    }
}
