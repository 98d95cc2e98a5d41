namespace Mmm.Simulation.Machines;

/// <summary>
/// A set of transactions as a GTID set: how many of each tenure (an unbroken time in which one server took writes). Replication by GTID gives a
/// server what its source has and it has not.
/// </summary>
internal sealed class TransactionLog
{
    private readonly List<long> _of = [];

    public void Add(int tenure)
    {
        Grow(tenure);
        _of[tenure]++;
    }

    public void TakeAll(TransactionLog other)
    {
        Grow(other._of.Count - 1);
        for (int i = 0; i < other._of.Count; i++)
            _of[i] = Math.Max(_of[i], other._of[i]);
    }

    /// <summary>Takes what all of them have.</summary>
    public void TakeCommon(TransactionLog a, IEnumerable<TransactionLog> others)
    {
        Grow(a._of.Count - 1);
        for (int i = 0; i < a._of.Count; i++)
        {
            long common = a._of[i];
            foreach (TransactionLog o in others)
                common = Math.Min(common, i < o._of.Count ? o._of[i] : 0);
            _of[i] = Math.Max(_of[i], common);
        }
    }

    public bool Contains(TransactionLog other)
    {
        for (int i = 0; i < other._of.Count; i++)
        {
            if (other._of[i] > (i < _of.Count ? _of[i] : 0))
                return false;
        }

        return true;
    }

    public TransactionLog Copy()
    {
        var copy = new TransactionLog();
        copy.TakeAll(this);
        return copy;
    }

    public override string ToString() => "{" + string.Join(' ', _of.Select((n, t) => (n, t)).Where(x => x.n > 0).Select(x => $"{x.t}:{x.n}")) + "}";

    private void Grow(int tenure)
    {
        while (_of.Count <= tenure)
            _of.Add(0);
    }
}
