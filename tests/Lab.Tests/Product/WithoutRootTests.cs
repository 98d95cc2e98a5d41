using System.Globalization;
using Mmm.Lab.Processes;
using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>What an agent does for its host, done by one that is not root.</summary>
[Collection(WithoutRootLabCollection.Name)]
public sealed class WithoutRootTests(WithoutRootLab lab) : ProductTest(lab)
{
    private const string Nothing = "0000000000000000";

    /// <summary>CAP_NET_ADMIN (12) and CAP_NET_RAW (13), and nothing else.</summary>
    private const string Network = "0000000000003000";

    /// <summary>CAP_IPC_LOCK (14), as Debian's unit of MariaDB has it.</summary>
    private const string Locks = "0000000000004000";

    [Fact]
    public async Task Nothing_of_it_has_more_rights_than_it_needs()
    {
        KeeperProtocol.KeptState[] programs = [.. (await Lab.ProcessesAsync(Stop)).Where(p => p.Pid != 0 && p.Program != LabPrograms.WritingClient)];
        Assert.Equal((3, 3, 3), (Count(LabPrograms.Mysqld), Count(LabPrograms.Agent), Count(LabPrograms.Monitor)));
        string mysql = (await Tool.RunOrThrowAsync(["id", "-u", "mysql"], ct: Stop)).Trim();
        foreach (KeeperProtocol.KeptState program in programs)
        {
            (string user, string capabilities) = program.Program switch
            {
                LabPrograms.Mysqld => (mysql, Locks),
                LabPrograms.Agent => (mysql, Network),
                _ => ("65534", Nothing),
            };
            foreach (string thread in Directory.GetDirectories($"/proc/{program.Pid}/task"))
            {
                Dictionary<string, string> status = Status(thread);
                Assert.Equal((program.Key, $"{user} {user} {user} {user}"), (program.Key, status["Uid"]));
                foreach (string set in (string[])["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
                    Assert.Equal((program.Key, set, capabilities), (program.Key, set, status[set]));
                Assert.Equal((program.Key, "1"), (program.Key, status["NoNewPrivs"]));
            }
        }

        foreach (LabHost host in Lab.Plan.DatabaseHosts)
        {
            string log = await File.ReadAllTextAsync(Lab.Paths.Log(host.Name, LabPrograms.Agent), Stop);
            Assert.Contains($"It runs as user mysql ({mysql}) with CAP_NET_ADMIN, CAP_NET_RAW", log, StringComparison.Ordinal);
            Assert.DoesNotContain("CAP_KILL", log, StringComparison.Ordinal);
            Assert.DoesNotContain("CAP_SYS_PTRACE", log, StringComparison.Ordinal);
        }

        int Count(string program) => programs.Count(p => p.Program == program);
    }

    [Fact]
    public async Task A_killed_active_master_is_replaced_with_what_only_it_had_and_the_writer_can_be_moved_back()
    {
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync();
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(Databases);
        LogSince server = LogSince.Now(Lab.Paths, old, LabPrograms.Agent);
        // Too short for the checks to make anything of it.
        await Lab.Server(other).ExecuteAsync(Lab.Plan.Server.StopReceiver, Stop);
        await Lab.Server(old).ExecuteAsync("INSERT INTO lab.writes VALUES (31, 1, 1)", Stop);

        await Lab.Faults.KillAsync(old, LabPrograms.Mysqld, Stop);

        await UntilShown($"{other} is the active master", 20, s => s.ActiveMaster == other && s.Move is null);
        Assert.Equal("1", await Lab.Server(other).ScalarAsync("SELECT COUNT(*) FROM lab.writes WHERE run = 31", Stop));
        Assert.NotEmpty(server.With("binary log"));
        await OnlyWriterIs(other, old);
        await Lab.Client.StartAsync(s => s, Stop);
        await UntilWritesGoTo(other, 15);

        await Lab.Faults.StartAsync(old, LabPrograms.Mysqld, Stop);
        await UntilBack(40, old);
        await UntilFollows(old, other, 15);
        await MmmAsync("move_role", "writer", old);

        await UntilWritesGoTo(old, 15);
        await UntilFollows(other, old, 15);
        await OnlyWriterIs(old);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(Databases);
    }

    [Fact]
    public async Task A_mysqld_that_hangs_when_its_host_has_lost_the_lease_is_killed_and_its_addresses_are_gone()
    {
        (string old, string other) = await MastersAsync();
        await ClientWritesAsync();
        LogSince agent = LogSince.Now(Lab.Paths, old, LabPrograms.Agent);
        int pid = (await Lab.ProcessesAsync(Stop)).Single(p => p.Key == $"{old}/mysqld").Pid;

        await Lab.Faults.PartitionAsync(old, ct: Stop);
        await Lab.Faults.FreezeAsync(old, LabPrograms.Mysqld, Stop);

        await UntilWritesGoTo(other, 30);
        string killed = string.Create(CultureInfo.InvariantCulture, $"process {pid} was killed");
        await Until("mysqld was killed", 15, () => Task.FromResult(agent.With("mysqld must not take writes any more", killed).Length == 1));
        await OnlyWriterIs(other, old);
        Assert.DoesNotContain(Lab.Plan.WriterIp, await Lab.RoleAddressesAsync(old, Stop));

        await Lab.Faults.HealAsync(ct: Stop);
        await UntilBack(60, old);
        await UntilFollows(old, other, 15);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(other);
    }

    [Fact]
    public async Task What_stands_in_the_option_files_is_seen_although_mysqld_has_a_capability_that_its_agent_has_not()
    {
        string file = Lab.Paths.MysqlConfig("slave1");
        string text = await File.ReadAllTextAsync(file, Stop);
        Assert.Contains("\nread_only = 1", text, StringComparison.Ordinal);
        try
        {
            await File.WriteAllTextAsync(file, text.Replace("\nread_only = 1", "\nread_only = 0", StringComparison.Ordinal), Stop);
            await Until("it is warned of", 30, async () => (await Lab.MmmAsync(["check-setup"], Stop)).Output.Contains("slave1: WARNING my_cnf_read_only", StringComparison.Ordinal));
        }
        finally
        {
            await File.WriteAllTextAsync(file, text, Stop);
        }

        await Until("it is right again", 30, async () => !(await Lab.MmmAsync(["check-setup"], Stop)).Output.Contains("my_cnf_read_only", StringComparison.Ordinal));
        Assert.Contains("is written without trouble", await MmmAsync("explain", "slave1"), StringComparison.Ordinal);
    }

    /// <summary>proc_pid_status(5), blanks made one.</summary>
    private static Dictionary<string, string> Status(string folder) => File.ReadLines(Path.Combine(folder, "status"))
        .Select(l => l.Split(':', 2)).ToDictionary(f => f[0], f => string.Join(' ', f[1].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)), StringComparer.Ordinal);
}
