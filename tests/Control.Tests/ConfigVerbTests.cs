using System.Text.Json;
using Mmm.Shared.Api;

namespace Mmm.Control.Tests;

/// <summary><c>mmm config reload</c>.</summary>
public sealed class ConfigVerbTests : IAsyncLifetime
{
    private const string Agents = "# Agents read theirs when their machines are told: 'systemctl reload mmm-agent' on each database host.\n";

    private readonly Cli _cli = new();
    private readonly List<string> _order = [];
    private FakeMonitor _mon1 = null!;
    private FakeMonitor _mon2 = null!;

    public async ValueTask InitializeAsync()
    {
        _mon1 = await FakeMonitor.Start(name: "mon1", token: "secret-token");
        _mon2 = await FakeMonitor.Start(name: "mon2", token: "secret-token");
        Know(Entry("mon1", _mon1.Address), Entry("mon2", _mon2.Address));
        _mon1.Reload = () => Answer("mon1", ["cluster C1.max_backlog", "cluster C1.roles.reader.ips"], []);
        _mon2.Reload = () => Answer("mon2", [], ["monitor.state_dir"], "/etc/mmm/monitor.conf:3: monitors: a single monitor");
        _cli.Environment["MMM_MONITORS"] = _mon1.Address;
        _cli.Environment["MMM_TOKEN"] = "secret-token";
    }

    public async ValueTask DisposeAsync()
    {
        await _mon1.DisposeAsync();
        await _mon2.DisposeAsync();
    }

    [Fact]
    public async Task Every_monitor_reads_its_file_one_after_the_other()
    {
        Ran ran = await _cli.Mmm("config", "reload");

        Assert.Equal(["mon1", "mon2"], _order);
        Assert.Equal(
            (0, $"mon1  OK: in effect: cluster C1.max_backlog, cluster C1.roles.reader.ips\nmon2  OK: nothing else has changed\nmon2  needs a restart: monitor.state_dir\n"
                + $"mon2  warning: /etc/mmm/monitor.conf:3: monitors: a single monitor\n{Agents}", ""),
            (ran.Exit, ran.Out, ran.Error));
    }

    [Fact]
    public async Task Only_the_named_one_does()
    {
        Ran ran = await _cli.Mmm("config", "reload", "-a", "mon2");

        Assert.Equal((0, "mon2  OK: nothing else has changed"), (ran.Exit, ran.Out.Split('\n')[0]));
        Assert.Equal(["mon2"], _order);
        Ran unknown = await _cli.Mmm("config", "reload", "-a", "mon9");
        Assert.Equal(ExitCodes.Refused, unknown.Exit);
        Assert.Equal(["mon2"], _order);
    }

    [Fact]
    public async Task What_is_wrong_with_a_file_is_told_line_by_line_and_the_others_go_on()
    {
        _mon1.Reload = () => (null, "/etc/mmm/mmm.conf:3: a\n/etc/mmm/mmm.conf:4: b");
        Ran ran = await _cli.Mmm("config", "reload");

        Assert.Equal(ExitCodes.Refused, ran.Exit);
        Assert.StartsWith("mon1  ! /etc/mmm/mmm.conf:3: a\nmon1  ! /etc/mmm/mmm.conf:4: b\nmon2  OK: nothing else has changed\n", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_monitor_that_is_not_there_or_takes_no_changes_is_a_line()
    {
        string dead = BadMonitors.Dead();
        Know(Entry("mon1", _mon1.Address), Entry("mon2", _mon2.Address), Entry("mon3", dead));
        Ran ran = await _cli.Mmm("config", "reload");
        Assert.Equal(ExitCodes.NoMonitor, ran.Exit);
        Assert.Contains($"mon3  ! {dead} refuses the connection", ran.Out, StringComparison.Ordinal);

        _mon2.ReadOnly = true;
        Ran refused = await _cli.Mmm("config", "reload");
        Assert.Equal(ExitCodes.Refused, refused.Exit);
        Assert.Contains("mon2  ! Its configuration sets monitor.http_read_only", refused.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_has_an_answer_or_a_problem_of_each()
    {
        _mon2.Reload = () => (null, "wrong");
        ReloadsReading json = JsonSerializer.Deserialize((await _cli.Mmm("config", "reload", "--json")).Out, ApiFormat.Wire.ReloadsReading)!;

        Assert.Equal(["mon1 2 ", "mon2  wrong"], json.Monitors.Select(m => $"{m.Monitor} {m.Reloaded?.Changed.Length} {m.Problem}"));
    }

    [Theory]
    [InlineData("config")]
    [InlineData("config", "reload", "mon1")]
    [InlineData("config", "load")]
    public async Task Anything_else_is_a_wrong_command_line(params string[] words)
    {
        Assert.Equal(ExitCodes.Usage, (await _cli.Mmm(words)).Exit);
        Assert.Empty(_order);
    }

    private (ReloadReading? Reloaded, string Wrong) Answer(string monitor, string[] changed, string[] restart, params string[] warnings)
    {
        _order.Add(monitor);
        return (new ReloadReading(monitor, "f", [.. changed], [.. restart], [.. warnings]), "");
    }

    private void Know(params MonitorEntry[] entries)
    {
        MonitorsReading monitors = new("mon1", 2, [.. entries], "mon1", "mon2");
        (_mon1.Monitors, _mon2.Monitors) = (monitors, monitors);
    }

    /// <summary>Remoting is taken to be on the same port as the API.</summary>
    private static MonitorEntry Entry(string name, string address) => new(name, address, int.Parse(address.Split(':')[1], null), "Up", true, true);
}
