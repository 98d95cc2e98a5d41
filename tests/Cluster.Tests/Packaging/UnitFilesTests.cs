using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Mmm.Cluster.Tests.Packaging;

/// <summary>The units of packaging/systemd: what systemd thinks of them, and what the programs need of them.</summary>
public sealed class UnitFilesTests : IDisposable
{
    private const string Agent = "mmm-agent.service";
    private const string Monitor = "mmm-monitor.service";

    private readonly string _folder = Directory.CreateTempSubdirectory("mmm-units-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(Agent)]
    [InlineData(Monitor)]
    public async Task Systemd_finds_nothing_wrong(string unit) => Assert.Equal((0, ""), await VerifyAsync(unit, Text(unit)));

    [Fact]
    public async Task What_it_does_not_know_would_be_found()
    {
        (_, string output) = await VerifyAsync(Agent, Text(Agent).Replace("NoNewPrivileges=", "NoNewPrivilege=", StringComparison.Ordinal));
        Assert.Matches("Unknown key.*'NoNewPrivilege'", output);
    }

    [Theory]
    [InlineData(Agent, "CAP_NET_ADMIN CAP_NET_RAW")]
    [InlineData(Monitor, "CAP_NET_RAW")]
    public void It_is_nobody_of_importance_and_has_what_it_needs(string unit, string capabilities)
    {
        Assert.Equal([unit == Agent ? "mysql" : "mmm-monitor"], Values(unit, "User"));
        Assert.Equal(["mmm"], Values(unit, "SupplementaryGroups"));
        Assert.Equal([capabilities], Values(unit, "AmbientCapabilities"));
        Assert.Equal([capabilities], Values(unit, "CapabilityBoundingSet"));
        Assert.Equal(["yes"], Values(unit, "NoNewPrivileges"));
        Assert.Equal(["strict"], Values(unit, "ProtectSystem"));
        Assert.Equal([unit[..^".service".Length]], Values(unit, "StateDirectory"));
        Assert.Equal(["0700"], Values(unit, "StateDirectoryMode"));
    }

    [Theory]
    [InlineData(Agent)]
    [InlineData(Monitor)]
    public void The_state_is_where_the_defaults_have_it(string unit) =>
        Assert.Contains($"state_dir = \"/var/lib/{Assert.Single(Values(unit, "StateDirectory"))}\"", Repository.Read("hocon", "mmm.reference.conf"), StringComparison.Ordinal);

    /// <summary>docs/exit-codes.md tells operators the same.</summary>
    [Theory]
    [InlineData(Agent, "64 77 78")]
    [InlineData(Monitor, "64 78")]
    public void It_comes_back_except_from_what_no_restart_mends(string unit, string codes)
    {
        Assert.Equal(["notify"], Values(unit, "Type"));
        Assert.Equal(["always"], Values(unit, "Restart"));
        Assert.Equal([codes], Values(unit, "RestartPreventExitStatus"));
        Assert.Equal(["0"], Values(unit, "StartLimitIntervalSec"));
        Assert.Equal(["/bin/kill -HUP $MAINPID"], Values(unit, "ExecReload"));
        string table = Repository.Read("docs", "exit-codes.md").Split("\n## ").Single(t => t.StartsWith(unit[..^".service".Length] + "\n", StringComparison.Ordinal));
        Assert.All(codes.Split(' '), c => Assert.Contains($"\n| {c} |", table, StringComparison.Ordinal));
        Assert.Empty(Values(unit, "WatchdogSec"));
    }

    /// <summary>The units say what is lost with each.</summary>
    [Theory]
    [InlineData(Agent, "PrivateNetwork")]
    [InlineData(Agent, "ProtectProc")]
    [InlineData(Agent, "ProcSubset")]
    [InlineData(Agent, "PrivateUsers")]
    [InlineData(Agent, "PrivatePIDs")]
    [InlineData(Agent, "MemoryDenyWriteExecute")]
    [InlineData(Monitor, "PrivateNetwork")]
    [InlineData(Monitor, "ProtectProc")]
    [InlineData(Monitor, "PrivatePIDs")]
    [InlineData(Monitor, "MemoryDenyWriteExecute")]
    public void What_would_stop_its_work_is_left_out(string unit, string key) => Assert.Empty(Values(unit, key));

    [Fact]
    public void The_agent_may_use_what_it_speaks_with() =>
        Assert.Equal(["AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_UNIX"], Assert.Single(Values(Agent, "RestrictAddressFamilies")).Split(' ').Order(StringComparer.Ordinal));

    [Fact]
    public void Every_key_has_a_line_of_its_own() => Assert.All((string[])[Agent, Monitor], unit => Assert.Equal(
        [], Lines(unit).Select(l => l.Split('=')[0]).Where(k => k is not ("ReadWritePaths" or "[Unit]" or "[Service]" or "[Install]")).CountBy(k => k).Where(k => k.Value > 1).Select(k => k.Key)));

    /// <summary>The programs are built, not installed, and so are their users.</summary>
    private async Task<(int Code, string Output)> VerifyAsync(string unit, string text)
    {
        string file = Path.Combine(_folder, unit);
        await File.WriteAllTextAsync(file, Regex.Replace(text, "^ExecStart=/usr/bin/mmm-(agent|monitor) ", "ExecStart=/bin/true ", RegexOptions.Multiline), TestContext.Current.CancellationToken);
        using Process verify = Process.Start(new ProcessStartInfo("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = verify.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), errors = verify.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await verify.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        return (verify.ExitCode, await output + await errors);
    }

    private static string Text(string unit) => Repository.Read("packaging", "systemd", unit);

    private static string[] Lines(string unit) => [.. Text(unit).Split('\n').Where(l => l.Length > 0 && l[0] != '#')];

    private static string[] Values(string unit, string key) => [.. Lines(unit).Where(l => l.StartsWith(key + "=", StringComparison.Ordinal)).Select(l => l[(key.Length + 1)..])];
}
