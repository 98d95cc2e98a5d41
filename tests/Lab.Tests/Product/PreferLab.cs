using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>The writer prefers master1; a host that fails twice within a short while is flapping.</summary>
public sealed class PreferLab() : LabFixture(new LabOptions
{
    SemiSync = true,
    ExtraConfig = """
        cluster_defaults {
          auto_set_online = 1s
          master_connect_retry = 2s
          flap_count = 1
          flap_duration = 15s
        }
        cluster C1 { roles { writer { prefer = master1 } } }
        """,
});

[CollectionDefinition(Name)]
public sealed class PreferLabCollection : ICollectionFixture<PreferLab>
{
    public const string Name = "prefer lab";
}

[Collection(PreferLabCollection.Name)]
public sealed class PreferAndFlappingTests(PreferLab lab) : ProductTest(lab)
{
    [Fact]
    public async Task The_writer_returns_to_its_preferred_host_and_cannot_be_moved_away_by_hand()
    {
        await UntilShown("the writer is on master1", 30, s => s.Writer() == "master1" && s.Move is null);
        Assert.Contains("ERROR: Role 'writer' is assigned to preferred host 'master1'. Can't move it!", await MmmRefusesAsync("move_role", "writer", "master2"), StringComparison.Ordinal);
        await ClientWritesAsync();

        await Lab.Faults.KillAsync("master1", LabPrograms.Mysqld, Stop);
        await UntilWritesGoTo("master2", 20);
        await Lab.Faults.StartAsync("master1", LabPrograms.Mysqld, Stop);

        await UntilWritesGoTo("master1", 60);
        await Lab.Client.StopAsync(Stop);
        await NothingIsLostOn(Databases);
    }

    [Fact]
    public async Task A_flapping_host_stays_out_until_it_is_set_online()
    {
        for (int i = 0; i < 2; i++)
        {
            await Lab.Faults.KillAsync("slave1", LabPrograms.Mysqld, Stop);
            await UntilState("slave1", "HARD_OFFLINE", 20);
            await Lab.Faults.StartAsync("slave1", LabPrograms.Mysqld, Stop);
            await UntilState("slave1", i == 0 ? "ONLINE" : "AWAITING_RECOVERY", 30);
        }

        Assert.True((await SnapshotAsync()).Of("slave1").Flapping);
        await UntilShown("all of its checks are well", 20, s => s.Of("slave1").Checks.All(c => c.Verdict == "OK"));
        Assert.Equal("AWAITING_RECOVERY", (await SnapshotAsync()).StateOf("slave1"));

        await MmmAsync("set_online", "slave1");

        await UntilState("slave1", "ONLINE", 10);
        Assert.False((await SnapshotAsync()).Of("slave1").Flapping);
    }

    [Fact]
    public async Task A_flapping_host_comes_back_by_itself_after_flap_duration_without_failure()
    {
        for (int i = 0; i < 2; i++)
        {
            await Lab.Faults.KillAsync("slave2", LabPrograms.Mysqld, Stop);
            await UntilState("slave2", "HARD_OFFLINE", 20);
            await Lab.Faults.StartAsync("slave2", LabPrograms.Mysqld, Stop);
            await UntilState("slave2", i == 0 ? "ONLINE" : "AWAITING_RECOVERY", 30);
        }

        await UntilState("slave2", "ONLINE", 40);
    }
}
