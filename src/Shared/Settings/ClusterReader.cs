using System.Collections.Immutable;
using System.Globalization;
using Mmm.Shared.Agents;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Settings.Hocon;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Settings;

/// <summary>Reads <c>cluster NAME { … }</c> over <c>cluster_defaults { … }</c>.</summary>
internal sealed class ClusterReader(SettingsProblems problems, SecretReader secrets, NodeSettingsReader nodes, NodeKind kind)
{
    private const string Prefix = "cluster ";

    private static readonly TimeSpan _day = TimeSpan.FromDays(1);
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);

    /// <summary>True for the keys at the root that hold clusters.</summary>
    public static bool IsClusterKey(string key) => key == "cluster" || key.StartsWith(Prefix, StringComparison.Ordinal);

    public ImmutableArray<ClusterDraft> Clusters(Section root)
    {
        Section defaults = root.Sub("cluster_defaults");
        List<HoconField> fields = ClusterFields(root.Object);
        if (fields.Count == 0)
            problems.Error(root.Origin, "cluster", "no cluster is configured", "at least one section: cluster NAME { hosts { … }, roles { … } }");
        foreach (HoconField field in defaults.Object.Fields.Where(f => f.Key is "hosts" or "roles"))
            problems.Error(field.Value.Origin, field.Value.Path, "unknown key", $"{field.Key} in a section cluster NAME {{ … }}");
        return [.. fields.Select(f => Cluster(f, defaults))];
    }

    /// <summary><c>cluster C1 { … }</c> is the one key "cluster C1"; <c>cluster.C1 { … }</c> is C1 inside "cluster".</summary>
    private List<HoconField> ClusterFields(HoconObject root)
    {
        var fields = new List<HoconField>();
        foreach (HoconField field in root.Fields.Where(f => IsClusterKey(f.Key)))
        {
            if (field.Key == "cluster" && field.Value is HoconObject nested)
                fields.AddRange(nested.Fields);
            else if (field.Key == "cluster")
                problems.Error(field.Value.Origin, field.Value.Path, $"is {field.Value.Kind}", "cluster NAME { … }");
            else
                fields.Add(field with { Key = field.Key[Prefix.Length..].Trim() });
        }

        foreach (IGrouping<string, HoconField> twice in fields.GroupBy(f => f.Key).Where(g => g.Count() > 1))
        {
            HoconValue first = twice.First().Value;
            HoconValue second = twice.Last().Value;
            problems.Error(second.Origin, second.Path, $"this cluster is also written as {first.Path} ({first.Origin.FileAndLine})", "one of the two notations");
        }

        return [.. fields.DistinctBy(f => f.Key)];
    }

    private ClusterDraft Cluster(HoconField field, Section defaults)
    {
        Section own = nodes.NamedSection(field, "cluster");
        Section section = own.WithFallback(defaults, problems);
        var topology = new TopologyReader(problems, nodes);
        ImmutableArray<HostDraft> hosts = topology.Hosts(section);
        ImmutableArray<RoleDraft> roles = topology.Roles(section);
        Setting<string> writer = section.Text("active_master_role", "the name of a role", t => t.Length > 0);
        ClusterTimingDraft timing = Timing(section);
        SemiSyncSettings semiSync = SemiSync(section.Sub("replication"));
        DiskSettings disk = timing.Disk.Settings;
        DecisionSettings decisions = Decisions(section, timing) with { Failover = Failover(section.Sub("failover"), semiSync), Disk = disk.CheckInterval == TimeSpan.Zero ? null : disk };
        Setting<TimeSpan> maxBacklog = section.Duration("max_backlog", TimeSpan.FromSeconds(1), TimeSpan.FromDays(30));
        var settings = new ClusterSettings(
            TopologyReader.Build(field.Key, hosts, roles, writer.Value),
            decisions,
            timing.Checks.ToImmutableSortedDictionary(c => c.Kind, c => new CheckSettings(c.CheckPeriod.Value, c.TrapPeriod.Value, c.Timeout.Value)),
            Lease(section),
            timing.Addresses.Settings,
            maxBacklog.Value,
            Login(section, own, "monitor", NodeKind.Monitor),
            Login(section, own, "agent", NodeKind.Agent),
            Login(section, own, "replication", NodeKind.Agent),
            semiSync,
            disk);
        section.RefuseUnknown();
        return new ClusterDraft(field.Key, own.Origin, own.Path, hosts, roles, writer, timing, settings);
    }

    private static DecisionSettings Decisions(Section section, ClusterTimingDraft timing) => new(
        section.Choice(
            "mode", ("active", ClusterMode.Active), ("manual", ClusterMode.Manual), ("wait", ClusterMode.Wait), ("passive", ClusterMode.Passive)).Value,
        section.Duration("auto_set_online", TimeSpan.Zero, 30 * _day).Value,
        section.Int("flap_count", 1, 1000).Value,
        section.Duration("flap_duration", TimeSpan.FromSeconds(1), 30 * _day).Value,
        section.Duration("wait_for_other_master", TimeSpan.Zero, _day).Value,
        section.Bool("careful_startup").Value,
        section.Duration("master_connect_retry", TimeSpan.Zero, _hour).Value,
        section.Duration("quick_recovery", TimeSpan.Zero, _hour).Value,
        timing.AgentTimeout.Value,
        timing.LeaseTtl.Value,
        timing.CatchUpTimeout.Value,
        section.Duration("move_max_lag", TimeSpan.Zero, _hour).Value,
        timing.MoveTimeout.Value,
        timing.StartupTimeout.Value,
        timing.SightTimeout.Value);

    private static ClusterTimingDraft Timing(Section section)
    {
        Section checks = section.Sub("checks");
        Section lease = section.Sub("lease");
        ImmutableArray<CheckDraft> drafts = [.. CheckNames.All.Select(k => Check(k, checks.Sub(CheckNames.NameOf(k))))];
        checks.RefuseUnknown();
        Setting<TimeSpan> ttl = lease.Duration("ttl", TimeSpan.FromMilliseconds(1200), _minute);
        lease.RefuseUnknown();
        return new ClusterTimingDraft(
            section.Duration("agent_timeout", TimeSpan.FromMilliseconds(100), _minute),
            ttl,
            section.Duration("catch_up_timeout", TimeSpan.Zero, _hour),
            section.Duration("move_timeout", TimeSpan.FromSeconds(1), 2 * _hour),
            section.Duration("startup_timeout", TimeSpan.FromMilliseconds(100), 10 * _minute),
            section.Duration("sight_timeout", TimeSpan.FromMilliseconds(200), _minute),
            Addresses(section.Sub("addresses")),
            Disk(section.Sub("disk")),
            drafts);
    }

    private static AddressDraft Addresses(Section section)
    {
        var draft = new AddressDraft(
            section.Duration("probe", TimeSpan.Zero, TimeSpan.FromSeconds(1)),
            section.Choice("on_conflict", ("refuse", false), ("take", true)),
            section.Duration("check_interval", TimeSpan.Zero, _hour));
        section.RefuseUnknown();
        return draft;
    }

    private static DiskDraft Disk(Section section)
    {
        var draft = new DiskDraft(
            section.Duration("check_interval", TimeSpan.Zero, _hour),
            section.Duration("timeout", TimeSpan.FromSeconds(1), 10 * _minute),
            section.Int("min_free_mb", 0, 1024 * 1024),
            new DiskPolicy(Reaction("full"), Reaction("read_only"), Reaction("stalled")));
        section.RefuseUnknown();
        return draft;

        DiskReaction Reaction(string key) => section.Choice(key, ("warn", DiskReaction.Warn), ("failover", DiskReaction.Failover)).Value;
    }

    private static SemiSyncSettings SemiSync(Section section)
    {
        var settings = new SemiSyncSettings(
            section.Choice("semi_sync", ("off", SemiSyncMode.Off), ("prefer", SemiSyncMode.Prefer), ("require", SemiSyncMode.Require)).Value,
            section.Duration("semi_sync_timeout", TimeSpan.FromMilliseconds(10), _hour).Value);
        section.RefuseUnknown();
        return settings;
    }

    private FailoverPolicy Failover(Section section, SemiSyncSettings semiSync)
    {
        Setting<string> loss = section.Text("maximum_loss", "any, or a whole number of transactions", t => t == "any" || long.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        Setting<bool> proof = section.Bool("require_semi_sync");
        if (proof is { Valid: true, Value: true } && semiSync.Mode == SemiSyncMode.Off)
            problems.Error(proof, "needs semi-sync: no failover could ever take place", "replication.semi_sync = prefer or require, or failover.require_semi_sync = off");
        section.RefuseUnknown();
        return new FailoverPolicy(long.TryParse(loss.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long most) ? most : null, proof.Value);
    }

    private static LeaseSettings Lease(Section section)
    {
        Section fencing = section.Sub("fencing");
        Section failsafe = section.Sub("failsafe");
        var settings = new LeaseSettings(
            fencing.Duration("timeout", TimeSpan.FromMilliseconds(100), _minute).Value,
            fencing.Bool("kill_mysqld").Value,
            failsafe.Bool("enabled").Value,
            failsafe.Choice("balanced", ("keep", true), ("drop", false)).Value);
        fencing.RefuseUnknown();
        failsafe.RefuseUnknown();
        return settings;
    }

    private static CheckDraft Check(CheckKind check, Section section)
    {
        var draft = new CheckDraft(
            check,
            section.Duration("check_period", TimeSpan.FromMilliseconds(100), 10 * _minute),
            section.Duration("trap_period", TimeSpan.Zero, _hour),
            section.Duration("timeout", TimeSpan.FromMilliseconds(50), _minute));
        section.RefuseUnknown();
        return draft;
    }

    private MysqlLogin Login(Section section, Section own, string who, NodeKind usedBy)
    {
        SecretReader.Need need = kind == usedBy ? SecretReader.Need.Required : kind == NodeKind.Tool ? SecretReader.Need.Optional : SecretReader.Need.None;
        Setting<string> user = section.Text(who + "_user", "a MySQL user name of 1 to 80 characters", t => t.Length is > 0 and <= 80);
        Secret? password = secrets.Read(section, own.Object, who + "_password", own.Broken ? SecretReader.Need.None : need);
        return new MysqlLogin(user.Value, password ?? new Secret(string.Empty));
    }
}
