using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>replication.semi_sync = require.</summary>
public abstract class RequireLab(string server) : LabFixture(new LabOptions
{
    Server = server,
    SemiSync = true,
    Slaves = 1,
    ExtraConfig = "cluster_defaults { auto_set_online = 1s, master_connect_retry = 2s, flap_count = 1000, replication.semi_sync = require }",
});

public sealed class MariaDbRequireLab() : RequireLab("mariadb-10.11");

public sealed class MySqlRequireLab() : RequireLab("mysql-9.7");

public sealed class SemiSyncOnMariaDb(MariaDbRequireLab lab) : SemiSyncTests(lab), IClassFixture<MariaDbRequireLab>;

public sealed class SemiSyncOnMySql(MySqlRequireLab lab) : SemiSyncTests(lab), IClassFixture<MySqlRequireLab>;

/// <summary>A commit is acknowledged once a replica has it, whatever happens.</summary>
public abstract class SemiSyncTests(RequireLab lab) : ProductTest(lab)
{
    [Fact]
    public async Task Without_any_replica_nothing_is_acknowledged_and_it_is_said_and_with_one_writes_go_on()
    {
        (string active, string other) = await MastersAsync();
        await ClientWritesAsync();
        string[] replicas = [other, "slave1"];

        foreach (string replica in replicas)
            await Lab.Server(replica).ExecuteAsync(Lab.Plan.Server.StopReceiver, Stop);

        await UntilShown("it is said that commits wait", 30, s => s.Warnings.Any(w => w.StartsWith($"commits on {active} wait: no replica", StringComparison.Ordinal)));
        await Until("nothing is acknowledged any more", 10, () => Task.FromResult(Lab.Client.Report().SinceLastMs > 2000), NowAsync);
        await Lab.Server("slave1").ExecuteAsync(Lab.Plan.Server.StartReceiver, Stop);
        await Until("writes go on", 20, () => Task.FromResult(Lab.Client.Report().SinceLastMs < 200), NowAsync);
        await Lab.Server(other).ExecuteAsync(Lab.Plan.Server.StartReceiver, Stop);
        await UntilShown("the warning is gone", 20, s => s.Warnings.All(w => !w.Contains("commits on", StringComparison.Ordinal)));
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(Databases);
    }

    [Fact]
    public async Task What_only_a_slave_has_acknowledged_is_not_lost_with_the_masters_machine()
    {
        (string active, string other) = await MastersAsync();
        await Until($"{other} acknowledges", 20, () => AcknowledgesAsync(other), NowAsync);
        await Lab.Server(other).ExecuteAsync(Lab.Plan.Server.StopReceiver, Stop);
        await ClientWritesAsync();
        await Lab.Client.WritesFlowAsync(100, ct: Stop);

        await Lab.Faults.PowerOffAsync(active, Stop);
        // Or the thread looks as if somebody wanted it stopped.
        await Lab.Server(other).ExecuteAsync(Lab.Plan.Server.StartReceiver, Stop);

        await UntilWritesGoTo(other, 30);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(other, "slave1");
        await Lab.Faults.PowerOnAsync(active, Stop);
        await UntilBack(60, active);
        await UntilFollows(active, other, 15);
    }

    [Fact]
    public async Task Commits_wait_on_the_active_master_only()
    {
        (string active, string other) = await MastersAsync();
        await UntilSwitchedAsync(active, other);

        await MmmAsync("move_role", "writer", other);

        await UntilShown($"{other} is the active master", 20, s => s.ActiveMaster == other && s.Move is null);
        await UntilSwitchedAsync(other, active);
    }

    [Fact]
    public async Task A_replica_that_was_told_to_acknowledge_a_moment_ago_and_is_restarted_is_told_again()
    {
        (_, string other) = await MastersAsync();
        await ClientWritesAsync();
        await Lab.Server(other).ExecuteAsync($"SET GLOBAL {await SwitchOfAsync(other, source: false)} = 0", Stop);
        await Lab.Server(other).ExecuteAsync(Lab.Plan.Server.StopReceiver, Stop);
        await Lab.Server(other).ExecuteAsync(Lab.Plan.Server.StartReceiver, Stop);
        await Until($"{other} acknowledges", 20, () => AcknowledgesAsync(other), NowAsync);

        await Lab.Faults.KillAsync(other, LabPrograms.Mysqld, Stop);
        await Lab.Faults.StartAsync(other, LabPrograms.Mysqld, Stop);

        await Until($"{other} answers", 20, () => Lab.Server(other).AnswersAsync(Stop));
        await Until($"{other} acknowledges again", 20, () => AcknowledgesAsync(other), NowAsync);
        await Lab.Client.StopAsync(Stop);
    }

    private async Task UntilSwitchedAsync(string active, string other)
    {
        await Until($"commits wait on {active}, and not on the others", 15, async () =>
            await SwitchAsync(active, source: true) && !await SwitchAsync(other, source: true) && !await SwitchAsync("slave1", source: true), NowAsync);
        foreach (string host in new[] { other, "slave1" })
            Assert.True(await SwitchAsync(host, source: false), $"{host} does not acknowledge");
    }

    private async Task<bool> AcknowledgesAsync(string host) =>
        (await Lab.Server(host).QueryAsync("SHOW GLOBAL STATUS WHERE Variable_name IN ('rpl_semi_sync_slave_status', 'rpl_semi_sync_replica_status')", Stop)).Single()["Value"] == "ON";

    private async Task<bool> SwitchAsync(string host, bool source) => (await SwitchRowAsync(host, source))["Value"] == "ON";

    private async Task<string?> SwitchOfAsync(string host, bool source) => (await SwitchRowAsync(host, source))["Variable_name"];

    private async Task<IReadOnlyDictionary<string, string?>> SwitchRowAsync(string host, bool source)
    {
        (string old, string now) = source ? ("master", "source") : ("slave", "replica");
        return (await Lab.Server(host).QueryAsync($"SHOW GLOBAL VARIABLES WHERE Variable_name IN ('rpl_semi_sync_{old}_enabled', 'rpl_semi_sync_{now}_enabled')", Stop)).Single();
    }
}
