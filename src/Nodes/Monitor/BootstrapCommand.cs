using Mmm.Actors.Ledger;
using Mmm.Shared.Decisions;
using Mmm.Shared.Ledger;
using Mmm.Shared.Settings;

namespace Mmm.Monitor;

/// <summary><c>mmm-monitor --bootstrap</c>: makes this monitor, while it is stopped, the only voter, with what it has on its disk.</summary>
internal static class BootstrapCommand
{
    /// <param name="settings">This monitor's.</param>
    /// <param name="yes">Do it; else only say what it would do.</param>
    /// <returns>Exit code.</returns>
    public static int Run(MmmSettings settings, bool yes)
    {
        try
        {
            return Run(settings.This, settings.Monitor.StateDir, [.. settings.Clusters.Keys], yes);
        }
        catch (KeeperStoreException e)
        {
            Console.Error.WriteLine($"ERROR: {e.Message}. Nothing was changed.");
            return ExitCodes.Unusable;
        }
    }

    private static int Run(string self, string stateDir, IReadOnlyList<string> clusters, bool yes)
    {
        using KeeperStore store = KeeperStore.Open(stateDir, clusters);
        foreach (string cluster in clusters)
        {
            string? missing = store.Lost.GetValueOrDefault(cluster) ?? (store.Records.GetValueOrDefault(cluster)?.Document is null ? $"{stateDir} holds no decision" : null);
            if (missing is not null)
            {
                Console.Error.WriteLine($"ERROR: Nothing to go on with for cluster {cluster}: {missing}. Take another monitor. Nothing was changed.");
                return ExitCodes.Unusable;
            }
        }

        foreach (string cluster in clusters)
        {
            KeeperRecord record = store.Records[cluster];
            ClusterDocument document = DocumentJson.Read(record.Document!);
            Console.WriteLine($"Cluster {cluster}: {self} holds decision {record.Held}: mode {StateNames.NameOf(document.Mode)}, active master {document.ActiveMaster?.Host ?? "none"}, voters {record.Voters}.");
            Console.WriteLine($"  Discarded: whatever {string.Join(", ", record.Voters.Names.Where(v => v != self).DefaultIfEmpty("nobody"))} decided after that. {self} will be the only voter.");
            if (yes)
                store.Write(KeeperBootstrap.Of(record, self));
        }

        Console.WriteLine(yes
            ? "Done. Start this monitor, then 'mmm monitors add NAME' for each of the others."
            : "Nothing was changed. If the other voters are gone for good, give the same command with --yes.");
        return ExitCodes.Stopped;
    }
}
