using Akka.Actor;
using Akka.Hosting;
using Mmm.Actors;
using Mmm.Monitor.Endpoints;
using Mmm.Shared.Api;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;

namespace Mmm.Monitor.Adapters;

/// <summary><see cref="IKeeperStatus"/> from this node's keeper.</summary>
public sealed class KeeperStatus(IRequiredActor<KeeperKey> keeper) : IKeeperStatus
{
    public async Task<KeeperEntry?> Own(CancellationToken cancel)
    {
        LedgerProtocol.Status? status = await keeper.AskWithin<KeeperKey, LedgerProtocol.Status>(new LedgerProtocol.AskStatus(), EndpointLimits.LocalDeadline, cancel);
        return status is null ? null : EntryOf(status);
    }

    /// <summary>One entry for the whole keeper: it votes when it votes for every cluster.</summary>
    internal static KeeperEntry EntryOf(LedgerProtocol.Status status)
    {
        LedgerProtocol.KeeperView[] silent = [.. status.Clusters.Where(c => c.Standing != KeeperStanding.Voting)];
        return silent.Length == 0
            ? new KeeperEntry(true, "votes")
            : new KeeperEntry(false, string.Join("; ", silent.Select(c => $"does not vote for {c.Cluster}: {c.Why ?? "not known why"}")));
    }
}
