using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Lab.Tests.Product;

[Collection(WholeLabCollection.Name)]
public sealed class AddressConflictTests(WholeLab lab) : ProductTest(lab)
{
    [Fact]
    public async Task The_writer_address_is_not_shown_beside_a_foreign_machine_and_comes_up_by_itself_once_that_is_gone()
    {
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync();
        string mac = await Lab.Faults.ForeignUpAsync(Lab.Plan.WriterIp, Stop);

        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);

        await UntilShown("it is said who has the address", 20, s => s.Warnings.Any(w => w.StartsWith($"agent on host {other}: ", StringComparison.Ordinal) && w.Contains(mac, StringComparison.Ordinal)));
        Assert.Contains(mac, await MmmAsync("status"), StringComparison.Ordinal);
        await UntilShown("the others see it too", 20, s => s.Notes.Any(n => n.Code == "address_foreign" && n.Sentence.Contains(mac, StringComparison.Ordinal)));
        Assert.Empty((await Lab.AddressHoldersAsync(Stop))[Lab.Plan.WriterIp]);

        await Lab.Faults.ForeignDownAsync(ct: Stop);

        await UntilWritesGoTo(other, 15);
        await OnlyWriterIs(other, old);
        await UntilShown("it is over", 20, s => s.Warnings.All(w => !w.Contains(mac, StringComparison.Ordinal)) && s.Notes.Any(n => n.Code == "address_clear"));
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(other);
    }

    [Fact]
    public async Task A_foreign_machine_beside_a_reader_in_use_is_told_of_once_and_once_it_is_over()
    {
        string ip = (await SnapshotAsync()).AddressesOf("slave1").First();
        string mac = await Lab.Faults.ForeignUpAsync(ip, Stop);

        await UntilShown("it is told of", 20, s => s.Warnings.Any(w => w.Contains(mac, StringComparison.Ordinal) && w.Contains(ip, StringComparison.Ordinal) && w.Contains("belongs to host slave1", StringComparison.Ordinal)));
        Assert.Contains(mac, await MmmAsync("show"), StringComparison.Ordinal);
        Assert.StartsWith("ERROR: A machine that is no host", await MoveWriterToForeignAsync(mac), StringComparison.Ordinal);
        Assert.Equal(["slave1"], (await Lab.AddressHoldersAsync(Stop))[ip]);

        await Lab.Faults.ForeignDownAsync(ct: Stop);

        await UntilShown("it is over", 20, s => s.Warnings.All(w => !w.Contains(mac, StringComparison.Ordinal)));
        StatusProtocol.NoteView[] notes = [.. (await SnapshotAsync()).Notes.Where(n => n.Sentence.Contains(mac, StringComparison.Ordinal) && n.Sentence.Contains(ip, StringComparison.Ordinal))];
        Assert.Equal(["address_foreign", "address_clear"], notes.Select(n => n.Code));
    }

    [Fact]
    public async Task A_reader_that_a_cut_off_host_kept_is_found_by_its_next_holder_and_released_through_a_peer()
    {
        string ip = (await SnapshotAsync()).AddressesOf("slave1").First();
        // Its peers see it on the network, and cannot tell its agent anything at first, not even over a connection that it has opened.
        await Lab.Inside.ShellOnAsync("slave1", $"nft add table inet deaf\nnft add chain inet deaf in '{{ type filter hook input priority 0; }}'\nnft add rule inet deaf in tcp dport {LabPlan.AgentPort} drop\nnft add rule inet deaf in tcp sport {LabPlan.AgentPort} drop\n", Stop);
        await Lab.Faults.PartitionAsync("slave1", [.. Lab.Plan.MonitorHosts.Select(m => m.Name)], ct: Stop);
        string? next = null;
        await UntilShown("the address is given to another host", 30, s => s.Roles.Single(r => r.Address.Ip == ip) is { ReleasingFrom: null, Owner: not (null or "slave1") } role && (next = role.Owner) is not null);
        await UntilShown("the next holder finds slave1", 20, s => s.Warnings.Any(w => w.StartsWith($"agent on host {next}: host slave1 answers for reader({ip})", StringComparison.Ordinal)));
        await UntilShown("slave1 is to be told", 20, s => s.Notes.Any(n => n.Code == "address_stray" && n.Host == "slave1"));
        Assert.Equal(["slave1"], (await Lab.AddressHoldersAsync(Stop))[ip]);

        await Lab.Inside.ShellOnAsync("slave1", "nft delete table inet deaf\n", Stop);

        await Until($"{ip} has gone from slave1 to {next}", 40, async () => (await Lab.AddressHoldersAsync(Stop))[ip].SequenceEqual([next!]), NowAsync);
        await UntilShown("it is over", 20, s => s.Notes.Any(n => n.Code == "address_clear" && n.Host == "slave1"));
    }

    /// <summary>The other master would not show the writer's address: the operator is told so before the present one gives it up.</summary>
    private async Task<string> MoveWriterToForeignAsync(string mac)
    {
        (string active, string other) = await MastersAsync();
        Assert.Equal(mac, await Lab.Faults.ForeignUpAsync(Lab.Plan.WriterIp, Stop));
        await UntilShown("the writer's address is answered for, too", 20, s => s.Warnings.Any(w => w.Contains(mac, StringComparison.Ordinal) && w.Contains(Lab.Plan.WriterIp, StringComparison.Ordinal)));
        string answer = await MmmRefusesAsync("move_role", "writer", other);
        await OnlyWriterIs(active);
        return answer;
    }
}
