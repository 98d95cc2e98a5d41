using System.Collections.Immutable;
using Akka.Actor;
using Mmm.Actors;
using Mmm.Actors.Coordinator;
using Mmm.Monitor.Endpoints;
using Mmm.Shared.Api;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;

namespace Mmm.Monitor.Adapters;

/// <summary><see cref="IKeeperStatus"/> by asking the keepers themselves, this node's and the others'.</summary>
public sealed class KeeperStatus(ActorSystem system) : IKeeperStatus
{
    public async Task<ImmutableDictionary<string, KeeperEntry>> Of(IEnumerable<MonitorMember> monitors, CancellationToken cancel)
    {
        KeyValuePair<string, KeeperEntry>[] entries = await Task.WhenAll(monitors.Select(async m => KeyValuePair.Create(m.Name, await Ask(m, cancel))));
        return entries.ToImmutableDictionary();
    }

    private async Task<KeeperEntry> Ask(MonitorMember monitor, CancellationToken cancel)
    {
        ActorSelection keeper = system.ActorSelection(WellKnown.OnMonitor(WellKnown.Protocol(system), monitor, MonitorActors.Keeper));
        try
        {
            return EntryOf(await keeper.Ask<LedgerProtocol.Status>(new LedgerProtocol.AskStatus(), EndpointLimits.KeeperDeadline, cancel));
        }
        catch (AskTimeoutException)
        {
            return new KeeperEntry(false, "does not answer");
        }
    }

    /// <summary>One entry for the whole keeper: it votes when it votes for every cluster. Clusters change their voters one after the other; all of them are told.</summary>
    internal static KeeperEntry EntryOf(LedgerProtocol.Status status)
    {
        LedgerProtocol.KeeperView[] silent = [.. status.Clusters.Where(c => c.Standing != KeeperStanding.Voting)];
        ImmutableArray<string>? voters = status.Clusters.Any(c => c.Voters is not null)
            ? [.. status.Clusters.SelectMany(c => c.Voters is { } v ? v.Names : []).Distinct().Order(StringComparer.Ordinal)]
            : null;
        if (silent.Length > 0)
            return new KeeperEntry(false, string.Join("; ", silent.Select(c => $"does not vote for {c.Cluster}: {c.Why ?? "not known why"}")), voters);
        string[] observed = [.. status.Clusters.Where(c => c.Voters?.Contains(status.Keeper) == false).Select(c => c.Cluster)];
        string held = string.Join(", ", status.Clusters.Select(c => c.Held));
        return observed.Length == 0
            ? new KeeperEntry(true, $"votes, holds {held}", voters)
            : new KeeperEntry(false, $"is kept up to date (holds {held}) but does not vote for {string.Join(", ", observed)}: 'mmm monitors add {status.Keeper}'", voters);
    }
}
