using Mmm.Lab.Tests.Harness;
using Xunit;

namespace Mmm.Lab.Tests.Product;

/// <summary>Two masters, a slave, three monitors.</summary>
/// <param name="server">What the databases are.</param>
/// <param name="positions">Replication without GTIDs.</param>
public abstract class ServerLab(string server, bool positions = false) : LabFixture(new LabOptions
{
    Server = server,
    Positions = positions,
    SemiSync = true,
    Slaves = 1,
    ExtraConfig = "cluster_defaults { auto_set_online = 1s, master_connect_retry = 2s, flap_count = 1000, max_backlog = 15s }",
});

public sealed class MariaDbPositionsLab() : ServerLab("mariadb-10.11", positions: true);

public sealed class NewerMariaDbLab() : ServerLab("mariadb-11.8");

public sealed class MySqlLab() : ServerLab("mysql-9.7");

public sealed class MySqlPositionsLab() : ServerLab("mysql-9.7", positions: true);

public sealed class OnMariaDbByPositions(MariaDbPositionsLab lab) : EveryServerTests(lab), IClassFixture<MariaDbPositionsLab>;

public sealed class OnNewerMariaDb(NewerMariaDbLab lab) : GtidServerTests(lab), IClassFixture<NewerMariaDbLab>;

public sealed class OnMySql(MySqlLab lab) : GtidServerTests(lab), IClassFixture<MySqlLab>;

public sealed class OnMySqlByPositions(MySqlPositionsLab lab) : EveryServerTests(lab), IClassFixture<MySqlPositionsLab>
{
    /// <summary>What it writes itself has none: a comparison by GTIDs would find nothing, whatever there is.</summary>
    [Fact]
    public async Task A_server_that_only_takes_GTIDs_of_others_is_not_compared_by_them()
    {
        await Lab.Server("slave1").ExecuteAsync("SET GLOBAL gtid_mode = OFF_PERMISSIVE", Stop);
        try
        {
            await UntilShown("its agent has seen that", 30, s => s.Of("slave1").Agent?.Facts.Setup?.Of("gtid_mode") == "OFF_PERMISSIVE");
            Assert.Null((await SnapshotAsync()).Of("slave1").Agent!.Facts.History);
        }
        finally
        {
            await Lab.Server("slave1").ExecuteAsync("SET GLOBAL gtid_mode = OFF", Stop);
        }
    }
}
