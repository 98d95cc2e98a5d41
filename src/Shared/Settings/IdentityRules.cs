using System.Collections.Immutable;
using Mmm.Shared.Settings.Hocon;

namespace Mmm.Shared.Settings;

/// <summary>Who this node is: <c>this</c> and <c>this_cluster</c>.</summary>
internal sealed class IdentityRules(SettingsProblems problems, NodeKind kind)
{
    /// <returns>The node's name, empty on a tool that has none; on agents also the cluster, given or found.</returns>
    public (string This, string? Cluster) Read(Section root, ImmutableArray<MonitorDraft> monitors, ImmutableArray<ClusterDraft> clusters)
    {
        Setting<string>? self = root.Optional("this", k => root.Text(k, NameText.Allowed, NameText.IsName));
        Setting<string>? cluster = root.Optional("this_cluster", k => root.Text(k, NameText.Allowed, NameText.IsName));
        if (self is null && kind != NodeKind.Tool)
        {
            string allowed = kind == NodeKind.Monitor ? Names(monitors.Select(m => m.Name)) : Names(clusters.SelectMany(c => c.Hosts).Select(h => h.Name));
            problems.Error(root.MissingAt("this"), root.PathOf("this"), "is missing: the name of this node, here or as --this", allowed);
        }

        if (self is not { Valid: true } me)
            return (string.Empty, cluster?.Value);
        if (kind == NodeKind.Monitor && monitors.All(m => m.Name != me.Value))
            RefuseUnknown(me, "monitor", monitors.Select(m => m.Name));
        return (me.Value, kind == NodeKind.Agent ? ClusterOf(me, cluster, clusters) : cluster?.Value);
    }

    private string? ClusterOf(Setting<string> self, Setting<string>? wanted, ImmutableArray<ClusterDraft> clusters)
    {
        if (wanted is { Valid: true } name)
        {
            ClusterDraft? found = clusters.FirstOrDefault(c => c.Name == name.Value);
            if (found is null)
                RefuseUnknown(name, "cluster", clusters.Select(c => c.Name));
            else if (found.Hosts.All(h => h.Name != self.Value))
                RefuseUnknown(self, $"host of cluster {found.Name}", found.Hosts.Select(h => h.Name));
            return name.Value;
        }

        ClusterDraft[] with = [.. clusters.Where(c => c.Hosts.Any(h => h.Name == self.Value))];
        if (with.Length == 0)
            RefuseUnknown(self, "host", clusters.SelectMany(c => c.Hosts).Select(h => h.Name));
        if (with.Length > 1)
            problems.Error(self, $"the clusters {string.Join(", ", with.Select(c => c.Name))} each have a host '{self.Value}'", "this_cluster = NAME to say which one");
        return with.FirstOrDefault()?.Name;
    }

    private void RefuseUnknown(Setting<string> name, string what, IEnumerable<string> known)
    {
        string[] names = [.. known.Distinct()];

        // That there are none at all is reported where they are missing.
        if (names.Length > 0)
            problems.Error(name, $"'{name.Value}' is no {what}", Names(names), Suggestions.Hint(name.Value, names));
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Distinct()) is { Length: > 0 } list ? list : "a configured name";
}
