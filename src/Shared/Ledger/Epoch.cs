namespace Mmm.Shared.Ledger;

/// <summary>
/// The number of a coordinator's reign (spec: a ballot of single-document Paxos). Compared by counter, then node, then
/// incarnation, so two coordinators never share one.
/// </summary>
/// <param name="Counter">Above every counter the coordinator had seen when it prepared.</param>
/// <param name="Node">Configured name of the monitor node.</param>
/// <param name="Incarnation">Identifies one start of that node's process.</param>
public sealed record Epoch(long Counter, string Node, string Incarnation) : IComparable<Epoch>
{
    /// <summary>Before any coordinator.</summary>
    public static readonly Epoch None = new(0, "", "");

    public int CompareTo(Epoch? other)
    {
        if (other is null)
            return 1;
        int byCounter = Counter.CompareTo(other.Counter);
        if (byCounter != 0)
            return byCounter;
        int byNode = string.CompareOrdinal(Node, other.Node);
        return byNode != 0 ? byNode : string.CompareOrdinal(Incarnation, other.Incarnation);
    }

    public override string ToString() => Counter == 0 ? "0" : $"{Counter}@{Node}";

    public static bool operator <(Epoch a, Epoch b) => a.CompareTo(b) < 0;

    public static bool operator >(Epoch a, Epoch b) => a.CompareTo(b) > 0;

    public static bool operator <=(Epoch a, Epoch b) => a.CompareTo(b) <= 0;

    public static bool operator >=(Epoch a, Epoch b) => a.CompareTo(b) >= 0;
}

/// <summary>The place of a decision in the history: epoch first, then version.</summary>
/// <param name="Epoch">Who decided.</param>
/// <param name="Version">Which decision; goes up by one with each.</param>
public sealed record DecisionId(Epoch Epoch, long Version) : IComparable<DecisionId>
{
    /// <summary>Before any decision.</summary>
    public static readonly DecisionId None = new(Epoch.None, 0);

    public int CompareTo(DecisionId? other)
    {
        if (other is null)
            return 1;
        int byEpoch = Epoch.CompareTo(other.Epoch);
        return byEpoch != 0 ? byEpoch : Version.CompareTo(other.Version);
    }

    public override string ToString() => $"{Epoch}/{Version}";

    public static bool operator <(DecisionId a, DecisionId b) => a.CompareTo(b) < 0;

    public static bool operator >(DecisionId a, DecisionId b) => a.CompareTo(b) > 0;

    public static bool operator <=(DecisionId a, DecisionId b) => a.CompareTo(b) <= 0;

    public static bool operator >=(DecisionId a, DecisionId b) => a.CompareTo(b) >= 0;
}
