namespace Mmm.Shared.Ledger;

/// <summary>
/// An operator's word that the other voters are gone for good: this keeper's copy becomes the only one that counts. Whatever the others had decided without it is
/// discarded. Its epoch and generation jump far ahead, so that a lost monitor that comes back all the same, and meets this one, gives way.
/// </summary>
public static class KeeperBootstrap
{
    /// <summary>More reigns and changes than can have been missed.</summary>
    private const long Jump = 1_000_000;

    /// <param name="record">What this keeper holds; it must hold a document.</param>
    /// <param name="name">This keeper's monitor.</param>
    public static KeeperRecord Of(KeeperRecord record, string name)
    {
        var epoch = new Epoch(record.Promised.Counter + Jump, name, "bootstrap");
        return record with
        {
            Keepers = [name],
            Generation = record.Generation + Jump,
            Before = null,
            Promised = epoch,
            Held = new DecisionId(epoch, record.Held.Version + 1),
        };
    }
}
