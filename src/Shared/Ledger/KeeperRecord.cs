using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Mmm.Shared.Ledger;

/// <summary>Whether a keeper votes on a cluster's document, and if not, why not.</summary>
public enum KeeperStanding
{
    /// <summary>Its records are whole and on disk: it promises and accepts. Whether that counts depends on the <see cref="Voters"/>.</summary>
    Voting,

    /// <summary>It has never had records of this cluster, as far as it can tell (no file, or the cluster is new to it).</summary>
    New,

    /// <summary>It had records and they are unreadable: what it may have promised or accepted is unknown to it.</summary>
    Lost,

    /// <summary>Its disk does not take anything at the moment; what it has is kept.</summary>
    Unwritable,

    /// <summary>There is no decision yet, and it is configured with other monitors than its records, or than the one that asks: both would count different quorums.</summary>
    Misconfigured,
}

/// <summary>
/// A life of a keeper: from coming up without records until losing them the next time. What a keeper said in an earlier life no longer
/// counts, because it does not remember it; a higher number is a later life.
/// </summary>
public sealed record KeeperLife(string Keeper, long Life);

/// <summary>What a keeper has on disk for one MMM cluster.</summary>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="Keepers">Names of the <see cref="Voters"/> by what it holds, sorted; while it holds no document, of the monitors that were configured when it began to vote.</param>
/// <param name="Life">Its life.</param>
/// <param name="Lives">Latest lives it knows of the other keepers, sorted by name.</param>
/// <param name="Promised">It takes no part in epochs below.</param>
/// <param name="Held">Place of the document it accepted last; <see cref="DecisionId.None"/> when none.</param>
/// <param name="Document">That document; null when none.</param>
/// <param name="Generation">Of the voters.</param>
/// <param name="Before">The voters before, while the document held is the one that changed them; see <see cref="Ledger.Voters"/>.</param>
public sealed record KeeperRecord(
    string Cluster,
    ImmutableArray<string> Keepers,
    long Life,
    ImmutableArray<KeeperLife> Lives,
    Epoch Promised,
    DecisionId Held,
    string? Document,
    long Generation = 0,
    ImmutableArray<string>? Before = null)
{
    /// <summary>Whose word counts, as far as this keeper knows.</summary>
    [JsonIgnore]
    public Voters Voters => new(Generation, Keepers, Before);
}

/// <summary>Arithmetic on what is known of lives.</summary>
public static class KeeperLives
{
    /// <summary>The latest of both for every keeper, sorted by name.</summary>
    public static ImmutableArray<KeeperLife> Merge(ImmutableArray<KeeperLife> a, IEnumerable<KeeperLife> b) =>
        [.. a.Concat(b).GroupBy(l => l.Keeper, (keeper, lives) => new KeeperLife(keeper, lives.Max(l => l.Life))).OrderBy(l => l.Keeper, StringComparer.Ordinal)];

    /// <summary>The latest known life of <paramref name="keeper"/>; 0 when none is known.</summary>
    public static long Of(this ImmutableArray<KeeperLife> lives, string keeper)
    {
        foreach (KeeperLife l in lives)
        {
            if (l.Keeper == keeper)
                return l.Life;
        }

        return 0;
    }
}

/// <summary>Quorum arithmetic: always of all voters, never of those that happen to answer.</summary>
public static class Quorums
{
    /// <summary>floor(N/2)+1.</summary>
    public static int Of(int configured) => (configured / 2) + 1;
}
