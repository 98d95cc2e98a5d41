using Mmm.Lab.Servers;
using MySqlConnector;
using Xunit;

namespace Mmm.Lab.Tests.TheLab;

[Collection(BareLabCollection.Name)]
public sealed class ServersTests(BareLab lab) : BareLabTest(lab)
{
    [Fact]
    public async Task A_row_written_on_either_master_reaches_every_server()
    {
        await Lab.Server("master1").ExecuteAsync("INSERT INTO lab.writes VALUES (1, 1, 1)", Stop);
        // Root writes past read_only in 10.11 as it holds READ ONLY ADMIN: only the direction of replication matters here.
        await Lab.Server("master2").ExecuteAsync("INSERT INTO lab.writes VALUES (1, 2, 1)", Stop);

        foreach (LabHost host in Lab.Plan.DatabaseHosts)
            await Until($"{host.Name} has both rows", 10, async () => await Lab.Server(host.Name).ScalarAsync("SELECT COUNT(*) FROM lab.writes WHERE run = 1", Stop) == "2");

        await Lab.Server("master1").ExecuteAsync("DELETE FROM lab.writes WHERE run = 1", Stop);
    }

    [Fact]
    public async Task Replication_uses_GTIDs_and_the_masters_follow_each_other()
    {
        foreach ((string replica, string source) in new[] { ("master1", "master2"), ("master2", "master1"), ("slave1", "master1"), ("slave2", "master1") })
        {
            ReplicaStatus status = (await Lab.Server(replica).ReplicaAsync(Stop))!;
            Assert.Equal(Lab.Plan[source].Ip, status.SourceIp);
            Assert.True(status.UsesGtid, $"{replica} replicates without GTID");
        }
    }

    [Fact]
    public async Task The_application_cannot_write_where_read_only_is_on()
    {
        await using MySqlConnection connection = await Lab.Server("master2").OpenApplicationAsync(Stop);
        await using MySqlCommand insert = new("INSERT INTO lab.writes VALUES (2, 1, 1)", connection);

        MySqlException refused = await Assert.ThrowsAsync<MySqlException>(() => insert.ExecuteNonQueryAsync(Stop));

        Assert.Equal(MySqlErrorCode.OptionPreventsStatement, refused.ErrorCode);
    }

    [Fact]
    public async Task A_killed_server_has_lost_nothing_that_was_acknowledged()
    {
        await Lab.Client.StartAsync(ct: Stop);
        await Lab.Client.WritesFlowAsync(100, ct: Stop);

        await Lab.Faults.KillAsync("master1", LabPrograms.Mysqld, Stop);
        await Lab.Client.StopAsync(Stop);
        await Lab.Faults.StartAsync("master1", LabPrograms.Mysqld, Stop);
        await Until("master1 answers again", 30, () => Lab.Server("master1").AnswersAsync(Stop));

        Assert.Empty(await Lab.Client.LostOnAsync("master1", Stop));
        Assert.True(await Lab.Server("master1").IsReadOnlyAsync(Stop), "a server must come up read-only");
    }
}
