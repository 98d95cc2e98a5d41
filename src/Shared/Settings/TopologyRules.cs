using Mmm.Shared.Topology;

namespace Mmm.Shared.Settings;

/// <summary>What hosts and roles of one cluster must be to each other.</summary>
internal static class TopologyRules
{
    public static void Check(ClusterDraft cluster, SettingsProblems problems)
    {
        foreach (HostDraft host in cluster.Hosts)
            CheckPeer(host, cluster, problems);
        foreach (RoleDraft role in cluster.Roles)
            CheckRole(role, cluster, problems);
        CheckActiveMasterRole(cluster, problems);
    }

    private static HostDraft? Find(ClusterDraft cluster, string name) => cluster.Hosts.FirstOrDefault(h => h.Name == name);

    private static string Names(IEnumerable<HostDraft> hosts) => string.Join(", ", hosts.Select(h => h.Name));

    private static void CheckPeer(HostDraft host, ClusterDraft cluster, SettingsProblems problems)
    {
        if (!host.Mode.Valid)
            return;
        HostDraft[] others = [.. cluster.Hosts.Where(h => h.Name != host.Name && h.Mode is { Valid: true, Value: HostMode.Master })];
        if (host.Mode.Value == HostMode.Slave)
        {
            if (host.Peer is { } needless)
                problems.Error(needless, "a slave has no peer: it follows the active master", "peer on masters only");
            return;
        }

        if (others.Length > 1 && CandidatesOf(cluster).Length > 2)
        {
            // A pair replicates both ways; of more, all follow the active one.
            if (host.Peer is { } paired)
                problems.Error(paired, $"{CandidatesOf(cluster).Length} masters may become the active master: none of them has a peer, they all follow the active one", "no peer, or two masters only among the hosts of the active_master_role");
            return;
        }

        if (host.Peer is not { } peer)
        {
            problems.Error(host.Origin, host.Path + ".peer", "is missing: a master needs the name of the other master", others.Length == 0 ? "another master" : Names(others));
            return;
        }

        if (!peer.Valid)
            return;
        HostDraft? other = Find(cluster, peer.Value);
        if (other is null)
            problems.Error(peer, $"'{peer.Value}' is no host of cluster {cluster.Name}", Names(others), Suggestions.Hint(peer.Value, others.Select(h => h.Name)));
        else if (other == host)
            problems.Error(peer, "a host is not its own peer", Names(others));
        else if (other.Mode is { Valid: true, Value: HostMode.Slave })
            problems.Error(peer, $"'{peer.Value}' is a slave ({other.Mode.Origin.FileAndLine})", "another master");
        else if (PeerOf(other, cluster) is { } back && back != host)
            problems.Error(peer, $"the peer of '{other.Name}' is '{back.Name}' ({other.Peer!.Value.Origin.FileAndLine}), not '{host.Name}'", "two masters that name each other");
    }

    /// <summary>The masters that may become the active master.</summary>
    private static HostDraft[] CandidatesOf(ClusterDraft cluster) =>
    [
        .. (cluster.Roles.FirstOrDefault(r => r.Name == cluster.ActiveMasterRole.Value)?.Hosts.Value ?? [])
            .Where(h => h.Valid).Select(h => Find(cluster, h.Value)).OfType<HostDraft>().Distinct().Where(h => h.Mode is { Valid: true, Value: HostMode.Master }),
    ];

    /// <summary>The other master a master names; null when it names none that could be: that is reported there.</summary>
    private static HostDraft? PeerOf(HostDraft host, ClusterDraft cluster) =>
        host.Peer is { Valid: true } peer && Find(cluster, peer.Value) is { Mode: { Valid: true, Value: HostMode.Master } } other && other != host ? other : null;

    private static void CheckRole(RoleDraft role, ClusterDraft cluster, SettingsProblems problems)
    {
        string[] names = [.. cluster.Hosts.Select(h => h.Name)];
        Setting<string>[] hosts = [.. role.Hosts.Value.Where(h => h.Valid)];
        foreach (Setting<string> host in hosts.Where(h => !names.Contains(h.Value)))
            problems.Error(host, $"'{host.Value}' is no host of cluster {cluster.Name}", string.Join(", ", names), Suggestions.Hint(host.Value, names));
        foreach (IGrouping<string, Setting<string>> twice in hosts.GroupBy(h => h.Value).Where(g => g.Count() > 1))
            problems.Error(twice.Last(), $"'{twice.Key}' is named twice", "each host once");
        if (role.Hosts is { Valid: true, Value.IsEmpty: true })
            problems.Error(role.Hosts, "no host may carry this role", string.Join(", ", names));
        CheckAddressCount(role, problems);
        CheckPrefer(role, problems);
    }

    private static void CheckAddressCount(RoleDraft role, SettingsProblems problems)
    {
        if (!role.Ips.Valid)
            return;
        if (role.Mode is { Valid: true, Value: RoleMode.Exclusive } && role.Ips.Value.Length != 1)
            problems.Error(role.Ips, $"an exclusive role has one address, this one has {role.Ips.Value.Length}", "exactly one, or mode = balanced");
        else if (role.Ips.Value.IsEmpty)
            problems.Error(role.Ips, "the role has no address", "at least one");
    }

    private static void CheckPrefer(RoleDraft role, SettingsProblems problems)
    {
        if (role.Prefer is not { Valid: true } prefer)
            return;
        string[] hosts = [.. role.Hosts.Value.Select(h => h.Value)];
        if (role.Mode is { Valid: true, Value: RoleMode.Balanced })
            problems.Error(prefer, "a balanced role prefers no host", "prefer on exclusive roles only");
        else if (role.Hosts.Valid && !hosts.Contains(prefer.Value))
            problems.Error(prefer, $"'{prefer.Value}' is not among the role's hosts", string.Join(", ", hosts), Suggestions.Hint(prefer.Value, hosts));
    }

    private static void CheckActiveMasterRole(ClusterDraft cluster, SettingsProblems problems)
    {
        Setting<string> name = cluster.ActiveMasterRole;
        if (!name.Valid)
            return;
        RoleDraft? writer = cluster.Roles.FirstOrDefault(r => r.Name == name.Value);
        if (writer is null)
        {
            string[] roles = [.. cluster.Roles.Select(r => r.Name)];
            problems.Error(
                cluster.Origin,
                cluster.Path,
                $"has no role '{name.Value}', which active_master_role ({name.Origin.FileAndLine}) names",
                roles.Length == 0 ? "a section: roles { NAME { mode, hosts, ips } }" : string.Join(", ", roles),
                Suggestions.Hint(name.Value, roles));
            return;
        }

        if (writer.Mode is { Valid: true, Value: not RoleMode.Exclusive })
            problems.Error(writer.Mode, $"'{writer.Name}' is the active_master_role: only one host may take writes", "exclusive");
        HostDraft[] hosts = [.. writer.Hosts.Value.Where(h => h.Valid).Select(h => Find(cluster, h.Value)).OfType<HostDraft>().Distinct()];
        foreach (HostDraft slave in hosts.Where(h => h.Mode is { Valid: true, Value: HostMode.Slave }))
        {
            Setting<string> entry = writer.Hosts.Value.First(h => h.Value == slave.Name);
            problems.Error(entry, $"'{slave.Name}' is a slave ({slave.Mode.Origin.FileAndLine}) and cannot become the active master", "masters");
        }

        CheckPair(writer, hosts, cluster, problems);
    }

    /// <summary>Of two, each catches up with the other.</summary>
    private static void CheckPair(RoleDraft writer, HostDraft[] hosts, ClusterDraft cluster, SettingsProblems problems)
    {
        HostDraft[] masters = [.. hosts.Where(h => h.Mode is { Valid: true, Value: HostMode.Master })];
        if (masters is [var a, var b] && PeerOf(a, cluster) is { } peer && peer != b && PeerOf(peer, cluster) == a)
            problems.Error(writer.Hosts, $"'{a.Name}' and '{b.Name}' are not each other's peer", "the two masters that are each other's peer");
        else if (masters.Length == 1 && hosts.Length == 1)
            problems.Warn(writer.Hosts, $"only '{masters[0].Name}' may be the active master: there is nothing to fail over to");
    }
}
