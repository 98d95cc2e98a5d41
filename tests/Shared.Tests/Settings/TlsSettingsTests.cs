using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Shared.Tests.Settings;

/// <summary>Certificates in the configuration, and nodes without them.</summary>
public sealed class TlsSettingsTests
{
    private const string None = "tls { ca_file = null, cert_file = null, key_file = null }\n";

    [Fact]
    public void The_files_are_read() =>
        Assert.Equivalent(
            new TlsSettings("/ca.crt", "/node.crt", "/node.key", ["0AF3", "77"]),
            SettingsBase.Read("tls.revoked = [\"0AF3\", \"77\"]").Settings.Tls, strict: true);

    [Theory]
    [InlineData(NodeKind.Monitor, "mon1", "/mmm.conf:2: monitors.mon1.address: monitor mon1 is at 10.0.0.1, where whoever reaches it could take over the databases, and no certificates are set")]
    [InlineData(NodeKind.Agent, "db1", "/mmm.conf:6: cluster C1.hosts.db1.ip: the agent of db1 is at 10.0.0.11, where whoever reaches it could take over the databases, and no certificates are set")]
    public void Without_certificates_a_node_that_others_can_reach_is_refused(NodeKind kind, string self, string problem)
    {
        string found = Assert.Single(SettingsBase.Problems(None, kind, self));
        Assert.StartsWith(problem, found, StringComparison.Ordinal);
        Assert.EndsWith("; allowed: tls { ca_file, cert_file, key_file } ('mmm tls init' and 'mmm tls issue' make them), or tls.required = off in a network that nobody else can reach", found, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_place_others_can_reach_is_named()
    {
        string[] problems = SettingsBase.Problems(None + "monitor.http { bind = \"10.0.0.9\", token = a-token-that-is-long }");
        Assert.Equal(2, problems.Length);
        Assert.Contains(problems, p => p.Contains("monitor.http.bind: the management endpoint is at 10.0.0.9", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("monitors { mon1.address = \"127.0.0.1\", mon2 = null, mon3 = null }", NodeKind.Monitor, "mon1")]
    [InlineData("monitors { mon1.address = localhost, mon2 = null, mon3 = null }", NodeKind.Monitor, "mon1")]
    [InlineData("agent.bind_address = \"127.0.0.1\"", NodeKind.Agent, "db1")]
    public void On_loopback_none_are_needed(string line, NodeKind kind, string self) => Assert.Null(SettingsBase.Read(None + line, kind, null, self).Settings.Tls);

    [Fact]
    public void It_can_be_done_without_and_is_warned_of()
    {
        LoadedSettings loaded = SettingsBase.Read(None + "tls.required = off");
        Assert.Null(loaded.Settings.Tls);
        Assert.Contains("/mmm.conf:2: monitors.mon1.address: monitor mon1 is at 10.0.0.1 without certificates (tls.required = off): whoever reaches it can take over the databases", loaded.Warnings);
    }

    [Theory]
    [InlineData("tls.key_file = null", "tls.ca_file: is of no use alone; allowed: ca_file, cert_file and key_file, or none of them")]
    [InlineData("tls.key_file = node.key", "tls.key_file: is 'node.key'; allowed: an absolute path")]
    [InlineData("tls.revoked = [xyz]", "tls.revoked[0]: is 'xyz'; allowed: the serial number of a certificate, hexadecimal")]
    [InlineData("tls.cert = /x", "tls.cert: unknown key; allowed: ca_file, cert_file, key_file, required, revoked")]
    [InlineData("tls.required = perhaps", "tls.required: is 'perhaps'")]
    public void What_is_wrong_is_said_once(string line, string problem) => Assert.Contains(problem, Assert.Single(SettingsBase.Problems(line)), StringComparison.Ordinal);

    [Fact]
    public void With_certificates_the_management_endpoint_needs_no_token() =>
        Assert.Empty(SettingsBase.Read("monitor.http.bind = \"0.0.0.0\"").Settings.Monitor.Tokens);

    [Fact]
    public void The_agents_https_needs_its_certificate()
    {
        Assert.True(SettingsBase.Read("agent.http { port = 9991, tls = on }", NodeKind.Agent, null, "db1").Settings.Agent.Http!.Tls);
        Assert.Contains(
            "agent.http.tls: needs this node's certificate",
            Assert.Single(SettingsBase.Problems(None + "tls.required = off\nagent.http { port = 9991, tls = on }", NodeKind.Agent, "db1")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_line_may_do_with_the_authority_alone() =>
        Assert.Null(SettingsBase.Read(None + "tls.ca_file = \"/ca.crt\"", NodeKind.Tool).Settings.Tls);
}
