using System.Collections.Immutable;
using Mmm.Actors.Configuration;
using Mmm.Control.Monitors;
using Mmm.Shared.Grants;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Control.Admin;

/// <summary>An MMM cluster as a configuration file has it: what is done with the servers themselves needs their addresses and MMM's logins.</summary>
/// <param name="Path">The file.</param>
/// <param name="Settings">The cluster.</param>
internal sealed record ConfiguredCluster(string Path, ClusterSettings Settings)
{
    public IEnumerable<Host> Hosts => Settings.Topology.Hosts.Values;

    /// <param name="path"><c>--config</c>; null = the first default file that is there.</param>
    /// <param name="cluster"><c>@CLUSTER</c>; null = the only one.</param>
    /// <param name="context">Environment and default files.</param>
    /// <exception cref="CliFailure">No file, not usable, or no such cluster in it.</exception>
    public static ConfiguredCluster Read(string? path, string? cluster, CliContext context)
    {
        string file = path ?? context.DefaultConfigs.FirstOrDefault(TokenFile.MayRead)
            ?? throw new CliFailure(ExitCodes.Config, "config", "ERROR: Name the configuration with --config FILE: the hosts and MMM's logins are taken from it.");
        try
        {
            ImmutableSortedDictionary<string, ClusterSettings> clusters = SettingsReader.Read(file, new FileHoconSource(), context.Environment, NodeKind.Tool).Settings.Clusters;
            string known = string.Join(", ", clusters.Keys);
            string name = cluster ?? (clusters.Count == 1 ? clusters.Keys.First() : throw new CliFailure(ExitCodes.Usage, "name-a-cluster", $"ERROR: Name one of the clusters of {file} in front, as in '@{clusters.Keys.FirstOrDefault() ?? "C1"} …': {known}"));
            return clusters.TryGetValue(name, out ClusterSettings? found) ? new ConfiguredCluster(file, found)
                : throw new CliFailure(ExitCodes.Refused, "unknown-cluster", $"ERROR: {file} has no cluster '{name}'; there are: {known}");
        }
        catch (SettingsException e)
        {
            throw new CliFailure(ExitCodes.Config, "config", $"ERROR: {e.Message}");
        }
    }

    /// <exception cref="CliFailure">There is none of that name.</exception>
    public Host Host(string name) => Settings.Topology.Hosts.TryGetValue(name, out Host? host) ? host
        : throw new CliFailure(ExitCodes.Refused, "unknown-host", $"ERROR: Unknown host name '{name}'! {Path} has: {string.Join(", ", Settings.Topology.Hosts.Keys)}");

    /// <summary>MMM's logins and their rights on a server.</summary>
    /// <param name="version">@@version.</param>
    public ImmutableArray<(string User, string Rights)> Logins(string version) => LeastPrivileges.For(version).Logins(
        Settings.MonitorUser.User, Settings.AgentUser.User, Settings.ReplicationUser.User, Hosts.Any(h => h.AdminPort > 0), Hosts.Any(h => Settings.Topology.IsOneOfMany(h.Name)));
}
