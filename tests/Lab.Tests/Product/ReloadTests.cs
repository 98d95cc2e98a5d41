using System.Security.Cryptography.X509Certificates;
using Mmm.Lab.Processes;
using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>A pair and a slave, of which the tests edit the configuration.</summary>
public sealed class ReloadLab() : LabFixture(new LabOptions { Slaves = 1, SemiSync = true, Range = "10.78.41.0/24" });

/// <summary>The configuration is edited and read again while everything runs, node by node, as docs/configuration.md has it.</summary>
public sealed class ReloadTests(ReloadLab lab) : ProductTest(lab), IClassFixture<ReloadLab>
{
    private const string Different = "runs with a different configuration";

    [Fact]
    public async Task A_new_address_and_another_timing_take_effect_node_by_node_while_clients_write()
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        string active = before.ActiveMaster!, added = Added();
        string[] monitors = [.. Lab.Plan.MonitorHosts.Select(m => m.Name)];
        await ClientWritesAsync(patient: true);
        string file = await File.ReadAllTextAsync(Lab.Paths.CommonConfig, Stop);
        try
        {
            string ips = string.Join(", ", Lab.Plan.ReaderIps.Append(added).Select(ip => $"\"{ip}\""));
            await File.AppendAllTextAsync(Lab.Paths.CommonConfig, $"\ncluster C1 {{ max_backlog = 77s, roles {{ reader {{ ips = [{ips}] }} }} }}\n", Stop);

            // The agents first, the one that carries the writer among them: it keeps what it has.
            foreach (string host in Databases)
                await ReloadAgentAsync(host);
            await UntilShown("every agent is known to differ", 20, s => Databases.All(h => s.Warnings.Any(w => w.StartsWith($"agent on host {h} {Different}", StringComparison.Ordinal))));
            Assert.Equal(before.Owners(), (await SnapshotAsync()).Owners());

            // One monitor that has read it is not counted by the one that decides, and changes nothing.
            string first = monitors.First(m => m != before.Coordinator);
            Assert.Contains($"{first}  OK: in effect: cluster C1.max_backlog, cluster C1.roles.reader.ips", await MmmAsync("config", "reload", "-a", first), StringComparison.Ordinal);
            await UntilShown($"{first} is known to differ", 20, s => s.Phase == "serving" && s.Warnings.Any(w => w.StartsWith($"monitor {first} {Different}", StringComparison.Ordinal)));
            Assert.Equal(before.Owners(), (await SnapshotAsync()).Owners());

            string answer = await MmmAsync("config", "reload");
            Assert.Contains($"{first}  OK: nothing has changed", answer, StringComparison.Ordinal);
            Assert.Contains($"{before.Coordinator}  OK: in effect: cluster C1.max_backlog, cluster C1.roles.reader.ips", answer, StringComparison.Ordinal);
            await UntilShown("all agree, and the new address is with a host", 30, s => s.Phase == "serving" && !s.Warnings.Any(w => w.Contains(Different, StringComparison.Ordinal))
                && s.Roles.Any(r => r.Address.Ip == added && r.Owner is not null && r.ReleasingFrom is null));
            await Until("the new address is on that host's interface", 20, async () => (await Lab.AddressHoldersAsync(Stop))[added].SequenceEqual([(await SnapshotAsync()).Roles.Single(r => r.Address.Ip == added).Owner!]), NowAsync);

            // Counted from before the first of it: neither agents nor monitors that begin anew are noticed by who writes.
            await Lab.Client.WritesFlowAsync(50, ct: Stop);
            Assert.Equal(active, (await SnapshotAsync()).ActiveMaster);
            Assert.Equal(0, Lab.Client.Report().FailedAttempts);
        }
        finally
        {
            await RestoreAsync(file);
        }

        await UntilShown("the address is gone with its line", 30, s => s.Phase == "serving" && s.Roles.All(r => r.Address.Ip != added) && !s.Warnings.Any(w => w.Contains(Different, StringComparison.Ordinal)));
        await Until("it is on no interface any more", 20, async () => !(await Lab.AddressHoldersAsync(Stop))[added].Any(), NowAsync);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(Databases);
        await OnlyWriterIs(active);
    }

    [Fact]
    public async Task A_file_that_is_not_valid_changes_nothing_and_says_what_is_wrong_with_it()
    {
        StatusProtocol.ClusterSnapshot before = await SnapshotAsync();
        string file = await File.ReadAllTextAsync(Lab.Paths.CommonConfig, Stop);
        var log = LogSince.Now(Lab.Paths, "slave1", LabPrograms.Agent);
        try
        {
            await File.AppendAllTextAsync(Lab.Paths.CommonConfig, "\ncluster C1 { max_backlog = 77s, roles { reader { hosts = [nobody] } } }\n", Stop);

            string refusal = await MmmRefusesAsync("config", "reload");
            foreach (string monitor in Lab.Plan.MonitorHosts.Select(m => m.Name))
                Assert.Contains($"{monitor}  ! {Lab.Paths.CommonConfig}:", refusal, StringComparison.Ordinal);
            Assert.Contains("'nobody' is no host of cluster C1", refusal, StringComparison.Ordinal);

            await Lab.Faults.ReloadAsync("slave1", LabPrograms.Agent, Stop);
            await Until("the agent says so", 20, () => Task.FromResult(log.With("The configuration cannot be used").Length > 0));
        }
        finally
        {
            await RestoreAsync(file);
        }

        StatusProtocol.ClusterSnapshot after = await SnapshotAsync();
        Assert.Equal((before.Owners(), before.Decision.Epoch), (after.Owners(), after.Decision.Epoch));
        Assert.Equal(before.Of("slave1").Agent!.Incarnation, after.Of("slave1").Agent!.Incarnation);
    }

    [Fact]
    public async Task A_certificate_that_is_revoked_is_let_in_no_more_and_nobody_is_restarted_for_that()
    {
        string coordinator = (await SnapshotAsync()).Coordinator;
        LogSince[] monitors = [.. Lab.Plan.MonitorHosts.Select(m => LogSince.Now(Lab.Paths, m.Name, LabPrograms.Monitor))];
        using var lost = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Directory.GetFiles(Lab.Paths.Certificates, "*slave1.crt").Single(), Stop));
        string file = await File.ReadAllTextAsync(Lab.Paths.CommonConfig, Stop);
        string own = Path.Combine(Lab.Paths.Configs, "slave1.conf"), before = await File.ReadAllTextAsync(own, Stop);
        try
        {
            // Whoever has it does not mind.
            await File.AppendAllTextAsync(own, "\ntls.revoked = []\n", Stop);
            await File.AppendAllTextAsync(Lab.Paths.CommonConfig, $"\ntls.revoked = [\"{lost.SerialNumber}\"]\n", Stop);
            Assert.Contains($"{coordinator}  OK: in effect: tls.revoked", await MmmAsync("config", "reload"), StringComparison.Ordinal);
            await Lab.Faults.RestartAsync("slave1", LabPrograms.Agent, Stop);

            await Until("every monitor refuses it", 20, () => Task.FromResult(monitors.All(m => m.With("No connection with", "is in tls.revoked").Length > 0)));
            await UntilShown("its host has no role any more", 30, s => !s.Of("slave1").AgentReachable && s.AddressesOf("slave1").Length == 0);
        }
        finally
        {
            await File.WriteAllTextAsync(own, before, Stop);
            await RestoreAsync(file);
        }

        await UntilShown("it is heard again", 30, s => s.Of("slave1").AgentReachable);
        Assert.Equal(coordinator, (await SnapshotAsync()).Coordinator);
    }

    /// <summary>Of the lab's range, and nobody's.</summary>
    private string Added() => Lab.Plan.WriterIp[..(Lab.Plan.WriterIp.LastIndexOf('.') + 1)] + "150";

    /// <summary>The next agent is told when this one is there again, as an operator would do it.</summary>
    private async Task ReloadAgentAsync(string host)
    {
        long? before = (await SnapshotAsync()).Of(host).Agent?.Incarnation;
        await Lab.Faults.ReloadAsync(host, LabPrograms.Agent, Stop);
        await UntilShown($"{host}'s agent has begun anew", 30, s => s.Of(host) is { AgentReachable: true, Agent: { Incarnation: var now } } && now != before);
    }

    private async Task RestoreAsync(string file)
    {
        await File.WriteAllTextAsync(Lab.Paths.CommonConfig, file, Stop);
        foreach (string host in Databases)
            await Lab.Faults.ReloadAsync(host, LabPrograms.Agent, Stop);
        await MmmAsync("config", "reload");
    }
}
