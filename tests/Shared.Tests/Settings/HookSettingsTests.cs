using Mmm.Shared.Hooks;
using Mmm.Shared.Settings;
using Xunit;

namespace Mmm.Shared.Tests.Settings;

/// <summary>Hooks and the webhook: what is read, and what is refused.</summary>
public sealed class HookSettingsTests
{
    private const string Hidden = "hunter2-hunter2-hunter2";

    [Fact]
    public void There_are_none_unless_they_are_configured()
    {
        MmmSettings settings = SettingsBase.Read("monitor { hooks.timeout = 5s, webhook.retries = 1 }").Settings;
        Assert.Null(settings.Monitor.Hooks);
        Assert.Null(settings.Monitor.Webhook);
        Assert.Null(settings.Agent.Hooks);
    }

    [Fact]
    public void Defaults_are_all_events()
    {
        MmmSettings settings = SettingsBase.Read("monitor { hooks.command = /h, webhook.url = \"https://example.org/mmm\" }, agent.hooks.command = /a").Settings;
        Assert.Equal(new HookSettings("/h", new HookFilter(["*"]), TimeSpan.FromSeconds(30)), settings.Monitor.Hooks);
        Assert.Equal(new HookSettings("/a", new HookFilter(["*"]), TimeSpan.FromSeconds(30)), settings.Agent.Hooks);
        Assert.Equal(new WebhookSettings(new Secret("https://example.org/mmm"), null, new HookFilter(["*"]), TimeSpan.FromSeconds(5), 5), settings.Monitor.Webhook);
    }

    [Fact]
    public void Everything_arrives()
    {
        MmmSettings settings = SettingsBase.Read(
            """
            monitor.hooks { command = /usr/local/bin/hook, events = [failover_finished, "role_*"], timeout = 2m }
            monitor.webhook { url = "http://u:p@[fd00::1]:8080/x?token=hunter2", secret = "hunter2-hunter2-hunter2", events = [host_down], timeout = 1s, retries = 0 }
            agent.hooks { command = /usr/local/bin/agent-hook, events = ["writer_*"], timeout = 500ms, wait_for = ["role_*", writer_on], wait_timeout = 2s }
            """).Settings;

        Assert.Equal(new HookSettings("/usr/local/bin/hook", new HookFilter(["failover_finished", "role_*"]), TimeSpan.FromMinutes(2)), settings.Monitor.Hooks);
        Assert.Equal(new HookSettings("/usr/local/bin/agent-hook", new HookFilter(["writer_*"]), TimeSpan.FromMilliseconds(500), new HookWait(new HookFilter(["role_*", "writer_on"]), TimeSpan.FromSeconds(2))), settings.Agent.Hooks);
        WebhookSettings webhook = settings.Monitor.Webhook!;
        Assert.Equal(new WebhookSettings(new Secret("http://u:p@[fd00::1]:8080/x?token=hunter2"), new Secret(Hidden), new HookFilter(["host_down"]), TimeSpan.FromSeconds(1), 0), webhook);
        Assert.Equal("http://[fd00::1]:8080", webhook.Receiver);
        Assert.DoesNotContain("hunter2", settings.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_key_may_stand_in_a_file_of_its_own_that_only_a_monitor_opens()
    {
        MemorySource source = new MemorySource().Add("/mmm.conf", SettingsBase.Text + "monitor.webhook { url = \"https://h\", secret_file = \"/k\" }").Add("/k", Hidden + "\n");
        Assert.Equal(Hidden, SettingsBase.ReadFrom(source).Settings.Monitor.Webhook!.Key!.Reveal());

        MemorySource agent = new MemorySource().Add("/mmm.conf", SettingsBase.Text + "monitor.webhook { url = \"https://h\", secret_file = \"/k\" }");
        SettingsBase.ReadFrom(agent, NodeKind.Agent, null, "db1");
        Assert.DoesNotContain("/k", agent.Asked);
    }

    [Theory]
    [InlineData("monitor.hooks.command = hook.sh", "/mmm.conf:16: monitor.hooks.command: is 'hook.sh'; allowed: an absolute path")]
    [InlineData("monitor.hooks.comand = /x", "/mmm.conf:16: monitor.hooks.comand: unknown key; allowed: command, events, timeout; did you mean 'command'?")]
    [InlineData("monitor.hooks.events = failover", "/mmm.conf:16: monitor.hooks.events: is 'failover'; allowed: a list [ … ] of a name")]
    [InlineData("monitor.hooks.events = [Failover]", "/mmm.conf:16: monitor.hooks.events[0]: is 'Failover'; allowed: a hook name or code such as failover_finished, or its beginning with * behind it")]
    [InlineData("monitor.hooks.events = [\"*_failed\"]", "/mmm.conf:16: monitor.hooks.events[0]: is '*_failed'; allowed: a hook name or code")]
    [InlineData("monitor.hooks.timeout = 30", "/mmm.conf:16: monitor.hooks.timeout: is '30'; allowed: a duration with unit, 100ms to 1h; the unit is missing")]
    [InlineData("monitor.hooks.timeout = 2h", "/mmm.conf:16: monitor.hooks.timeout: is '2h'; allowed: a duration with unit, 100ms to 1h")]
    [InlineData("agent.hooks.command = \"\"", "/mmm.conf:16: agent.hooks.command: is ''; allowed: an absolute path")]
    [InlineData("agent.hooks.events = [writer_onn]", "/mmm.conf:16: agent.hooks.events[0]: 'writer_onn' is no hook name of an agent; allowed: role_added, role_removed, writer_on, writer_off, mysqld_up, mysqld_down; did you mean 'writer_on'?")]
    [InlineData("agent.hooks.events = [\"failover_*\"]", "/mmm.conf:16: agent.hooks.events[0]: 'failover_*' is no hook name of an agent")]
    [InlineData("agent.hooks { command = /a, wait_for = [mysqld_down] }", "/mmm.conf:16: agent.hooks.wait_for[0]: 'mysqld_down' is no hook name of an agent that can be waited for; allowed: role_added, role_removed, writer_on, writer_off")]
    [InlineData("agent.hooks { command = /a, wait_for = [failover_started] }", "/mmm.conf:16: agent.hooks.wait_for[0]: 'failover_started' is no hook name")]
    [InlineData("agent.hooks.wait_for = [role_added]", "/mmm.conf:16: agent.hooks.wait_for: is of no use without a program")]
    [InlineData("agent.hooks.wait_timeout = 1h", "/mmm.conf:16: agent.hooks.wait_timeout: is '1h'; allowed: a duration with unit, 100ms to 5m")]
    [InlineData("monitor.hooks.wait_for = [failover_started]", "/mmm.conf:16: monitor.hooks.wait_for: unknown key; allowed: command, events, timeout")]
    [InlineData("agent.webhook {}", "/mmm.conf:16: agent.webhook: unknown key")]
    [InlineData("monitor.webhook.uri = \"https://h\"", "/mmm.conf:16: monitor.webhook.uri: unknown key; allowed: events, retries, secret, secret_file, timeout, url; did you mean 'url'?")]
    [InlineData("monitor.webhook.retries = 101", "/mmm.conf:16: monitor.webhook.retries: is '101'; allowed: a whole number, 0 to 100")]
    [InlineData("monitor.webhook.timeout = 2m", "/mmm.conf:16: monitor.webhook.timeout: is '2m'; allowed: a duration with unit, 100ms to 1m")]
    [InlineData("monitor.webhook.events = [\"a b\"]", "/mmm.conf:16: monitor.webhook.events[0]: is 'a b'; allowed: a hook name or code")]
    [InlineData("monitor.webhook.secret = hunter2", "/mmm.conf:16: monitor.webhook.secret: is too short to sign with; allowed: at least 16 characters")]
    [InlineData("monitor.webhook { secret = \"hunter2-hunter2-hunter2\", secret_file = \"/k\" }", "/mmm.conf:16: monitor.webhook.secret_file: is set beside monitor.webhook.secret")]
    [InlineData("monitor.webhook.secret_file = \"/k\"", "/mmm.conf:16: monitor.webhook.secret_file: /k does not exist")]
    [InlineData("monitor.webhook.url = \"ftp://u:hunter2@h/\"", "/mmm.conf:16: monitor.webhook.url: is no http or https URL; allowed: such as")]
    [InlineData("monitor.webhook.url = \"example.org?hunter2\"", "/mmm.conf:16: monitor.webhook.url: is no http or https URL")]
    [InlineData("monitor.webhook.url = \"file:///etc/hunter2\"", "/mmm.conf:16: monitor.webhook.url: is no http or https URL")]
    [InlineData("monitor.webhook.url = \"\"", "/mmm.conf:16: monitor.webhook.url: is no http or https URL")]
    public void What_cannot_be_meant_is_refused_without_a_secret_in_the_message(string line, string problem)
    {
        string found = Assert.Single(SettingsBase.Problems(line));
        Assert.StartsWith(problem, found, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", found, StringComparison.Ordinal);
    }
}
