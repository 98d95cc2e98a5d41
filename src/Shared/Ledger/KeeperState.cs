using System.Collections.Immutable;
using Mmm.Shared.Messages;

namespace Mmm.Shared.Ledger;

/// <summary>A keeper's state for one MMM cluster: its records, or what it knows while it has none.</summary>
/// <param name="Cluster">MMM cluster.</param>
/// <param name="Name">This keeper's monitor.</param>
/// <param name="Keepers">Names of all configured monitors, sorted.</param>
/// <param name="Standing">Whether it votes.</param>
/// <param name="Why">Why it does not vote; null when it does.</param>
/// <param name="Life">Its life: the recorded one while it votes, else the one it will begin.</param>
/// <param name="Record">What is on disk; null while it has nothing that counts.</param>
/// <param name="Known">Not voting: latest lives heard of, by whatever message; while voting they are in the record.</param>
/// <param name="Copies">Not voting: latest answers of the others to this life's request.</param>
public sealed record KeeperState(
    string Cluster,
    string Name,
    ImmutableArray<string> Keepers,
    KeeperStanding Standing,
    string? Why,
    long Life,
    KeeperRecord? Record,
    ImmutableArray<KeeperLife> Known,
    ImmutableSortedDictionary<string, LedgerProtocol.Copy> Copies)
{
    /// <summary>The others.</summary>
    public IEnumerable<string> Others
    {
        get
        {
            string self = Name;
            return Keepers.Where(k => k != self);
        }
    }
}

/// <summary>What comes of one message.</summary>
/// <param name="Next">The new state. It counts only once <paramref name="Store"/> is on disk; when that fails, the old one stays.</param>
/// <param name="Store">To be on disk BEFORE <paramref name="Reply"/> leaves; null = nothing to store.</param>
/// <param name="Reply">For the sender of the message; null = none.</param>
/// <param name="Alarm">Something that must not happen and that a person should see; null = nothing.</param>
public sealed record KeeperStep(KeeperState Next, KeeperRecord? Store, LedgerProtocol.IMessage? Reply, string? Alarm = null);
