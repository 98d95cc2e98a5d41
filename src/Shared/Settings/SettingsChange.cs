using System.Collections.Immutable;
using System.Net;

namespace Mmm.Shared.Settings;

/// <summary>What a running program makes of a configuration that it has read again. Names keys only: no value, and so no secret, is in it.</summary>
/// <param name="Live">Paths of what changed and takes effect now. What came or went as a whole (a host, a role, a token) is one path.</param>
/// <param name="Restart">Paths of what is written differently than the program runs with, and takes effect when it is started anew.</param>
/// <param name="Effective">What the program runs with from now on: the new configuration, and the old one where that needs a restart.</param>
/// <param name="TopologyChanged">Nodes that have not read it yet differ from this one: <see cref="SettingsFingerprint"/>.</param>
public sealed record SettingsChange(ImmutableArray<string> Live, ImmutableArray<string> Restart, MmmSettings Effective, bool TopologyChanged)
{
    /// <summary>Whose certificates are good for nothing any more.</summary>
    public const string Revoked = "tls.revoked";

    private const string Token = "monitor.http.token", Tokens = "monitor.http.tokens";

    /// <param name="running">What the program runs with.</param>
    /// <param name="read">What it has read, validated.</param>
    /// <param name="kind">Which program it is.</param>
    public static SettingsChange Between(MmmSettings running, MmmSettings read, NodeKind kind)
    {
        IReadOnlyDictionary<string, string> before = SettingsKeys.Of(running), after = SettingsKeys.Of(read);
        var changed = Changed(before, after).ToLookup(p => SettingsScope.Of(p, running, kind));
        // Another node's configuration: nothing of it is this one's to take.
        if (read.This != running.This || read.ThisCluster != running.ThisCluster)
            return new SettingsChange([], [.. changed[SettingsEffect.Live].Concat(changed[SettingsEffect.Restart]).Order(StringComparer.Ordinal)], running, false);

        bool keepsTokens = kind == NodeKind.Monitor && WouldBeOpen(running.Monitor, read.Monitor);
        bool comesOrGoes = running.Tls is null != read.Tls is null;
        bool Kept(string path) => (keepsTokens && (SettingsScope.Within(path, Token) || SettingsScope.Within(path, Tokens))) || (comesOrGoes && path == Revoked);
        ImmutableArray<string> live = [.. changed[SettingsEffect.Live].Where(p => !Kept(p))];
        ImmutableArray<string> restart = [.. changed[SettingsEffect.Restart].Concat(changed[SettingsEffect.Live].Where(Kept)).Order(StringComparer.Ordinal)];
        MmmSettings effective = kind == NodeKind.Agent ? ForAgent(running, read) : ForMonitor(running, read, keepsTokens);
        return new SettingsChange(live, restart, effective, SettingsFingerprint.Of(running) != SettingsFingerprint.Of(effective));
    }

    /// <summary>Something in one of these sections takes effect now.</summary>
    public bool Touches(params ReadOnlySpan<string> sections)
    {
        foreach (string section in sections)
        {
            if (Live.Any(p => SettingsScope.Within(p, section)))
                return true;
        }

        return false;
    }

    /// <summary>Something of the cluster takes effect now.</summary>
    public bool TouchesCluster(string cluster) => Touches(SettingsKeys.PathOf(cluster));

    /// <summary>Something of any cluster does.</summary>
    public bool TouchesClusters => Live.Any(p => p.StartsWith(SettingsKeys.PathOf(""), StringComparison.Ordinal));

    private static IEnumerable<string> Changed(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
    {
        string[] differing = [.. before.Keys.Union(after.Keys).Where(p => !before.TryGetValue(p, out string? b) || !after.TryGetValue(p, out string? a) || a != b).Order(StringComparer.Ordinal)];
        HashSet<string> whole = [.. differing.Where(p => IsNamed(before, p) || IsNamed(after, p))];
        return differing.Where(p => !Parents(p).Any(whole.Contains));
    }

    /// <summary>It differs, so it is in one of them only.</summary>
    private static bool IsNamed(IReadOnlyDictionary<string, string> keys, string path) => keys.TryGetValue(path, out string? value) && value == "=" + SettingsKeys.Named;

    private static IEnumerable<string> Parents(string path)
    {
        for (int dot = path.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = path.IndexOf('.', dot + 1))
            yield return path[..dot];
    }

    /// <summary>The endpoint goes on listening where it does, and nobody there would be asked for a token any more.</summary>
    private static bool WouldBeOpen(MonitorSettings running, MonitorSettings read) =>
        read.Tokens.IsEmpty && !running.Tokens.IsEmpty && running.HttpBind != "localhost" && !(IPAddress.TryParse(running.HttpBind, out IPAddress? ip) && IPAddress.IsLoopback(ip));

    private static TlsSettings? TlsOf(MmmSettings running, MmmSettings read) =>
        running.Tls is { } before && read.Tls is { } after ? before with { Revoked = after.Revoked } : running.Tls;

    private static MmmSettings ForMonitor(MmmSettings running, MmmSettings read, bool keepsTokens) => read with
    {
        Tls = TlsOf(running, read),
        Monitors = running.Monitors,
        Monitor = read.Monitor with
        {
            StateDir = running.Monitor.StateDir,
            HttpBind = running.Monitor.HttpBind,
            Membership = running.Monitor.Membership,
            MmmControl = running.Monitor.MmmControl,
            HistoryEvents = running.Monitor.HistoryEvents,
            OtlpEndpoint = running.Monitor.OtlpEndpoint,
            HttpToken = keepsTokens ? running.Monitor.HttpToken : read.Monitor.HttpToken,
            MoreTokens = keepsTokens ? running.Monitor.MoreTokens : read.Monitor.MoreTokens,
        },
        Clusters = running.Clusters.ToImmutableSortedDictionary(
            c => c.Key, c => read.Clusters.TryGetValue(c.Key, out ClusterSettings? cluster) ? WithTtlOf(c.Value, cluster) : c.Value, StringComparer.Ordinal),
    };

    private static MmmSettings ForAgent(MmmSettings running, MmmSettings read)
    {
        string cluster = running.ThisCluster!;
        ClusterSettings before = running.Clusters[cluster], after = WithTtlOf(before, read.Clusters[cluster]);
        Topology.Host self = before.Topology.Hosts[running.This];
        Topology.Host moved = after.Topology.Hosts[running.This] with { Ip = self.Ip, AgentPort = self.AgentPort, ClusterInterface = self.ClusterInterface };
        after = after with { Topology = after.Topology with { Hosts = after.Topology.Hosts.SetItem(self.Name, moved) } };
        return read with
        {
            Tls = TlsOf(running, read),
            Agent = read.Agent with { StateDir = running.Agent.StateDir, BindAddress = running.Agent.BindAddress, Http = running.Agent.Http },
            Clusters = read.Clusters.SetItem(cluster, after),
        };
    }

    private static ClusterSettings WithTtlOf(ClusterSettings running, ClusterSettings read) =>
        read with { Decisions = read.Decisions with { LeaseTtl = running.Decisions.LeaseTtl } };
}
