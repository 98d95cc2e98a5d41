using Mmm.Lab.Tests.Harness;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>MMM's default of letting an operator decide about returning hosts, first mode WAIT.</summary>
public sealed class StrictLab() : LabFixture(new LabOptions
{
    Slaves = 2,
    ExtraConfig = """
        cluster_defaults {
          mode = wait
          auto_set_online = 0s
          quick_recovery = 0s
          master_connect_retry = 2s
          wait_for_other_master = 0s
          flap_count = 1000
        }
        """,
});

[CollectionDefinition(Name)]
public sealed class StrictLabCollection : ICollectionFixture<StrictLab>
{
    public const string Name = "strict lab";
}

[Collection(StrictLabCollection.Name)]
public sealed class ReturningHostTests(StrictLab lab) : ProductTest(lab)
{
    [Fact]
    public async Task Mode_wait_became_active_once_both_masters_were_online()
    {
        StatusProtocol.ClusterSnapshot snapshot = await SnapshotAsync();
        Assert.Equal("ACTIVE", snapshot.Mode);
        Assert.Contains(snapshot.Notes, n => n.Sentence.Contains("WAIT", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_returning_host_awaits_an_operator()
    {
        await Lab.Faults.KillAsync("slave1", LabPrograms.Mysqld, Stop);
        await UntilState("slave1", "HARD_OFFLINE", 20);
        await Lab.Faults.StartAsync("slave1", LabPrograms.Mysqld, Stop);

        await UntilState("slave1", "AWAITING_RECOVERY", 30);
        await UntilShown("all of its checks are well", 20, s => s.Of("slave1").Checks.All(c => c.Verdict == "OK"));
        Assert.Equal("AWAITING_RECOVERY", (await SnapshotAsync()).StateOf("slave1"));

        await MmmAsync("set_online", "slave1");
        await UntilState("slave1", "ONLINE", 10);
    }
}
