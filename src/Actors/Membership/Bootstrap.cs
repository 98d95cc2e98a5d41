using System.Collections.Immutable;
using static Mmm.Shared.Messages.BootstrapProtocol;

namespace Mmm.Actors.Membership;

/// <summary>
/// How the monitors' Akka cluster comes into being and stays one. Akka's static seed nodes need the first of them to be up at a cold start; here any
/// majority of the configured monitors will do. (The idea of contact points and a lowest-named starter is Akka Management's Cluster Bootstrap.)
/// <para>
/// Rules. A monitor that hears one in a cluster joins that cluster. Otherwise, each monitor names as candidate the first in configured order among those it
/// hears, and a monitor forms a cluster when a majority of the configured monitors, itself included, names it.
/// </para>
/// <para>
/// Why there are never two clusters that both decide: (1) a node forms one only when a majority of the configured monitors names it, and each names one at a time, so it takes a
/// partition within the second of forming to get two. (2) Members that lose sight of a majority of the configured monitors end (static-quorum), so of a cluster that breaks
/// apart at most one part stays. (3) A part can still be left with fewer than a majority, after orderly departures or by (1): it has no majority of keepers or shares one
/// with the other, and as soon as it hears the other cluster the rule <see cref="GiveWay"/> makes it restart and join. (4) Whatever goes wrong here, no decision takes effect
/// without a majority of the keepers under the highest epoch, which this never touches.
/// </para>
/// </summary>
public static class Bootstrap
{
    /// <summary>What a monitor knows when it decides.</summary>
    /// <param name="Me">Own configured name.</param>
    /// <param name="MyUid">Own system's uid.</param>
    /// <param name="InCluster">This node has joined or formed a cluster.</param>
    /// <param name="MyMembers">In a cluster: its members that are up and reachable.</param>
    /// <param name="Configured">All configured monitors in configured order.</param>
    /// <param name="Heard">Recent word of the others, by name.</param>
    /// <param name="PatienceOver">The time to wait for absent monitors before going on without them is over.</param>
    /// <param name="ClusterHeardOf">Some monitor in a cluster has been heard lately, even if it is silent now: it may have taken this node in.</param>
    public sealed record View(
        string Me,
        long MyUid,
        bool InCluster,
        ImmutableArray<MemberSeen> MyMembers,
        ImmutableArray<string> Configured,
        ImmutableSortedDictionary<string, Hello> Heard,
        bool PatienceOver,
        bool ClusterHeardOf = false);

    /// <summary>What to do now.</summary>
    public abstract record Step;

    /// <summary>Nothing.</summary>
    /// <param name="Why">One sentence for the log.</param>
    public sealed record Wait(string Why) : Step;

    /// <summary>Join through these monitors.</summary>
    public sealed record Join(ImmutableArray<string> Through) : Step;

    /// <summary>Form a cluster: join oneself.</summary>
    public sealed record Form : Step;

    /// <summary>Another cluster of the same installation outranks this one: restart and join it, if that stays so.</summary>
    public sealed record GiveWay(string To) : Step;

    /// <summary>Of the configured N, never of whoever is left.</summary>
    public static int Quorum(int configured) => (configured / 2) + 1;

    /// <summary>Whom this monitor would have form a cluster.</summary>
    public static string CandidateOf(View view) => view.Configured.First(m => m == view.Me || view.Heard.ContainsKey(m));

    public static Step Decide(View view)
    {
        if (view.InCluster)
            return view.Heard.Values.FirstOrDefault(h => Outranks(h, view)) is { } other ? new GiveWay(other.Monitor) : new Wait("in a cluster");

        if (Strongest(view.Heard.Values.Where(h => h.InCluster), view.Configured) is { } strongest)
        {
            // Only members of the same cluster: the first answer wins, and it must not be another cluster's.
            return new Join([.. view.Configured.Where(m =>
                view.Heard.TryGetValue(m, out Hello? h) && h.InCluster
                && (m == strongest.Monitor || strongest.Members.Any(s => s.Monitor == m && s.Uid == h.Uid)))]);
        }

        // A busy machine misses words for a second. Whoever forms a cluster then never hears that the first one took it in, and blocks that one's shards for good.
        if (view.ClusterHeardOf)
            return new Wait("a cluster has been heard of and is silent at the moment");

        int quorum = Quorum(view.Configured.Length);
        if (view.Heard.Count + 1 < quorum)
            return new Wait($"{view.Heard.Count + 1} of {view.Configured.Length} monitors are there, {quorum} are needed");

        string candidate = CandidateOf(view);
        if (candidate != view.Me)
            return new Wait($"{candidate} forms the cluster");
        int votes = 1 + view.Heard.Values.Count(h => h.Candidate == view.Me);
        if (votes < quorum)
            return new Wait($"{votes} of {quorum} needed monitors agree that {view.Me} forms the cluster");
        return view.Heard.Count + 1 == view.Configured.Length || view.PatienceOver ? new Form() : new Wait("giving the absent monitors a moment");
    }

    /// <summary>The peer is in a cluster that is certainly not mine, and of the two mine has to go: fewer members, or as many and a later first one.</summary>
    private static bool Outranks(Hello other, View view)
    {
        if (!other.InCluster || other.Members.Any(m => m.Uid == view.MyUid) || view.MyMembers.Any(m => m.Uid == other.Uid))
            return false;
        int mine = view.MyMembers.Length;
        int theirs = other.Members.Length;
        return theirs != mine
            ? theirs > mine
            : First(other.Members, other.Monitor, view.Configured) < First(view.MyMembers, view.Me, view.Configured);
    }

    private static Hello? Strongest(IEnumerable<Hello> inCluster, ImmutableArray<string> configured) =>
        inCluster.OrderByDescending(h => h.Members.Length).ThenBy(h => First(h.Members, h.Monitor, configured)).ThenBy(h => configured.IndexOf(h.Monitor)).FirstOrDefault();

    private static int First(ImmutableArray<MemberSeen> members, string monitor, ImmutableArray<string> configured) =>
        members.Select(m => configured.IndexOf(m.Monitor)).Append(configured.IndexOf(monitor)).Min();
}
