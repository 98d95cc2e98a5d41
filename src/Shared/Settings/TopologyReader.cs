using System.Collections.Immutable;
using Mmm.Shared.Settings.Hocon;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Settings;

/// <summary>Reads the <c>hosts</c> and <c>roles</c> of a cluster.</summary>
internal sealed class TopologyReader(SettingsProblems problems, NodeSettingsReader nodes)
{
    private static readonly string[] _inherited = ["mysql_port", "mysql_admin_port", "agent_port", "cluster_interface", "priority", "site"];

    public ImmutableArray<HostDraft> Hosts(Section cluster)
    {
        Section defaults = cluster.Sub("host_defaults");
        foreach (HoconField field in defaults.Object.Fields.Where(f => !_inherited.Contains(f.Key)))
            defaults.RefuseKey(field, _inherited);
        Section hosts = cluster.Sub("hosts");
        if (hosts.Object.Fields.IsEmpty && !hosts.Broken)
            problems.Error(hosts.Origin, hosts.Path, "no host is configured", "at least one section: hosts { NAME { ip, mode, peer } }");
        return [.. Present(hosts).Select(f => Host(f, defaults))];
    }

    public ImmutableArray<RoleDraft> Roles(Section cluster) => [.. Present(cluster.Sub("roles")).Select(Role)];

    /// <summary>Only meaningful when no problem was found: of doubles the first is taken.</summary>
    public static ClusterTopology Build(string name, ImmutableArray<HostDraft> hosts, ImmutableArray<RoleDraft> roles, string activeMasterRole) => new(
        name,
        hosts.ToImmutableSortedDictionary(
            h => h.Name,
            h => new Host(h.Name, h.Ip.Value, h.Mode.Value, h.Peer?.Value, h.MysqlPort.Value, h.AgentPort.Value, h.Interface.Value, h.AdminPort.Value, h.Priority.Value, h.Site?.Value),
            StringComparer.Ordinal),
        roles.ToImmutableSortedDictionary(
            r => r.Name,
            r => new Role(r.Name, r.Mode.Value, [.. r.Hosts.Value.Select(h => h.Value)], [.. r.Ips.Value.Select(i => i.Value)], r.Prefer?.Value),
            StringComparer.Ordinal),
        activeMasterRole);

    /// <summary>A host or role set to null is taken out again, for example one of an included file.</summary>
    private static IEnumerable<HoconField> Present(Section section) => section.Object.Fields.Where(f => f.Value is not HoconScalar { IsNull: true });

    private HostDraft Host(HoconField field, Section defaults)
    {
        Section host = nodes.NamedSection(field, "host").WithFallback(defaults, problems);
        if (field.Key == "all")
            problems.Error(host.Origin, host.Path, "is no name for a host: 'mmm checks all' means every host", NameText.Allowed);
        var draft = new HostDraft(
            field.Key,
            host.Origin,
            host.Path,
            host.Ip("ip"),
            host.Choice("mode", ("master", HostMode.Master), ("slave", HostMode.Slave)),
            host.Optional("peer", k => host.Text(k, "the name of the other master", t => t.Length > 0)),
            host.Port("mysql_port"),
            host.Int("mysql_admin_port", 0, 65535),
            host.Port("agent_port"),
            host.Text("cluster_interface", "the name of a network interface, 1 to 15 characters", IsInterface),
            host.Int("priority", 0, 100),
            host.Optional("site", k => host.Text(k, "a name, for example of a data centre", t => t.Length > 0)));
        host.RefuseUnknown();
        return draft;
    }

    private RoleDraft Role(HoconField field)
    {
        Section role = nodes.NamedSection(field, "role");
        var draft = new RoleDraft(
            field.Key,
            role.Origin,
            role.Path,
            role.Choice("mode", ("exclusive", RoleMode.Exclusive), ("balanced", RoleMode.Balanced)),
            role.Names("hosts"),
            role.Ips("ips"),
            role.Optional("prefer", k => role.Text(k, "the name of a host", t => t.Length > 0)));
        role.RefuseUnknown();
        return draft;
    }

    /// <summary>Linux: IFNAMSIZ is 16 with the closing zero; no '/' and no whitespace (dev_valid_name).</summary>
    private static bool IsInterface(string text) =>
        text.Length is > 0 and <= 15 && text is not ("." or "..") && !text.Any(c => c is '/' or ':' || char.IsWhiteSpace(c));
}
