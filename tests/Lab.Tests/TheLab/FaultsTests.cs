using System.Globalization;
using Mmm.Lab.Processes;
using Xunit;

namespace Mmm.Lab.Tests.TheLab;

[Collection(BareLabCollection.Name)]
public sealed class FaultsTests(BareLab lab) : BareLabTest(lab)
{
    [Fact]
    public async Task A_partition_cuts_a_host_off_from_everyone_and_heal_mends_it()
    {
        Assert.True(await PingsAsync("master2", Lab.Plan["slave1"].Ip));

        await Lab.Faults.PartitionAsync("slave1", ct: Stop);

        Assert.False(await PingsAsync("master2", Lab.Plan["slave1"].Ip), "slave1 is still reached");
        Assert.False(await PingsAsync("slave1", Lab.Plan["master1"].Ip), "slave1 still reaches others");
        Assert.False(await PingsAsync("slave1", Lab.Plan.SwitchIp), "slave1 still reaches its gateway");
        Assert.True(await PingsAsync("master2", Lab.Plan["master1"].Ip), "others are cut off too");
        await Until("slave1's replication has noticed", 20, async () => await Lab.Server("slave1").ReplicaAsync(Stop) is { IoRunning: false });

        await Lab.Faults.HealAsync("slave1", Stop);

        Assert.True(await PingsAsync("master2", Lab.Plan["slave1"].Ip));
        await Until("slave1 replicates again", 20, async () => await Lab.Server("slave1").ReplicaAsync(Stop) is { Runs: true });
    }

    [Fact]
    public async Task Waiting_for_a_lab_whose_mysqld_has_ended_ends_at_once_and_says_so()
    {
        await Lab.Faults.KillAsync("slave1", LabPrograms.Mysqld, Stop);

        LabException ended = await Assert.ThrowsAsync<LabException>(() => LabReadiness.WaitPatientlyAsync(Lab, Stop));

        Assert.StartsWith("mysqld on slave1 is not running (exit code 137). Its log ends: ", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_partition_from_one_host_leaves_the_others_alone()
    {
        await Lab.Faults.PartitionAsync("master1", ["slave1"], ct: Stop);

        Assert.False(await PingsAsync("slave1", Lab.Plan["master1"].Ip));
        Assert.True(await PingsAsync("slave2", Lab.Plan["master1"].Ip));
    }

    [Fact]
    public async Task In_a_one_way_partition_the_host_still_hears_but_is_not_heard()
    {
        Assert.True(await PingsAsync("client", Lab.Plan["slave2"].Ip));
        await Lab.Faults.PartitionAsync("client", oneWay: true, ct: Stop);

        long heardBefore = await EchoesHeardAsync("client");
        Assert.False(await PingsAsync("slave2", Lab.Plan["client"].Ip), "its answer arrived");
        Assert.True(await EchoesHeardAsync("client") > heardBefore, "it did not hear the question");

        long notHeardBefore = await EchoesHeardAsync("slave2");
        Assert.False(await PingsAsync("client", Lab.Plan["slave2"].Ip));
        Assert.Equal(notHeardBefore, await EchoesHeardAsync("slave2"));
    }

    [Fact]
    public async Task A_host_without_power_is_silent_and_boots_read_only_without_role_addresses()
    {
        Assert.Equal([Lab.Plan.WriterIp], await Lab.RoleAddressesAsync("master1", Stop));

        await Lab.Faults.PowerOffAsync("master1", Stop);

        Assert.False(await PingsAsync("client", Lab.Plan["master1"].Ip));
        Assert.All(await Lab.ProcessesAsync(Stop), p => Assert.True(p.Host != "master1" || p.Pid == 0, $"{p.Key} still runs"));

        await Lab.Faults.PowerOnAsync("master1", Stop);
        await Until("master1 answers", 30, () => Lab.Server("master1").AnswersAsync(Stop));

        Assert.Empty(await Lab.RoleAddressesAsync("master1", Stop));
        Assert.True(await Lab.Server("master1").IsReadOnlyAsync(Stop));
        await Until("slave1 replicates from it again", 20, async () => await Lab.Server("slave1").ReplicaAsync(Stop) is { Runs: true });
    }

    [Fact]
    public async Task A_host_without_carrier_keeps_its_addresses_and_processes()
    {
        await Lab.Faults.LinkDownAsync("master1", Stop);

        Assert.False(await PingsAsync("client", Lab.Plan["master1"].Ip));
        Assert.Equal([Lab.Plan.WriterIp], await Lab.RoleAddressesAsync("master1", Stop));
        Assert.True(await Lab.Server("master1").AnswersAsync(Stop));

        await Lab.Faults.LinkUpAsync("master1", Stop);
        await Until("master1 is reached again", 10, () => PingsAsync("client", Lab.Plan["master1"].Ip));
    }

    [Fact]
    public async Task A_frozen_server_is_there_but_does_not_answer_until_it_is_thawed()
    {
        await Lab.Faults.FreezeAsync("slave1", LabPrograms.Mysqld, Stop);

        Assert.False(await Lab.Server("slave1").AnswersAsync(Stop));
        KeeperProtocol.KeptState frozen = (await Lab.ProcessesAsync(Stop)).Single(p => p.Key == "slave1/mysqld");
        Assert.True(frozen.Identity!.IsFrozen);

        await Lab.Faults.ThawAsync("slave1", LabPrograms.Mysqld, Stop);
        Assert.True(await Lab.Server("slave1").AnswersAsync(Stop));
    }

    [Fact]
    public async Task A_lagging_replica_is_behind_by_the_given_seconds_and_catches_up()
    {
        await Lab.Faults.LagAsync("slave2", 5, Stop);
        await Lab.Client.StartAsync(ct: Stop);

        await Until("slave2 is seconds behind", 20, async () => await Lab.Server("slave2").ReplicaAsync(Stop) is { SecondsBehind: >= 2 });

        await Lab.Faults.LagAsync("slave2", 0, Stop);
        await Lab.Client.StopAsync(Stop);
        await Until("slave2 has every row", 20, async () => (await Lab.Client.LostOnAsync("slave2", Stop)).Count == 0);
    }

    [Fact]
    public async Task A_foreign_machine_answers_for_an_address_until_it_lets_go_of_it_or_is_gone()
    {
        string ip = Lab.Plan.ReaderIps[0], other = Lab.Plan.ReaderIps[1];
        string mac = await Lab.Faults.ForeignUpAsync(ip, Stop);
        Assert.Equal(mac, await Lab.Faults.ForeignUpAsync(other, Stop));
        Assert.DoesNotContain(Lab.Plan.Hosts, h => Lab.Inside.ShellOnAsync(h.Name, "ip link show dev eth0\n", Stop).Result.Contains(mac, StringComparison.Ordinal));
        Assert.Equal((mac, mac), (await HolderOfAsync(ip), await HolderOfAsync(other)));

        await Lab.Faults.ForeignDownAsync(ip, Stop);
        Assert.Equal(("", mac), (await HolderOfAsync(ip), await HolderOfAsync(other)));

        await Lab.Faults.ForeignDownAsync(ct: Stop);
        await Lab.Faults.ForeignDownAsync(ct: Stop);
        Assert.Equal("", await HolderOfAsync(other));
        Assert.Contains("own address of 'slave1'", (await Assert.ThrowsAsync<LabException>(() => Lab.Faults.ForeignUpAsync(Lab.Plan["slave1"].Ip, Stop))).Message, StringComparison.Ordinal);
        Assert.Contains("no IP address", (await Assert.ThrowsAsync<LabException>(() => Lab.Faults.ForeignUpAsync("reader", Stop))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nosuch", "mysqld", "has no host 'nosuch'")]
    [InlineData("client", "mysqld", "no mysqld on 'client'")]
    [InlineData("master1", "monitor", "no monitor on 'master1'")]
    public async Task A_wrong_host_or_program_is_refused_with_a_sentence(string host, string program, string words)
    {
        LabException refused = await Assert.ThrowsAsync<LabException>(() => Lab.Faults.KillAsync(host, program, Stop));
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Hardware address that answers on the client's network; empty = none.</summary>
    private async Task<string> HolderOfAsync(string ip)
    {
        await Lab.Inside.ShellOnAsync("client", $"ip neigh flush to {ip} dev eth0\n", Stop);
        await PingsAsync("client", ip);
        string[] words = (await Lab.Inside.ShellOnAsync("client", $"ip neigh show to {ip} dev eth0\n", Stop)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.SkipWhile(w => w != "lladdr").Skip(1).FirstOrDefault("");
    }

    /// <summary>ICMP echo requests the host's kernel has received.</summary>
    private async Task<long> EchoesHeardAsync(string host)
    {
        string[] icmp = [.. (await Lab.Inside.ShellOnAsync(host, "cat /proc/net/snmp\n", Stop)).Split('\n').Where(l => l.StartsWith("Icmp:", StringComparison.Ordinal))];
        int column = Array.IndexOf(icmp[0].Split(' '), "InEchos");
        return long.Parse(icmp[1].Split(' ')[column], CultureInfo.InvariantCulture);
    }
}
