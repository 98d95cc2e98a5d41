using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;
using Xunit;

namespace Mmm.Shared.Tests.Settings;

public sealed class SettingsChangeTests
{
    /// <summary>Everything that is optional is there.</summary>
    private const string Everything = """
        monitor {
          ping_ips = ["10.0.0.254"], kill_host_bin = /kill, hooks.command = /hook, otlp_endpoint = "http://10.0.0.9:4318/v1/traces"
          http { token = 0123456789abcdef-one, tokens.ops { token = 0123456789abcdef-two, role = operator } }
          webhook { url = "https://alerts.example.org/hidden", secret = 0123456789abcdef-key }
          mmm_control { port = 9988, cluster = C1, cert_file = /c, key_file = /k, ca_file = /a }
        }
        agent { hooks.command = /hook, http.port = 9995, mysql_socket = /s, mysql_pid_file = /p, bind_address = "10.0.0.11" }
        cluster C1 { roles.writer.prefer = db1, hosts.db1.site = here, failover.maximum_loss = 3 }

        """;

    private static MmmSettings Monitor(string added = "") => SettingsBase.Read(Everything + added).Settings;

    private static MmmSettings Agent(string added = "") => SettingsBase.Read(Everything + added, NodeKind.Agent, self: "db1").Settings;

    private static SettingsChange OnMonitor(string added) => SettingsChange.Between(Monitor(), Monitor(added), NodeKind.Monitor);

    private static SettingsChange OnAgent(string added) => SettingsChange.Between(Agent(), Agent(added), NodeKind.Agent);

    [Theory]
    [InlineData("cluster C1.checks.mysql.trap_period = 3s", "cluster C1.checks.mysql.trap_period")]
    [InlineData("cluster C1.max_backlog = 90s", "cluster C1.max_backlog")]
    [InlineData("cluster C1.monitor_password = another", "cluster C1.monitor_password")]
    [InlineData("cluster C1.hosts.db4 { ip = \"10.0.0.14\", mode = slave }", "cluster C1.hosts.db4")]
    [InlineData("cluster C1 { hosts.db3 = null, roles.reader.hosts = [db1, db2] }", "cluster C1.hosts.db3 cluster C1.roles.reader.hosts")]
    [InlineData("cluster C1.roles.reader.ips = [\"10.0.0.51\"]", "cluster C1.roles.reader.ips")]
    [InlineData("cluster C1.hosts.db2.priority = 51", "cluster C1.hosts.db2.priority")]
    [InlineData("monitor.ping_ips = [\"10.0.0.253\"]", "monitor.ping_ips")]
    [InlineData("monitor.http.read_only = on", "monitor.http.read_only")]
    [InlineData("monitor.http.tokens.guest { token = 0123456789abcdef-three, role = viewer }", "monitor.http.tokens.guest")]
    [InlineData("monitor.hooks.command = null, monitor.webhook.retries = 7", "monitor.hooks.command monitor.hooks.events monitor.hooks.timeout monitor.webhook.retries")]
    public void On_a_monitor_it_takes_effect_now(string added, string live)
    {
        SettingsChange change = OnMonitor(added);

        Assert.Equal(live, string.Join(' ', change.Live));
        Assert.Empty(change.Restart);
        Assert.Empty(SettingsChange.Between(change.Effective, Monitor(added), NodeKind.Monitor).Live);
    }

    /// <summary>A certificate that is good for nothing any more; the files it is about need a restart.</summary>
    [Theory]
    [InlineData("tls.revoked = [AA11]", "tls.revoked = [AA11, BB22]", "tls.revoked", "", "AA11 BB22")]
    [InlineData("tls.revoked = [AA11]", "", "tls.revoked", "", "")]
    [InlineData("", "tls { revoked = [AA11], key_file = /other }", "tls.revoked", "tls.key_file", "AA11")]
    [InlineData("tls.revoked = [AA11]", "tls { ca_file = null, cert_file = null, key_file = null, required = off }", "", "tls.ca_file tls.cert_file tls.key_file tls.revoked", "AA11")]
    public void What_is_revoked_takes_effect_now(string before, string after, string live, string restart, string effective)
    {
        const string Files = "tls { ca_file = /a, cert_file = /c, key_file = /k }\n";
        (MmmSettings Before, MmmSettings After, NodeKind Kind)[] programs =
        [
            (Monitor(Files + before), Monitor(Files + after), NodeKind.Monitor), (Agent(Files + before), Agent(Files + after), NodeKind.Agent),
        ];
        Assert.All(programs, p =>
        {
            var change = SettingsChange.Between(p.Before, p.After, p.Kind);

            Assert.Equal((live, restart), (string.Join(' ', change.Live), string.Join(' ', change.Restart)));
            Assert.Equal(("/k", effective), (change.Effective.Tls!.KeyFile, string.Join(' ', change.Effective.Tls.Revoked)));
        });
    }

    [Theory]
    [InlineData("monitors.mon4.address = \"10.0.0.4\"", "monitors.mon4")]
    [InlineData("monitors.mon2.port = 9551", "monitors.mon2.port")]
    [InlineData("monitor.state_dir = /elsewhere", "monitor.state_dir")]
    [InlineData("monitor.http.bind = \"0.0.0.0\"", "monitor.http.bind")]
    [InlineData("monitor.membership.stable_after = 2s", "monitor.membership.stable_after")]
    [InlineData("monitor.mmm_control.port = 9989", "monitor.mmm_control.port")]
    [InlineData("monitor.otlp_endpoint = null, monitor.history_events = 500", "monitor.history_events monitor.otlp_endpoint")]
    [InlineData("cluster C1.lease.ttl = 4s", "cluster C1.lease.ttl")]
    [InlineData("cluster C9 { hosts { a { ip = \"10.1.0.1\", mode = master, peer = b }, b { ip = \"10.1.0.2\", mode = master, peer = a } }, roles.writer { mode = exclusive, hosts = [a, b], ips = [\"10.1.0.9\"] } }", "cluster C9")]
    [InlineData("this = mon2, monitor.ping_ips = []", "monitor.ping_ips this")]
    public void On_a_monitor_it_needs_a_restart_and_nothing_of_it_is_taken(string added, string restart)
    {
        SettingsChange change = OnMonitor(added);

        Assert.Equal(restart, string.Join(' ', change.Restart));
        Assert.Empty(change.Live);
        Assert.Empty(SettingsChange.Between(Monitor(), change.Effective, NodeKind.Monitor).Restart);
        Assert.False(change.TopologyChanged);
    }

    [Theory]
    [InlineData("agent.heartbeat_interval = 300ms", "agent.heartbeat_interval", "")]
    [InlineData("agent.hooks.timeout = 3s", "agent.hooks.timeout", "")]
    [InlineData("cluster C1.agent_password = another", "cluster C1.agent_password", "")]
    [InlineData("cluster C1.roles.reader.ips = [\"10.0.0.51\"]", "cluster C1.roles.reader.ips", "")]
    [InlineData("cluster C1.hosts.db2.ip = \"10.0.0.99\"", "cluster C1.hosts.db2.ip", "")]
    [InlineData("monitors.mon4.address = \"10.0.0.4\"", "monitors.mon4", "")]
    [InlineData("cluster C1.hosts.db1 { ip = \"10.0.0.99\", mysql_port = 3307 }", "cluster C1.hosts.db1.mysql_port", "cluster C1.hosts.db1.ip")]
    [InlineData("cluster C1.lease.ttl = 4s, agent.http.port = 9996", "", "agent.http.port cluster C1.lease.ttl")]
    public void On_an_agent(string added, string live, string restart)
    {
        SettingsChange change = OnAgent(added);

        Assert.Equal(live, string.Join(' ', change.Live));
        Assert.Equal(restart, string.Join(' ', change.Restart));
    }

    [Fact]
    public void What_is_the_other_programs_business_is_not_told()
    {
        SettingsChange agent = OnAgent("monitor.ping_ips = [], cluster C1.max_backlog = 90s"), monitor = OnMonitor("agent.state_dir = /elsewhere, cluster C1.agent_password = another");

        Assert.Empty(agent.Live.Concat(agent.Restart).Concat(monitor.Live).Concat(monitor.Restart));
    }

    [Fact]
    public void An_agent_that_keeps_its_old_address_differs_from_nodes_with_the_new_one() => Assert.NotEqual(
        SettingsFingerprint.Of(Agent("cluster C1.hosts.db1.ip = \"10.0.0.99\"")), SettingsFingerprint.Of(OnAgent("cluster C1.hosts.db1.ip = \"10.0.0.99\"").Effective));

    /// <summary>The rule of the file (no token on loopback only) must hold for the address that is really listened on.</summary>
    [Fact]
    public void An_endpoint_that_others_can_reach_keeps_its_tokens_until_it_listens_elsewhere()
    {
        const string Open = "monitor.http { bind = \"0.0.0.0\", token = 0123456789abcdef, tokens = null }", Closed = "monitor.http { bind = \"127.0.0.1\", token = null, tokens = null }";
        var change = SettingsChange.Between(Monitor(Open), Monitor(Closed), NodeKind.Monitor);

        Assert.Equal(["monitor.http.bind", "monitor.http.token"], change.Restart);
        Assert.Empty(change.Live);
        Assert.NotEmpty(change.Effective.Monitor.Tokens);
        Assert.Empty(SettingsChange.Between(Monitor("monitor.http { token = 0123456789abcdef, tokens = null }"), Monitor(Closed), NodeKind.Monitor).Effective.Monitor.Tokens);
    }

    [Fact]
    public void Nothing_but_keys_is_told()
    {
        SettingsChange change = OnMonitor("""
            cluster C1.monitor_password = "verysecret", monitor.webhook { url = "https://verysecret.example.org", secret = verysecret-0123456789 }
            monitor.http { token = verysecret-0123456789, tokens.ops.token = verysecret-01234567890 }
            """);

        Assert.Equal("cluster C1.monitor_password monitor.http.token monitor.http.tokens.ops.token monitor.webhook.secret monitor.webhook.url", string.Join(' ', change.Live));
    }

    /// <summary>Names may have dots in them.</summary>
    [Theory]
    [InlineData("lease.ttl = 4s", "", "cluster \"C.2\".lease.ttl")]
    [InlineData("hosts.\"a.x\".priority = 7", "cluster \"C.2\".hosts.\"a.x\".priority", "")]
    [InlineData("hosts.\"c.x\" { ip = \"10.1.0.3\", mode = slave }", "cluster \"C.2\".hosts.\"c.x\"", "")]
    public void A_name_with_a_dot_is_quoted_as_in_the_file(string added, string live, string restart)
    {
        const string Second = """
            cluster "C.2" { hosts { "a.x" { ip = "10.1.0.1", mode = master, peer = b }, b { ip = "10.1.0.2", mode = master, peer = "a.x" } }
              roles.writer { mode = exclusive, hosts = ["a.x", b], ips = ["10.1.0.9"] } }

            """;
        var change = SettingsChange.Between(Monitor(Second), Monitor($"{Second}cluster \"C.2\" {{ {added} }}"), NodeKind.Monitor);

        Assert.Equal(live, string.Join(' ', change.Live));
        Assert.Equal(restart, string.Join(' ', change.Restart));
        Assert.Equal(live.Length > 0, change.TouchesCluster("C.2"));
        Assert.False(change.TouchesCluster("C"));
    }

    [Fact]
    public void The_same_file_changes_nothing()
    {
        SettingsChange change = OnMonitor("");

        Assert.Empty(change.Live.Concat(change.Restart));
    }

    /// <summary>Goes through the records themselves: a setting that is added and forgotten in SettingsKeys makes this fail.</summary>
    [Fact]
    public void No_setting_is_forgotten_and_what_is_said_to_take_effect_does()
    {
        int seen = 0;
        foreach ((NodeKind kind, MmmSettings running) in new[] { (NodeKind.Monitor, Monitor()), (NodeKind.Agent, Agent()) })
        {
            foreach ((string what, object read) in Mutation.Of(running))
            {
                var change = SettingsChange.Between(running, (MmmSettings)read, kind);
                var then = SettingsChange.Between(change.Effective, (MmmSettings)read, kind);
                seen++;

                Assert.True(Named(running, (MmmSettings)read), $"{what} changed and no key is named: add it to SettingsKeys");
                Assert.True(then.Live.IsEmpty, $"{what}: {string.Join(", ", then.Live)} is said to take effect and does not");
                Assert.True(then.Restart.SequenceEqual(change.Restart), $"{what}: {string.Join(", ", change.Restart.Except(then.Restart))} is said to need a restart and takes effect");
            }
        }

        Assert.InRange(seen, 200, int.MaxValue);

        static bool Named(MmmSettings a, MmmSettings b) => Enum.GetValues<NodeKind>().Any(k => k != NodeKind.Tool && Names(a, b, k));

        // Whose the setting is: an agent's change is named by an agent, and told apart by it only when it has a host.
        static bool Names(MmmSettings a, MmmSettings b, NodeKind kind)
        {
            if (kind == NodeKind.Agent && a.ThisCluster is null)
                (a, b) = (a with { This = "db1", ThisCluster = "C1" }, b with { This = b.This == a.This ? "db1" : b.This, ThisCluster = b.ThisCluster ?? "C1" });
            var change = SettingsChange.Between(a, b, kind);
            return !change.Live.IsEmpty || !change.Restart.IsEmpty;
        }
    }

    /// <summary>A record with one setting changed, for each of its settings and theirs.</summary>
    private static class Mutation
    {
        /// <summary>Names that are also the keys under which their owners are found.</summary>
        private static readonly string[] s_keys = [$"{nameof(ClusterTopology)}.{nameof(ClusterTopology.Name)}", $"{nameof(Host)}.{nameof(Host.Name)}", $"{nameof(Role)}.{nameof(Role.Name)}"];

        public static IEnumerable<(string What, object Changed)> Of(object record)
        {
            Type type = record.GetType();
            foreach (PropertyInfo property in type.GetProperties().Where(p => p.CanWrite && !s_keys.Contains($"{type.Name}.{p.Name}")))
            {
                foreach ((string what, object? value) in Values(property.PropertyType, property.GetValue(record)))
                {
                    object copy = type.GetMethod("<Clone>$")!.Invoke(record, null)!;
                    property.SetValue(copy, value);
                    yield return ($"{type.Name}.{property.Name}{what}", copy);
                }
            }
        }

        private static IEnumerable<(string What, object? Value)> Values(Type type, object? value)
        {
            type = Nullable.GetUnderlyingType(type) ?? type;
            if (value is null)
                return type == typeof(string) ? [("", "C1")] : [];
            return value switch
            {
                string text => [("", text + "x")],
                bool flag => [("", !flag)],
                int number => [("", number + 1)],
                long number => [("", number + 1)],
                TimeSpan time => [("", time + TimeSpan.FromSeconds(1))],
                Secret secret => [("", new Secret(secret.Reveal() + "x"))],
                Uri uri => [("", new Uri(uri, "/other"))],
                Enum => [("", Enum.GetValues(type).Cast<object>().First(v => !v.Equals(value)))],
                ImmutableArray<string> list => [("", list.Add("10.0.0.77"))],
                ImmutableArray<MonitorMember> list => Items(list),
                ImmutableArray<ApiToken> list => Items(list),
                IDictionary map => Entries(map),
                _ when type.Namespace!.StartsWith("Mmm.", StringComparison.Ordinal) => Of(value).Select(m => ("." + m.What, (object?)m.Changed)),
                _ => throw new InvalidOperationException($"teach this test how to change a {type}"),
            };
        }

        private static IEnumerable<(string What, object? Value)> Items<T>(ImmutableArray<T> list)
            where T : notnull =>
            [("[gone]", list.RemoveAt(list.Length - 1)), .. Of(list[0]).Select(m => ($"[0].{m.What}", (object?)list.SetItem(0, (T)m.Changed)))];

        private static IEnumerable<(string What, object? Value)> Entries(IDictionary map)
        {
            MethodInfo set = map.GetType().GetMethod("SetItem")!;
            foreach (object key in map.Keys)
            {
                foreach ((string what, object changed) in Of(map[key]!))
                    yield return ($"[{key}].{what}", set.Invoke(map, [key, changed]));
            }
        }
    }
}
