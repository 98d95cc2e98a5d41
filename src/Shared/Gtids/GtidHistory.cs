using System.Collections.Immutable;
using System.Globalization;

namespace Mmm.Shared.Gtids;

/// <summary>Everything a server has written or applied, by its GTIDs: what it takes to say what another one lacks.</summary>
/// <param name="Executed">MySQL: gtid_executed. MariaDB: gtid_binlog_state.</param>
/// <param name="Applied">MariaDB: gtid_slave_pos. Null = the server is a MySQL.</param>
public sealed record GtidHistory(string Executed, string? Applied)
{
    /// <summary>
    /// What <paramref name="server"/> has and <paramref name="other"/> lacks, in the servers' notation (MariaDB: <c>first..last</c> for a row); empty = nothing. Null when they cannot be
    /// compared: different families, or a notation that is not understood.
    /// </summary>
    /// <param name="server">Of the one.</param>
    /// <param name="other">Of the other.</param>
    /// <param name="otherWritesAs">
    /// server_uuid or server_id of the other. It lacks nothing that it wrote itself: seen in the one it only means that this was asked later.
    /// </param>
    public static string? Missing(GtidHistory server, GtidHistory other, string? otherWritesAs) => Lacking(server, other, otherWritesAs)?.Text;

    /// <summary>As <see cref="Missing"/>, counted.</summary>
    internal static Difference? Lacking(GtidHistory server, GtidHistory other, string? otherWritesAs)
    {
        if ((server.Applied is null) != (other.Applied is null))
            return null;
        if (server.Applied is null)
        {
            if (MySqlGtidSet.Parse(server.Executed) is not { } executed || MySqlGtidSet.Parse(other.Executed) is not { } has)
                return null;
            MySqlGtidSet rest = (otherWritesAs is null ? executed : executed.WithoutSource(otherWritesAs)).Without(has);
            return new Difference(rest.ToString(), rest.Count, Exact: true);
        }

        if (MariaDbGtids.Parse(server.Executed) is not { } state || MariaDbGtids.Parse(other.Executed) is not { } otherState || MariaDbGtids.Parse(other.Applied!) is not { } applied)
            return null;
        long? except = long.TryParse(otherWritesAs, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : null;
        ImmutableArray<(MariaDbGtids.Gtid First, MariaDbGtids.Gtid Last)> missing = MariaDbGtids.Missing(state, otherState, applied, except);
        return new Difference(
            string.Join(", ", missing.Select(m => m.First == m.Last ? $"{m.Last}" : $"{m.First}..{m.Last}")), missing.Sum(m => m.Last.Sequence - m.First.Sequence + 1),
            Exact: missing.All(m => m.First == m.Last));
    }

    /// <param name="Text">In the servers' notation.</param>
    /// <param name="Count">How many transactions, at most.</param>
    /// <param name="Exact">Exactly so many. (Several servers share a domain's numbers in MariaDB.)</param>
    internal sealed record Difference(string Text, long Count, bool Exact);
}
