using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Shared.Tests.Settings;

public sealed class SecretsTests
{
    private const string Hidden = "hunter2-hunter2-hunter2";

    [Theory]
    [InlineData(NodeKind.Monitor, "mon1", "monitor_password", true)]
    [InlineData(NodeKind.Monitor, "mon1", "agent_password", false)]
    [InlineData(NodeKind.Monitor, "mon1", "replication_password", false)]
    [InlineData(NodeKind.Agent, "db1", "monitor_password", false)]
    [InlineData(NodeKind.Agent, "db1", "agent_password", true)]
    [InlineData(NodeKind.Agent, "db1", "replication_password", true)]
    [InlineData(NodeKind.Tool, "", "monitor_password", false)]
    [InlineData(NodeKind.Tool, "", "agent_password", false)]
    public void Each_program_needs_its_own_passwords(NodeKind kind, string self, string key, bool needed)
    {
        string line = $"this = \"{self}\"\ncluster_defaults.{key} = null".Replace("this = \"\"\n", string.Empty, StringComparison.Ordinal);
        if (needed)
            Assert.Contains($"cluster C1.{key}: is missing; allowed: a text in quotes here, or {key}_file", Assert.Single(SettingsBase.Problems(line, kind)), StringComparison.Ordinal);
        else
            SettingsBase.Read(line, kind);
    }

    [Fact]
    public void A_password_may_stand_in_a_file_of_its_own_beside_the_configuration()
    {
        MemorySource source = With("cluster_defaults { monitor_password = null, monitor_password_file = \"secret/monitor\" }").Add("/secret/monitor", "\uFEFF pass word \r\n");

        Assert.Equal(" pass word ", SettingsBase.ReadFrom(source).Settings.Clusters["C1"].MonitorUser.Password.Reveal());
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\n", "is empty")]
    [InlineData("one\ntwo", "has several lines")]
    public void A_password_file_holds_one_line(string content, string problem)
    {
        MemorySource source = With("cluster_defaults { monitor_password = null, monitor_password_file = \"/p\" }").Add("/p", content);
        Assert.Contains($"cluster_defaults.monitor_password_file: /p {problem}", Refused(source), StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_file_that_is_needed_must_be_there_and_readable()
    {
        const string line = "cluster_defaults { monitor_password = null, monitor_password_file = \"/p\" }";

        Assert.Contains("monitor_password_file: /p does not exist", Refused(With(line)), StringComparison.Ordinal);
        Assert.Contains("monitor_password_file: /p cannot be read: no permission", Refused(With(line).AddUnreadable("/p", "no permission")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_file_nobody_needs_is_not_opened()
    {
        MemorySource source = With("cluster_defaults { agent_password = null, agent_password_file = \"/p\" }");

        Assert.Equal(string.Empty, SettingsBase.ReadFrom(source).Settings.Clusters["C1"].AgentUser.Password.Reveal());
        Assert.DoesNotContain("/p", source.Asked);
    }

    [Fact]
    public void A_tool_takes_the_passwords_that_are_there()
    {
        MemorySource source = With("cluster_defaults { monitor_password = null, monitor_password_file = \"/none\", agent_password = null, agent_password_file = \"/p\" }").Add("/p", Hidden);

        ClusterSettings c1 = SettingsBase.ReadFrom(source, NodeKind.Tool).Settings.Clusters["C1"];

        Assert.Equal(string.Empty, c1.MonitorUser.Password.Reveal());
        Assert.Equal(Hidden, c1.AgentUser.Password.Reveal());
    }

    [Fact]
    public void A_clusters_own_password_file_wins_over_the_defaults_password()
    {
        MemorySource source = With("cluster C1.monitor_password_file = \"/p\"").Add("/p", Hidden);

        Assert.Equal(Hidden, SettingsBase.ReadFrom(source).Settings.Clusters["C1"].MonitorUser.Password.Reveal());
    }

    [Theory]
    [InlineData("cluster_defaults.monitor_password_file = \"/p\"", "cluster_defaults.monitor_password_file: is set beside cluster_defaults.monitor_password (/mmm.conf:3)")]
    [InlineData("cluster C1 { monitor_password_file = \"/p\", monitor_password = x }", "cluster C1.monitor_password_file: is set beside cluster C1.monitor_password (/mmm.conf:16)")]
    [InlineData("cluster_defaults.monitor_password = \"\"", "cluster_defaults.monitor_password: is empty")]
    [InlineData("cluster_defaults.monitor_password = [\"hunter2-hunter2-hunter2\"]", "cluster_defaults.monitor_password: is a list; allowed: a text in quotes")]
    [InlineData("cluster_defaults.monitor_passwort = \"hunter2-hunter2-hunter2\"", "cluster_defaults.monitor_passwort: unknown key; allowed: see mmm.reference.conf; did you mean 'monitor_password'?")]
    [InlineData("cluster_defaults { monitor_password = null, monitor_password_file = \"\" }", "cluster_defaults.monitor_password_file: is empty")]
    [InlineData("monitor.http.token = short", "monitor.http.token: is too short to keep anyone out; allowed: at least 16 characters")]
    [InlineData("monitor.http.tokens { ci { token = short, role = viewer } }", "monitor.http.tokens.ci.token: is too short to keep anyone out; allowed: at least 16 characters")]
    [InlineData("monitor.http.tokens { ci { token = hunter2-hunter2-hunter2, role = boss } }", "monitor.http.tokens.ci.role: is 'boss'; allowed: viewer, operator or admin")]
    [InlineData("monitor.http.tokens { ci { token = hunter2-hunter2-hunter2, role = 2 } }", "monitor.http.tokens.ci.role: is '2'; allowed: viewer, operator or admin")]
    [InlineData("monitor.http.tokens { ci { role = viewer } }", "monitor.http.tokens.ci.token: is missing")]
    [InlineData("monitor.http.tokens { ci { token = hunter2-hunter2-hunter2, role = viewer, name = x } }", "monitor.http.tokens.ci.name: unknown key; allowed: role, token, token_file")]
    [InlineData("monitor.http { token = hunter2-hunter2-hunter2, tokens { ci { token = hunter2-hunter2-hunter2, role = viewer } } }", "monitor.http.tokens.ci: has the same token as 'token'; allowed: a token of its own")]
    [InlineData("monitor.http.tokens { a { token = hunter2-hunter2-hunter2, role = viewer }, b { token = hunter2-hunter2-hunter2, role = admin } }", "monitor.http.tokens.b: has the same token as 'a'")]
    [InlineData("monitor.http.bind = \"0.0.0.0\"\ntls { ca_file = null, cert_file = null, key_file = null, required = off }", "monitor.http.bind: '0.0.0.0' can be reached from other machines, so the endpoint needs a token")]
    [InlineData("monitor.http.bind = \"::\"\ntls { ca_file = null, cert_file = null, key_file = null, required = off }", "monitor.http.bind: '::' can be reached from other machines")]
    [InlineData("monitor.http.bind = \"10.0.0.1\"\ntls { ca_file = null, cert_file = null, key_file = null, required = off }", "monitor.http.bind: '10.0.0.1' can be reached from other machines")]
    [InlineData("monitor.http.bind = everywhere", "monitor.http.bind: is 'everywhere'; allowed: an IP address or localhost")]
    public void What_is_wrong_with_a_secret_is_said_without_it(string line, string problem)
    {
        string found = Assert.Single(SettingsBase.Problems(line));
        Assert.Contains(problem, found, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.2", "127.0.0.2")]
    [InlineData("::1", "::1")]
    [InlineData("localhost", "127.0.0.1")]
    public void On_loopback_no_token_is_needed(string bind, string address) =>
        Assert.Equal(address, SettingsBase.Read($"monitor.http.bind = \"{bind}\"").Settings.Monitor.HttpBind);

    [Fact]
    public void Elsewhere_a_token_is_enough()
    {
        MonitorSettings monitor = SettingsBase.ReadFrom(With("monitor.http { bind = \"0.0.0.0\", token_file = \"/t\" }").Add("/t", Hidden + "\n")).Settings.Monitor;

        Assert.Equal(Hidden, monitor.HttpToken!.Reveal());
        Assert.Equal("(secret)", monitor.HttpToken.ToString());
    }

    [Fact]
    public void Tokens_have_names_and_roles_and_one_of_them_is_enough_as_well()
    {
        MonitorSettings monitor = SettingsBase.ReadFrom(With("monitor.http { bind = \"0.0.0.0\", tokens { prometheus { token_file = \"/t\", role = viewer }, ci { token = \"operator-token-of-ci\", role = Operator } } }")
            .Add("/t", Hidden + "\n")).Settings.Monitor;

        Assert.Equal([("prometheus", ApiRole.Viewer, Hidden), ("ci", ApiRole.Operator, "operator-token-of-ci")], monitor.Tokens.Select(t => (t.Name, t.Role, t.Secret.Reveal())));
        Assert.DoesNotContain("operator-token", string.Join(' ', monitor.Tokens), StringComparison.Ordinal);
        Assert.Equal(("token", ApiRole.Admin), SettingsBase.Read("monitor.http.token = \"admin-token-of-ops\"").Settings.Monitor.Tokens.Select(t => (t.Name, t.Role)).Single());
    }

    [Theory]
    [InlineData("monitor_password = pm", NodeKind.Monitor)]
    [InlineData("agent_password = pm", NodeKind.Monitor)]
    [InlineData("monitor_password = pm, agent_password = pa", NodeKind.Agent)]
    public void A_file_with_a_password_that_every_user_can_read_is_refused(string content, NodeKind kind)
    {
        MemorySource source = With("include \"p.conf\"").Add("/p.conf", "cluster_defaults { " + content + " }", readableByOthers: true);

        string problem = Refused(source, kind, kind == NodeKind.Agent ? "db1" : null);

        Assert.StartsWith("/p.conf:1: cluster_defaults.", problem, StringComparison.Ordinal);
        Assert.EndsWith("every user can read the file /p.conf, which holds this secret; allowed: no access for others: chmod o= /p.conf", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void So_is_a_password_file()
    {
        MemorySource source = With("cluster_defaults { monitor_password = null, monitor_password_file = \"/p\" }").Add("/p", Hidden, readableByOthers: true);
        Assert.Contains("monitor_password_file: every user can read the file /p; allowed: no access for others: chmod o= /p", Refused(source), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("monitor_password_file = \"credential:monitor_password\"")]
    [InlineData("monitor_password_file = ${CREDENTIALS_DIRECTORY}\"/monitor_password\"")]
    public void A_credential_that_systemd_passes_is_found_by_its_name_or_its_path(string line)
    {
        MemorySource source = With($"cluster_defaults {{ monitor_password = null, {line} }}").Add("/run/credentials/mmm-monitor.service/monitor_password", Hidden + "\n");

        Assert.Equal(Hidden, SettingsBase.ReadFrom(source, environment: Systemd).Settings.Clusters["C1"].MonitorUser.Password.Reveal());
    }

    [Fact]
    public void Every_secret_may_be_a_credential()
    {
        MemorySource source = With("""
            cluster_defaults { agent_password = null, agent_password_file = "credential:a", replication_password = null, replication_password_file = "credential:r" }
            monitor { http { token_file = "credential:t", tokens { ci { token_file = "credential:c", role = viewer } } }, webhook { url = "http://h/", secret_file = "credential:w" } }
            """);
        foreach (string name in (string[])["a", "r", "t", "c", "w"])
            source.Add("/run/credentials/mmm-monitor.service/" + name, $"{Hidden}-{name}");

        MonitorSettings monitor = SettingsBase.ReadFrom(source, environment: Systemd).Settings.Monitor;
        ClusterSettings c1 = SettingsBase.ReadFrom(source, NodeKind.Agent, Systemd, "db1").Settings.Clusters["C1"];

        Assert.Equal([$"{Hidden}-t", $"{Hidden}-c"], monitor.Tokens.Select(t => t.Secret.Reveal()));
        Assert.Equal($"{Hidden}-w", monitor.Webhook!.Key!.Reveal());
        Assert.Equal(($"{Hidden}-a", $"{Hidden}-r"), (c1.AgentUser.Password.Reveal(), c1.ReplicationUser.Password.Reveal()));
    }

    [Fact]
    public void A_credential_that_was_not_passed_is_asked_for_in_the_units_words()
    {
        const string line = "cluster_defaults { monitor_password = null, monitor_password_file = \"credential:pm\" }";

        string none = Refused(With(line));

        Assert.EndsWith(
            "monitor_password_file: asks for the credential 'pm', and no service manager has passed any to this program (CREDENTIALS_DIRECTORY is not set); "
            + "allowed: LoadCredential=pm:PATH in the unit that starts it, or the path of a file", none, StringComparison.Ordinal);
        Assert.Contains(
            "/run/credentials/mmm-monitor.service/pm does not exist",
            Assert.Single(Assert.Throws<SettingsException>(() => SettingsBase.ReadFrom(With(line), environment: Systemd)).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_credential_nobody_needs_is_not_missed()
    {
        MemorySource source = With("cluster_defaults { agent_password = null, agent_password_file = \"credential:a\" }");

        SettingsBase.ReadFrom(source);
        Assert.Equal(string.Empty, SettingsBase.ReadFrom(source, NodeKind.Tool).Settings.Clusters["C1"].AgentUser.Password.Reveal());
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../../etc/shadow")]
    [InlineData("a/b")]
    public void A_credential_has_a_name_and_no_path(string name) => Assert.Contains(
        $"monitor_password_file: '{name}' is no name of a credential; allowed: credential:NAME",
        Refused(With($"cluster_defaults {{ monitor_password = null, monitor_password_file = \"credential:{name}\" }}")), StringComparison.Ordinal);

    [Fact]
    public void A_credential_that_every_user_can_read_is_refused_as_well()
    {
        MemorySource source = With("cluster_defaults { monitor_password = null, monitor_password_file = \"credential:pm\" }")
            .Add("/run/credentials/mmm-monitor.service/pm", Hidden, readableByOthers: true);

        Assert.Contains("every user can read the file /run/credentials/mmm-monitor.service/pm", Assert.Single(Assert.Throws<SettingsException>(() => SettingsBase.ReadFrom(source, environment: Systemd)).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_readable_file_is_fine_when_the_passwords_come_from_elsewhere()
    {
        string text = SettingsBase.Text.Replace("monitor_password = pm, agent_password = pa, replication_password = pr", "monitor_password = ${PM}", StringComparison.Ordinal);
        MemorySource source = new MemorySource().Add("/mmm.conf", text, readableByOthers: true);

        MmmSettings settings = SettingsBase.ReadFrom(source, NodeKind.Monitor, name => name == "PM" ? Hidden : null).Settings;

        Assert.Equal(Hidden, settings.Clusters["C1"].MonitorUser.Password.Reveal());
        Assert.DoesNotContain("hunter2", settings.ToString(), StringComparison.Ordinal);
    }

    private static string? Systemd(string variable) => variable == "CREDENTIALS_DIRECTORY" ? "/run/credentials/mmm-monitor.service" : null;

    private static MemorySource With(string added) => new MemorySource().Add("/mmm.conf", SettingsBase.Text + added);

    private static string Refused(MemorySource source, NodeKind kind = NodeKind.Monitor, string? self = null) =>
        Assert.Single(Assert.Throws<SettingsException>(() => SettingsBase.ReadFrom(source, kind, null, self)).Problems);
}
