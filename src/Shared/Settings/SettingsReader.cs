using System.Collections.Immutable;
using Mmm.Shared.Settings.Hocon;

namespace Mmm.Shared.Settings;

/// <summary>Reads a configuration file, over the built-in defaults, into <see cref="MmmSettings"/>; refuses whatever cannot be meant.</summary>
public static class SettingsReader
{
    /// <summary>Reads and validates.</summary>
    /// <param name="path">The file, as <paramref name="source"/> knows it.</param>
    /// <param name="source">Where the file, its includes and password files come from.</param>
    /// <param name="environment">Value of an environment variable, or null.</param>
    /// <param name="kind">Which program reads: what is required depends on it.</param>
    /// <param name="overrides">Keys and values over the file, for example <c>this</c> from the command line; may be null.</param>
    /// <exception cref="SettingsException">The configuration is not usable; lists everything that is wrong.</exception>
    public static LoadedSettings Read(
        string path,
        IHoconSource source,
        Func<string, string?> environment,
        NodeKind kind,
        IReadOnlyDictionary<string, string>? overrides = null)
    {
        HoconDocument document;
        try
        {
            document = HoconReader.ReadFile(path, source, environment, (ReferenceConfiguration.Name, ReferenceConfiguration.Text()), overrides);
        }
        catch (HoconException e)
        {
            throw new SettingsException([e.Message], []);
        }

        var problems = new SettingsProblems();
        MmmSettings settings = Read(document, source, environment, kind, problems);
        ImmutableArray<string> warnings = [.. document.Warnings, .. problems.Warnings];
        return problems.Any ? throw new SettingsException([.. problems.Errors], warnings) : new LoadedSettings(settings, warnings);
    }

    private static MmmSettings Read(HoconDocument document, IHoconSource source, Func<string, string?> environment, NodeKind kind, SettingsProblems problems)
    {
        var root = new Section(document.Root, problems);
        var secrets = new SecretReader(source, document, problems, environment);
        var tls = new TlsReader(problems, kind);
        tls.Read(root);
        var nodes = new NodeSettingsReader(problems, secrets, kind, tls);
        ImmutableArray<MonitorDraft> monitors = nodes.Monitors(root);
        (MonitorSettings monitor, MembershipDraft membership) = nodes.Monitor(root);
        (AgentSettings agent, AgentDraft agentDraft) = nodes.Agent(root);
        ImmutableArray<ClusterDraft> clusters = new ClusterReader(problems, secrets, nodes, kind).Clusters(root);
        (string self, string? cluster) = new IdentityRules(problems, kind).Read(root, monitors, clusters);
        string[] known = ["this", "this_cluster", "tls", "monitors", "monitor_defaults", "monitor", "agent", "cluster_defaults", "cluster NAME"];
        foreach (HoconField field in document.Root.Fields.Where(f => !known.Contains(f.Key) && !ClusterReader.IsClusterKey(f.Key)))
            root.RefuseKey(field, known);

        foreach (ClusterDraft draft in clusters)
            TopologyRules.Check(draft, problems);
        AddressRules.Check(monitors, agentDraft, clusters, problems);
        TimingRules.Check(membership, agentDraft, clusters, problems);
        if (kind == NodeKind.Monitor && monitors.FirstOrDefault(m => m.Name == self) is { } own)
            tls.Listens(own.Address, own.Address.Value, $"monitor {self}");
        if (kind == NodeKind.Agent && clusters.FirstOrDefault(c => c.Name == cluster)?.Hosts.FirstOrDefault(h => h.Name == self) is { } host)
            tls.Listens(host.Ip, agent.BindAddress ?? host.Ip.Value, $"the agent of {self}");
        if (monitor.MmmControl?.Cluster is { } asked && !clusters.Any(c => c.Name == asked) && root.Sub("monitor").Sub("mmm_control").Take("cluster") is { } named)
            problems.Error(named.Origin, named.Path, $"'{asked}' is no cluster", string.Join(", ", clusters.Select(c => c.Name)), Suggestions.Hint(asked, clusters.Select(c => c.Name)));
        return new MmmSettings(
            self,
            cluster,
            [.. monitors.Select(m => new MonitorMember(m.Name, m.Address.Value, m.Port.Value, m.HttpPort.Value))],
            monitor,
            agent,
            clusters.ToImmutableSortedDictionary(c => c.Name, c => c.Settings, StringComparer.Ordinal),
            tls.Settings);
    }
}
