using Mmm.Lab.Client;
using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>The installation's certificates, while it works.</summary>
[Collection(WholeLabCollection.Name)]
public sealed class CertificateTests(WholeLab lab) : ProductTest(lab)
{
    /// <summary>Every step as docs/tls.md has it; then every kind of node has to make its connections anew.</summary>
    [Fact]
    public async Task A_new_authority_takes_the_old_ones_place_and_nobody_is_restarted_and_nothing_moves()
    {
        (string active, _) = await MastersAsync();
        await ClientWritesAsync(patient: true);
        var nodes = Nodes().ToDictionary(n => n.Host, n => LogSince.Now(Lab.Paths, n.Host, n.Program));

        await Lab.TlsAsync(["init", "--renew"], ct: Stop);
        await EveryNodeUses("2 authorities");
        await Lab.TlsAsync(["issue", "--all", "--days", "200"], ct: Stop);
        await Until("every node uses its new certificate", 30, () => Task.FromResult(nodes.Values.All(l => l.With("New certificates are in use").Length == 2)));
        await Lab.TlsAsync(["init", "--finish"], ct: Stop);
        await EveryNodeUses("1 authorities");

        await UntilShown("nothing has moved", 5, s => s.ActiveMaster == active && s.Hosts.All(h => h.State == "ONLINE" && h.AgentReachable));
        Assert.DoesNotContain(nodes.Values, l => l.With("No connection with").Length > 0);
        string coordinator = (await SnapshotAsync()).Coordinator;
        await Lab.Faults.RestartAsync("slave1", LabPrograms.Agent, Stop);
        await Lab.Faults.KillAsync(coordinator, LabPrograms.Monitor, Stop);
        await UntilShown("another monitor decides", 30, s => s.Coordinator != coordinator && s.Phase == "serving");
        await Lab.Faults.StartAsync(coordinator, LabPrograms.Monitor, Stop);
        await Until("every monitor is a member and votes", 60, EveryMonitorCountsAsync, NowAsync);
        await UntilBack(30, Databases);
        ClientReport report = await Lab.Client.StopAsync(Stop);
        Assert.Equal(0, report.FailedAttempts);
        Assert.Equal(active, (await SnapshotAsync()).ActiveMaster);

        Task EveryNodeUses(string what) => Until(
            $"every node uses {what}", 30, () => Task.FromResult(nodes.Values.All(l => l.With("New certificates are in use", what).Length > 0)),
            () => Task.FromResult("Not: " + string.Join(", ", nodes.Where(n => n.Value.With("New certificates are in use", what).Length == 0).Select(n => n.Key))));
    }

    [Fact]
    public async Task An_agent_with_certificates_of_elsewhere_is_not_heard_and_its_host_loses_its_roles()
    {
        (string active, string other) = await MastersAsync();
        LogSince monitor = LogSince.Now(Lab.Paths, (await SnapshotAsync()).Coordinator, LabPrograms.Monitor);
        int restarts = await RestartsAsync();
        string elsewhere = Path.Combine(Lab.Paths.Dir, "elsewhere");
        string config = Path.Combine(Lab.Paths.Configs, active + ".conf");
        string before = await File.ReadAllTextAsync(config, Stop);
        try
        {
            await Lab.TlsAsync(["init"], elsewhere, Stop);
            await Lab.TlsAsync(["issue", active], elsewhere, Stop);
            await File.WriteAllTextAsync(config, before.Replace(Lab.Paths.Certificates, elsewhere, StringComparison.Ordinal) + $"\ntls.ca_file = \"{elsewhere}/ca.crt\"\n", Stop);
            await Lab.Faults.RestartAsync(active, LabPrograms.Agent, Stop);
            await UntilShown($"{other} has taken over", 40, s => s.ActiveMaster == other && s.Move is null);
            await Until("the monitor says why the agent is not heard", 10, () => Task.FromResult(monitor.With("No connection with", "is not accepted").Length > 0));
            ILookup<string, string> holders = await Lab.AddressHoldersAsync(Stop);
            Assert.Equal([other], holders[Lab.Plan.WriterIp]);
            // Neither the one that nobody believes nor those who do not believe it: a failed handshake is no reason to end.
            Assert.Equal(restarts, await RestartsAsync());
        }
        finally
        {
            await File.WriteAllTextAsync(config, before, Stop);
            await Lab.Faults.RestartAsync(active, LabPrograms.Agent, Stop);
            Directory.Delete(elsewhere, recursive: true);
        }

        await UntilBack(60, Databases);
        await Until($"{active} follows", 30, () => Lab.Server(active).IsReadOnlyAsync(Stop), NowAsync);
        await OnlyWriterIs(other);
    }

    /// <summary>How often monitors and agents have ended by themselves.</summary>
    private async Task<int> RestartsAsync() =>
        (await Lab.ProcessesAsync(Stop)).Where(p => p.Key.EndsWith("/" + LabPrograms.Monitor, StringComparison.Ordinal) || p.Key.EndsWith("/" + LabPrograms.Agent, StringComparison.Ordinal)).Sum(p => p.Restarts);

    private IEnumerable<(string Host, string Program)> Nodes() =>
        [.. Lab.Plan.MonitorHosts.Select(m => (m.Name, LabPrograms.Monitor)), .. Databases.Select(d => (d, LabPrograms.Agent))];
}
